"""What each indicator counts, meets and leaves out (domain §5)."""

from typing import Any

import numpy as np
import pytest
from tests.scoring.rows import closed, duty, facts, on

from jiesu.deadlines.kinds import ClockKind
from jiesu.scoring.facts import End, Facts, Outcome, Solved
from jiesu.scoring.indicators import INDICATORS, Rules, Silence, Why

R = Rules()


def counted(sheets: Facts, code: str, rules: Rules = R) -> tuple[int, int, dict[Why, int]]:
    """Numerator, denominator and what was left out, by reason."""
    indicator = INDICATORS[code]
    judged = indicator.judge(sheets[indicator.sheet], rules)
    assert not (judged.met & ~judged.counts).any()
    assert not (judged.counts & (judged.why > 0)).any()
    left_out = {Why(int(w)): int((judged.why == w).sum()) for w in np.unique(judged.why) if w}
    return int(judged.met.sum()), int(judged.counts.sum()), left_out


def test_nothing_due_counts_nothing() -> None:
    for code in INDICATORS:
        assert counted(facts(), code) == (0, 0, {})


@pytest.mark.parametrize(("code", "kind"), [
    ("opened", ClockKind.OPEN), ("signed", ClockKind.SIGN), ("responded", ClockKind.CONTACT),
    ("closed_in_time", ClockKind.HANDLE), ("closed_in_time", ClockKind.JOINT),
])  # fmt: skip
def test_done_at_the_due_moment_is_in_time_and_a_moment_later_is_not(
    code: str, kind: ClockKind
) -> None:
    rows = [
        duty(1, kind=kind, done=on(10)),
        duty(2, kind=kind, done=on(10) + 1),
        duty(3, kind=kind),
    ]

    assert counted(facts(duties=rows), code) == (1, 3, {})


def test_an_indicator_takes_no_other_clock() -> None:
    rows = [duty(1, kind=ClockKind.OPEN, done=on(9)), duty(2, kind=ClockKind.SIGN, done=on(9))]

    assert counted(facts(duties=rows), "closed_in_time") == (0, 0, {})
    assert counted(facts(duties=rows), "opened") == (1, 1, {})


def test_what_was_taken_away_before_due_is_nobodys_fault_and_after_due_is_late() -> None:
    rows = [
        duty(1, done=on(9), end=End.CANCELLED, ended=on(9)),
        duty(2, done=on(11), end=End.CANCELLED, ended=on(11)),
        duty(3, done=on(8), end=End.RETURNED, ended=on(9)),  # done in time, then given up
        duty(4, done=on(9), end=End.DONE, ended=on(9)),
    ]

    assert counted(facts(duties=rows), "closed_in_time") == (2, 3, {Why.TAKEN_AWAY: 1})


def test_a_suspended_limit_waits() -> None:
    rows = [duty(1, paused=1), duty(2, paused=1, done=on(9))]

    assert counted(facts(duties=rows), "closed_in_time") == (1, 1, {Why.SUSPENDED: 1})


def test_a_scheme_may_leave_joint_units_out() -> None:
    rows = [duty(1, kind=ClockKind.JOINT), duty(2, done=on(9))]

    assert counted(facts(duties=rows), "closed_in_time", Rules(joint=False)) == (1, 1, {})


def test_replied_means_an_answer_went_out_and_nobody_denies_it() -> None:
    rows = [
        duty(1, done=on(9), replied=on(9, 15)),
        duty(2, done=on(9)),  # handed in, not let go
        duty(3, done=on(9), replied=on(9, 15), not_contacted=1),
        duty(4, done=on(9), replied=on(8)),  # the reply of an earlier round
        duty(5, done=on(9), replied=on(9, 15), owes_reply=0),
        duty(6),
    ]

    assert counted(facts(duties=rows), "replied") == (1, 5, {Why.NO_REPLY_OWED: 1})


@pytest.mark.parametrize(("silence", "wanted"), [
    (Silence.EXCLUDE, (2, 3, {Why.SILENT: 1})),
    (Silence.SATISFIED, (3, 4, {})),
    (Silence.DISSATISFIED, (2, 4, {})),
])  # fmt: skip
def test_silence_counts_as_the_scheme_says(silence: Silence, wanted: Any) -> None:
    rows = [
        closed(1), closed(2, satisfaction=3), closed(3, satisfaction=2),
        closed(4, satisfaction=0, solved=Solved.UNKNOWN), closed(5, outcome=Outcome.DIRECT),
        closed(6, outcome=Outcome.OTHER),
    ]  # fmt: skip

    assert counted(facts(closings=rows), "satisfied", Rules(silence)) == wanted


def test_solved_asks_only_those_who_were_reached() -> None:
    rows = [closed(1), closed(2, solved=Solved.NO), closed(3, solved=Solved.UNKNOWN)]

    assert counted(facts(closings=rows), "solved") == (1, 2, {Why.SILENT: 1})


def test_closed_at_first_means_no_redo_and_no_repeat_in_thirty_days() -> None:
    day = 86_400_000_000
    rows = [
        closed(1), closed(2, redo=1), closed(3, repeated=on(12) + 30 * day),
        closed(4, repeated=on(12) + 30 * day + 1),
    ]  # fmt: skip

    assert counted(facts(closings=rows), "first_time") == (2, 4, {})


def test_repeats_returns_and_improper_returns() -> None:
    rows = [
        duty(1, kind=ClockKind.RETURN), duty(2, kind=ClockKind.RETURN, returns=1),
        duty(3, kind=ClockKind.RETURN, returns=1, refused=1),
        duty(4, kind=ClockKind.RETURN, returns=1, end=End.RETURNED, ended=on(12)),
    ]  # fmt: skip
    sheets = facts(duties=rows, closings=[closed(1), closed(2, is_repeat=1)])

    assert counted(sheets, "repeated") == (1, 2, {})
    assert counted(sheets, "returned") == (3, 4, {})
    assert counted(sheets, "improper_return") == (1, 2, {})  # one is not decided yet


def test_direct_answers_are_a_share_of_what_was_taken_in() -> None:
    rows = [
        {"subject": 1, "appeal": 1, "outcome": Outcome.DIRECT, "effective": 1},
        {"subject": 1, "appeal": 2, "outcome": Outcome.ANSWERED, "effective": 1},
        {"subject": 1, "appeal": 3, "outcome": Outcome.OTHER, "effective": 0},
    ]

    assert counted(facts(intake=rows), "direct") == (1, 2, {})
