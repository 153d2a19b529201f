"""The audit: who did what, when, from where; and whether the seals over it are whole."""

import datetime as dt
from collections.abc import Iterable, Iterator
from typing import Any
from urllib.parse import urlencode

from django import forms
from django.db.models import Q
from django.http import HttpResponse
from django.shortcuts import render
from django.urls import reverse

from jiesu.access import ROLE_NAMES, Actor, Role
from jiesu.access import Permission as P
from jiesu.accounts.models import Post, User
from jiesu.catalogue.imports import write_sheet
from jiesu.catalogue.sheets import Column as SheetColumn
from jiesu.foundation.clock import BEIJING
from jiesu.foundation.errors import NotFound
from jiesu.journal import audit, sealing
from jiesu.journal.models import AuditRecord, SealedBatch
from jiesu.organizations.models import Unit
from jiesu.organizations.paths import below
from jiesu.web.components.pieces import Cell, Column, Empty, Option, Table
from jiesu.web.components.widgets import Picker
from jiesu.web.doors import DeskRequest, desk_view, options_response
from jiesu.web.form_pages import LinedForm, Page, day_field, line_field, sheet_response
from jiesu.web.manage.audit_words import FAMILIES, facts_of, kind_words, summary_of
from jiesu.web.manage.pages import crumbs
from jiesu.web.paging import KeyPage

SIZE = 50
MOST_EXPORTED = 50_000
SHEET = [
    SheetColumn("at", "时间", width=20),
    SheetColumn("kind", "事项", width=18),
    SheetColumn("who", "操作者", width=14),
    SheetColumn("role", "岗位", width=14),
    SheetColumn("unit", "单位", width=24),
    SheetColumn("subject", "对象", width=20),
    SheetColumn("ip", "网络地址", width=16),
    SheetColumn("data", "内容", width=60),
    SheetColumn("hash", "校验值", width=66),
]


def person_label(value: str) -> str:
    """The words of a person already picked."""
    user = User.objects.filter(pk=int(value)).first() if value.isdecimal() else None
    return f"{user.name}（{user.username}）" if user else ""


class AuditFilter(LinedForm):
    """What the audit can be narrowed to."""

    family = forms.ChoiceField(
        label="事项", required=False,
        choices=[("", "全部"), *((key, label) for key, (label, _) in FAMILIES.items())],
    )  # fmt: skip
    user = forms.IntegerField(
        label="人员", required=False, widget=Picker("manage:pick-people", person_label)
    )
    subject = line_field("对象", 128, required=False, help_text="例如 user:12、unit:3、工单号。")
    since = day_field("自", required=False)
    until = day_field("至", required=False)


def _scope(request: DeskRequest) -> Any:
    """The units whose deeds this administrator audits; None at the top, where all are audited."""
    if request.post.unit.region.parent_id is None:
        return None
    return Unit.objects.filter(**below("region__path", request.actor.region_path)).values("pk")


def _asked(form: AuditFilter) -> dict[str, Any]:
    said = form.cleaned_data if form.is_valid() else {}

    def start(day: dt.date) -> dt.datetime:
        return dt.datetime.combine(day, dt.time(), BEIJING)

    return {
        "kinds": FAMILIES[said["family"]][1] if said.get("family") else (),
        "user_id": said.get("user"),
        "subject": (said.get("subject") or "").strip(),
        "since": start(said["since"]) if said.get("since") else None,
        "until": start(said["until"] + dt.timedelta(days=1)) if said.get("until") else None,
    }


def role_words(role: str) -> str:
    """A role in words; the system's and the citizen's stay out."""
    return ROLE_NAMES[Role(role)] if role in set(Role) else ""


def subjects_of(rows: Iterable[AuditRecord]) -> dict[str, str]:
    """The people and units among the subjects, by what they are called now: two statements."""
    pks: dict[str, list[int]] = {"user": [], "unit": []}
    for row in rows:
        kind, _, pk = row.subject.partition(":")
        if kind in pks and pk.isdecimal():
            pks[kind].append(int(pk))
    users = User.objects.filter(pk__in=pks["user"]).values_list("pk", "name")
    units = Unit.objects.filter(pk__in=pks["unit"]).values_list("pk", "name")
    return {f"user:{pk}": name for pk, name in users} | {f"unit:{pk}": name for pk, name in units}


