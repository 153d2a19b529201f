"""Every move a person can make from an order's page: its small form and its one use case.

Keys are the names of the moves in ``appeals.lifecycle``. A row shapes the form's words into the use
case's arguments and calls it, nothing more.
"""

import datetime as dt
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from django import forms

from jiesu.access import Actor
from jiesu.accounts import posts
from jiesu.appeals import gate
from jiesu.appeals.actions import (
    callback,
    closure,
    conferring,
    dispatch,
    handling,
    intake,
    recusal,
    review,
    triage,
)
from jiesu.appeals.actions.callback import Said
from jiesu.appeals.actions.dispatch import Order
from jiesu.appeals.actions.handling import Plea
from jiesu.appeals.lifecycle import OPEN, Status
from jiesu.appeals.models import Appeal, Application, Assignment
from jiesu.catalogue import codes
from jiesu.foundation.errors import NotFound, invalid
from jiesu.organizations.checks import day_of
from jiesu.organizations.models import Unit
from jiesu.topics import reading
from jiesu.web.components.faces import status_words
from jiesu.web.components.pieces import Option
from jiesu.web.orders import forms as small

Values = Mapping[str, Any]
IN_HAND = OPEN - {Status.MERGED, Status.CALLBACK}  # what others may be merged under


@dataclass(frozen=True)
class Dialog:
    """One move of an appeal as a dialog."""

    title: str
    form: type[forms.Form]
    run: Callable[[Appeal, Values, Actor, dt.datetime], object]
    done: str
    yes: str = ""
    lead: str = ""
    red: bool = False
    initial: Callable[[Appeal, dt.datetime], dict[str, Any]] = field(default=lambda a, at: {})
    near: Callable[[Appeal, Actor], list[Option]] = field(default=lambda a, actor: [])
    near_field: str = ""  # the field that a choice of ``near`` fills


@dataclass(frozen=True)
class AssignmentDialog:
    """One move of an assignment as a dialog."""

    title: str
    form: type[forms.Form]
    run: Callable[[Assignment, Values, Actor, dt.datetime], object]
    done: str
    yes: str = ""
    lead: str = ""
    red: bool = False


def unit_of(pk: int | None, name: str) -> Unit:
    """The unit a picker gave; refuses one that is not there."""
    unit = Unit.objects.select_related("region").filter(pk=pk).first() if pk else None
    if unit is None:
        raise invalid(name, "请从列表中选择单位。", "unknown_unit")
    return unit


def _units(values: Values, *names: str) -> list[Unit]:
    return [unit_of(values[n], n) for n in names if values.get(n)]


def _yes(value: str | None) -> bool | None:
    return None if not value else value == "yes"


def order_of(values: Values) -> Order:
    """The dispatch order that the form says."""
    return Order(
        lead=unit_of(values["lead"], "lead"),
        joint=_units(values, "joint1", "joint2"),
        reason=values["reason"],
        instruction=values["instruction"],
        designate=values["designate"],
    )


def said_of(values: Values) -> Said:
    """What a call-back brought, as the form says."""
    return Said(
        reached=values["reached"] == "yes",
        solved=_yes(values["solved"]),
        satisfaction=values["satisfaction"],
        dissatisfied_reason=values["dissatisfied_reason"],
        note=values["note"],
        decision=values["decision"],
        finding=values["finding"],
        next_at=values["next_at"],
    )


def _suggested(appeal: Appeal, at: dt.datetime) -> dict[str, Any]:
    hit = dispatch.suggest(appeal, at)
    return {"lead": hit.unit.pk} if hit is not None else {}


def _classified(appeal: Appeal, at: dt.datetime) -> dict[str, Any]:
    return {
        "category_code": appeal.category.code if appeal.category else "",
        "appeal_type": appeal.appeal_type,
        "urgency": appeal.urgency,
        "title": appeal.title,
        "region_code": appeal.region.code,
        "address": appeal.address,
        "is_difficult": appeal.is_difficult,
    }


