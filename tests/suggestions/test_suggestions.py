"""The system suggests, says why, remembers what became of it, and never decides alone."""

import datetime as dt

import pytest
from tests.factories import appeals as make
from tests.factories.world import MONDAY, World

from jiesu.access import SYSTEM
from jiesu.appeals.actions import dispatch, process_rules
from jiesu.appeals.actions.dispatch import Order
from jiesu.appeals.models import Appeal, Event, Suggestion
from jiesu.appeals.rules import Rule
from jiesu.config import health
from jiesu.foundation.errors import NotAllowedNow
from jiesu.jobs import delivery
from jiesu.suggestions import following, registry, training
from jiesu.suggestions.classes import BY_WORDS, suggest_classes, suggest_types
from jiesu.suggestions.models import Kind, TrainedModel
from jiesu.suggestions.units import suggest_units

LATER = MONDAY + dt.timedelta(hours=1)
STALL = "地铁口有商贩占道经营，摊位挡住人行道"
LAMP = "路灯坏了，晚上很黑"


@pytest.fixture(autouse=True)
def _fresh() -> None:
    registry.forget()


def deliver_all() -> None:
    while delivery.deliver(LATER).delivered:
        pass


def taught(world: World, monkeypatch: pytest.MonkeyPatch, kind: Kind, many: int = 60) -> None:
    """Orders of two classes, both answered for by urban management, and a model of them."""
    monkeypatch.setattr(training, "LEAST_ORDERS", 20)
    for n in range(many):
        text, code = (STALL, "0105") if n % 2 else (LAMP, "0207")
        order = Order(lead=world.units["urban"], reason="历史")
        appeal = make.accepted(
            world, content=f"{'东西南北中'[n % 5]}街{n}号{text}，第{n}次反映，请处理。",
            title=f"{n}号{text[:6]}", category_code=code, phone=f"138{n:08d}",
        )  # fmt: skip
        dispatch.assign(appeal, order, actor=world.actor("dispatcher"), at=MONDAY)
    training.train(kind, actor=SYSTEM, at=LATER)
    registry.forget()


def test_on_day_one_the_names_of_the_classes_speak(world: World) -> None:
    first = suggest_classes("地铁站口有商贩长期占道经营，影响通行", MONDAY)[0]

    assert (first.hit.code, first.version) == ("0105", BY_WORDS)
    assert "占道经营" in first.words
    assert 0 < first.probability < 1


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("请问如何办理居住证，需要什么材料", "01"), ("建议在路口增设红绿灯", "05"),
        ("举报小区内无证经营的黑作坊", "04"), ("感谢社区工作人员热心帮助，特此表扬", "06"),
    ],
)  # fmt: skip
def test_on_day_one_a_persons_words_tell_the_type(world: World, text: str, code: str) -> None:
    assert suggest_types(text)[0].code == code


@pytest.mark.parametrize("text", ["", "的", "987650", "😀" * 9, "\u200b" * 20])
def test_a_text_that_says_nothing_gets_no_suggestion(world: World, text: str) -> None:
    assert suggest_classes(text, MONDAY) == []


def test_the_catalogue_names_the_unit_and_says_why(world: World) -> None:
    appeal = make.accepted(world)

    first = suggest_units(appeal.category, appeal.region, MONDAY, content=appeal.content)[0]

    assert first.unit_id == world.units["urban"].pk
    assert "权属目录" in first.reasons[0]


def test_what_was_suggested_is_kept_and_whether_it_was_taken(world: World) -> None:
    appeal = make.dispatched(world)

    deliver_all()

    kept = Suggestion.objects.filter(appeal=appeal)
    chosen = kept.get(what="category", value="0105")
    assert (chosen.taken, chosen.decided_by) == (True, "林小满")
    unit = kept.get(what="unit", value=world.units["urban"].code)
    assert unit.taken is True
    assert unit.decided_by != chosen.decided_by
    assert not kept.filter(what="category", taken=None).exists()


