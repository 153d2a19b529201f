"""The two machines hold together, and their documentation is theirs."""

from pathlib import Path
from typing import Any

import pytest

from jiesu.appeals import lifecycle as life
from jiesu.appeals.lifecycle import Move
from jiesu.cli.management.commands.lifecycle import document

MACHINES = [(life.APPEAL_MOVES, life.Status), (life.ASSIGNMENT_MOVES, life.State)]


def reachable(moves: dict[str, Move[Any]]) -> set[Any]:
    known: set[Any] = set()
    while True:
        step = {to for m in moves.values() if not m.from_ or m.from_ & known for to in m.to}
        if step <= known:
            return known
        known |= step


@pytest.mark.parametrize(("moves", "places"), MACHINES)
def test_every_place_is_reached(moves: dict[str, Move[Any]], places: Any) -> None:
    assert reachable(moves) == set(places)


def test_every_open_status_has_a_way_to_an_end() -> None:
    def ends_from(start: life.Status) -> bool:
        seen, frontier = {start}, {start}
        while frontier:
            frontier = {
                to for m in life.APPEAL_MOVES.values() for to in m.to if m.from_ & frontier
            } - seen
            seen |= frontier
        return bool(seen & life.ENDED)

    assert all(ends_from(status) for status in life.OPEN)


def test_what_ends_an_appeal_stops_every_clock_or_follows_a_move_that_did() -> None:
    ending = [
        m for m in life.APPEAL_MOVES.values()
        if set(m.to) & life.ENDED and m not in (life.ARCHIVE, life.APPROVE, life.ANSWER_MERGED)
    ]  # fmt: skip

    assert ending
    assert all(set(m.stops) == set(life.ALL_CLOCKS) for m in ending)


def test_only_an_ended_appeal_can_be_archived_and_nothing_leaves_the_archive() -> None:
    assert life.ARCHIVE.from_ <= life.ENDED
    assert not [m for m in life.APPEAL_MOVES.values() if life.Status.ARCHIVED in m.from_]


def test_every_open_status_shows_a_clock_that_some_move_starts() -> None:
    started = {c for m in life.APPEAL_MOVES.values() for c in m.starts}
    started |= {c for m in life.ASSIGNMENT_MOVES.values() for c in m.starts}

    assert set(life.STATUS_CLOCK) == life.OPEN
    assert set(life.STATUS_CLOCK.values()) <= started


def test_the_documentation_is_generated_from_the_machines() -> None:
    kept = Path(__file__).parents[2] / "docs" / "lifecycle.md"

    assert kept.read_text(encoding="utf-8") == document(), (
        "run: jiesu lifecycle > docs/lifecycle.md"
    )