def _masters(appeal: Appeal, actor: Actor) -> list[Option]:
    """Orders in hand of the same topic, the newest first."""
    topic = reading.of_appeal(appeal)
    told = reading.members(topic, actor) if topic else []
    return [
        Option(one.number, one.title, one.address, f"{status_words(one)} · {one.number}")
        for one in told
        if one.pk != appeal.pk and one.where in IN_HAND
    ][:5]


def _merge(appeal: Appeal, values: Values, actor: Actor, at: dt.datetime) -> object:
    number = values["master"].strip()
    master = Appeal.objects.visible_to(actor).filter(number=number).first()
    if master is None:
        raise invalid("master", "没有找到主单，请核对编号。", "unknown")
    return triage.merge(appeal, master, values["reason"], actor=actor, at=at)


def _reclassify(appeal: Appeal, values: Values, actor: Actor, at: dt.datetime) -> object:
    return intake.reclassify(appeal, actor=actor, at=at, **values)


DIALOGS: dict[str, Dialog] = {
    "accept": Dialog(
        "受理", small.Accepting,
        lambda a, v, actor, at: intake.accept(a, actor=actor, at=at, **v), "已受理，转入待派单。",
        initial=lambda a, at: {
            k: v for k, v in _classified(a, at).items()
            if k in ("category_code", "appeal_type", "urgency")
        },
    ),
    "reclassify": Dialog(
        "更正要素", small.Reclassifying, _reclassify, "已更正。", initial=_classified
    ),
    "add_facts": Dialog(
        "补充情况", small.Facts,
        lambda a, v, actor, at: intake.add_facts(a, v["text"], actor=actor, at=at), "已补充。",
    ),
    "urge": Dialog(
        "催办", small.Urging,
        lambda a, v, actor, at: intake.urge(a, v["text"], actor=actor, at=at), "已催办。",
    ),
    "recuse": Dialog(
        "申请回避", small.Recusing,
        lambda a, v, actor, at: recusal.step_aside(a, v["reason"], actor=actor, at=at),
        "已回避。这件诉求请交由其他人员办理。", "申请回避",
        "与诉求人或被反映单位有利害关系的，应当回避。回避后您只能查看，不能再办理，也不能撤回。",
        red=True,
    ),
    "answer_directly": Dialog(
        "直接答复", small.Answering,
        lambda a, v, actor, at: intake.answer_directly(a, v["answer"], actor=actor, at=at),
        "已直接答复并办结。",
    ),
    "refuse": Dialog(
        "不予受理", small.Refusing,
        lambda a, v, actor, at: intake.refuse(
            a, v["reason_code"], v["explanation"], actor=actor, at=at),
        "已登记不予受理。", red=True,
    ),
    "hand_over": Dialog(
        "移交", small.HandingOver,
        lambda a, v, actor, at: intake.hand_over(a, v["line_code"], v["note"], actor=actor, at=at),
        "已登记移交。",
    ),
    "merge": Dialog(
        "并单", small.Merging, _merge, "已并入主单。",
        lead="并入后随主单办理，主单答复时一并答复本诉求人。",
        near=_masters, near_field="master",
    ),
    "unmerge": Dialog(
        "撤销并单", small.Reason,
        lambda a, v, actor, at: triage.unmerge(a, v["reason"], actor=actor, at=at),
        "已撤销并单，转入待派单。",
    ),
    "dispatch": Dialog(
        "派单", small.Dispatching,
        lambda a, v, actor, at: dispatch.assign(a, order_of(v), actor=actor, at=at), "已派单。",
        initial=_suggested,
    ),
    "reassign": Dialog(
        "改派", small.Dispatching,
        lambda a, v, actor, at: dispatch.reassign(a, order_of(v), actor=actor, at=at), "已改派。",
        lead="原承办单位的工单将收回；新单位时限重新计算，诉求人的全程时限不变。",
    ),
    "add_joint": Dialog(
        "增派协办", small.AddingJoint,
        lambda a, v, actor, at: dispatch.add_joint(
            a, _units(v, "joint1", "joint2"), v["instruction"], actor=actor, at=at),
        "已增派协办。",
    ),
    "consult": Dialog(
        "发起会商", small.Consulting,
        lambda a, v, actor, at: conferring.consult(
            a, v["question"], _units(v, "unit1", "unit2", "unit3"), actor=actor, at=at),
        "已发起会商。",
    ),
    "list_difficult": Dialog(
        "疑难挂账", small.Reason,
        lambda a, v, actor, at: dispatch.list_difficult(a, v["reason"], actor=actor, at=at),
        "已列入疑难挂账。",
    ),
    "unlist": Dialog(
        "销账续办", small.OptionalReason,
        lambda a, v, actor, at: dispatch.unlist(a, v["reason"], actor=actor, at=at), "已续办。",
    ),
    "resume": Dialog(
        "恢复办理", small.OptionalReason,
        lambda a, v, actor, at: dispatch.resume(a, v["reason"], actor=actor, at=at),
        "已恢复办理，时限继续计算。",
    ),
    "approve": Dialog(
        "审核通过", small.Approving,
        lambda a, v, actor, at: review.approve(
            a, v["note"], publish=v["publish"], actor=actor, at=at),
        "已通过，答复已送诉求人。",
    ),
    "send_back": Dialog(
        "退回重办", small.SendingBack,
        lambda a, v, actor, at: review.send_back(
            a, v["reason"], v["reason_codes"], actor=actor, at=at),
        "已退回承办单位。", red=True,
    ),
    "call_back": Dialog(
        "回访", small.CallingBack,
        lambda a, v, actor, at: callback.record(a, said_of(v), actor=actor, at=at),
        "已记录回访。",
    ),
    "withdraw": Dialog(
        "撤诉", small.Reason,
        lambda a, v, actor, at: intake.withdraw(a, v["reason"], actor=actor, at=at), "已撤诉。",
        red=True,
    ),
    "close": Dialog(
        "办结", small.Reason,
        lambda a, v, actor, at: closure.close(a, v["reason"], actor=actor, at=at), "已办结。",
        lead="不经回访办结，须写明原因。",
    ),
    "reopen": Dialog(
        "重新办理", small.Reason,
        lambda a, v, actor, at: closure.reopen(a, v["reason"], actor=actor, at=at),
        "已重新办理，转入待派单。",
    ),
    "archive": Dialog(
        "归档", small.Empty, lambda a, v, actor, at: closure.archive(a, actor=actor, at=at),
        "已归档。", lead="归档后不能再重新办理。",
    ),
}  # fmt: skip


