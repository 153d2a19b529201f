"""Preview, frozen, applied for, decided, published, corrected (issue 3; domain §5)."""

import datetime as dt
from decimal import Decimal

import pytest
from django_tasks_db.models import DBTaskResult
from tests.factories import appeals as make
from tests.factories.world import BEIJING
from tests.scoring.conftest import AFTER, FOUR, OCTOBER, Office, changed, days

from jiesu.access import SYSTEM
from jiesu.appeals.models import Appeal
from jiesu.foundation import clock
from jiesu.foundation.errors import ChangedMeanwhile, Forbidden, Invalid, NotAllowedNow, NotFound
from jiesu.journal.models import AuditRecord
from jiesu.organizations import changes
from jiesu.scoring import exclusions, faults, keeping, periods, remedies, schemes
from jiesu.scoring.definitions import Every
from jiesu.scoring.models import Exclusion, Period, Revision, UnitScore
from jiesu.scoring.tasks import count_period

CLOSING = AFTER + days(6)  # after the last day to apply


def score(revision: Revision, office: Office, unit: str = "urban") -> UnitScore:
    return UnitScore.objects.get(revision=revision, unit=office.world.units[unit])


def rates(row: UnitScore) -> dict[str, tuple[int, int]]:
    return {m["code"]: (m["num"], m["den"]) for m in row.measures}


def apply(office: Office, period: Period, appeal: Appeal, key: str = "evidence-1") -> Exclusion:
    leader = office.world.actor("unit_leader")
    return exclusions.apply(
        period, office.world.units["urban"], appeal, ground="unreasonable",
        reason="诉求人要求拆除合法设置的便民摊点，经核查不合理。",
        upload_key=office.evidence(leader, key), actor=leader, at=AFTER + days(1),
    )  # fmt: skip


def agree(office: Office, exclusion: Exclusion, verdict: str) -> Exclusion:
    for actor in (office.first, office.second):
        exclusion = exclusions.decide(
            exclusion, verdict, "证据充分" if verdict == "granted" else "证据不足", actor=actor,
            at=AFTER + days(2), version=exclusion.version,
        )  # fmt: skip
    return exclusion


def publish(office: Office, period: Period) -> Revision:
    period.refresh_from_db()
    return periods.publish(period, actor=office.first, at=CLOSING, version=period.version)


def test_a_preview_counts_what_was_due_and_closed_in_the_period(office: Office) -> None:
    office.good()
    office.late()

    revision = office.counted(office.period())

    row = score(revision, office)
    assert rates(row) == {
        "opened": (2, 2), "closed_in_time": (1, 2), "replied": (2, 2), "satisfied": (1, 2),
    }  # fmt: skip
    assert row.total == Decimal("50.00")  # twice fifty points short at half a point each
    assert row.orders == 2
    assert score(revision, office, "environment").total is None  # nothing was due: never 100


def test_a_limit_on_the_last_midnight_belongs_to_the_day_that_ends_in_beijing(
    office: Office,
) -> None:
    last = dt.datetime(2026, 10, 30, 9, tzinfo=BEIJING)  # ten working days lead into November
    office.good(last)

    october = office.counted(office.period())
    november = office.counted(
        office.period(dt.date(2026, 11, 1), AFTER + days(20)), AFTER + days(20)
    )

    assert rates(score(october, office))["opened"] == (1, 1)
    assert rates(score(october, office))["closed_in_time"] == (0, 0)
    assert rates(score(november, office))["closed_in_time"] == (1, 1)


def test_a_preview_of_a_running_month_holds_nothing_that_is_yet_to_come(office: Office) -> None:
    make.dispatched(office.world, OCTOBER)

    revision = office.counted(office.period(at=OCTOBER + days(2)), OCTOBER + days(2))

    assert rates(score(revision, office))["closed_in_time"] == (0, 0)
    assert rates(score(revision, office))["opened"] == (0, 1)


