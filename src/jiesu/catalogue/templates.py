"""Ready-made texts for the desks, with places to fill in."""

import datetime as dt
import re
from collections.abc import Mapping
from typing import Any

from django.db import transaction
from django.db.models import Q, QuerySet

from jiesu.access import Actor, ActorKind, Permission
from jiesu.catalogue.editing import Problems, changed, must_edit
from jiesu.catalogue.models import TextTemplate
from jiesu.foundation.errors import Forbidden
from jiesu.organizations.models import Unit
from jiesu.organizations.paths import ancestors, is_below

# What may stand in braces, and what it becomes.
PLACEHOLDERS: dict[str, str] = {
    "编号": "工单编号",
    "标题": "诉求标题",
    "称呼": "诉求人的称呼，如“陈女士”",
    "分类": "诉求分类",
    "地点": "事发地点",
    "受理时间": "受理时间",
    "期限": "办理期限",
    "承办单位": "承办单位名称",
    "承办电话": "承办单位值班电话",
    "经办人": "当前用户姓名",
    "工号": "当前用户工号",
    "今天": "今天的日期",
}
BLANK = "＿＿＿"
_PLACE = re.compile(r"\{([^{}\n]{1,32})\}")


def fill(body: str, values: Mapping[str, object]) -> str:
    """The text with its places filled; one without a value becomes a visible blank.

    Only names in ``PLACEHOLDERS`` are places; other braces stay as written, and what is filled in
    is not looked at again.
    """

    def put(match: re.Match[str]) -> str:
        name = match[1].strip()
        if name not in PLACEHOLDERS:
            return match[0]
        return str(values.get(name) or BLANK)

    return _PLACE.sub(put, body)


def blanks(text: str) -> bool:
    """Whether a filled text still has a visible blank."""
    return BLANK in text


def for_desk(desk: str, unit: Unit | None) -> QuerySet[TextTemplate]:
    """The desk's texts for somebody of that unit: the unit's own, those above it, everybody's."""
    mine = Q(unit__isnull=True)
    if unit is not None:
        mine |= Q(unit__path__in=ancestors(unit.path))
    return TextTemplate.objects.filter(mine, desk=desk).order_by("order", "title", "pk")


@transaction.atomic
def add(
    desk: str,
    title: str,
    body: str,
    *,
    unit: Unit | None = None,
    order: int = 0,
    actor: Actor,
    at: dt.datetime,
) -> TextTemplate:
    """Add a text for one unit, or for everybody.

    Refuses an unknown place in braces, a title that exists, another unit's editor.
    """
    must_edit_for(actor, unit)
    title, body = check(desk, title, body)
    _refuse_duplicate(desk, unit, title, 0)
    template = TextTemplate.objects.create(
        desk=desk, title=title, body=body, unit=unit, order=order
    )
    changed("template_added", actor=actor, at=at, subject=_subject(template), data=facts(template))
    return template


@transaction.atomic
def change(
    template: TextTemplate,
    title: str,
    body: str,
    *,
    order: int | None = None,
    actor: Actor,
    at: dt.datetime,
) -> TextTemplate:
    """Change a text. Refuses as ``add`` does."""
    must_edit_for(actor, template.unit)
    before = facts(template)
    template.title, template.body = check(template.desk, title, body)
    _refuse_duplicate(template.desk, template.unit, template.title, template.pk)
    if order is not None:
        template.order = order
    template.save(update_fields=["title", "body", "order"])
    changed(
        "template_changed",
        actor=actor,
        at=at,
        subject=_subject(template),
        data={"before": before, "after": facts(template)},
    )
    return template


@transaction.atomic
def remove(template: TextTemplate, *, actor: Actor, at: dt.datetime) -> None:
    """Remove a text; what was written with it stays."""
    must_edit_for(actor, template.unit)
    changed(
        "template_removed", actor=actor, at=at, subject=_subject(template), data=facts(template)
    )
    template.delete()


def must_edit_for(actor: Actor, unit: Unit | None) -> None:
    """Refuse who may not edit the texts of that unit: one's own and those below; None: everybody's.

    Everybody's are the catalogue editors'. An editor of the catalogue edits those of the area.
    """
    if actor.kind is ActorKind.SYSTEM:
        return
    if unit is None:
        must_edit(actor, None)
        return
    own = bool(actor.unit_path) and is_below(unit.path, actor.unit_path)
    if own and actor.may(Permission.MANAGE_TEMPLATES):
        return
    if actor.may(Permission.MANAGE_CATALOGUE):
        must_edit(actor, unit.region)
        return
    raise Forbidden


def check(desk: str, title: str, body: str) -> tuple[str, str]:
    """Title and body, tidied. Refuses wrong fields; asks no database."""
    problems = Problems()
    if desk not in TextTemplate.Desk.values:
        names = "、".join(TextTemplate.Desk.labels)
        problems.add("desk", f"使用环节应为：{names}。", "unknown_desk")
    title = problems.text(title, max_length=64, field="title", label="标题")
    body = problems.text(body, max_length=4000, field="body", label="正文", multiline=True)
    unknown = sorted({m.strip() for m in _PLACE.findall(body)} - set(PLACEHOLDERS))
    if unknown:
        problems.add(
            "body",
            f"不认识的占位符：{{{'}、{'.join(unknown)}}}。可用：{{{'}、{'.join(PLACEHOLDERS)}}}。",
            "unknown_placeholder",
        )
    problems.refuse()
    return title, body


def _refuse_duplicate(desk: str, unit: Unit | None, title: str, besides: int) -> None:
    twins = TextTemplate.objects.filter(desk=desk, unit=unit, title=title).exclude(pk=besides)
    if twins.exists():
        problems = Problems()
        problems.add("title", f"已有标题为“{title}”的模板，请换一个标题。", "duplicate")
        problems.refuse()


def _subject(template: TextTemplate) -> str:
    return f"template:{template.pk}"


def facts(template: TextTemplate) -> dict[str, Any]:
    """What the audit keeps of a text."""
    return {
        "desk": template.desk,
        "title": template.title,
        "body": template.body,
        "unit": template.unit.name if template.unit else "",
        "order": template.order,
    }
