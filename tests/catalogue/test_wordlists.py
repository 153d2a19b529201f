"""Word lists are dated, proved by their own sentences, and hold in their area."""

import datetime as dt
from dataclasses import replace

import pytest
from tests.factories.world import MONDAY, World

from jiesu.catalogue import wordlists
from jiesu.catalogue.models import WordList
from jiesu.catalogue.wordlists import Wish
from jiesu.foundation.errors import Forbidden, Invalid, NotAllowedNow
from jiesu.textintel import wordlists as pure
from jiesu.textintel.replies import Defect
from jiesu.textintel.warnings import read_warnings
from jiesu.textintel.wordlists import Use

DAY = dt.timedelta(days=1)


def wish(world: World, **other: object) -> Wish:
    return replace(
        Wish(
            "warning", "mass", "堵桥", ["堵桥头"], ["他们说明天去堵桥头。"],
            ["堵桥头小吃店油烟大。"], "孙效", "去年发生过",
            ["堵桥头小吃"], region=world.regions["350100"],
        ),
        **other,
    )  # fmt: skip


@pytest.mark.parametrize("shipped", pure.shipped(), ids=lambda one: one[1].name)
def test_every_list_the_program_comes_with_passes_its_own_sentences(shipped) -> None:
    use, one, proof = shipped

    wordlists.check(
        Wish(use, one.kind, one.name, one.words, proof.must_hit, proof.must_not_hit, "系统", "自带",
             one.harmless, one.hint),
        known=one.words,
    )  # fmt: skip


def test_the_kinds_for_replies_are_defects_of_the_reply_gate() -> None:
    assert all(Defect(kind) for kind in wordlists.kinds_of(Use.REPLY))


def test_a_list_holds_from_its_day_on_in_its_area_only(world: World) -> None:
    supervisor = world.actor("supervisor")

    wordlists.set_list(
        wish(world), actor=supervisor, at=MONDAY, effective=(MONDAY + 2 * DAY).date()
    )

    gulou, xiamen = world.regions["350102"].path, world.regions["350200"].path

    def names(path: str, at: dt.datetime) -> list[str]:
        return [one.name for one in wordlists.in_force(Use.WARNING, path, at)]

    assert names(gulou, MONDAY + DAY) == []
    assert names(gulou, MONDAY + 2 * DAY) == ["堵桥"]
    assert names(xiamen, MONDAY + 2 * DAY) == []


def test_what_held_on_a_day_is_never_overwritten(world: World) -> None:
    supervisor = world.actor("supervisor")
    first = wordlists.set_list(wish(world), actor=supervisor, at=MONDAY)

    wordlists.set_list(
        wish(world, words=["堵桥头", "封桥"], must_hit=["他们说去堵桥头。", "他们要封桥。"]),
        actor=supervisor, at=MONDAY + 3 * DAY, key=first.key,
    )  # fmt: skip

    rows = wordlists.versions_of(first.key)
    assert [(row.words, row.valid_to) for row in rows] == [
        (["堵桥头"], (MONDAY + 3 * DAY).date()), (["堵桥头", "封桥"], None)
    ]  # fmt: skip

    wordlists.end_list(first.key, actor=supervisor, at=MONDAY + 5 * DAY)
    path = world.regions["350100"].path
    assert wordlists.in_force(Use.WARNING, path, MONDAY + 6 * DAY) == []
    with pytest.raises(NotAllowedNow):
        wordlists.end_list(first.key, actor=supervisor, at=MONDAY + 6 * DAY)


@pytest.mark.parametrize(
    ("other", "field"),
    [
        ({"must_hit": ["路灯不亮了。"]}, "must_hit"),
        ({"must_not_hit": ["明天去堵桥头。"]}, "must_not_hit"),
        ({"words": ["堵桥头", "拦路虎"]}, "words"),
        ({"words": ["堵"], "must_hit": ["堵。"]}, "words"),
        ({"words": []}, "words"),
        ({"must_not_hit": []}, "must_not_hit"),
        ({"kind": "weather"}, "kind"),
        ({"use": "other"}, "use"),
        ({"owner": " "}, "owner"),
        ({"reason": ""}, "reason"),
        ({"words": ["堵桥头", "长" * 33]}, "words"),
    ],
)
def test_a_list_that_fails_its_sentences_or_lacks_an_owner_is_refused_at_the_field(
    world: World, other, field
) -> None:
    with pytest.raises(Invalid) as refused:
        wordlists.set_list(wish(world, **other), actor=world.actor("supervisor"), at=MONDAY)

    assert field in {error.field for error in refused.value.errors}
    assert not WordList.objects.filter(name="堵桥").exists()


def test_a_citys_supervisor_edits_neither_the_provinces_lists_nor_anothers(world: World) -> None:
    supervisor = world.actor("supervisor")

    with pytest.raises(Forbidden):
        wordlists.set_list(wish(world, region=None), actor=supervisor, at=MONDAY)
    with pytest.raises(Forbidden):
        wordlists.set_list(wish(world, region=world.regions["350200"]), actor=supervisor, at=MONDAY)
    with pytest.raises(Forbidden):
        wordlists.end_list("shipped01", actor=supervisor, at=MONDAY)


def test_harmless_talk_must_take_the_warning_out_of_its_sentence(world: World) -> None:
    loud = "再不处理我就从你们大楼跳下去！"
    quiet = wish(
        world, use="harmless", kind="", name="无害", words=["跳下去"], harmless=[],
        must_hit=["他说再不处理就从你们大楼跳下去，同归于尽，一起死！"],
        must_not_hit=["路灯不亮。"],
    )  # fmt: skip

    assert read_warnings(loud).found
    with pytest.raises(Invalid) as refused:
        wordlists.check(quiet)
    assert refused.value.errors[0].code == "still_warns"


def test_without_any_rows_the_lists_the_program_comes_with_hold(world: World) -> None:
    WordList.objects.all().delete()
    wordlists.versions.touch()

    names = [one.name for one in wordlists.in_force(Use.SENSITIVE, "0001", MONDAY)]

    assert "欠薪" in names
    wordlists.set_list(wish(world), actor=world.actor("supervisor"), at=MONDAY)
    assert WordList.objects.filter(name="欠薪").exists()
