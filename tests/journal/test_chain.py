"""The hash chain of one subject's events."""

import dataclasses
import datetime as dt
import json
from collections.abc import Sequence
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from jiesu.access import SYSTEM, Actor, ActorKind, Role
from jiesu.foundation.crypto import sm3
from jiesu.journal.chain import (
    START,
    ChainedEvent,
    Fault,
    actor_facts,
    content_hash,
    next_hash,
    plain,
    verify,
)

CLERK = Actor(
    kind=ActorKind.PERSON,
    name="陈小满",
    role=Role.CLERK,
    user_id=7,
    unit_id=33,
    unit_name="市城管局",
)
AT = dt.datetime(2026, 3, 9, 8, 30, tzinfo=dt.UTC)
NUMBER = "3501022603090000171"

texts = st.text(alphabet=st.characters(exclude_categories=["Cs"]), max_size=12)
facts = st.dictionaries(
    texts,
    st.recursive(
        st.none() | st.booleans() | st.integers(-(2**53) + 1, 2**53 - 1) | texts,
        lambda inner: st.lists(inner, max_size=3) | st.dictionaries(texts, inner, max_size=3),
        max_leaves=6,
    ),
    max_size=4,
)
seconds = st.floats(946_684_800, 4_102_444_800, allow_nan=False)
moments = seconds.map(lambda second: dt.datetime.fromtimestamp(second, dt.UTC))


def chained(
    contents: Sequence[tuple[str, dt.datetime, Actor, dict[str, Any]]],
) -> list[ChainedEvent]:
    """A subject's events as they are kept."""
    events: list[ChainedEvent] = []
    prev = START
    for seq, (kind, at, actor, data) in enumerate(contents, start=1):
        hashed = next_hash(prev, subject=NUMBER, seq=seq, kind=kind, at=at, actor=actor, data=data)
        who = actor_facts(actor)
        events.append(ChainedEvent(
            subject=NUMBER, seq=seq, kind=kind, at=at, data=plain(data), prev_hash=prev,
            hash=hashed, **who,
        ))  # fmt: skip
        prev = hashed
    return events


chains = st.lists(
    st.tuples(texts, moments, st.sampled_from([CLERK, SYSTEM]), facts), min_size=1, max_size=6
).map(chained)

# Changing any one of these by any means must show.
CHANGES: dict[str, st.SearchStrategy[Any]] = {
    "subject": texts,
    "seq": st.integers(1, 9),
    "kind": texts,
    "at": moments,
    "actor_kind": texts,
    "actor_name": texts,
    "actor_role": texts,
    "actor_user_id": st.none() | st.integers(1, 99),
    "actor_unit_id": st.none() | st.integers(1, 99),
    "actor_unit_name": texts,
    "data": facts,
    "prev_hash": st.sampled_from([START, "0" * 64, "f" * 64]),
    "hash": st.sampled_from([START, "0" * 64, "f" * 64]),
}


@given(chains)
def test_a_chain_as_it_was_written_has_no_fault(events: list[ChainedEvent]) -> None:
    assert verify(events) == []


@given(st.data(), chains, st.sampled_from(sorted(CHANGES)))
def test_any_single_change_shows_at_that_event(
    data: st.DataObject, events: list[ChainedEvent], field: str
) -> None:
    place = data.draw(st.integers(0, len(events) - 1))
    value = data.draw(CHANGES[field])
    assume(value != getattr(events[place], field))

    events[place] = dataclasses.replace(events[place], **{field: value})

    problems = verify(events)
    assert problems
    if field not in ("seq", "subject"):
        assert problems[0].seq == place + 1
        assert problems[0].fault in (Fault.EDITED, Fault.BROKEN)


@given(st.data(), chains)
def test_a_removed_event_is_named(data: st.DataObject, events: list[ChainedEvent]) -> None:
    assume(len(events) > 1)
    place = data.draw(st.integers(0, len(events) - 2))  # the last one's loss, the seal shows

    del events[place]

    assert [(p.fault, p.seq) for p in verify(events)] == [(Fault.REMOVED, place + 1)]


@given(st.data(), chains)
def test_swapped_events_show(data: st.DataObject, events: list[ChainedEvent]) -> None:
    assume(len(events) > 1)
    place = data.draw(st.integers(0, len(events) - 2))

    events[place], events[place + 1] = events[place + 1], events[place]

    assert verify(events)


