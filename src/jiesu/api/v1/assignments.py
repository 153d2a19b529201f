"""A unit's side: its assignments and their moves, what it applies for, where it is consulted."""

from django.db.models import Q
from django.http import HttpResponse
from ninja import Query, Router

from jiesu.access import Permission as P
from jiesu.accounts import posts
from jiesu.api.v1 import door, inputs
from jiesu.api.v1 import outputs as out
from jiesu.api.v1.appeals import DUE, NEWEST, ORDERS
from jiesu.api.v1.auth import Call
from jiesu.api.v1.door import acts, spec
from jiesu.api.v1.paging import page
from jiesu.api.v1.uploads import own_key
from jiesu.appeals import lifecycle as life
from jiesu.appeals.actions import conferring, dispatch, handling
from jiesu.appeals.actions.handling import Answer, Plea
from jiesu.appeals.gate import get_appeal_for, get_assignment_for
from jiesu.appeals.lifecycle import State
from jiesu.appeals.models import (
    Application,
    Assignment,
    Consultation,
    Contact,
    Opinion,
    Reply,
)
from jiesu.foundation.errors import ChangedMeanwhile, NotFound, invalid
from jiesu.organizations.checks import day_of
from jiesu.organizations.paths import below

router = Router(tags=["承办"])
applications = Router(tags=["申请"])
consultations = Router(tags=["会商"])

_GONE = "没有找到这条承办记录，或它不在您的查看范围内。"
_ROW = (
    "id", "version", "unit__code", "unit_name", "nature", "state", "parent_id", "depth", "basis",
    "instruction", "is_designated", "handler_name", "round", "inner_step", "assigned_at",
    "opened_at", "signed_at", "contacted_at", "reported_at", "ended_at", "due_at", "yellow_at",
    "due_kind", "is_paused", "appeal__number", "appeal__version", "appeal__status",
    "appeal__title", "appeal__urgency",
)  # fmt: skip


def _assignment(request: Call, pk: int, permission: P, version: int | None = None) -> Assignment:
    """The gate: the appeal of the assignment must be visible; then forbidden, then stale."""
    number = Assignment.objects.filter(pk=pk).values_list("appeal__number", flat=True).first()
    if number is None:
        raise NotFound(_GONE)
    try:
        one = get_assignment_for(request.actor, number, pk)
    except NotFound as error:
        raise NotFound(_GONE) from error
    door.require(request.actor, permission)
    if version is not None and one.version != version:
        raise ChangedMeanwhile
    return one


@router.get("", response=out.Page[out.AssignmentOut], **spec("查询承办", P.APPEAL_VIEW))
def list_assignments(request: Call, filters: Query[inputs.AssignmentFilters]) -> HttpResponse:
    """单位看到本单位及下级的，中心看到本区域的。"""
    door.require(request.actor, P.APPEAL_VIEW)
    rows = Assignment.objects.visible_to(request.actor)
    if filters.state:
        unknown = [s for s in filters.state if s not in set(State)]
        if unknown:
            raise invalid("state", f"没有状态“{unknown[0][:32]}”，请核对。", "unknown_code")
        rows = rows.filter(state__in=filters.state)
    if filters.unit:
        rows = rows.filter(**below("unit_path", door.unit(filters.unit, "unit").path))
    if filters.nature:
        rows = rows.filter(nature=filters.nature)
    if filters.due_from is not None:
        rows = rows.filter(due_at__gte=filters.due_from)
    if filters.due_to is not None:
        rows = rows.filter(due_at__lt=filters.due_to)
    if filters.overdue is True:
        rows = rows.overdue(request.at)
    elif filters.overdue is False:
        rows = rows.filter(Q(due_at__isnull=True) | Q(due_at__gte=request.at) | Q(is_paused=True))
    order = ORDERS[filters.order]
    if order is DUE:
        rows = rows.filter(due_at__isnull=False)
    rows = rows.select_related("unit", "appeal").only(*_ROW)
    found = page(rows, order, filters.after, filters.size)
    return door.answer(
        out.Page.of(found.rows, found.next, lambda a: out.assignment_out(a, request.at))
    )


