"""``jiesu verify-journal``: is every event, audit record and sealed batch as it was written?"""

import time
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from jiesu.foundation.crypto import CryptoError
from jiesu.journal.chain import FAULT_NAMES
from jiesu.journal.sealing import Verdict, verify

_SPEAKS_EVERY = 5.0  # seconds


class Command(BaseCommand):
    """Check the journal; exit code 1 when anything was edited, removed or inserted."""

    help = "核验办理记录和审计记录：找出被改动、删除、插入的条目。全部完好时退出码为 0，否则为 1"

    def add_arguments(self, parser: CommandParser) -> None:
        """Digests kept elsewhere, to compare with."""
        parser.add_argument(
            "--anchor",
            action="append",
            default=[],
            metavar="模型:批次:封存值",
            help="以前抄存在平台之外的封存值，可重复；用于发现整库被替换",
        )

    def handle(self, *args: Any, **options: Any) -> None:
        """Check everything, saying how far it is; list what is wrong."""
        anchors = [_anchor(text) for text in options["anchor"]]
        self._spoke_at = time.monotonic()
        try:
            verdict = verify(anchors=anchors, progress=self._speak)
        except CryptoError as error:
            raise CommandError(str(error)) from None
        for label, rows in verdict.rows.items():
            self.stdout.write(
                f"{label}：核验 {rows:,} 条，封存批次 {verdict.batches[label]:,} 个，"
                f"尚未封存 {verdict.unsealed[label]:,} 条"
            )
            if label in verdict.newest:
                self.stdout.write(
                    f"  最新封存值（请抄存到平台之外）：{label}:{verdict.newest[label]}"
                )
        if not verdict.is_clean:
            self._list(verdict)
            found = len(verdict.findings) + verdict.left_off
            raise CommandError(f"发现 {found:,} 处问题。请保留现场并报告审计管理员。", returncode=1)
        self.stdout.write("全部完好。")

    def _list(self, verdict: Verdict) -> None:
        for finding in verdict.findings:
            what = FAULT_NAMES[finding.fault]
            place = f"{finding.subject} 第 {finding.seq} 条" if finding.subject else ""
            place = place or f"第 {finding.seq} 批"
            detail = f"（{finding.detail}）" if finding.detail else ""
            self.stdout.write(f"✗ {finding.model} {place}：{what}{detail}")
        if verdict.left_off:
            self.stdout.write(f"  另有 {verdict.left_off:,} 处未列出")

    def _speak(self, label: str, done: int) -> None:
        if time.monotonic() - self._spoke_at >= _SPEAKS_EVERY:
            self._spoke_at = time.monotonic()
            self.stderr.write(f"  {label}：已核验 {done:,} 条")


def _anchor(text: str) -> tuple[str, int, str]:
    model, _, rest = text.partition(":")
    number, _, digest = rest.partition(":")
    if not number.isdecimal() or not digest:
        raise CommandError(f"封存值“{text}”的格式不对，应为 模型:批次:封存值。")
    return model, int(number), digest
