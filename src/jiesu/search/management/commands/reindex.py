"""``jiesu reindex``: build the search index anew beside the one in use, and put it in place."""

import time
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from jiesu.search import indexing

_SPEAKS_EVERY = 2.0  # seconds


class Command(BaseCommand):
    """Build the index; interrupted, the next run goes on where this one stopped."""

    help = "重建全文检索索引。中断后再次运行会接着做；重建期间原索引照常使用"

    def add_arguments(self, parser: CommandParser) -> None:
        """Whether to begin anew."""
        parser.add_argument("--restart", action="store_true", help="不接着上次，从头重建")

    def handle(self, *args: Any, **options: Any) -> None:
        """Build, saying how far it is."""
        began = spoke = time.monotonic()
        try:
            for reached, last in indexing.build(restart=options["restart"]):
                if time.monotonic() - spoke >= _SPEAKS_EVERY:
                    spoke = time.monotonic()
                    self.stderr.write(f"  {reached:,} / {last:,}（{reached / last:.0%}）")
        except ValueError as trouble:
            if "LockBusy" in str(trouble):
                raise CommandError("另一个进程正在重建索引，请等它完成。") from None
            raise
        self.stdout.write(f"索引已重建，用时 {time.monotonic() - began:.0f} 秒。")
