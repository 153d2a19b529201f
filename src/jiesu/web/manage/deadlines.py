"""Limits as a matrix, each with its history; and “try it”: start + limit → due, and why."""

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from django.http import HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.http import require_POST

from jiesu.access import Permission as P
from jiesu.access import may_manage
from jiesu.catalogue import codes
from jiesu.catalogue.codes import Table, Urgency
from jiesu.deadlines import limits, policies, snapshot
from jiesu.deadlines.kinds import CLOCK_NAMES, ClockKind
from jiesu.deadlines.models import CalendarDay, LimitPolicy
from jiesu.deadlines.snapshot import Limit
from jiesu.deadlines.worktime import UNIT_NAMES, Budget, Calendar, DueAt, Unit, due_words
from jiesu.foundation import clock
from jiesu.foundation.clock import BEIJING
from jiesu.foundation.errors import NotFound, UseCaseError
from jiesu.organizations.models import Region
from jiesu.web.components.pieces import Action
from jiesu.web.components.times import WEEKDAYS
from jiesu.web.doors import DeskRequest, add_errors, desk_view, done
from jiesu.web.form_pages import Page, form_page, region_of, sent, today
from jiesu.web.manage import deadline_forms as small
from jiesu.web.manage.pages import crumbs

WALKED = 60  # days that an explanation lists


@dataclass(frozen=True)
class MatrixRow:
    """For which appeals a line of the matrix tells the limits."""

    label: str
    appeal_type: str
    urgency: str
    difficult: bool


@dataclass(frozen=True)
class MatrixCell:
    """One limit; ``own`` when it was set for exactly this line."""

    words: str
    yellow: str
    href: str
    own: bool


def managed(request: DeskRequest, pk: int) -> LimitPolicy:
    """The limit, everywhere's or of the actor's region; out of reach looks like absent."""
    policy = LimitPolicy.objects.select_related("region").filter(pk=pk).first()
    if policy is None or (
        policy.region and not may_manage(request.actor, P.MANAGE_DEADLINES, policy.region.path)
    ):
        raise NotFound
    return policy


def applies_to(policy: LimitPolicy) -> str:
    """What a limit is for, in words."""
    parts = []
    if policy.urgency:
        parts.append(codes.label(Table.URGENCY, policy.urgency))
    if policy.appeal_type:
        parts.append(codes.label(Table.APPEAL_TYPE, policy.appeal_type))
    if policy.difficult is not None:
        parts.append("疑难" if policy.difficult else "非疑难")
    where = policy.region.name if policy.region else "所有区划"
    return f"{' · '.join(parts) or '所有诉求'}（{where}）"


def period(policy: LimitPolicy) -> str:
    """From when until when, in words."""
    start = f"{policy.valid_from} 起" if policy.valid_from.year > 1949 else "一直"
    return f"{start}，至 {policy.valid_to}" if policy.valid_to else start


def _rows(at: dt.datetime, found: Sequence[LimitPolicy]) -> list[MatrixRow]:
    types = codes.choices(Table.APPEAL_TYPE, at)
    rows = []
    for urgency, name in codes.choices(Table.URGENCY, at):
        ordinary = urgency == Urgency.ORDINARY
        for code, label in types:
            special = any(p.urgency == urgency and p.appeal_type == code for p in found)
            if ordinary or special:
                rows.append(MatrixRow(label if ordinary else f"{name} · {label}", code, urgency,
                                      difficult=False))  # fmt: skip
        if ordinary:
            rows.append(MatrixRow("疑难", "", urgency, difficult=True))
        else:
            rows.append(MatrixRow(name, "", urgency, difficult=False))
    return rows


@desk_view(P.MANAGE_DEADLINES)
def matrix(request: DeskRequest) -> HttpResponse:
    """The limits on a day in an area: urgency and type down, clocks across."""
    form = small.DatesForm(request.GET)
    said = form.cleaned_data if form.is_valid() else {}
    on = said.get("on") or today()
    region = Region.objects.filter(code=said.get("region") or "-", valid_to=None).first()
    path = region.path if region else ""
    day = today()
    every = list(LimitPolicy.objects.select_related("region").order_by("clock", "valid_from"))
    found = {p.pk: p for p in every}
    at = dt.datetime.combine(on, dt.time(12), BEIJING)
    now = snapshot.current()
    lines = []
    for row in _rows(at, every):
        cells = []
        for kind in ClockKind:
            limit = now.limit(kind, row.appeal_type, row.urgency, row.difficult, path, on)
            cells.append(_cell(limit, found, row))
        lines.append((row.label, cells))
    mine = request.actor.region_path
    local = [p for p in every if p.region and p.region.path.startswith(mine)]
    context = {
        "page": Page("办理时限", crumbs(("办理时限", "")), reverse("manage:home")),
        "form": form,
        "on": on,
        "region": region,
        "clocks": [CLOCK_NAMES[kind] for kind in ClockKind],
        "lines": lines,
        "planned": [(p, applies_to(p)) for p in every if p.valid_from > day],
        "local": [(p, applies_to(p)) for p in local if p.valid_to is None or p.valid_to > day],
    }
    return render(request, "manage/limits.html", context)


