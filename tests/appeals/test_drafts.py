"""What an agent typed is kept until it is sent, and then gone for good."""

import datetime as dt

import pytest
from tests.factories.world import MONDAY, World

from jiesu.appeals.actions import drafts
from jiesu.foundation.errors import NotFound

TYPED = {"content": ["路灯坏了"]}


def test_a_save_that_comes_late_brings_no_sent_draft_back(world: World) -> None:
    agent = world.actor("agent")
    drafts.save("seat-1", TYPED, actor=agent, at=MONDAY)

    drafts.drop("seat-1", actor=agent, at=MONDAY)
    drafts.save("seat-1", TYPED, actor=agent, at=MONDAY)

    assert drafts.mine(agent) == []
    with pytest.raises(NotFound):
        drafts.load("seat-1", actor=agent)


def test_a_draft_is_overwritten_by_its_key_and_is_its_owners_alone(world: World) -> None:
    agent, other = world.actor("agent"), world.actor("xiamen_agent")
    drafts.save("seat-1", TYPED, actor=agent, at=MONDAY)

    drafts.save("seat-1", {"content": ["路灯修好了"]}, actor=agent, at=MONDAY)

    assert [draft.title for draft in drafts.mine(agent)] == ["路灯修好了"]
    assert drafts.mine(other) == []


def test_old_drafts_go(world: World) -> None:
    agent = world.actor("agent")
    drafts.save("seat-1", TYPED, actor=agent, at=MONDAY)

    gone = drafts.purge(MONDAY + dt.timedelta(days=8))

    assert gone == 1
    assert drafts.mine(agent) == []
