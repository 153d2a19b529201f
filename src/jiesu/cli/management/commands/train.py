"""``jiesu train class|type|unit``: learn from the centre's own orders."""

from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from rich.console import Console
from rich.progress import Progress

from jiesu.access import SYSTEM
from jiesu.foundation import clock
from jiesu.foundation.errors import UseCaseError
from jiesu.suggestions import registry, training
from jiesu.suggestions.models import Kind


class Command(BaseCommand):
    """Learn a model, report how it does on orders it has not seen, put it to use if no worse."""

    help = (
        "用本中心的工单训练推荐模型：jiesu train class（分类）、type（诉求类型）、unit（承办单位）"
    )

    def add_arguments(self, parser: CommandParser) -> None:
        """What to learn, from how many orders."""
        parser.add_argument("kind", choices=Kind.values)
        parser.add_argument("--limit", type=int, default=training.MOST_ORDERS, metavar="N",
                            help="只用最新的 N 件工单")  # fmt: skip
        parser.add_argument("--roll-back", action="store_true", help="退回上一个在用的模型")

    def handle(self, *args: Any, **options: Any) -> None:
        """Train with a progress bar, then say the held-out figures."""
        kind, at = Kind(options["kind"]), clock.now()
        try:
            if options["roll_back"]:
                row = registry.roll_back(kind, actor=SYSTEM, at=at)
                self.stdout.write(f"已退回{row}。")
                return
            with Progress(console=Console(stderr=True)) as bar:
                lines: dict[str, Any] = {}

                def told(what: str, done: int, total: int) -> None:
                    if what not in lines:
                        lines[what] = bar.add_task(what, total=total)
                    bar.update(lines[what], completed=done, total=total)

                row = training.train(
                    kind, actor=SYSTEM, at=at, limit=options["limit"], progress=told
                )
        except UseCaseError as refusal:
            raise CommandError(refusal.message) from None
        self.stdout.write(f"{row}：学习 {row.texts:,} 件，{row.labels} 类")
        self.stdout.write(f"  未学习过的 {row.figures['count']:,} 件：{_said(row.figures)}")
        if row.compared:
            self.stdout.write(f"  在用的模型在同一批上：{_said(row.compared)}")
        self.stdout.write("  已启用。" if row.is_active else "  不如在用的模型，没有启用。")


def _said(figures: dict[str, float]) -> str:
    return (
        f"准确率 {figures['accuracy']:.1%}，前三 {figures['top3']:.1%}，"
        f"宏 F1 {figures['macro_f1']:.3f}，97% 准确时可覆盖 {figures['coverage_at_97']:.1%}"
    )