def _cell(
    limit: Limit | None, found: Mapping[int, LimitPolicy], row: MatrixRow
) -> MatrixCell | None:
    policy = found.get(limit.policy_id) if limit else None
    if limit is None or policy is None:
        return None
    own = policy.urgency == ("" if row.urgency == Urgency.ORDINARY else row.urgency)
    own = own and policy.appeal_type == row.appeal_type
    own = own and bool(policy.difficult) == row.difficult
    return MatrixCell(
        limit.budget.words,
        f"提前 {limit.yellow.words} 黄牌" if limit.yellow else "不设黄牌",
        reverse("manage:limit", args=[policy.pk]),
        own,
    )


def _title(policy: LimitPolicy) -> str:
    return f"{policy.get_clock_display()}：{applies_to(policy)}"


def _crumbs(*steps: tuple[str, str]) -> Any:
    return crumbs(("办理时限", reverse("manage:limits")), *steps)


def _href(policy: LimitPolicy) -> str:
    return reverse("manage:limit", args=[policy.pk])


@desk_view(P.MANAGE_DEADLINES)
def limit_page(request: DeskRequest, pk: int) -> HttpResponse:
    """One limit, with what held before and will hold after it."""
    policy = managed(request, pk)
    day = today()
    versions = LimitPolicy.objects.filter(key=policy.key).select_related("region")
    actions = []
    if policy.valid_from > day:
        actions.append(
            Action("撤回", post=reverse("manage:limit-cancel", args=[pk]), tone="red",
                   confirm="撤回这个还没有启用的期限？原来的期限继续适用。")
        )  # fmt: skip
    elif policy.valid_to is None or policy.valid_to > day:
        actions = [
            Action("变更期限", reverse("manage:limit-replace", args=[pk]), main=True),
            Action("停用", reverse("manage:limit-end", args=[pk]), tone="red"),
        ]
    context = {
        "page": Page(_title(policy), _crumbs((policy.get_clock_display(), "")), ""),
        "policy": policy,
        "words": applies_to(policy),
        "versions": [
            (p, period(p), p.valid_from <= day and (p.valid_to is None or p.valid_to > day))
            for p in versions.order_by("-version")[:50]
        ],
        "actions": actions,
        "period": period(policy),
    }
    return render(request, "manage/limit.html", context)


@desk_view(P.MANAGE_DEADLINES)
def limit_new(request: DeskRequest) -> HttpResponse:
    """Add a limit for some appeals."""
    back = reverse("manage:limits")
    page = Page("新增时限", _crumbs(("新增", "")), back, yes="新增",
                lead="越具体的越优先：先看是否疑难，再看紧急程度、区划、类型。")  # fmt: skip
    initial = {"valid_from": today(), "region": request.GET.get("region", "")}
    form = small.NewLimitForm(sent(request), initial=initial)

    def run(said: Mapping[str, Any]) -> LimitPolicy:
        values = dict(said)
        values["difficult"] = {"yes": True, "no": False}.get(said["difficult"])
        values["region"] = region_of(said["region"], "region") if said["region"] else None
        return limits.add_policy(actor=request.actor, at=clock.now(), **values)

    return form_page(request, page, form, run, said="已新增。", to=_href)


@desk_view(P.MANAGE_DEADLINES)
def limit_replace(request: DeskRequest, pk: int) -> HttpResponse:
    """Let another length hold from a day on."""
    policy = managed(request, pk)
    steps = _crumbs((policy.get_clock_display(), _href(policy)), ("变更", ""))
    lead = f"现在是 {policy.budget.words}。"
    page = Page(f"变更 {_title(policy)}", steps, _href(policy), lead, "变更")
    initial = {
        "amount": policy.amount.normalize(),
        "unit": policy.unit,
        "yellow_amount": policy.yellow_amount.normalize() if policy.yellow_amount else None,
        "yellow_unit": policy.yellow_unit,
        "valid_from": max(today(), policy.valid_from + dt.timedelta(days=1)),
        "note": policy.note,
    }
    form = small.ReplaceLimitForm(sent(request), initial=initial)

    def run(said: Mapping[str, Any]) -> LimitPolicy:
        return limits.replace_policy(policy, actor=request.actor, at=clock.now(), **said)

    return form_page(request, page, form, run, said="已变更。", to=_href)


@desk_view(P.MANAGE_DEADLINES)
def limit_end(request: DeskRequest, pk: int) -> HttpResponse:
    """Let a limit hold no longer."""
    policy = managed(request, pk)
    page = Page(f"停用 {_title(policy)}", _crumbs((policy.get_clock_display(), _href(policy)),
                ("停用", "")), _href(policy), "停用后用更一般的期限；没有时这一步不限时。", "停用",
                True)  # fmt: skip
    form = small.EndLimitForm(sent(request))

    def run(said: Mapping[str, Any]) -> LimitPolicy:
        return limits.end_policy(
            policy, valid_to=said["valid_to"], actor=request.actor, at=clock.now()
        )

    return form_page(request, page, form, run, said="已停用。", to=_href(policy))


