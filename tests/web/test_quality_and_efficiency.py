"""The desks of quality inspection and of the efficiency office, by what people do there."""

import datetime as dt
from collections.abc import Callable

import pytest
from django.test import Client
from django.urls import reverse
from tests.factories import appeals as make
from tests.factories.world import MONDAY, World
from tests.web.signed_in import client_of

from jiesu.foundation import clock
from jiesu.inspection import cases, clues, sampling
from jiesu.inspection.cases import Opening
from jiesu.inspection.models import Case, Clue, ClueRule, Inspection, Patrol, ScoreSheet, Subject

NOW = MONDAY + dt.timedelta(days=1)


@pytest.fixture(autouse=True)
def _tuesday(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(clock, "now", lambda: NOW)


def inspection(world: World) -> Inspection:
    appeal = make.dispatched(world)
    return sampling.inspect_by_hand(appeal, Subject.ORDER, actor=world.actor("shift_lead"), at=NOW)


def clue_of(world: World) -> Clue:
    appeal = make.dispatched(world)
    return clues.lay(
        "shirking", world.units["urban"], [appeal.number], "推诿", actor=world.actor("supervisor"),
        at=NOW,
    )  # fmt: skip


def test_an_inspector_marks_beside_the_order_and_goes_on_to_the_next(world: World) -> None:
    row, other = inspection(world), inspection(world)
    client = client_of(world, "shift_lead")
    url = reverse("quality:item", args=[row.pk])

    page = client.get(url)
    sent = client.post(
        url, {"version": row.version, "lost_elements": "5", "note_elements": "没有时间"}
    )

    assert "要素齐全" in page.content.decode()
    assert sent.headers["Location"] == reverse("quality:item", args=[other.pk])
    row.refresh_from_db()
    assert row.score == 95


def test_a_wrong_deduction_is_refused_at_its_item_and_a_stale_page_as_a_whole(
    world: World,
) -> None:
    row = inspection(world)
    client = client_of(world, "shift_lead")
    url = reverse("quality:item", args=[row.pk])

    wrong = client.post(url, {"version": row.version, "lost_title": "11"})
    stale = client.post(url, {"version": row.version + 1})

    assert wrong.status_code == 422
    assert "最多扣 10 分。" in wrong.content.decode()
    assert stale.status_code == 409


def test_the_one_inspected_contests_and_a_judge_decides_on_their_pages(world: World) -> None:
    row = inspection(world)
    client_of(world, "shift_lead").post(
        reverse("quality:item", args=[row.pk]), {"version": row.version, "lost_place": "15"}
    )
    agent, judge = client_of(world, "agent"), client_of(world, "supervisor")

    own = agent.get(reverse("quality:home"))
    agent.post(reverse("quality:contest", args=[row.pk]), {"reason": "地点写到了路口，见正文。"})
    judge.post(
        reverse("quality:judge", args=[row.pk]), {"keeps": "0", "score": "100", "ruling": "属实"}
    )

    assert "我的质检" in own.content.decode()
    row.refresh_from_db()
    assert (row.state, row.score) == ("final", 100)


def test_a_changed_mark_needs_its_score(world: World) -> None:
    row = inspection(world)
    client_of(world, "shift_lead").post(
        reverse("quality:item", args=[row.pk]), {"version": row.version, "lost_place": "15"}
    )
    client_of(world, "agent").post(
        reverse("quality:contest", args=[row.pk]), {"reason": "地点写到了路口，见正文。"}
    )

    answer = client_of(world, "supervisor").post(
        reverse("quality:judge", args=[row.pk]), {"keeps": "0", "ruling": "属实"}
    )

    assert answer.status_code == 422
    assert "改评须填写得分。" in answer.content.decode()


def test_an_order_is_put_on_the_desk_by_hand_once(world: World) -> None:
    appeal = make.dispatched(world)
    client = client_of(world, "shift_lead")
    wish = {"number": f"{appeal.number[:6]} {appeal.number[6:]}", "subject": "order"}

    first = client.post(reverse("quality:choose"), wish)
    again = client.post(reverse("quality:choose"), wish)

    assert first.status_code == 302
    assert again.status_code == 409
    assert Inspection.objects.count() == 1


def test_a_sheet_that_does_not_add_up_keeps_what_was_typed(world: World) -> None:
    client = client_of(world, "supervisor")
    url = reverse("quality:sheet", args=["order"])
    typed = {"name": "新表", "pass_mark": "80", "valid_from": "2026-11-20", "items": "要素 60"}

    wrong = client.post(url, typed)
    right = client.post(url, typed | {"items": "要素 60 齐全\n分类 40 准确"})

    assert wrong.status_code == 422
    assert "现在是 60 分" in wrong.content.decode()
    assert right.status_code == 302
    assert ScoreSheet.objects.filter(name="新表").exists()


def test_a_clue_becomes_a_case_with_an_outcome_on_the_pages(world: World) -> None:
    clue = clue_of(world)
    one = client_of(world, "supervisor")

    form = one.get(f"{reverse('efficiency:new-case')}?clue={clue.pk}")
    one.post(
        f"{reverse('efficiency:new-case')}?clue={clue.pk}",
        {
            "unit": world.units["urban"].pk,
            "kind": "inspection",
            "title": "推诿",
            "matter": "见工单",
        },
    )
    case = Case.objects.get()
    step = lambda name, **said: one.post(  # noqa: E731 - the same call four times
        reverse("efficiency:case-step", args=[case.pk, name]), said
    )
    step("examine")
    step("propose", findings="经核查三次退单均无依据。", is_true="1", outcome="talk", basis="条例")
    refused = step("decide", note="同意")
    client_of(world, "leader").post(
        reverse("efficiency:case-step", args=[case.pk, "decide"]), {"note": "同意"}
    )
    step("close", note="已约谈")

    case.refresh_from_db()
    assert clue.unit.name in form.content.decode()
    assert refused.status_code == 403
    assert (case.stage, case.decider_name) == ("closed", "李市长")
    assert "约谈" in one.get(reverse("efficiency:case", args=[case.pk])).content.decode()


def test_a_patrol_sent_twice_is_kept_once_and_answered_by_its_unit(world: World) -> None:
    client = client_of(world, "supervisor")
    said = {
        "unit": world.units["urban"].pk, "kind": "on_site", "day": "2026-11-16", "people": "孙效",
        "found": "摊点仍在", "is_fault": "1", "demand": "清理", "due": "2026-11-20",
        "idempotency_key": "patrol-1",
    }  # fmt: skip

    client.post(reverse("efficiency:new-patrol"), said)
    client.post(reverse("efficiency:new-patrol"), said)
    patrol = Patrol.objects.get()
    unit = client_of(world, "clerk")
    seen = unit.get(reverse("efficiency:patrols")).content.decode()
    unit.post(
        reverse("efficiency:patrol-answer", args=[patrol.pk]),
        {"answer": "已清理", "version": patrol.version},
    )

    patrol.refresh_from_db()
    assert "摊点仍在" in seen
    assert patrol.answered_by == "周敏"


def test_a_clue_rule_is_changed_from_a_day_on(world: World) -> None:
    answer = client_of(world, "supervisor").post(
        reverse("efficiency:rule", args=["slow"]),
        {"count": "9", "days": "60", "valid_from": "2026-12-01"},
    )

    assert answer.status_code == 302
    assert ClueRule.objects.filter(kind="slow", count=9, valid_from="2026-12-01").exists()


def _pages(world: World) -> list[tuple[str, str]]:
    clue = clue_of(world)
    row = inspection(world)
    case = cases.open_case(
        Opening(kind="complaint", unit=world.units["urban"], title="慢", matter="慢"),
        actor=world.actor("supervisor"), at=NOW,
    )  # fmt: skip
    return [
        ("shift_lead", reverse("quality:home")),
        ("shift_lead", reverse("quality:choose")),
        ("shift_lead", reverse("quality:item", args=[row.pk])),
        ("supervisor", reverse("quality:training")),
        ("supervisor", reverse("quality:sheets")),
        ("supervisor", reverse("efficiency:home")),
        ("supervisor", reverse("efficiency:clue", args=[clue.pk])),
        ("supervisor", reverse("efficiency:rules")),
        ("supervisor", reverse("efficiency:cases")),
        ("supervisor", reverse("efficiency:case", args=[case.pk])),
        ("supervisor", reverse("efficiency:patrols")),
    ]


def test_every_page_is_drawn_with_few_statements(
    world: World, django_assert_max_num_queries: Callable[..., object]
) -> None:
    pages = _pages(world)
    clients: dict[str, Client] = {name: client_of(world, name) for name, _ in pages}

    for name, url in pages:
        with django_assert_max_num_queries(15, info=url):  # type: ignore[attr-defined]
            assert clients[name].get(url).status_code == 200