@router.get("/{pk}", response=out.AssignmentOut, **spec("读取承办", P.APPEAL_VIEW))
def get_assignment(request: Call, pk: int) -> HttpResponse:
    """一个单位的承办。"""
    one = _assignment(request, pk, P.APPEAL_VIEW)
    return door.answer(out.assignment_out(one, request.at))


@router.post("/{pk}/open", response=out.AssignmentOut, **spec("查阅", life.OPEN_ASSIGNMENT.needs))
@acts()
def open_(request: Call, pk: int, body: inputs.Move) -> Assignment:
    """记录已查阅；再次查阅不变。"""
    one = _assignment(request, pk, life.OPEN_ASSIGNMENT.needs, body.version)
    return handling.open_(one, actor=request.actor, at=request.at)


@router.post("/{pk}/sign", response=out.AssignmentOut, **spec("签收", life.SIGN.needs))
@acts()
def sign(request: Call, pk: int, body: inputs.Sign) -> Assignment:
    """签收并确定承办人。"""
    one = _assignment(request, pk, life.SIGN.needs, body.version)
    handler_id, handler_name = _handler(one, body.handler, request)
    return handling.sign(
        one, actor=request.actor, at=request.at, handler_id=handler_id, handler_name=handler_name
    )


@router.post(
    "/{pk}/take-over", response=out.AssignmentOut, **spec("指定承办人", life.TAKE_OVER.needs)
)
@acts()
def take_over(request: Call, pk: int, body: inputs.TakeOver) -> Assignment:
    """换由本单位另一人承办。"""
    one = _assignment(request, pk, life.TAKE_OVER.needs, body.version)
    handler_id, handler_name = _handler(one, body.handler, request)
    if handler_id is None:
        raise invalid("handler", "请填写承办人的登录名。", "required")
    return handling.take_over(one, handler_id, handler_name, actor=request.actor, at=request.at)


def _handler(one: Assignment, username: str, request: Call) -> tuple[int | None, str]:
    """The colleague of that sign-in name who has a post in the unit or one of its sections."""
    if not username:
        return None, ""
    there = posts.on(day_of(request.at)).filter(**below("unit__path", one.unit_path))
    post = there.filter(user__username=username).select_related("user").first()
    if post is None:
        raise invalid("handler", "本单位没有这个登录名的在岗人员，请核对。", "unknown_person")
    return post.user_id, post.user.name


@router.post(
    "/{pk}/contact", response={201: out.ContactOut}, **spec("联系诉求人", life.CONTACT.needs)
)
@acts(201, key=True)
def contact(request: Call, pk: int, body: inputs.Contact) -> Contact:
    """登记一次联系，联系上即停止联系时限。"""
    one = _assignment(request, pk, life.CONTACT.needs)
    return handling.contact(
        one, way=body.way, reached=body.reached, note=body.note, spoken_at=body.spoken_at,
        actor=request.actor, at=request.at,
    )  # fmt: skip


@router.post(
    "/{pk}/apply", response={201: out.ApplicationOut}, **spec("提出申请", life.APPLY.needs)
)
@acts(201, key=True)
def apply_for(request: Call, pk: int, body: inputs.Apply) -> Application:
    """退单、延期、挂起或终止。"""
    one = _assignment(request, pk, life.APPLY.needs, body.version)
    suggested = door.unit(body.suggested_unit, "suggested_unit") if body.suggested_unit else None
    plea = Plea(
        kind=body.kind, reason_code=body.reason_code, reason=body.reason, basis=body.basis,
        suggested_unit=suggested, plan=body.plan, citizen_told=body.citizen_told, days=body.days,
        upload_key=own_key(request.actor, body.upload_key),
    )  # fmt: skip
    return handling.apply_for(one, plea, actor=request.actor, at=request.at)


@router.post("/{pk}/pass-down", response=out.AssignmentOut, **spec("转派", life.PASS_DOWN.needs))
@acts()
def pass_down(request: Call, pk: int, body: inputs.PassDown) -> Assignment:
    """转给下级单位；答的是下级的承办。"""
    one = _assignment(request, pk, life.PASS_DOWN.needs, body.version)
    below_us = door.unit(body.unit, "unit")
    return handling.pass_down(one, below_us, body.instruction, actor=request.actor, at=request.at)


