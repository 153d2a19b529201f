"""The history of real appeals, on the real tables."""

import datetime as dt

from tests.factories.appeals import closed, registered
from tests.factories.world import World

from jiesu.appeals.models import Event
from jiesu.journal.chain import Fault
from jiesu.journal.sealing import seal, verify

LATER = dt.datetime(2027, 1, 1, tzinfo=dt.UTC)


def seal_all() -> None:
    assert seal(LATER, settled=dt.timedelta(0), period=dt.timedelta(0))


def test_a_whole_life_is_written_so_that_it_can_be_verified(world: World) -> None:
    appeal = closed(world)
    registered(world)
    seal_all()

    verdict = verify()

    assert verdict.findings == []
    assert verdict.rows["appeals.Event"] > appeal.events.count() > 5


def test_a_changed_and_a_removed_step_are_named_by_the_appeals_number(world: World) -> None:
    appeal = closed(world)
    seal_all()
    Event.objects.filter(appeal=appeal, seq=2).update(actor_name="别人")
    last = appeal.events.order_by("seq").last()
    assert last is not None

    Event.objects.filter(pk=last.pk).delete()

    findings = {(f.fault, f.subject, f.seq) for f in verify().findings}
    assert findings == {
        (Fault.EDITED, appeal.number, 2),
        (Fault.REMOVED, appeal.number, last.seq),
    }
