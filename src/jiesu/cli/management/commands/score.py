"""``jiesu score``: count a period's preview, or replay it from its stored inputs."""

from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from jiesu.foundation import clock
from jiesu.foundation.crypto import sm3
from jiesu.scoring import keeping, periods
from jiesu.scoring.models import Period


class Command(BaseCommand):
    """Count or replay."""

    help = "考核：list 列出考核期；count 重新计算预览；replay 由冻结的数据重算并与原结果逐字节核对"

    def add_arguments(self, parser: CommandParser) -> None:
        """What to do, and with which period."""
        parser.add_argument("what", choices=["list", "count", "replay"])
        parser.add_argument("period", nargs="?", type=int, help="考核期编号，见 list")

    def handle(self, *args: Any, **options: Any) -> None:
        """Do it; exit code 1 when a replay differs."""
        if options["what"] == "list":
            for one in Period.objects.select_related("scheme").order_by("pk"):
                where = one.get_state_display()
                self.stdout.write(f"{one.pk}\t{one.scheme.name}\t{one.name}\t{where}")
            return
        found = Period.objects.select_related("scheme__region").filter(pk=options["period"])
        period = found.first()
        if period is None:
            raise CommandError("没有这个考核期。请用 jiesu score list 查看编号。")
        if options["what"] == "count":
            made = periods.count(period, at=clock.now(), by="命令行")
            if made is None:
                raise CommandError("没有计算：该考核期已冻结，或正在计算。")
            self.stdout.write(f"{period.name}\t{made.facts_rows} rows\t{made.result_hash}")
            return
        self._replay(period)

    def _replay(self, period: Period) -> None:
        differs = False
        kept = keeping.facts_hash(keeping.read_facts(period))
        for revision in period.revisions.order_by("number"):
            again = keeping.replay(revision)
            same = again == keeping.result_of(revision) and kept == revision.facts_hash
            differs = differs or not same
            words = "same bytes 一致" if same else "DIFFERENT 不一致"
            self.stdout.write(
                f"{period.name}\trevision {revision.number}\t{len(again)} bytes\t"
                f"{sm3(again).hex()}\t{words}"
            )
        if differs:
            raise CommandError("重算结果与保存的不一致：数据可能被改动，请查审计。")