def test_the_same_period_twice_gives_the_same_bytes_and_replaying_gives_them_again(
    office: Office,
) -> None:
    office.good()
    office.late()
    period = office.period()
    first = office.counted(period)
    kept = keeping.result_of(first)

    again = office.counted(period)

    assert keeping.result_of(again) == kept == keeping.replay(again)
    assert again.result_hash == first.result_hash
    assert again.facts_hash == first.facts_hash == keeping.facts_hash(keeping.read_facts(period))


def test_a_frozen_period_does_not_move_when_orders_do(office: Office) -> None:
    appeal = office.late()
    period = office.frozen()
    raw = period.revisions.get()

    Appeal.objects.filter(pk=appeal.pk).update(satisfaction=5)

    assert periods.count(period, at=AFTER + days(1), by="x") is None
    assert keeping.replay(raw) == keeping.result_of(raw)


def test_only_what_was_previewed_after_the_periods_end_may_be_frozen(office: Office) -> None:
    office.good()
    period = office.period(at=OCTOBER)
    office.counted(period, OCTOBER + days(10))

    with pytest.raises(NotAllowedNow, match="还没有结束"):
        periods.freeze(period, actor=office.first, at=OCTOBER + days(11), version=1)
    with pytest.raises(NotAllowedNow, match="重新计算"):
        periods.freeze(period, actor=office.first, at=AFTER, version=1)


def test_a_unit_wins_one_exclusion_and_loses_another_and_raw_and_adjusted_both_stay(
    office: Office,
) -> None:
    for _ in range(6):
        office.good()
    won, lost = office.late(), office.late(OCTOBER + days(1))
    period = office.frozen()

    agree(office, apply(office, period, won), "granted")
    agree(office, apply(office, period, lost, "evidence-2"), "refused")
    revision = publish(office, period)

    raw = score(period.revisions.get(number=0), office)
    adjusted = score(revision, office)
    assert rates(raw)["closed_in_time"] == (6, 8)
    assert rates(adjusted)["closed_in_time"] == (6, 7)
    left_out = {m["code"]: m["left_out"] for m in adjusted.measures}
    assert left_out["closed_in_time"] == {"5": 1}
    # raw: 25 points short of both rates cost 12.50 each; adjusted: 14.2857 short, 17.857 kept
    assert (raw.total, adjusted.total) == (Decimal("75.00"), Decimal("85.71"))
    assert keeping.replay(revision) == keeping.result_of(revision)


def test_an_exclusion_that_leaves_too_few_orders_takes_no_unit_off_the_ranking(
    office: Office,
) -> None:
    office.scheme = schemes.create_scheme(
        "至少三件", office.world.regions["350100"], changed(FOUR, least_orders=3),
        actor=office.first, at=AFTER, valid_from=dt.date(2026, 10, 1),
    )  # fmt: skip
    office.good()
    excluded, _ = office.late(), office.late(OCTOBER + make.minutes(90))
    period = office.frozen()
    agree(office, apply(office, period, excluded), "granted")

    adjusted = publish(office, period)

    assert score(period.revisions.get(number=0), office).orders == 3
    left = score(adjusted, office)
    assert (left.orders, left.rank) == (2, 1)
    assert keeping.replay(adjusted) == keeping.result_of(adjusted)


def test_two_people_decide_and_never_one_as_two(office: Office) -> None:
    late = office.late()
    exclusion = apply(office, office.frozen(), late)

    first = exclusions.decide(
        exclusion, "granted", "同意", actor=office.first, at=AFTER + days(2), version=1
    )
    assert first.state == Exclusion.State.PENDING
    with pytest.raises(NotAllowedNow, match="两个不同的人"):
        exclusions.decide(
            first, "granted", "同意", actor=office.first, at=AFTER + days(2), version=2
        )
    with pytest.raises(ChangedMeanwhile):
        exclusions.decide(
            first, "granted", "同意", actor=office.second, at=AFTER + days(2), version=1
        )
    done = exclusions.decide(
        first, "granted", "复核同意", actor=office.second, at=AFTER + days(2), version=2
    )

    assert (done.state, done.first_by, done.second_by) == ("granted", "孙效", "钱核")


