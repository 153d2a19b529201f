"""Adding, replacing, ending and taking back limits."""

import datetime as dt
from decimal import Decimal

import pytest
from tests.deadlines.conftest import at

from jiesu.deadlines import limits, policies
from jiesu.deadlines.models import LimitPolicy
from jiesu.foundation.errors import ChangedMeanwhile, Forbidden, Invalid, NotAllowedNow, NotFound
from jiesu.journal.models import AuditRecord

NOW = at("2026-11-16 09:00")
TODAY = dt.date(2026, 11, 16)
DECEMBER = dt.date(2026, 12, 1)
CASE = {"appeal_type": "03", "urgency": "3", "region_path": "000100010001"}


def current() -> LimitPolicy:
    return LimitPolicy.objects.get(clock="handle", appeal_type="03", valid_to=None)


def add(editor, **changes):
    given = {
        "clock": "handle", "amount": 7, "unit": "work_days", "valid_from": DECEMBER,
        "urgency": "3", "yellow_amount": 1, "yellow_unit": "work_days", "note": "试行",
    }  # fmt: skip
    return limits.add_policy(**(given | changes), actor=editor, at=NOW)


def refused(call, **kwargs) -> dict[str, tuple[str, str]]:
    with pytest.raises(Invalid) as refusal:
        call(**kwargs)
    return {error.field: (error.code, error.message) for error in refusal.value.errors}


def test_a_new_limit_holds_from_its_day_and_is_in_the_audit(world, editor):
    policy = add(editor)

    before = policies.limit_for("handle", **CASE, at=at("2026-11-30 10:00"))
    after = policies.limit_for("handle", **CASE, at=at("2026-12-01 10:00"))
    assert before
    assert after
    assert before.policy_id != policy.pk
    assert after.policy_id == policy.pk
    record = AuditRecord.objects.get(kind="deadlines.limit_added")
    assert record.subject == f"limit:{policy.pk}"
    assert record.actor_name == "钱历"
    assert record.data["limit"] == "7 个工作日"
    assert record.data["valid_from"] == "2026-12-01"


@pytest.mark.parametrize(
    ("changes", "field", "code", "words"),
    [
        ({"clock": "dream"}, "clock", "unknown_clock", "时限的种类"),
        ({"amount": 0}, "amount", "not_positive", "大于 0"),
        ({"amount": -3}, "amount", "not_positive", "大于 0"),
        ({"amount": Decimal("NaN")}, "amount", "not_positive", "大于 0"),
        ({"amount": Decimal("Infinity")}, "amount", "not_positive", "大于 0"),
        ({"amount": Decimal("1.234")}, "amount", "too_precise", "两位小数"),
        ({"amount": 9999}, "amount", "too_long", "最长为 500 工作日"),
        ({"unit": "weeks"}, "unit", "unknown_unit", "工作日"),
        ({"appeal_type": "77"}, "appeal_type", "unknown_code", "77"),
        ({"urgency": "9"}, "urgency", "unknown_code", "9"),
        ({"yellow_unit": ""}, "yellow_amount", "yellow_incomplete", "都填上"),
        ({"yellow_amount": None}, "yellow_amount", "yellow_incomplete", "都填上"),
        ({"yellow_amount": -1}, "yellow_amount", "not_positive", "黄牌"),
        ({"yellow_amount": 7}, "yellow_amount", "yellow_too_long", "短于期限"),
        ({"yellow_unit": "moons"}, "yellow_unit", "unknown_unit", "黄牌"),
        ({"valid_from": dt.date(2026, 11, 15)}, "valid_from", "starts_in_the_past", "今天"),
        ({"valid_to": DECEMBER}, "valid_to", "ends_before_it_begins", "晚于启用日期"),
        ({"note": "长" * 201}, "note", "too_long", "200"),
    ],
)
def test_a_limit_that_makes_no_sense_is_refused_at_its_field(
    world, editor, changes, field, code, words
):
    errors = refused(add, editor=editor, **changes)

    assert errors[field][0] == code
    assert words in errors[field][1]


def test_every_wrong_field_is_told_at_once(world, editor):
    errors = refused(
        add, editor=editor, clock="dream", amount=0, urgency="9", valid_from=dt.date(2020, 1, 1)
    )

    assert set(errors) == {"clock", "amount", "urgency", "valid_from"}


