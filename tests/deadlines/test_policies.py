"""Which limit applies, and how cheaply it is told."""

import datetime as dt
import itertools
import time
from decimal import Decimal

import pytest
from tests.deadlines.conftest import at
from tests.factories.world import World

from jiesu.access import SYSTEM
from jiesu.deadlines import limits, policies, snapshot, years
from jiesu.deadlines.kinds import ClockKind
from jiesu.deadlines.models import LimitPolicy
from jiesu.deadlines.worktime import Budget, DueAt, Unit

NOW = at("2026-11-16 09:00")
GULOU = "000100010001"
SIMING = "000100020001"


def limit(
    clock=ClockKind.HANDLE, *, type_="03", urgency="3", path=GULOU, when=NOW, difficult=False
):
    found = policies.limit_for(
        clock, appeal_type=type_, urgency=urgency, region_path=path, at=when, difficult=difficult
    )
    return found.budget.words if found else None


def add(world: World, amount: int, *, region: str = "", **scope):
    return limits.add_policy(
        clock="handle",
        amount=amount,
        unit=Unit.WORK_DAYS,
        valid_from=NOW.date(),
        region=world.regions[region] if region else None,
        actor=SYSTEM,
        at=NOW,
        **scope,
    )


@pytest.mark.parametrize(
    ("case", "words"),
    [
        ({"type_": "01"}, "2 个工作日"),
        ({"type_": "02"}, "3 个工作日"),
        ({"type_": "03"}, "10 个工作日"),
        ({"type_": "04"}, "10 个工作日"),
        ({"type_": "05"}, "5 个工作日"),
        ({"type_": "06"}, "3 个工作日"),
        ({"type_": "09"}, "5 个工作日"),
        ({"urgency": "1"}, "2 小时"),
        ({"urgency": "2"}, "24 小时"),
        ({"difficult": True}, "15 个工作日"),
        ({"difficult": True, "urgency": "2"}, "15 个工作日"),
        ({"difficult": True, "urgency": "1"}, "2 小时"),  # a matter of life is never made slow
        ({"clock": ClockKind.OPEN, "urgency": "1"}, "15 分钟"),
        ({"clock": ClockKind.OPEN, "urgency": "2"}, "30 分钟"),
        ({"clock": ClockKind.OPEN}, "4 个工时"),
        ({"clock": ClockKind.SIGN}, "1 个工作日"),
        ({"clock": ClockKind.RETURN}, "1 个工作日"),
        ({"clock": ClockKind.CONTACT, "urgency": "1"}, "30 分钟"),
        ({"clock": ClockKind.CONTACT, "urgency": "2"}, "2 小时"),
        ({"clock": ClockKind.CONTACT}, "1 个工作日"),
        ({"clock": ClockKind.JOINT}, "1 个工作日"),
        ({"clock": ClockKind.CALLBACK}, "3 个工作日"),
        ({"clock": ClockKind.REVIEW}, "1 个工作日"),
    ],
)
def test_the_default_matrix_is_the_domains(world, case, words):
    assert limit(**case) == words


def test_every_clock_has_a_default_limit_for_every_appeal(world):
    for clock, type_, urgency, difficult in itertools.product(
        ClockKind, ("01", "02", "03", "04", "05", "06", "09"), ("1", "2", "3"), (False, True)
    ):
        assert limit(clock, type_=type_, urgency=urgency, difficult=difficult)


def test_the_whole_way_leaves_the_centre_three_working_days(world):
    for type_, difficult in itertools.product(("01", "02", "03", "04", "05", "06", "09"), (0, 1)):
        handle, total = (
            policies.limit_for(
                kind,
                appeal_type=type_,
                urgency="3",
                region_path=GULOU,
                at=NOW,
                difficult=bool(difficult),
            )
            for kind in (ClockKind.HANDLE, ClockKind.TOTAL)
        )
        assert handle
        assert total
        assert total.budget.amount == handle.budget.amount + 3


def test_a_limit_carries_its_policy_and_its_yellow_mark(world):
    found = policies.limit_for("handle", appeal_type="03", urgency="3", region_path=GULOU, at=NOW)

    assert found
    policy = LimitPolicy.objects.get(pk=found.policy_id)
    assert (found.policy_version, found.budget) == (1, Budget(Decimal("10.00"), Unit.WORK_DAYS))
    assert found.yellow == Budget(Decimal("1.00"), Unit.WORK_DAYS)
    assert policy.note == "投诉"


def test_a_deeper_region_outranks_a_wider_one_and_both_outrank_none(world):
    add(world, 9, region="350100", appeal_type="03")
    add(world, 7, region="350102", appeal_type="03")

    assert limit(path=GULOU) == "7 个工作日"
    assert limit(path=GULOU + "0001") == "7 个工作日"
    assert limit(path="000100010002") == "9 个工作日"
    assert limit(path=SIMING) == "10 个工作日"


def test_where_it_lies_outranks_its_type(world):
    add(world, 7, region="350102")

    assert limit(type_="01") == "7 个工作日"