def test_who_disagrees_is_the_first_of_the_other_verdict(office: Office) -> None:
    late = office.late()
    exclusion = apply(office, office.frozen(), late)

    exclusions.decide(
        exclusion, "granted", "同意", actor=office.first, at=AFTER + days(2), version=1
    )
    exclusion.refresh_from_db()
    other = exclusions.decide(
        exclusion, "refused", "证据不足", actor=office.second, at=AFTER + days(2), version=2
    )

    assert (other.state, other.first_verdict, other.first_by) == ("pending", "refused", "钱核")


def test_an_exclusion_needs_evidence_a_reason_and_something_it_costs(office: Office) -> None:
    good, late = office.good(), office.late()
    period = office.frozen()
    leader, unit = office.world.actor("unit_leader"), office.world.units["urban"]

    def ask(appeal: Appeal, **changes: object) -> Exclusion:
        said = {"ground": "malicious", "reason": "同一人多次恶意反映已办结事项。", **changes}
        return exclusions.apply(period, unit, appeal, actor=leader, at=AFTER, **said)  # type: ignore[arg-type]  # by name

    with pytest.raises(Invalid, match="证据材料"):
        ask(late)
    with pytest.raises(Invalid, match="至少 10 个字"):
        ask(late, reason="恶意")
    with pytest.raises(Invalid, match="没有在所选指标上扣您单位的分"):
        ask(good, upload_key=office.evidence(leader))
    with pytest.raises(Invalid):
        ask(late, ground="because")
    with pytest.raises(Forbidden):
        exclusions.apply(
            period, office.world.units["environment"], late, ground="malicious",
            reason="别的单位的工单，也想剔除一下。", actor=leader, at=AFTER,
        )  # fmt: skip
    assert not Exclusion.objects.exists()
    ask(late, upload_key=office.evidence(leader))
    with pytest.raises(NotAllowedNow, match="已经申请过"):
        ask(late, upload_key=office.evidence(leader, "evidence-9"))


def test_nothing_is_published_while_units_may_apply_or_somebody_waits(office: Office) -> None:
    late = office.late()
    period = office.frozen()
    apply(office, period, late)

    with pytest.raises(NotAllowedNow, match="截止前不能公布"):
        periods.publish(period, actor=office.first, at=AFTER + days(2), version=period.version)
    with pytest.raises(NotAllowedNow, match="1 件剔除申请没有审定"):
        publish(office, period)


def test_a_remedy_leaves_the_rating_and_takes_it_out_of_a_visible_correction(
    office: Office,
) -> None:
    office.good()
    appeal = office.late()
    period = office.frozen()
    published = publish(office, period)
    leader = office.world.actor("unit_leader")
    remedy = remedies.contest(
        appeal, "诉求人不满的是商户停业，已依法办理完毕。", upload_key=office.evidence(leader),
        actor=leader, at=CLOSING,
    )  # fmt: skip

    remedies.decide(
        remedy, "upheld", "经核实，单位已依法依规办理到位。", actor=office.world.actor("reviewer"),
        at=CLOSING, version=1,
    )  # fmt: skip
    period.refresh_from_db()
    revision = periods.correct(
        period, "救济成立一件", actor=office.first, at=CLOSING, version=period.version
    )

    appeal.refresh_from_db()
    assert appeal.satisfaction == 2
    assert rates(score(published, office))["satisfied"] == (1, 2)
    assert rates(score(revision, office))["satisfied"] == (1, 1)
    assert rates(score(revision, office))["closed_in_time"] == (1, 2)
    assert list(period.revisions.order_by("number").values_list("number", "reason")) == [
        (0, ""), (1, ""), (2, "救济成立一件"),
    ]  # fmt: skip
    with pytest.raises(NotAllowedNow, match="没有变化"):
        periods.correct(
            period, "再来一次", actor=office.first, at=CLOSING, version=period.version + 1
        )