def _returning(a: Assignment, v: Values, actor: Actor, at: dt.datetime) -> object:
    return handling.apply_for(
        a,
        Plea(
            kind=Application.Kind.RETURN,
            reason_code=v["reason_code"],
            reason=v["reason"],
            basis=v["basis"],
            suggested_unit=unit_of(v["suggested_unit"], "suggested_unit"),
        ),
        actor=actor,
        at=at,
    )


def _applying(a: Assignment, v: Values, actor: Actor, at: dt.datetime) -> object:
    return handling.apply_for(
        a,
        Plea(
            kind=v["kind"],
            reason_code=v["reason_code"],
            reason=v["reason"],
            plan=v["plan"],
            citizen_told=v["citizen_told"],
            days=v["days"],
        ),
        actor=actor,
        at=at,
    )


def taking_over(a: Assignment, v: Values, actor: Actor, at: dt.datetime) -> object:
    """Give an assignment to a colleague of the same unit."""
    theirs = posts.on(day_of(at)).filter(user_id=v["handler"], unit_id=a.unit_id)
    post = theirs.select_related("user").first()
    if post is None:
        raise invalid("handler", "请选择本单位的同事。", "not_a_colleague")
    return handling.take_over(a, post.user_id, post.user.name, actor=actor, at=at)


