"""Asking for a list as a file, cancelling it, fetching it, and making it."""

import datetime as dt
import logging
import secrets
import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path

from django.conf import settings
from django.core.files import File
from django.db import transaction

from jiesu.access import Actor, Permission
from jiesu.appeals.lifecycle import State, Status
from jiesu.exports import rows, sheets
from jiesu.exports.models import Export
from jiesu.foundation import invented
from jiesu.foundation.clock import BEIJING
from jiesu.foundation.errors import Forbidden, NotAllowedNow, NotFound, invalid
from jiesu.foundation.text import clean_text
from jiesu.journal import audit
from jiesu.listing.filters import OrderFilter

log = logging.getLogger(__name__)

KEPT = dt.timedelta(days=7)
AT_ONCE = 3  # of one person
_GONE = "没有找到这份导出，可能已过期。请重新导出。"


def request_export(
    actor: Actor,
    *,
    at: dt.datetime,
    title: str = "工单",
    format: str = "xlsx",
    filters: Mapping[str, str] | None = None,
    statuses: Sequence[str] = (),
    states: Sequence[str] = (),
    columns: Sequence[str] = (),
    reveal: bool = False,
    reason: str = "",
    ip: str = "",
) -> Export:
    """This will queue a list as a file; it is written down who asked for what.

    ``filters`` as ``listing.filters`` reads them; ``statuses`` or ``states`` bound it to a desk's
    tab. Personal data is masked, in its columns and inside what people wrote, unless ``reveal``,
    which needs the permission and a reason.
    Refusals: Forbidden, Invalid at ``format``, ``columns``, ``reason``; NotAllowedNow past three.
    """
    from jiesu.exports.tasks import make

    if not actor.may(Permission.APPEAL_EXPORT) or actor.user_id is None or actor.post_id is None:
        raise Forbidden("您的岗位不能导出。请切换岗位或联系管理员。")
    if format not in set(Export.Format):
        raise invalid("format", "导出格式请选择 Excel 或 CSV。", "unknown")
    known = rows.labels()
    unknown = [key for key in columns if key not in known]
    if unknown:
        raise invalid("columns", "所选的列中有不能导出的，请重新选择。", "unknown")
    why = clean_text(reason, max_length=200, field="reason", label="导出事由")
    if reveal and not actor.may(Permission.APPEAL_REVEAL):
        raise Forbidden("您的岗位不能导出未脱敏的个人信息。")
    if reveal and len(why) < 4:
        raise invalid("reason", "导出未脱敏的个人信息须写明事由（至少 4 个字），将记入审计。",
                      "required")  # fmt: skip
    wishes = OrderFilter.read(filters or {})
    with transaction.atomic():
        open_ones = Export.objects.filter(user_id=actor.user_id, state__in=Export.OPEN)
        if open_ones.count() >= AT_ONCE:
            raise NotAllowedNow(f"您已有 {AT_ONCE} 份导出正在生成，请等它们完成或取消后再试。")
        export = Export.objects.create(
            user_id=actor.user_id, post_id=actor.post_id, who=actor.name,
            unit_name=actor.unit_name,
            title=clean_text(title, max_length=64, field="title", label="名称", multiline=False),
            filters=dict(wishes.values), statuses=[Status(s) for s in statuses],
            states=[State(s) for s in states], columns=list(columns or rows.DEFAULT),
            format=format, reveals=reveal, reason=why, asked_at=at, expires_at=at + KEPT,
        )  # fmt: skip
        _audit("export", export, actor, at, ip)
        make.enqueue(export.pk)
    return export


def cancel_export(export_id: int, *, actor: Actor, at: dt.datetime) -> Export:
    """This will stop an export of one's own; the task notices within a page of rows."""
    export = of(export_id, actor)
    cancelled = Export.objects.filter(pk=export.pk, state__in=Export.OPEN).update(
        state=Export.State.CANCELLED, finished_at=at
    )
    if not cancelled:
        raise NotAllowedNow("这份导出已经结束，不能取消。")
    export.refresh_from_db()
    return export


def fetch(export_id: int, *, actor: Actor, at: dt.datetime, ip: str = "") -> Export:
    """This will give a finished export of one's own, whose ``file`` can be sent; it is audited."""
    export = of(export_id, actor)
    if export.state != Export.State.DONE or export.expires_at <= at:
        raise NotFound(_GONE)
    _audit("export_fetched", export, actor, at, ip)
    return export