def test_only_its_own_centre_decides_a_remedy(office: Office) -> None:
    appeal = office.late()
    leader = office.world.actor("unit_leader")
    remedy = remedies.contest(
        appeal, "诉求人不满的是商户停业，已依法办理完毕。", upload_key=office.evidence(leader),
        actor=leader, at=AFTER,
    )  # fmt: skip

    for username in ("unit_leader", "supervisor", "agent"):
        with pytest.raises(Forbidden):
            remedies.decide(
                remedy,
                "upheld",
                "同意救济",
                actor=office.world.actor(username),
                at=AFTER,
                version=1,
            )


def test_a_fault_costs_points_until_it_is_revoked(office: Office) -> None:
    office.good()
    unit = office.world.units["urban"]
    fault = faults.record(
        unit, "knowledge_base", OCTOBER.date(), "知识库未更新。", actor=office.first, at=AFTER,
        source="inspection:7",
    )  # fmt: skip
    same = faults.record(
        unit, "knowledge_base", OCTOBER.date(), "知识库未更新。", actor=office.first, at=AFTER,
        source="inspection:7",
    )  # fmt: skip
    period = office.frozen()
    published = publish(office, period)

    faults.revoke(fault, "已在限期内补报", actor=office.first, at=CLOSING)
    period.refresh_from_db()
    revision = periods.correct(
        period, "过错撤销", actor=office.first, at=CLOSING, version=period.version
    )

    assert same.pk == fault.pk
    assert score(published, office).total == Decimal("99.50")
    assert score(published, office).faults == [fault.pk]
    assert score(revision, office).total == Decimal("100.00")


def test_an_order_of_a_section_counts_for_its_bureau(office: Office) -> None:
    from jiesu.appeals.actions import dispatch
    from jiesu.appeals.actions.dispatch import Order

    appeal = make.accepted(office.world, OCTOBER)
    order = Order(lead=office.world.units["urban_section"], reason="直派科室，一单到底")
    dispatch.assign(appeal, order, actor=office.world.actor("dispatcher"), at=OCTOBER)

    row = score(office.counted(office.period()), office)

    assert rates(row)["opened"] == (0, 1)


def test_the_score_of_a_unit_merged_midway_is_its_heirs(office: Office) -> None:
    office.good()
    make.dispatched(office.world, OCTOBER)
    changes.merge_units(
        [office.world.units["urban"]], office.world.units["environment"], actor=SYSTEM,
        at=OCTOBER + days(2), effective=(OCTOBER + days(2)).date(),
    )  # fmt: skip

    revision = office.counted(office.period())

    assert not UnitScore.objects.filter(unit=office.world.units["urban"]).exists()
    assert rates(score(revision, office, "environment"))["opened"] == (1, 2)
    assert rates(score(revision, office, "environment"))["satisfied"] == (1, 1)


def test_ranks_move_against_the_last_published_period(office: Office) -> None:
    office.good()
    office.late()
    publish(office, office.frozen())
    later = AFTER + days(35)
    office.good(AFTER + days(1))

    november = office.counted(office.period(dt.date(2026, 11, 1), later), later)

    row = score(november, office)
    assert (row.rank, row.moved) == (1, 0)


def test_periods_of_one_scheme_never_overlap(office: Office) -> None:
    office.period()

    with pytest.raises(Invalid, match="重叠"):
        office.period(dt.date(2026, 10, 31))
    with pytest.raises(Invalid, match="还没有到"):
        office.period(dt.date(2026, 12, 1))
    with pytest.raises(Invalid, match="还没有启用"):
        office.period(dt.date(2026, 9, 1))


