"""``jiesu import orders FILE --mapping M.toml``."""

import argparse
import csv
import time
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db import transaction
from rich.console import Console
from rich.progress import (
    BarColumn,
    MofNCompleteColumn,
    Progress,
    TextColumn,
    TimeElapsedColumn,
    TimeRemainingColumn,
)

from jiesu.catalogue import categories
from jiesu.catalogue import seed as catalogue_seed
from jiesu.cli.imports import mapping as mappings
from jiesu.cli.imports import orders, setup
from jiesu.cli.imports.mapping import Mapping
from jiesu.cli.imports.orders import Fate, Imported, Importer
from jiesu.cli.imports.setup import Seen
from jiesu.deadlines import seed as deadlines_seed
from jiesu.foundation import clock
from jiesu.foundation.errors import UseCaseError

SHOWN = 12  # reasons listed at the end; all of them are in the report


class Command(BaseCommand):
    """Import historical data."""

    help = "导入历史数据：jiesu import orders 文件.csv --mapping 映射.toml（可中断，重跑时接着导）"
    requires_system_checks = ()

    def add_arguments(self, parser: CommandParser) -> None:
        """What to import, and what may be created for it."""
        what = parser.add_subparsers(dest="what", required=True, metavar="orders")
        sub = what.add_parser("orders", help="历史工单（csv 或 xlsx）")
        sub.add_argument("file", type=Path, metavar="FILE")
        sub.add_argument("--mapping", type=Path, required=True, metavar="M.toml", help="列的含义")
        sub.add_argument("--dry-run", action="store_true", help="全部试做一遍再撤销，不留数据")
        sub.add_argument("--limit", type=int, default=0, metavar="N", help="只导入前 N 行")
        sub.add_argument("--report", type=Path, metavar="R.csv", help="未导入的行及原因写入此文件")
        for name, words in (
            ("regions", "创建映射文件所列的区划"), ("units", "创建热线中心和文件中的承办单位"),
            ("scheme", "按文件的分类列创建一个分类方案"), ("duties", "由历史工单归纳权属目录"),
        ):  # fmt: skip
            sub.add_argument(f"--create-{name}", action="store_true", help=words)
        sub.set_defaults(parser=argparse.SUPPRESS)

    def handle(self, *args: Any, **options: Any) -> None:
        """Read the file twice: once to see what it holds, once to take it over."""
        try:
            self._run(options)
        except UseCaseError as refusal:
            raise CommandError(str(refusal)) from None
        except OSError as trouble:
            raise CommandError(f"文件 {options['file']} 无法读取：{trouble.strerror}。") from None

    def _run(self, options: dict[str, Any]) -> None:
        mapping = mappings.load(options["mapping"])
        seen = orders.look(options["file"], mapping)
        if not seen.rows:
            raise CommandError("文件中没有数据行。")
        self.stdout.write(
            f"{options['file'].name}：{seen.rows:,} 行，{seen.first} 至 {seen.last}，"
            f"{len(seen.classes)} 个分类，{len(seen.units)} 个承办单位"
        )
        began = time.monotonic()
        if options["dry_run"]:
            with transaction.atomic():
                done = self._import(options, mapping, seen)
                transaction.set_rollback(True)
        else:
            done = self._import(options, mapping, seen)
        self._say(done, time.monotonic() - began, dry_run=options["dry_run"])
        if options["report"]:
            _write_report(options["report"], done)
            self.stdout.write(f"原因清单：{options['report']}")

    def _import(self, options: dict[str, Any], mapping: Mapping, seen: Seen) -> Imported:
        now = clock.now()
        catalogue_seed.load_codes()
        deadlines_seed.load_defaults(now)
        if options["create_regions"]:
            self.stdout.write(f"  新建区划 {setup.create_regions(mapping, now)} 个")
        if options["create_units"]:
            self.stdout.write(f"  新建单位 {setup.create_units(mapping, seen, now)} 个")
        if options["create_scheme"]:
            scheme = setup.create_scheme(mapping, seen, now)
            self.stdout.write(f"  分类方案“{scheme}”，{scheme.categories.count()} 个分类")
        if options["create_duties"]:
            if seen.last is None:
                raise CommandError("文件中没有可用的日期。")
            scheme = categories.active(seen.last)
            made = setup.create_duties(mapping, seen, scheme, now)
            self.stdout.write(f"  权属目录新增 {made} 条")
        catalogue_seed.load_scheme()
        total = min(options["limit"] or seen.rows, seen.rows)
        with _progress() as bar:
            task = bar.add_task("导入", total=total)
            return Importer(mapping, now).run(
                orders.rows_of(options["file"]),
                lambda rows: bar.update(task, completed=rows),
                limit=options["limit"],
            )

    def _say(self, done: Imported, took: float, *, dry_run: bool) -> None:
        head = "试运行（未留下数据）" if dry_run else "完成"
        self.stdout.write(
            f"{head}：{done.rows:,} 行，{took:.0f} 秒，每秒 {done.rows / max(took, 0.001):.0f} 行"
        )
        self.stdout.write(
            f"  导入 {done.imported:,}，已有而跳过 {done.passed_over:,}，未导入 {done.refused:,}"
        )
        self.stdout.write(
            f"  按权属目录派单 {done.fates[Fate.CATALOGUE]:,}，"
            f"按原承办单位派单 {done.fates[Fate.FILE]:,}，兜底 {done.fates[Fate.FALLBACK]:,}，"
            f"待派单 {done.fates[Fate.WAITING]:,}，办结 {done.closed:,}"
        )
        for reason, times in done.reasons().most_common(SHOWN):
            self.stdout.write(f"  {times:,} × {reason}")


def _progress() -> Progress:
    return Progress(
        TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn(),
        TimeRemainingColumn(), console=Console(stderr=True),
    )  # fmt: skip


def _write_report(path: Path, done: Imported) -> None:
    with path.open("w", encoding="utf-8-sig", newline="") as file:
        rows = csv.writer(file)
        rows.writerow(["行号", "外部编号", "结果", "原因"])
        for refusal in done.refusals:
            result = "已导入，未派单或未办结" if refusal.kept else "未导入"
            rows.writerow([refusal.number, refusal.outside_number, result, refusal.reason])