def test_what_was_judged_about_the_appeal_outranks_where_it_lies(world):
    add(world, 7, region="350102", appeal_type="03")

    assert limit(urgency="1") == "2 小时"
    assert limit(difficult=True) == "15 个工作日"


def test_a_limit_for_what_is_not_difficult_leaves_the_difficult_alone(world):
    add(world, 8, region="350102", difficult=False)

    assert limit() == "8 个工作日"
    assert limit(difficult=True) == "15 个工作日"


def test_the_most_specific_of_all_combinations_wins_in_the_documented_order(world):
    # Given a limit for each of the sixteen combinations, three of them from the default matrix
    words = {
        (False, False, False, False): "5 个工作日",
        (False, False, False, True): "10 个工作日",
        (True, False, False, False): "15 个工作日",
    }
    for amount, names in enumerate(itertools.product((False, True), repeat=4), start=20):
        if names not in words:
            difficult, urgency, region, type_ = names
            words[names] = f"{amount} 个工作日"
            add(
                world,
                amount,
                region="350102" if region else "",
                appeal_type="03" if type_ else "",
                urgency="3" if urgency else "",
                difficult=True if difficult else None,
            )

    # When the one that applies is taken away, again and again
    seen = []
    while found := policies.limit_for(
        "handle", appeal_type="03", urgency="3", region_path=GULOU, at=NOW, difficult=True
    ):
        seen.append(found.budget.words)
        LimitPolicy.objects.filter(pk=found.policy_id).delete()
        policies.forget()

    # Then they come in the order of difficult, urgency, region, type
    assert seen == [words[names] for names in sorted(words, reverse=True)]


def test_no_limit_for_a_kind_is_none(world):
    LimitPolicy.objects.filter(clock="review").delete()
    policies.forget()

    assert limit(ClockKind.REVIEW) is None
    assert limit("unheard_of") is None


def test_a_limit_holds_from_its_first_day_to_the_day_before_it_ends(world):
    policy = add(world, 7, region="350102", appeal_type="03")
    limits.end_policy(policy, valid_to=dt.date(2026, 11, 20), actor=SYSTEM, at=NOW)

    assert limit(when=at("2026-11-15 23:59")) == "10 个工作日"
    assert limit(when=at("2026-11-16 00:00")) == "7 个工作日"
    assert limit(when=at("2026-11-19 23:59")) == "7 个工作日"
    assert limit(when=at("2026-11-20 00:00")) == "10 个工作日"


def test_the_day_of_a_limit_is_the_day_in_beijing(world):
    add(world, 7, region="350102", appeal_type="03")

    assert limit(when=dt.datetime(2026, 11, 15, 16, tzinfo=dt.UTC)) == "7 个工作日"
    assert limit(when=dt.datetime(2026, 11, 15, 15, tzinfo=dt.UTC)) == "10 个工作日"


def test_the_warm_path_asks_the_database_nothing(world, django_assert_num_queries):
    limit()
    policies.calendar(NOW)

    with django_assert_num_queries(0):
        for urgency in "123":
            limit(urgency=urgency)
        policies.calendar(at("2018-05-01 10:00"))


def test_reading_it_all_takes_six_statements(world, django_assert_num_queries):
    with django_assert_num_queries(6):
        limit()
        policies.calendar(NOW)


def test_after_two_seconds_one_statement_asks_whether_anything_changed(
    world, clock_of_process, django_assert_num_queries
):
    limit()

    clock_of_process(2.1)

    with django_assert_num_queries(1):
        limit()
        limit()


def test_a_change_by_another_process_is_seen_within_two_seconds(world, clock_of_process):
    assert limit() == "10 个工作日"

    # When another process changes a limit and writes its stamp
    LimitPolicy.objects.filter(clock="handle", appeal_type="03").update(amount=6)
    snapshot.DeadlineVersion.objects.update(stamp="another process")

    assert limit() == "10 个工作日"
    clock_of_process(2.1)
    assert limit() == "6 个工作日"


def test_a_change_in_this_process_is_seen_at_once(world):
    assert limit() == "10 个工作日"

    add(world, 7, region="350102", appeal_type="03")

    assert limit() == "7 个工作日"


def test_the_calendar_counts_by_the_rules_of_the_day(world):
    years.set_rules(
        from_next_day=False,
        due_at=DueAt.MIDNIGHT,
        valid_from=dt.date(2026, 11, 18),
        actor=SYSTEM,
        at=NOW,
    )

    before = policies.calendar(at("2026-11-17 10:00"))
    after = policies.calendar(at("2026-11-18 10:00"))

    assert before.due(at("2026-11-17 10:00"), Budget(1, Unit.WORK_DAYS)) == at("2026-11-18 17:30")
    assert after.due(at("2026-11-18 10:00"), Budget(1, Unit.WORK_DAYS)) == at("2026-11-19 00:00")


def test_asking_takes_microseconds(world):
    limit()

    began = time.perf_counter()
    for _ in range(5_000):
        policies.limit_for("handle", appeal_type="03", urgency="3", region_path=GULOU, at=NOW)
        policies.calendar(NOW)
    each = (time.perf_counter() - began) / 5_000

    assert each < 100e-6