def test_a_scheme_does_not_change_inside_a_frozen_period_nor_midway(office: Office) -> None:
    office.good()
    office.frozen()

    def set_from(day: dt.date, **fields: object) -> None:
        schemes.set_version(
            office.scheme, changed(FOUR, **fields), actor=office.first, at=AFTER, valid_from=day,
            version=1,
        )  # fmt: skip

    with pytest.raises(NotAllowedNow, match="冻结期内的方案不能改动"):
        set_from(dt.date(2026, 10, 1), full=Decimal(100))
    with pytest.raises(Invalid, match="考核期的第一天"):
        set_from(dt.date(2026, 11, 15))
    with pytest.raises(Invalid, match="与总分 120 分不符"):
        set_from(dt.date(2026, 11, 1), full=Decimal(120))
    with pytest.raises(ChangedMeanwhile):
        schemes.set_version(
            office.scheme, FOUR, actor=office.first, at=AFTER, valid_from=dt.date(2026, 11, 1),
            version=9,
        )  # fmt: skip
    office.period(dt.date(2026, 11, 1))
    quarter = dt.date(2026, 10, 1)
    with pytest.raises(NotAllowedNow):
        set_from(quarter, every=Every.QUARTER)
    set_from(dt.date(2026, 12, 1), least_orders=20)
    assert schemes.held_on(office.scheme, dt.date(2026, 11, 30)) is not None
    assert office.scheme.versions.count() == 2


def test_the_office_of_another_region_neither_sees_nor_does_anything(office: Office) -> None:
    period = office.period()
    stranger = office.world.actor("xiamen_dispatcher")

    with pytest.raises(NotFound):
        periods.get_period_for(stranger, period.pk)
    with pytest.raises(Forbidden):
        periods.open_period(office.scheme, dt.date(2026, 11, 1), actor=stranger, at=AFTER)
    with pytest.raises(Forbidden):
        faults.record(
            office.world.units["siming_urban"], "slow", OCTOBER.date(), "拖延不办理。",
            actor=office.first, at=AFTER,
        )  # fmt: skip


def test_every_step_is_in_the_audit(office: Office) -> None:
    late = office.late()
    period = office.frozen()
    agree(office, apply(office, period, late), "granted")
    publish(office, period)

    told = AuditRecord.objects.filter(kind__startswith="scoring.").order_by("pk")

    assert list(told.values_list("kind", flat=True)) == [
        "scoring.scheme_set", "scoring.opened", "scoring.frozen", "scoring.exclusion_applied",
        "scoring.exclusion_decided", "scoring.exclusion_decided", "scoring.published",
    ]  # fmt: skip


def test_the_running_period_opens_by_itself_and_a_stale_preview_is_counted_once(
    office: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    office.good()
    monkeypatch.setattr(clock, "now", lambda: AFTER)

    first, again = periods.keep_current(AFTER), periods.keep_current(AFTER)
    november = Period.objects.get()
    asked = DBTaskResult.objects.filter(task_path__endswith="count_period")
    for task in asked:
        count_period.func(*task.args_kwargs["args"], **task.args_kwargs["kwargs"])

    assert (november.name, first, again, asked.count()) == ("2026年11月", 1, 1, 2)
    assert november.revisions.get().made_by == "系统"
    assert periods.keep_current(AFTER + dt.timedelta(hours=1)) == 0
    assert periods.keep_current(AFTER + dt.timedelta(hours=7)) == 1


def test_a_count_that_died_is_taken_up_again_and_a_running_one_is_left_alone(
    office: Office,
) -> None:
    period = office.period()
    Period.objects.filter(pk=period.pk).update(busy_since=AFTER)

    assert periods.count(period, at=AFTER + dt.timedelta(minutes=5), by="x") is None
    period.refresh_from_db()
    with pytest.raises(NotAllowedNow, match="正在计算"):
        periods.ask_to_count(period, actor=office.first, at=AFTER + dt.timedelta(minutes=5))
    assert periods.count(period, at=AFTER + dt.timedelta(minutes=31), by="x") is not None
