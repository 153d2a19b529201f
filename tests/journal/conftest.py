"""A few matters with a history, and the hands of somebody who changes it."""

import datetime as dt
from typing import Any

import pytest
from pytest_django import Settings
from tests.journal.ledger.models import Matter, MatterEvent

from jiesu.access import SYSTEM
from jiesu.journal.chain import actor_facts, next_hash

AT = dt.datetime(2026, 3, 9, 8, 30, tzinfo=dt.UTC)


def happen(matter: Matter, kind: str, at: dt.datetime = AT, **data: Any) -> MatterEvent:
    """Append one event, as a use case does."""
    event = MatterEvent(
        matter=matter, seq=matter.event_seq + 1, kind=kind, at=at, data=data,
        prev_hash=matter.event_hash, **actor_facts(SYSTEM),
    )  # fmt: skip
    event.hash = next_hash(
        event.prev_hash, subject=matter.number, seq=event.seq, kind=kind, at=at, actor=SYSTEM,
        data=data,
    )  # fmt: skip
    event.save(force_insert=True)
    matter.event_seq, matter.event_hash = event.seq, event.hash
    matter.save()
    return event


@pytest.fixture
def sealed_models(settings: Settings) -> None:
    """The models of this test are the ones sealed."""
    settings.JIESU_EVENT_MODELS = ["ledger.MatterEvent", "journal.AuditRecord"]


@pytest.fixture
def matters(db: None, sealed_models: None) -> list[Matter]:
    """Three matters of five events each, interleaved as they happen in life."""
    made = [Matter.objects.create(number=f"A{n}") for n in (1, 2, 3)]
    for turn in range(5):
        for matter in made:
            happen(
                matter, f"step {turn}", AT + dt.timedelta(minutes=turn), turn=turn, note="办理中"
            )
    return made