ASSIGNMENT_DIALOGS: dict[str, AssignmentDialog] = {
    "sign": AssignmentDialog(
        "签收", small.Empty, lambda a, v, actor, at: handling.sign(a, actor=actor, at=at),
        "已签收。", lead="签收后由您承办，可再指定同事。",
    ),
    "contact": AssignmentDialog(
        "联系记录", small.Contacting,
        lambda a, v, actor, at: handling.contact(
            a, way=v["way"], reached=v["reached"] == "yes", note=v["note"],
            spoken_at=v["spoken_at"], actor=actor, at=at),
        "已登记联系情况。",
    ),
    "request_return": AssignmentDialog(
        "申请退单", small.Returning, _returning, "已申请退单，等待审核。", red=True,
        lead="审核期间时限照常计算；驳回的记不当退单。",
    ),
    "apply": AssignmentDialog(
        "提出申请", small.Applying, _applying, "已提交申请。", yes="提交申请"
    ),
    "pass_down": AssignmentDialog(
        "转派", small.PassingDown,
        lambda a, v, actor, at: handling.pass_down(
            a, unit_of(v["unit"], "unit"), v["instruction"], actor=actor, at=at),
        "已转派。", lead="转派后本单位仍对结果负责，下级反馈后由本单位答复。",
    ),
    "recall": AssignmentDialog(
        "收回转派", small.OptionalReason,
        lambda a, v, actor, at: handling.recall(a, v["reason"], actor=actor, at=at), "已收回。",
    ),
    "take_over": AssignmentDialog("指定承办人", small.TakingOver, taking_over, "已指定承办人。"),
    "inner_approve": AssignmentDialog(
        "内审通过", small.InnerApproving,
        lambda a, v, actor, at: handling.inner_approve(a, v["note"], actor=actor, at=at),
        "内审通过。",
    ),
    "inner_reject": AssignmentDialog(
        "内审退回", small.Reason,
        lambda a, v, actor, at: handling.inner_reject(a, v["reason"], actor=actor, at=at),
        "已退回修改。", red=True,
    ),
}  # fmt: skip


def judge(application: Application, values: Values, actor: Actor, at: dt.datetime) -> object:
    """Decide what a unit applied for."""
    accept = values["verdict"] == "accept"
    given: dict[str, Any] = {
        "accept": accept, "decision": values["decision"], "actor": actor, "at": at,
    }  # fmt: skip
    kind = application.kind
    if kind == Application.Kind.RETURN:
        return dispatch.judge_return(application, designate=bool(values.get("designate")), **given)
    if kind == Application.Kind.EXTENSION:
        return dispatch.judge_extension(application, days=values.get("days"), **given)
    if kind == Application.Kind.SUSPENSION:
        return dispatch.judge_suspension(application, **given)
    return dispatch.judge_ending(application, **given)


def pleaded(application: Application) -> list[tuple[str, str]]:
    """What a unit applied for and why, for whoever judges it: (what, words)."""
    suggested = application.suggested_unit
    said = (
        ("诉求", application.appeal.title),
        ("申请单位", f"{application.assignment.unit_name} {application.applied_by}"),
        (
            "理由",
            codes.label(
                handling.REASONS[Application.Kind(application.kind)], application.reason_code
            ),
        ),
        ("说明", application.reason),
        ("法律依据", application.basis),
        ("建议承办", suggested.name if suggested else ""),
        ("申请延长", f"{application.amount} 个工作日" if application.amount else ""),
        ("办理计划", application.plan),
        ("告知诉求人", application.citizen_told),
    )
    return [(what, words) for what, words in said if words]


def application_for(actor: Actor, number: str, pk: int) -> Application:
    """One application of a visible appeal, with what judging it reads."""
    appeal = gate.get_appeal_for(actor, number)
    application = (
        Application.objects.select_related("assignment", "suggested_unit")
        .filter(appeal=appeal, pk=pk)
        .first()
    )
    if application is None:
        raise NotFound("没有找到这项申请，可能已被撤回。")
    application.appeal = appeal
    return application