def of(export_id: int, actor: Actor) -> Export:
    """One export of the actor's own; another's looks absent."""
    export = Export.objects.filter(pk=export_id, user_id=actor.user_id or 0).first()
    if export is None:
        raise NotFound(_GONE)
    return export


def mine(actor: Actor, size: int = 20) -> list[Export]:
    """The actor's newest exports."""
    return list(Export.objects.filter(user_id=actor.user_id or 0).order_by("-pk")[:size])


def remove_expired(at: dt.datetime) -> int:
    """Delete the files that were kept long enough, a batch at a time; how many."""
    old = Export.objects.filter(state=Export.State.DONE, expires_at__lte=at).order_by("expires_at")
    found = list(old[:100])
    for export in found:
        export.file.delete(save=False)
        export.state, export.file = Export.State.EXPIRED, ""
        export.save(update_fields=["state", "file"])
    return len(found)


def produce(export_id: int, *, at: dt.datetime) -> None:
    """This will make the file of an export; begun anew when an earlier try was interrupted."""
    begun = Export.objects.filter(pk=export_id, state__in=Export.OPEN).update(
        state=Export.State.RUNNING, rows=0
    )
    if not begun:
        return  # cancelled, or made already
    export = Export.objects.get(pk=export_id)
    actor = rows.actor_of(export, at)
    if actor is None or not actor.may(Permission.APPEAL_EXPORT):
        _fail(export, "导出人已不在该岗位。", at)
        return
    try:
        with tempfile.TemporaryDirectory(prefix="jiesu-export-") as folder:
            path = Path(folder) / f"export.{export.format}"
            if not _write(export, actor, path, at):
                return
            name = f"{secrets.token_hex(16)}.{export.format}"
            with path.open("rb") as content:
                export.file.save(name, File(content), save=False)
    except Exception:
        _fail(export, "生成文件时出错，请稍后重试；仍不行请联系管理员。", at)
        raise
    with transaction.atomic():
        done = Export.objects.filter(pk=export.pk, state=Export.State.RUNNING).update(
            state=Export.State.DONE, file=export.file.name, rows=export.rows, finished_at=at
        )
        if done:
            _audit("export_made", export, actor, at, "")
    if not done:  # cancelled at the last moment
        export.file.delete(save=False)


def give_up(export_id: int, *, at: dt.datetime) -> None:
    """This will say of an export that it failed: its worker was killed each time it was begun."""
    Export.objects.filter(pk=export_id, state__in=Export.OPEN).update(
        state=Export.State.FAILED, finished_at=at,
        problem="生成文件时多次被中断，已停止。请缩小范围后重新导出，或联系管理员。",
    )  # fmt: skip


def _write(export: Export, actor: Actor, path: Path, at: dt.datetime) -> bool:
    """Write the rows, telling how far it is; False when it was cancelled."""
    wanted = rows.wanted(export, actor, at)
    Export.objects.filter(pk=export.pk).update(total=wanted.count())
    cells = rows.Cells(export, actor)
    made = at.astimezone(BEIJING).strftime("%Y-%m-%d %H:%M")
    sign = f"{invented.MARK}，" if invented.is_signed(settings.JIESU_VAR) else ""
    mark = f"{sign}由 {export.unit_name} {export.who} 于 {made} 导出，仅限工作使用，请勿外传"
    sheet = sheets.sheet(export.format, path, cells.headings, mark, cells.wide)
    try:
        for page in cells.pages(wanted):
            for row in page:
                sheet.row(row)
            export.rows += len(page)
            going_on = Export.objects.filter(pk=export.pk, state=Export.State.RUNNING)
            if not going_on.update(rows=export.rows):
                return False
    finally:
        sheet.close()
    return True


def _fail(export: Export, problem: str, at: dt.datetime) -> None:
    Export.objects.filter(pk=export.pk).update(
        state=Export.State.FAILED, problem=problem, finished_at=at
    )


def _audit(kind: str, export: Export, actor: Actor, at: dt.datetime, ip: str) -> None:
    audit.record(
        kind, actor=actor, at=at, subject=f"export:{export.pk}", ip=ip,
        data={
            "title": export.title, "filters": export.filters, "statuses": export.statuses,
            "states": export.states, "columns": export.columns, "format": export.format,
            "reveals": export.reveals, "reason": export.reason, "rows": export.rows,
        },
    )  # fmt: skip