@router.post("/{pk}/recall", response=out.AssignmentOut, **spec("收回转派", life.RECALL.needs))
@acts()
def recall(request: Call, pk: int, body: inputs.Reason) -> Assignment:
    """由本单位自己办理。"""
    one = _assignment(request, pk, life.RECALL.needs, body.version)
    return handling.recall(one, body.reason, actor=request.actor, at=request.at)


@router.post("/{pk}/draft", response=out.ReplyOut, **spec("保存答复草稿", life.SUBMIT.needs))
@acts()
def draft(request: Call, pk: int, body: inputs.Report) -> Reply:
    """不离开本单位。"""
    one = _assignment(request, pk, life.SUBMIT.needs, body.version)
    return handling.save_draft(one, _answer(body, request), actor=request.actor, at=request.at)


@router.post("/{pk}/report", response={201: out.ReplyOut}, **spec("提交答复", life.SUBMIT.needs))
@acts(201, key=True)
def report(request: Call, pk: int, body: inputs.Report) -> Reply:
    """提交内审；没有内审的直接提交中心审核。"""
    one = _assignment(request, pk, life.SUBMIT.needs, body.version)
    return handling.report(one, _answer(body, request), actor=request.actor, at=request.at)


def _answer(body: inputs.Report, request: Call) -> Answer:
    values = dict(body)
    del values["version"]
    values["upload_key"] = own_key(request.actor, body.upload_key)
    return Answer(**values)


@router.post(
    "/{pk}/inner-approve", response=out.AssignmentOut, **spec("内审通过", life.INNER_APPROVE.needs)
)
@acts()
def inner_approve(request: Call, pk: int, body: inputs.Note) -> Assignment:
    """最后一级通过后提交中心审核。"""
    one = _assignment(request, pk, life.INNER_APPROVE.needs, body.version)
    return handling.inner_approve(one, body.note, actor=request.actor, at=request.at)


@router.post(
    "/{pk}/inner-reject", response=out.AssignmentOut, **spec("内审退回", life.INNER_REJECT.needs)
)
@acts()
def inner_reject(request: Call, pk: int, body: inputs.Reason) -> Assignment:
    """退给拟稿人修改。"""
    one = _assignment(request, pk, life.INNER_REJECT.needs, body.version)
    return handling.inner_reject(one, body.reason, actor=request.actor, at=request.at)


# --- applications ---------------------------------------------------------------------------------


@applications.get("", response=out.Page[out.ApplicationOut], **spec("查询申请", P.APPEAL_VIEW))
def list_applications(request: Call, filters: Query[inputs.ApplicationFilters]) -> HttpResponse:
    """缺省为待本单位审批的。"""
    actor = request.actor
    door.require(actor, P.APPEAL_VIEW)
    rows = Application.objects.select_related("appeal", "assignment", "suggested_unit")
    rows = rows.defer(*_LONG)
    if filters.side == "judge":
        rows = rows.filter(judge_unit_id=actor.unit_id)
    else:
        rows = rows.filter(**below("assignment__unit_path", actor.unit_path))
    if filters.verdict:
        rows = rows.filter(verdict=filters.verdict)
    if filters.kind:
        rows = rows.filter(kind=filters.kind)
    found = page(rows, NEWEST, filters.after, filters.size)
    return door.answer(out.Page.of(found.rows, found.next, out.application_out))


# What a list of applications does not read of the appeal: long, or to be decrypted.
_LONG = tuple(
    f"appeal__{name}"
    for name in ("name", "phone", "phone2", "document_number", "home_address", "query_code",
                 "content", "public_reply")
)  # fmt: skip


