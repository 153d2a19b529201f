"""``jiesu simulate``: a believable province, for trying and for measuring."""

import datetime as dt
import time
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db import transaction
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

from jiesu.cli.demo import scoring, world
from jiesu.cli.simulation import planner, player, province
from jiesu.cli.simulation.bulk import run as bulk
from jiesu.cli.simulation.province import Province
from jiesu.foundation import clock
from jiesu.foundation.clock import BEIJING

LEAST_DAYS, MOST_DAYS = 1, 3650


class Command(BaseCommand):
    """Let a province live."""

    help = "模拟一个省的来电、办理和回访；同样的种子和截止时间得到同样的工单"
    requires_system_checks = ()

    def add_arguments(self, parser: CommandParser) -> None:
        """How many orders, over how long, and how they are written."""
        parser.add_argument("--orders", type=int, default=1000, metavar="N", help="工单数")
        parser.add_argument("--days", type=int, default=30, metavar="D", help="时间跨度（天）")
        parser.add_argument("--seed", default="1", metavar="S", help="随机种子")
        parser.add_argument(
            "--until", metavar="时间", help="截止时间，如 2026-11-20T18:00，默认现在"
        )
        parser.add_argument(
            "--bulk", action="store_true", help="不经逐项办理，直接批量写入（百万件级）"
        )

    def handle(self, *args: Any, **options: Any) -> None:
        """Set a province up where there is none, then let it live."""
        until = _until(options["until"])
        orders, days, seed = options["orders"], options["days"], options["seed"]
        if orders < 1 or not LEAST_DAYS <= days <= MOST_DAYS:
            raise CommandError(
                f"工单数至少 1 件，时间跨度应在 {LEAST_DAYS} 到 {MOST_DAYS} 天之间。"
            )
        if world.is_empty():
            self.stdout.write("Setting up the demo province… 正在建立演示省份…")
            with transaction.atomic():
                accounts = world.plant(until)
                scoring.worked((until - dt.timedelta(days=days)).date(), until)
            world.mark(accounts)
        where = province.read(until)
        if not where.centres:
            raise CommandError("没有可以模拟的热线中心：须有话务员、派单员、审核员和回访员。")
        began, spent = time.monotonic(), time.process_time()
        with _progress() as bar:
            task = bar.add_task("模拟", total=orders)
            done, refused = _live(
                where, orders, days, seed, until, options["bulk"],
                lambda n: bar.update(task, completed=n),
            )  # fmt: skip
        took = time.monotonic() - began
        self.stdout.write(
            f"完成：{done:,} 件，{took:.0f} 秒，每秒 {done / max(took, 0.001):.0f} 件"
            f"（主进程 CPU {time.process_time() - spent:.0f} 秒）"
        )
        for words, times in refused.items():
            self.stderr.write(f"  {times} × {words}")


def _live(
    where: Province, orders: int, days: int, seed: str, until: dt.datetime, in_bulk: bool, tell: Any
) -> tuple[int, dict[str, int]]:
    if in_bulk:
        written = bulk.write(where, orders=orders, days=days, seed=seed, until=until, tell=tell)
        return written.orders, {}
    come = planner.arrivals(orders, days, until, where, seed)
    plans = (planner.plan_family(family, where, seed) for family in planner.families(come))
    played = player.play(plans, until=until, tell=tell)
    world.settle(until)
    return played.orders, dict(played.refused)


def _until(said: str | None) -> dt.datetime:
    if not said:
        return clock.now()
    try:
        moment = dt.datetime.fromisoformat(said)
    except ValueError:
        raise CommandError(f"“{said}”不是有效的时间，请写成 2026-11-20T18:00。") from None
    moment = moment if moment.tzinfo else moment.replace(tzinfo=BEIJING)
    if moment > clock.now():
        raise CommandError("截止时间不能晚于现在。")
    return moment.astimezone(BEIJING)


def _progress() -> Progress:
    return Progress(
        TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn(),
        console=Console(stderr=True),
    )  # fmt: skip
