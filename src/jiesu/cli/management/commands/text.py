"""``jiesu text evaluate TASK --test FILE``: measure text intelligence on data of one's own."""

import argparse
import json
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from jiesu.cli.text import files
from jiesu.cli.text.tasks import TASKS, evaluator


class Command(BaseCommand):
    """Measure one task of text intelligence. Needs no database."""

    help = "文本智能：jiesu text evaluate 任务 --test 文件.csv（指标以 JSON 打印在标准输出）"
    requires_system_checks = ()

    def add_arguments(self, parser: CommandParser) -> None:
        """Which task, on which files."""
        what = parser.add_subparsers(dest="what", required=True, metavar="evaluate")
        sub = what.add_parser("evaluate", help="在自己的数据上测量一项任务")
        sub.add_argument("task", choices=sorted(TASKS), metavar="TASK", help="、".join(TASKS))
        sub.add_argument("--test", type=Path, required=True, metavar="FILE", help="测试集")
        sub.add_argument("--train", type=Path, metavar="FILE", help="训练集（需要学习的任务）")
        sub.add_argument("--predictions", type=Path, metavar="OUT.csv", help="逐行结果写入此文件")
        sub.set_defaults(parser=argparse.SUPPRESS)

    def handle(self, *args: Any, **options: Any) -> None:
        """Print the metrics as one JSON object on standard output."""
        try:
            metrics, rows = evaluator(options["task"])(options["test"], options["train"])
            if options["predictions"]:
                files.write(options["predictions"], rows)
        except files.WrongFile as wrong:
            raise CommandError(str(wrong)) from wrong
        self.stdout.write(json.dumps(metrics, ensure_ascii=False, indent=2))