@require_POST
@desk_view(P.MANAGE_DEADLINES)
def limit_cancel(request: DeskRequest, pk: int) -> HttpResponse:
    """Take back a limit that has not begun."""
    limits.cancel_policy(managed(request, pk), actor=request.actor, at=clock.now())
    return done(request, "已撤回。", reverse("manage:limits"))


# --- try it ---------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Worked:
    """A limit worked out, with the reasons in order."""

    budget: Budget
    due: dt.datetime
    due_words: str
    yellow: dt.datetime | None
    reasons: Sequence[str]
    provisional: bool


@desk_view(P.MANAGE_DEADLINES)
def try_it(request: DeskRequest) -> HttpResponse:
    """Work a limit out and say why."""
    asked = "start" in request.GET
    initial = {"start": clock.now().astimezone(BEIJING), "clock": "handle", "unit": "work_days"}
    form = small.TryForm(request.GET if asked else None, initial=initial)
    worked = None
    if asked and form.is_valid():
        try:
            worked = work_out(form.cleaned_data)
        except UseCaseError as error:
            add_errors(form, error)
    context = {
        "page": Page("时限试算", _crumbs(("试算", "")), reverse("manage:limits")),
        "form": form,
        "worked": worked,
    }
    return render(request, "manage/try.html", context, status=422 if form.errors else 200)


def work_out(said: Mapping[str, Any]) -> Worked:
    """The due time of what the form says, with its reasons. Refuses where no limit is set."""
    start: dt.datetime = said["start"]
    calendar = policies.calendar(start)
    reasons = []
    if said["clock"]:
        region = Region.objects.filter(code=said["region"] or "-", valid_to=None).first()
        limit = policies.limit_for(
            said["clock"],
            appeal_type=said["appeal_type"],
            urgency=said["urgency"] or Urgency.ORDINARY,
            region_path=region.path if region else "",
            difficult=said["difficult"],
            at=start,
        )
        if limit is None:
            raise UseCaseError("这样的诉求在这一步没有设期限。", field="clock")
        budget, yellow = limit.budget, limit.yellow
        policy = LimitPolicy.objects.select_related("region").get(pk=limit.policy_id)
        reasons.append(
            f"适用的期限：{_title(policy)}，{budget.words}（{limit.policy_version} 版）。"
        )
    else:
        budget, yellow = Budget(said["amount"], Unit(said["unit"] or Unit.WORK_DAYS)), None
    due = calendar.due(start, budget)
    reasons += _why(calendar, start, due, budget)
    return Worked(
        budget,
        due,
        due_words(due),
        calendar.subtract(due, yellow) if yellow else None,
        reasons,
        calendar.is_provisional(due),
    )


def _why(calendar: Calendar, start: dt.datetime, due: dt.datetime, budget: Budget) -> list[str]:
    if budget.unit.is_natural:
        return [f"“{UNIT_NAMES[budget.unit]}”按自然时间连续计算，夜间和节假日也算。"]
    local = start.astimezone(BEIJING)
    reasons = []
    if budget.unit is Unit.WORK_HOURS:
        hours = calendar.hours_on(local.date())
        reasons.append(f"只算办公时间（{hours}）。")
        if not calendar.is_office_time(start):
            begun = calendar.counted_from(start, budget.unit)
            reasons.append(f"开始时不在办公时间，从 {begun:%m月%d日 %H:%M} 起算。")
    else:
        first = "次日" if calendar.from_next_day else "当日"
        ends = {DueAt.CLOSE: "下班时", DueAt.MIDNIGHT: "24:00", DueAt.SAME_TIME: "同一时刻"}
        reasons.append(f"工作日从{first}算起，到最后一个工作日的{ends[calendar.due_at]}为止。")
    reasons += _days_walked(calendar, local.date(), due.date(), budget)
    return reasons


def _days_walked(calendar: Calendar, first: dt.date, last: dt.date, budget: Budget) -> list[str]:
    names = dict(CalendarDay.objects.filter(date__range=(first, last)).values_list("date", "name"))
    counted: list[str] = []
    passed: list[str] = []
    day = first
    if budget.unit is Unit.WORK_DAYS and calendar.from_next_day:
        day += dt.timedelta(days=1)
    while day <= last and len(counted) + len(passed) < WALKED:
        words = f"{day:%m-%d}"
        if calendar.is_workday(day):
            counted.append(words + ("（调休上班）" if day.weekday() >= 5 else ""))
        else:
            passed.append(f"{words}（{names.get(day, '周' + WEEKDAYS[day.weekday()])}）")
        day += dt.timedelta(days=1)
    more = "……" if day <= last else ""
    reasons = [f"计入：{'、'.join(counted)}{more}"]
    if passed:
        reasons.append(f"不计：{'、'.join(passed)}{more}")
    return reasons