@applications.post(
    "/{pk}/judge", response=out.ApplicationOut,
    **spec("审批申请", life.ACCEPT_RETURN.needs, life.PASS_DOWN.needs),
)  # fmt: skip
@acts(key=True)
def judge(request: Call, pk: int, body: inputs.Judge) -> Application:
    """一项申请只能审批一次。下级的退单由转派它的单位审批，须有转派权限。"""
    one = (
        Application.objects.select_related(
            "appeal__region", "appeal__category", "assignment", "suggested_unit"
        )
        .filter(pk=pk)
        .first()
    )
    gone = NotFound("没有找到这项申请，或它不在您的查看范围内。")
    if one is None:
        raise gone
    try:
        get_appeal_for(request.actor, one.appeal.number)
    except NotFound as error:
        raise gone from error
    passed_down = one.assignment.parent_id is not None
    needed = life.PASS_DOWN.needs if passed_down else life.ACCEPT_RETURN.needs
    door.require(request.actor, needed)
    actor, at = request.actor, request.at
    match Application.Kind(one.kind):
        case Application.Kind.RETURN:
            dispatch.judge_return(
                one, accept=body.accept, decision=body.decision, actor=actor, at=at,
                designate=body.designate,
            )  # fmt: skip
        case Application.Kind.EXTENSION:
            dispatch.judge_extension(
                one, accept=body.accept, decision=body.decision, actor=actor, at=at,
                days=body.days,
            )  # fmt: skip
        case Application.Kind.SUSPENSION:
            dispatch.judge_suspension(
                one, accept=body.accept, decision=body.decision, actor=actor, at=at
            )
        case Application.Kind.ENDING:
            dispatch.judge_ending(
                one, accept=body.accept, decision=body.decision, actor=actor, at=at
            )
    return one


# --- consultations --------------------------------------------------------------------------------


def _consultation(request: Call, pk: int) -> Consultation:
    """One that the caller's unit convened or was invited to."""
    unit_id = door.unit_of(request)
    one = (
        Consultation.objects.select_related("appeal", "convened_unit")
        .filter(Q(convened_unit_id=unit_id) | Q(opinions__unit_id=unit_id), pk=pk)
        .distinct()
        .first()
    )
    if one is None:
        raise NotFound("没有找到这次会商，或未邀请本单位。")
    return one


@consultations.get("", response=out.Page[out.ConsultationOut], **spec("查询会商", P.APPEAL_VIEW))
def list_consultations(request: Call, filters: Query[inputs.Paged]) -> HttpResponse:
    """本单位发起的和受邀的。"""
    door.require(request.actor, P.APPEAL_VIEW)
    unit_id = door.unit_of(request)
    invited = Opinion.objects.filter(unit_id=unit_id).values("consultation_id")
    rows = (
        Consultation.objects.filter(Q(convened_unit_id=unit_id) | Q(pk__in=invited))
        .select_related("appeal", "convened_unit")
        .defer(*_LONG)
        .prefetch_related("opinions__unit")
    )
    found = page(rows, NEWEST, filters.after, filters.size)
    return door.answer(out.Page.of(found.rows, found.next, out.consultation_out))


@consultations.post(
    "/{pk}/opinion", response={201: out.OpinionOut}, **spec("填写会商意见", life.CONSULT.needs)
)
@acts(201, key=True)
def give_opinion(request: Call, pk: int, body: inputs.Words) -> Opinion:
    """受邀单位的意见；会商结束前可修改。"""
    one = _consultation(request, pk)
    door.require(request.actor, life.CONSULT.needs)
    opinion = one.opinions.select_related("unit").filter(unit_id=door.unit_of(request)).first()
    if opinion is None:
        raise NotFound("没有找到这次会商，或未邀请本单位。")
    opinion.consultation = one
    conferring.give_opinion(opinion, body.text, actor=request.actor, at=request.at)
    return opinion


@consultations.post(
    "/{pk}/conclude", response=out.ConsultationOut, **spec("结束会商", life.CONSULT.needs)
)
@acts()
def conclude(request: Call, pk: int, body: inputs.Words) -> Consultation:
    """写下结论；由发起单位结束。"""
    one = _consultation(request, pk)
    door.require(request.actor, life.CONSULT.needs)
    conferring.conclude(one, body.text, actor=request.actor, at=request.at)
    return one