@desk_view(P.AUDIT_VIEW)
def record_list(request: DeskRequest) -> HttpResponse:
    """The records, newest first."""
    form = AuditFilter(request.GET)
    found = audit.page(
        **_asked(form), units=_scope(request), before=request.GET.get("after", ""), size=SIZE
    )
    called = subjects_of(found.rows)
    table = Table(
        [
            Column("时间", lambda r: Cell(f"{r.at.astimezone(BEIJING):%Y-%m-%d}",
                                        f"{r.at.astimezone(BEIJING):%H:%M:%S}")),
            Column("事项", lambda r: Cell(kind_words(r.kind), summary_of(r.data),
                                        reverse("manage:audit-record", args=[r.pk])), "title"),
            Column("操作者", lambda r: Cell(r.actor_name, role_words(r.actor_role))),
            Column("单位", lambda r: Cell(r.actor_unit_name or "—"), "wraps"),
            Column("对象", lambda r: Cell(called.get(r.subject, r.subject) or "—"), "wraps"),
            Column("网络地址", lambda r: Cell(r.ip or "—")),
        ],
        KeyPage(found.rows, next=found.before),
        empty=Empty("没有符合条件的记录", "放宽条件再试。", "清除条件", reverse("manage:audit")),
        label="审计记录",
    )  # fmt: skip
    query = request.GET.copy()
    query.pop("after", None)
    context = {
        "page": Page("审计", crumbs(("审计", "")), reverse("manage:home")),
        "form": form,
        "table": table,
        "export": f"{reverse('manage:audit-export')}?{query.urlencode()}",
        "is_later_page": bool(request.GET.get("after")),
        "first": f"?{query.urlencode()}",
    }
    return render(request, "manage/audit.html", context)


def _record(request: DeskRequest, pk: int) -> AuditRecord:
    row = AuditRecord.objects.filter(pk=pk).first()
    units = _scope(request)
    if row is None or (units is not None and not units.filter(pk=row.actor_unit_id).exists()):
        raise NotFound
    return row


@desk_view(P.AUDIT_VIEW)
def record_page(request: DeskRequest, pk: int) -> HttpResponse:
    """One record, and whether it is as it was written and sealed."""
    row = _record(request, pk)
    content = audit.content_hash(*(getattr(row, column) for column in audit.HASHED))
    batch = (
        SealedBatch.objects.filter(
            model="journal.AuditRecord", first_id__lte=row.pk, last_id__gte=row.pk
        )
        .defer("slip")
        .first()
    )
    words = kind_words(row.kind)
    context = {
        "page": Page(words, crumbs(("审计", reverse("manage:audit")), (words, "")), ""),
        "row": row,
        "role": role_words(row.actor_role),
        "subject": subjects_of([row]).get(row.subject, row.subject),
        "facts": facts_of(row.data),
        "is_true": content == row.hash,
        "batch": batch,
        "same_subject": f"{reverse('manage:audit')}?{urlencode({'subject': row.subject})}",
        "same_person": f"{reverse('manage:audit')}?{urlencode({'user': row.actor_user_id or ''})}",
    }
    return render(request, "manage/audit_record.html", context)


@desk_view(P.AUDIT_VIEW)
def seals(request: DeskRequest) -> HttpResponse:
    """The newest seals, each checked."""
    names = {"appeals.Event": "工单经过", "journal.AuditRecord": "审计记录"}
    found = [(names.get(b.model, b.model), b, fault) for b, fault in sealing.recent(8)]
    steps = crumbs(("审计", reverse("manage:audit")), ("封存", ""))
    context = {
        "page": Page("封存", steps, reverse("manage:audit")),
        "batches": found,
        "wrong": sum(1 for *_, fault in found if fault),
    }
    return render(request, "manage/seals.html", context)


@desk_view(P.AUDIT_VIEW)
def export(request: DeskRequest) -> HttpResponse:
    """The records that were filtered, up to fifty thousand, the newest first."""
    asked = {**_asked(AuditFilter(request.GET)), "units": _scope(request)}

    def rows() -> Iterator[list[object]]:
        written, before = 0, ""
        while written < MOST_EXPORTED:
            page = audit.page(**asked, before=before, size=1000)
            for row in page.rows:
                facts = "；".join(f"{label} {words}" for label, words in facts_of(row.data))
                yield [row.at, kind_words(row.kind), row.actor_name, role_words(row.actor_role),
                       row.actor_unit_name, row.subject, row.ip, facts, row.hash]  # fmt: skip
            written += len(page.rows)
            before = page.before
            if not before:
                return

    return sheet_response(
        request, "审计记录", lambda file, kind: write_sheet(file, kind, SHEET, rows(), "审计记录")
    )


@desk_view(P.AUDIT_VIEW)
def pick_people(request: DeskRequest) -> HttpResponse:
    """People whose deeds may be looked for."""
    words = request.GET.get("q", "").strip()
    rows = _people(request.actor)
    if words:
        rows = rows.filter(
            Q(name__icontains=words) | Q(username__startswith=words.lower())
            | Q(staff_number=words)
        )  # fmt: skip
    options = [
        Option(str(pk), name, username)
        for pk, name, username in rows.order_by("username").values_list("pk", "name", "username")[
            :20
        ]
    ]
    return options_response(request, options, "没有匹配的人员")


def _people(actor: Actor) -> Any:
    held = Post.objects.filter(**below("unit__region__path", actor.region_path))
    return User.objects.filter(pk__in=held.values("user"))
