"""Trigger rules: the list, editing with a day, the dry run; the letter head."""

import datetime as dt
from collections.abc import Mapping
from typing import Any
from urllib.parse import urlencode

from django.db.models import QuerySet
from django.http import HttpResponse
from django.urls import reverse
from django.views.decorators.http import require_POST

from jiesu.access import Permission as P
from jiesu.deadlines.kinds import CLOCK_NAMES, ClockKind
from jiesu.foundation import clock
from jiesu.foundation.clock import BEIJING
from jiesu.organizations.models import Unit
from jiesu.supervision import defaults, engine, numbers
from jiesu.supervision import rules as use
from jiesu.supervision.conditions import QUESTIONS, Condition
from jiesu.supervision.models import Hit, LetterHead, TriggerRule
from jiesu.supervision.rules import Wish
from jiesu.web.components.pieces import Cell, Column, Empty, Table
from jiesu.web.components.times import when_words
from jiesu.web.doors import DeskRequest, desk_view, done
from jiesu.web.form_pages import Page, form_page, region_of, sent, today
from jiesu.web.paging import key_page
from jiesu.web.supervision import forms as small
from jiesu.web.supervision.views import draw


def words_of(rule: TriggerRule) -> str:
    """The condition as people say it."""
    question = QUESTIONS[Condition(rule.condition)]
    parts = [question.label]
    if rule.clock:
        parts.append(f"{CLOCK_NAMES[ClockKind(rule.clock)]}时限")
    if question.amount:
        parts.append(f"{question.amount} {rule.amount}")
    if rule.days:
        parts.append(f"{rule.days} 天内")
    if rule.region:
        parts.append(rule.region.name)
    return " · ".join(parts)


@desk_view(P.SUPERVISION_RULES)
def home(request: DeskRequest) -> HttpResponse:
    """The office's rules as they hold today, what is to come, how often they hit."""
    day = today()
    lines = []
    office = request.actor.unit_id or 0
    hits = _hit_counts(office)
    for key, versions in use.versions(office).items():
        now = next((r for r in versions if r.valid_from <= day
                    and (r.valid_to is None or r.valid_to > day)), None)  # fmt: skip
        shown = now or versions[-1]
        lines.append({
            "key": key, "rule": shown, "words": words_of(shown), "holds": now is not None,
            "coming": [r for r in versions if r.valid_from > day], "hits": hits.get(key, 0),
        })  # fmt: skip
    return draw(request, "supervision/rules.html", {"lines": lines})


def _hit_counts(office: int) -> dict[str, int]:
    """Hits per rule, counted up to a thousand each: the list is no statistics."""
    found: dict[str, int] = {}
    for key in (
        TriggerRule.objects.filter(office_id=office).values_list("key", flat=True).distinct()
    ):
        found[key] = Hit.objects.filter(rule_key=key).order_by()[:1000].count()
    return found


@desk_view(P.SUPERVISION_RULES)
def edit(request: DeskRequest, key: str = "") -> HttpResponse:
    """A new rule, or another version of one from a day on."""
    versions = use.get_for(request.actor, key) if key else []
    back = reverse("supervision:rules")

    def run(said: Mapping[str, Any]) -> TriggerRule:
        wish = {k: v for k, v in said.items() if k != "effective"}
        region = said["region"]
        wish |= {
            "region": region_of(region, "region") if region else None,
            "amount": said["amount"] or 0, "days": said["days"] or 0,
            "limit_days": said["limit_days"] if said["limit_days"] is not None else 3,
        }  # fmt: skip
        return use.set_rule(
            Wish(**wish), actor=request.actor, at=clock.now(), key=key,
            effective=said["effective"],
        )  # fmt: skip

    initial: dict[str, Any] = {"condition": "overdue", "clock": "handle", "amount": 1}
    if versions:
        last = versions[-1]
        initial = {f: getattr(last, f) for f in small.RuleForm.base_fields
                   if f not in ("effective", "region")}  # fmt: skip
        initial["region"] = last.region.code if last.region else ""
    page = Page("修改规则" if key else "新建规则", (), back)
    return form_page(
        request, page, small.RuleForm(sent(request), initial=initial), run,
        said="已保存。建议先试算，看上月会命中多少。",
        to=lambda rule: reverse("supervision:rule-dry", args=[rule.key]),
        template="supervision/form.html",
    )  # fmt: skip


@require_POST
@desk_view(P.SUPERVISION_RULES)
def end(request: DeskRequest, key: str) -> HttpResponse:
    """Let a rule hold no longer."""
    use.end_rule(key, actor=request.actor, at=clock.now())
    return done(request, "规则自明天起停用。", reverse("supervision:rules"))


@require_POST
@desk_view(P.SUPERVISION_RULES)
def load_defaults(request: DeskRequest) -> HttpResponse:
    """Give the office the rules it lacks."""
    count = defaults.load(request.actor, clock.now())
    said = f"已加入 {count} 条常用规则。" if count else "常用规则都已有。"
    return done(request, said, reverse("supervision:rules"))


@desk_view(P.SUPERVISION_RULES)
def dry(request: DeskRequest, key: str) -> HttpResponse:
    """What the rule would have hit, by unit, down to the very orders."""
    rule = use.get_for(request.actor, key)[-1]
    form = small.PeriodForm(request.GET or None)
    since, until = form.days(today())
    begin = dt.datetime.combine(since, dt.time(), BEIJING)
    end_ = min(dt.datetime.combine(until + dt.timedelta(days=1), dt.time(), BEIJING), clock.now())
    tried = engine.dry_run(rule, begin, end_)
    moment = tried.found.moment
    rows: QuerySet[Any] = tried.found.rows.select_related("appeal").only(
        moment, "appeal__number", "appeal__title", "appeal__lead_unit_name", "appeal__status"
    )
    page = key_page(rows, [f"-{moment}", "-id"], request.GET.get("after", ""), size=25)
    at = clock.now()
    columns = [
        Column("工单", lambda r: Cell(r.appeal.title, r.appeal.number,
                                    href=reverse("orders:order", args=[r.appeal.number])), "title"),
        Column("主办单位", lambda r: Cell(r.appeal.lead_unit_name or "—")),
        Column("发生", lambda r: Cell(when_words(getattr(r, moment), at))),
        Column("现在", lambda r: Cell(r.appeal.get_status_display())),
    ]  # fmt: skip
    table = Table(columns, page, label="试算命中", empty=Empty(
        "这段时间不会命中任何工单", "放宽条件或换一段时间再试。"))  # fmt: skip
    context = {
        "rule": rule, "words": words_of(rule), "tried": tried, "table": table, "since": since,
        "until": until, "period": urlencode({"since": since, "until": until}),
        "form": small.PeriodForm(initial={"since": since, "until": until}),
    }  # fmt: skip
    return draw(request, "supervision/dry.html", context)


@desk_view(P.SUPERVISION_RULES)
def head(request: DeskRequest) -> HttpResponse:
    """How the office's papers are headed and numbered."""
    office = Unit.objects.get(pk=request.actor.unit_id or 0)
    now = numbers.head_of(office, clock.now())

    def run(said: Mapping[str, Any]) -> LetterHead:
        return numbers.set_head(
            said["head"], said["word"], said["signature"], actor=request.actor, at=clock.now(),
            effective=said["effective"],
        )  # fmt: skip

    initial = {"head": now.head, "word": now.word, "signature": now.signature}
    back = reverse("supervision:rules")
    page = Page("发文设置", (), back)
    return form_page(
        request, page, small.HeadForm(sent(request), initial=initial), run, said="已保存。",
        to=back, template="supervision/form.html",
    )  # fmt: skip