def test_a_model_learns_the_centres_own_classes(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    taught(world, monkeypatch, Kind.CLASS)

    first = suggest_classes("南街的路灯坏了没人修", LATER)[0]

    assert first.hit.code == "0207"
    assert first.version == TrainedModel.objects.get().version
    assert any("灯" in word for word in first.words)


def test_what_a_model_learns_from_holds_no_personal_data(world: World) -> None:
    make.accepted(
        world, content="我叫陈小满，手机13812342046，路灯坏了没人修。", category_code="0207"
    )

    examples = list(training._examples(Kind.CLASS, LATER, 10, lambda *said: None))

    assert "13812342046" not in str(examples[0].text)
    assert "〔电话〕" in str(examples[0].text)


def test_a_model_that_is_worse_is_kept_but_not_put_to_use(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    taught(world, monkeypatch, Kind.CLASS)
    monkeypatch.setattr(
        training, "measure",
        lambda model, of: {"accuracy": 0.1 if len(of) and model is not held else 0.9},
    )  # fmt: skip
    used = registry.in_use(Kind.CLASS)
    assert used is not None
    held = used.model

    worse = training.train(Kind.CLASS, actor=SYSTEM, at=LATER + dt.timedelta(minutes=1))

    assert not worse.is_active
    with pytest.raises(NotAllowedNow, match="不如在用的模型"):
        registry.activate(worse, actor=SYSTEM, at=LATER)


def test_a_roll_back_brings_the_model_before_back_to_use(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    taught(world, monkeypatch, Kind.CLASS)
    first = TrainedModel.objects.get()
    second = training.train(Kind.CLASS, actor=SYSTEM, at=LATER + dt.timedelta(minutes=1))
    assert second.is_active

    back = registry.roll_back(Kind.CLASS, actor=SYSTEM, at=LATER + dt.timedelta(minutes=2))

    assert back == first
    assert TrainedModel.objects.get(is_active=True) == first


@pytest.mark.parametrize("harm", ["gone", "cut"])
def test_without_its_file_the_desk_works_on_and_readyz_tells(
    world: World, monkeypatch: pytest.MonkeyPatch, harm: str
) -> None:
    taught(world, monkeypatch, Kind.CLASS)
    file = registry.folder() / TrainedModel.objects.get().file
    if harm == "gone":
        file.unlink()
    else:
        file.write_bytes(file.read_bytes()[:1000])
    registry.forget()

    suggested = suggest_classes(STALL, LATER)
    checks = {check.name: check.state for check in health.all_checks(LATER)}

    assert suggested[0].version == BY_WORDS
    assert registry.has_trouble(Kind.CLASS)
    assert checks["text models"] == "warn"


def test_a_units_model_learns_who_kept_what_and_joins_the_catalogue(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(training, "LEAST_ORDERS", 20)
    for n in range(60):
        text, code, key = (STALL, "0105", "urban") if n % 2 else (LAMP, "0207", "water")
        appeal = make.accepted(
            world, content=f"{'东西南北中'[n % 5]}街{n}号{text}，第{n}次反映。", title=text[:6],
            category_code=code, phone=f"138{n:08d}",
        )  # fmt: skip
        order = Order(lead=world.units[key], reason="历史")
        dispatch.assign(appeal, order, actor=world.actor("dispatcher"), at=MONDAY)
    training.train(Kind.UNIT, actor=SYSTEM, at=LATER)
    registry.forget()

    stall = suggest_units(
        world.category("0105"), world.regions["350102001"], LATER, content=STALL, title="占道"
    )

    assert stall[0].unit_id == world.units["urban"].pk
    assert stall[0].agreed
    assert any("以往类似诉求" in reason for reason in stall[0].reasons)
    assert any("同类同区近" in reason for reason in stall[0].reasons)


def accepted_event(appeal: Appeal) -> Event:
    return Event.objects.filter(appeal=appeal, kind="accept").get()


def test_nothing_is_sent_automatically_unless_the_rule_says_so(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    appeal = make.accepted(world)
    monkeypatch.setattr(following, "confidence", lambda *of: (world.units["urban"].code, 0.999))

    following.dispatch_alone([accepted_event(appeal)], LATER)

    assert appeal.status == "accepted"


def test_where_the_rule_says_so_what_is_beyond_doubt_is_sent_and_the_event_tells(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    appeal = make.accepted(world)
    urban = world.units["urban"]
    monkeypatch.setattr(following, "confidence", lambda *of: (urban.code, 0.985))
    process_rules.set_rule(Rule.AUTO_DISPATCH_CONFIDENCE, 98, actor=SYSTEM, at=MONDAY)

    following.dispatch_alone([accepted_event(appeal)], LATER)

    event = Event.objects.get(appeal=appeal, kind="dispatch")
    appeal.refresh_from_db()
    assert (event.actor_name, appeal.lead_unit) == ("系统", urban)
    assert "自动派单" in event.data["reason"]


@pytest.mark.parametrize(("code", "sure"), [("urban", 0.97), ("other", 0.999)])
def test_what_is_in_doubt_stays_with_the_dispatchers(
    world: World, monkeypatch: pytest.MonkeyPatch, code: str, sure: float
) -> None:
    appeal = make.accepted(world)
    said = world.units["urban"].code if code == "urban" else "another"
    monkeypatch.setattr(following, "confidence", lambda *of: (said, sure))
    process_rules.set_rule(Rule.AUTO_DISPATCH_CONFIDENCE, 98, actor=SYSTEM, at=MONDAY)

    following.dispatch_alone([accepted_event(appeal)], LATER)

    assert appeal.status == "accepted"
