"""``jiesu score``."""

import pytest
from django.core.management import CommandError, call_command
from tests.scoring.conftest import Office
from tests.scoring.conftest import office as office

from jiesu.scoring.models import FactBlock


def test_a_replay_gives_the_same_bytes_and_tells_when_facts_were_touched(
    office: Office, capsys: pytest.CaptureFixture[str]
) -> None:
    office.good()
    office.late()
    period = office.frozen()

    call_command("score", "list")
    call_command("score", "replay", period.pk)
    said = capsys.readouterr().out

    assert "2026年10月\t已冻结" in said
    assert "same bytes" in said
    assert period.revisions.get().result_hash in said

    block = FactBlock.objects.filter(period=period).latest("pk")
    FactBlock.objects.filter(pk=block.pk).delete()
    with pytest.raises(CommandError, match="不一致"):
        call_command("score", "replay", period.pk)
    with pytest.raises(CommandError, match="已冻结"):
        call_command("score", "count", period.pk)
    with pytest.raises(CommandError, match="没有这个考核期"):
        call_command("score", "replay", 0)
