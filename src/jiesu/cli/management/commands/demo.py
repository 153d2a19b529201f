"""``jiesu demo``: an invented province of orders on the real divisions of 福建, ending now."""

import time
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from jiesu.cli.demo import world
from jiesu.foundation import clock


class Command(BaseCommand):
    """Load the demo province into an empty installation."""

    help = "载入演示数据：福建省真实区划，虚构的单位人员和近两个月的工单"

    requires_system_checks = ()

    def add_arguments(self, parser: CommandParser) -> None:
        """Whether to be silent about an installation in use."""
        parser.add_argument(
            "--if-empty", action="store_true", help="已有数据时什么也不做（否则拒绝并说明）"
        )

    def handle(self, *args: Any, **options: Any) -> None:
        """Load it, or say why not."""
        if not world.is_empty():
            if options["if_empty"]:
                return
            raise CommandError(
                "这里已有单位和工单，演示数据只能载入空的系统，以免与真实数据混在一起。"
            )
        began = time.monotonic()
        self.stdout.write("Loading the demo province… 正在载入演示数据…")
        self._spoke_at = began
        accounts, played = world.build(clock.now(), self._tell)
        for refusal, times in played.refused.items():
            self.stderr.write(f"  {times} × {refusal}")
        took = time.monotonic() - began
        self.stdout.write(f"演示数据已载入：{played.orders} 件工单，{took:.0f} 秒。")
        self.stdout.write(world.account_list(accounts))

    def _tell(self, done: int, expected: int) -> None:
        if time.monotonic() - self._spoke_at >= 5:
            self._spoke_at = time.monotonic()
            self.stdout.write(f"  {done} / {expected}")