@given(st.data(), chains, texts)
def test_events_swapped_and_renumbered_show(
    data: st.DataObject, events: list[ChainedEvent], kind: str
) -> None:
    assume(len(events) > 1)
    place = data.draw(st.integers(0, len(events) - 2))
    first, second = events[place], events[place + 1]

    events[place] = dataclasses.replace(second, seq=first.seq, prev_hash=first.prev_hash)
    events[place + 1] = dataclasses.replace(first, seq=second.seq, prev_hash=second.prev_hash)

    assert verify(events)


@given(st.data(), chains, texts, facts)
def test_an_inserted_event_shows_even_with_a_hash_of_its_own(
    data: st.DataObject, events: list[ChainedEvent], kind: str, slipped: dict[str, Any]
) -> None:
    place = data.draw(st.integers(0, len(events) - 1))
    neighbour = events[place]
    false = dataclasses.replace(neighbour, kind=kind, data=slipped)
    false = dataclasses.replace(
        false,
        hash=next_hash(
            false.prev_hash, subject=NUMBER, seq=false.seq, kind=kind, at=false.at,
            actor=CLERK if false.actor_name == CLERK.name else SYSTEM, data=slipped,
        ),
    )  # fmt: skip

    events.insert(place, false)

    assert verify(events)


def test_the_hash_is_the_sm3_of_canonical_json_that_anyone_can_write() -> None:
    data = {"单位": "市城管局", "due": AT, "n": [1, 2.0, None], "amount": Decimal("3.50")}
    hashed = next_hash("ab" * 32, subject=NUMBER, seq=2, kind="sign", at=AT, actor=CLERK, data=data)

    written = (
        '{"actor":{"kind":"person","name":"陈小满","role":"clerk","unit_id":33,'
        '"unit_name":"市城管局","user_id":7},"at":"2026-03-09T08:30:00.000000Z",'
        '"data":{"amount":"3.50","due":"2026-03-09T08:30:00.000000Z","n":[1,2,null],'
        '"单位":"市城管局"},"kind":"sign","prev":"' + "ab" * 32 + '","seq":2,'
        f'"subject":"{NUMBER}"}}'
    )
    assert hashed == sm3(written.encode()).hex()


@given(texts, moments, facts)
def test_the_canonical_json_is_also_the_standard_librarys(
    kind: str, at: dt.datetime, data: dict[str, Any]
) -> None:
    record = {
        "actor": {
            "kind": "system", "name": "系统", "role": "system", "unit_id": None, "unit_name": "",
            "user_id": None,
        },
        "at": at.strftime("%Y-%m-%dT%H:%M:%S.%fZ"), "data": data, "kind": kind, "prev": START,
        "seq": 1, "subject": NUMBER,
    }  # fmt: skip
    written = json.dumps(record, sort_keys=True, ensure_ascii=False, separators=(",", ":"))

    hashed = next_hash(START, subject=NUMBER, seq=1, kind=kind, at=at, actor=SYSTEM, data=data)

    assert hashed == sm3(written.encode()).hex()


@given(facts)
def test_facts_come_back_from_json_as_they_were_hashed(data: dict[str, Any]) -> None:
    assert plain(json.loads(json.dumps(plain(data)))) == plain(data)


def test_the_same_moment_in_another_time_zone_is_the_same_event() -> None:
    beijing = AT.astimezone(dt.timezone(dt.timedelta(hours=8)))

    one, two = (
        next_hash(START, subject=NUMBER, seq=1, kind="k", at=at, actor=SYSTEM, data={"at": at})
        for at in (AT, beijing)
    )

    assert one == two


@pytest.mark.parametrize(
    "value", [2**53, float("nan"), float("inf"), 1e300, b"x", {1: 2}, object()]
)
def test_what_a_database_would_give_back_otherwise_is_refused(value: object) -> None:
    with pytest.raises(TypeError):
        plain({"value": value})


def test_a_naive_moment_is_refused() -> None:
    with pytest.raises(TypeError, match="time zone"):
        plain(dt.datetime(2026, 3, 9))  # noqa: DTZ001 - the point of the test


def test_the_subject_may_be_a_number() -> None:
    by_number = next_hash(START, subject=5, seq=1, kind="k", at=AT, actor=SYSTEM, data={})

    assert by_number == content_hash(
        START, "5", 1, "k", AT, "system", "系统", "system", None, None, "", {}
    )
