"""``jiesu loop NAME``: one background loop in the foreground, until SIGTERM."""

from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from jiesu.jobs.loops import LOOPS, Runner


class Command(BaseCommand):
    """Turn one loop; exit code 1 when ``--once`` met trouble."""

    help = "运行一个后台循环：" + "、".join(LOOPS)
    requires_system_checks = []

    def add_arguments(self, parser: CommandParser) -> None:
        """Which loop, how often."""
        parser.add_argument("name", choices=sorted(LOOPS), help="循环的名称")
        parser.add_argument("--every", type=float, metavar="秒", help="两次运行相隔的秒数")
        parser.add_argument("--once", action="store_true", help="做完眼下的事就退出")

    def handle(self, *args: Any, **options: Any) -> None:
        """Run it."""
        every = options["every"]
        if every is not None and not 0 <= every <= 86_400:
            raise CommandError("--every 应为 0 到 86400 秒。")
        runner = Runner(LOOPS[options["name"]], every)
        runner.listen()
        if not options["once"]:
            runner.run()
        elif not runner.once():
            raise CommandError("运行中出错，详见日志。")
