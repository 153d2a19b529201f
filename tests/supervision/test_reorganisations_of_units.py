"""A unit that ends leaves nothing unanswered: its heir owes it."""

import datetime as dt

from tests.factories.world import MONDAY, World

from jiesu.access import SYSTEM
from jiesu.organizations.followers import Happened
from jiesu.supervision import instruments, ledgers, notes
from jiesu.supervision.instruments import Draft
from jiesu.supervision.ledgers import Line
from jiesu.supervision.models import Instrument, LedgerEntry, NoteTask
from jiesu.supervision.notes import Words
from jiesu.supervision.reorganisation import SupervisionFollows


def test_what_an_ended_unit_owes_goes_to_its_heir_once(world: World) -> None:
    supervisor = world.actor("supervisor")
    urban, heir = world.units["urban"], world.units["environment"]
    instruments.issue_new(Draft("order", urban, "占道", "整治"), actor=supervisor, at=MONDAY)
    done = instruments.issue_new(
        Draft("talk", urban, "约谈", meets_at=MONDAY), actor=supervisor, at=MONDAY
    )
    done = instruments.cancel(done, "不谈了", actor=supervisor, at=MONDAY)
    ledgers.enter(
        Line("key", "占道", urban, "周敏", dt.date(2026, 12, 1)), actor=supervisor, at=MONDAY
    )
    notes.write(
        Words(text="请办", leader="李市长", report="月报", units=[urban, heir]), actor=supervisor,
        at=MONDAY,
    )  # fmt: skip
    follower = SupervisionFollows()

    obstacles = follower.obstacles(urban, MONDAY.date())
    follower.follow(Happened(MONDAY.date(), MONDAY, SYSTEM, "文号", inherited=((urban, heir),)))

    assert obstacles == ["1 件未办结督办", "1 件未销号台账", "1 件未反馈批示"]
    assert Instrument.objects.get(kind="order").unit == heir
    assert Instrument.objects.get(kind="talk").unit == urban
    assert LedgerEntry.objects.get().unit == heir
    assert NoteTask.objects.get().unit == heir
