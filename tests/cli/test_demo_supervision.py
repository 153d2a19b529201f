"""The demo's supervision desk is not empty, and planting it twice does no harm to what is there."""

from tests.factories import appeals as make
from tests.factories.world import MONDAY, World

from jiesu.cli.demo import supervision
from jiesu.supervision.models import Instrument, LedgerEntry, Note, TriggerRule


def test_the_demo_shows_rules_papers_a_ledger_and_a_note(world: World) -> None:
    for number in range(4):
        make.dispatched(world, title=f"路灯 {number}", phone=f"1381234000{number}")

    supervision.plant(MONDAY + make.minutes(90))

    assert TriggerRule.objects.count() >= 8
    kinds = set(Instrument.objects.values_list("kind", "state"))
    assert {("listed", "pending"), ("order", "answered"), ("reminder", "issued")} <= kinds
    assert LedgerEntry.objects.count() == 2
    assert Note.objects.get().leader == "李市长"