def test_two_limits_for_the_same_appeals_never_overlap(world, editor):
    add(editor, valid_to=dt.date(2026, 12, 20))

    assert (
        refused(add, editor=editor, valid_from=dt.date(2026, 12, 19))["valid_from"][0] == "overlaps"
    )
    assert refused(add, editor=editor, valid_from=TODAY)["valid_from"][0] == "overlaps"
    assert add(editor, valid_from=TODAY, valid_to=DECEMBER).version == 2
    assert add(editor, valid_from=dt.date(2026, 12, 20)).version == 3


def test_replacing_ends_the_old_version_and_overwrites_nothing(world, editor):
    old = current()

    new = limits.replace_policy(
        old, amount=8, unit="work_days", valid_from=DECEMBER, actor=editor, at=NOW
    )

    old.refresh_from_db()
    assert (old.amount, old.valid_to, old.version) == (10, DECEMBER, 1)
    assert (new.amount, new.valid_from, new.valid_to, new.version) == (8, DECEMBER, None, 2)
    november = policies.limit_for("handle", **CASE, at=at("2026-11-30 10:00"))
    december = policies.limit_for("handle", **CASE, at=at("2026-12-01 10:00"))
    assert november
    assert december
    assert (november.policy_version, december.policy_version) == (1, 2)
    assert AuditRecord.objects.get(kind="deadlines.limit_replaced").data["replaces"] == old.pk


def test_a_stale_page_cannot_replace_what_somebody_replaced_meanwhile(world, editor):
    seen = current()
    limits.replace_policy(
        current(), amount=8, unit="work_days", valid_from=DECEMBER, actor=editor, at=NOW
    )

    with pytest.raises(ChangedMeanwhile) as refusal:
        limits.replace_policy(
            seen, amount=6, unit="work_days", valid_from=DECEMBER, actor=editor, at=NOW
        )
    assert "刷新" in refusal.value.message


def test_a_replacement_begins_after_what_it_replaces(world, editor):
    policy = add(editor)

    errors = refused(
        limits.replace_policy,
        policy=policy,
        amount=5,
        unit="work_days",
        valid_from=DECEMBER,
        actor=editor,
        at=NOW,
    )

    assert errors["valid_from"][0] == "not_after_current"


def test_a_limit_ends_today_at_the_earliest(world, editor):
    policy = current()

    errors = refused(
        limits.end_policy, policy=policy, valid_to=dt.date(2026, 11, 15), actor=editor, at=NOW
    )
    assert errors["valid_to"][0] == "ends_in_the_past"
    limits.end_policy(policy, valid_to=TODAY, actor=editor, at=NOW)

    found = policies.limit_for("handle", **CASE, at=NOW)
    assert found
    assert found.budget.amount == 5  # the limit for any type


def test_an_end_is_not_put_off(world, editor):
    policy = limits.end_policy(current_or_first(), valid_to=DECEMBER, actor=editor, at=NOW)

    errors = refused(
        limits.end_policy, policy=policy, valid_to=dt.date(2027, 1, 1), actor=editor, at=NOW
    )

    assert errors["valid_to"][0] == "ends_later_than_before"


def test_a_limit_not_yet_begun_is_taken_back_and_the_old_one_goes_on(world, editor):
    old = current()
    new = limits.replace_policy(
        old, amount=8, unit="work_days", valid_from=DECEMBER, actor=editor, at=NOW
    )

    limits.cancel_policy(new, actor=editor, at=NOW)

    old.refresh_from_db()
    assert old.valid_to is None
    assert not LimitPolicy.objects.filter(pk=new.pk).exists()
    assert AuditRecord.objects.filter(kind="deadlines.limit_cancelled").exists()
    with pytest.raises(NotFound):
        limits.cancel_policy(new, actor=editor, at=NOW)


def test_a_limit_in_force_is_not_taken_back(world, editor):
    with pytest.raises(NotAllowedNow, match="已经启用"):
        limits.cancel_policy(current(), actor=editor, at=NOW)


def test_only_who_may_manage_limits_there_changes_them(world, editor):
    fuzhou = world.actor("catalogue_editor")

    with pytest.raises(Forbidden):
        add(world.actor("clerk"))
    with pytest.raises(Forbidden, match="最上级"):
        add(fuzhou)  # for everywhere
    with pytest.raises(Forbidden):
        add(fuzhou, region=world.regions["350200"])
    assert add(fuzhou, region=world.regions["350102"]).pk


def test_a_joint_units_limit_counts_back_so_its_mark_may_be_as_long(world, editor):
    policy = add(editor, clock="joint", amount=1)

    assert policy.yellow
    assert policy.yellow.amount == policy.amount


def current_or_first() -> LimitPolicy:
    return LimitPolicy.objects.get(clock="handle", appeal_type="05")
