"""Every move of an appeal's life, as ``POST /appeals/{number}/…``.

A move carries the ``version`` it was decided on. What only adds (facts, urging, ratings …) needs
none, but an ``Idempotency-Key``.
"""

from ninja import Router

from jiesu.api.v1 import door, inputs
from jiesu.api.v1 import outputs as out
from jiesu.api.v1.auth import Call
from jiesu.api.v1.door import acts, spec
from jiesu.api.v1.uploads import own_key
from jiesu.appeals import lifecycle as life
from jiesu.appeals.actions import callback, closure, conferring, dispatch, intake, review, triage
from jiesu.appeals.actions.callback import Said
from jiesu.appeals.actions.dispatch import Order
from jiesu.appeals.gate import get_appeal_for
from jiesu.appeals.models import Appeal, Callback, Consultation
from jiesu.foundation.errors import NotFound, invalid

router = Router(tags=["工单办理"])

SEEN = out.AppealOut | out.Progress  # whoever may not read appeals is shown the citizen's progress


# --- taking in ------------------------------------------------------------------------------------


@router.post("/{number}/accept", response=out.AppealOut, **spec("受理", life.ACCEPT.needs))
@acts()
def accept(request: Call, number: str, body: inputs.Classify) -> Appeal:
    """可同时更正分类、类型、紧急程度和区域。"""
    appeal = door.appeal_for(request, number, life.ACCEPT.needs, body.version)
    return intake.accept(
        appeal, actor=request.actor, at=request.at, category_code=body.category_code,
        appeal_type=body.appeal_type, urgency=body.urgency, region_code=body.region_code,
    )  # fmt: skip


@router.post(
    "/{number}/reclassify", response=out.AppealOut, **spec("更正要素", life.RECLASSIFY.needs)
)
@acts()
def reclassify(request: Call, number: str, body: inputs.Reclassify) -> Appeal:
    """空着的项不改。"""
    appeal = door.appeal_for(request, number, life.RECLASSIFY.needs, body.version)
    return intake.reclassify(
        appeal, actor=request.actor, at=request.at, category_code=body.category_code,
        appeal_type=body.appeal_type, urgency=body.urgency, region_code=body.region_code,
        title=body.title, address=body.address, is_difficult=body.is_difficult,
    )  # fmt: skip


@router.post(
    "/{number}/add-facts",
    response={201: SEEN},
    **spec("补充情况", life.ADD_FACTS.needs),
)
@acts(201, key=True)
def add_facts(request: Call, number: str, body: inputs.Facts) -> Appeal:
    """诉求人补充的文字和附件。"""
    appeal = door.appeal_of_citizen(
        request, number, life.ADD_FACTS.needs, body.proof, code_only=True
    )
    return intake.add_facts(
        appeal, body.text, actor=request.actor, at=request.at,
        upload_key=own_key(request.actor, body.upload_key),
    )  # fmt: skip


@router.post("/{number}/urge", response={201: SEEN}, **spec("催办", life.URGE.needs))
@acts(201, key=True)
def urge(request: Call, number: str, body: inputs.Urge) -> Appeal:
    """转告承办单位。"""
    appeal = door.appeal_of_citizen(request, number, life.URGE.needs, body.proof, code_only=True)
    return intake.urge(appeal, body.text, actor=request.actor, at=request.at)


@router.post("/{number}/withdraw", response=SEEN, **spec("撤诉", life.WITHDRAW.needs))
@acts()
def withdraw(request: Call, number: str, body: inputs.Withdraw) -> Appeal:
    """诉求人撤回诉求。"""
    if body.version is None and not body.proof:
        raise invalid("version", "请带上读取时的 version。", "required")
    appeal = door.appeal_of_citizen(
        request, number, life.WITHDRAW.needs, body.proof, body.version, code_only=True
    )
    return intake.withdraw(
        appeal, body.reason, actor=request.actor, at=request.at, proven=bool(body.proof)
    )


@router.post(
    "/{number}/answer-directly", response=out.AppealOut,
    **spec("直接答复", life.ANSWER_DIRECTLY.needs),
)  # fmt: skip
@acts()
def answer_directly(request: Call, number: str, body: inputs.AnswerDirectly) -> Appeal:
    """答复并办结。"""
    appeal = door.appeal_for(request, number, life.ANSWER_DIRECTLY.needs, body.version)
    return intake.answer_directly(appeal, body.answer, actor=request.actor, at=request.at)


@router.post("/{number}/refuse", response=out.AppealOut, **spec("不予受理", life.REFUSE.needs))
@acts()
def refuse(request: Call, number: str, body: inputs.Refuse) -> Appeal:
    """须有理由和告知内容。"""
    appeal = door.appeal_for(request, number, life.REFUSE.needs, body.version)
    return intake.refuse(
        appeal, body.reason_code, body.explanation, actor=request.actor, at=request.at
    )


@router.post("/{number}/hand-over", response=out.AppealOut, **spec("移交", life.HAND_OVER.needs))
@acts()
def hand_over(request: Call, number: str, body: inputs.HandOver) -> Appeal:
    """移交 110 等专线。"""
    appeal = door.appeal_for(request, number, life.HAND_OVER.needs, body.version)
    return intake.hand_over(appeal, body.line_code, body.note, actor=request.actor, at=request.at)


@router.post("/{number}/merge", response=out.AppealOut, **spec("并单", life.MERGE.needs))
@acts()
def merge(request: Call, number: str, body: inputs.Merge) -> Appeal:
    """并入主单，随主单答复。"""
    appeal = door.appeal_for(request, number, life.MERGE.needs, body.version)
    try:
        master = get_appeal_for(request.actor, body.master)
    except NotFound as error:
        raise invalid("master", "没有找到主单，请核对工单编号。", "unknown") from error
    return triage.merge(appeal, master, body.reason, actor=request.actor, at=request.at)


@router.post("/{number}/unmerge", response=out.AppealOut, **spec("撤销并单", life.UNMERGE.needs))
@acts()
def unmerge(request: Call, number: str, body: inputs.Reason) -> Appeal:
    """从主单分出，回到待派单。"""
    appeal = door.appeal_for(request, number, life.UNMERGE.needs, body.version)
    return triage.unmerge(appeal, body.reason, actor=request.actor, at=request.at)


# --- sending --------------------------------------------------------------------------------------


@router.post("/{number}/dispatch", response=out.AppealOut, **spec("派单", life.DISPATCH.needs))
@acts()
def send(request: Call, number: str, body: inputs.Dispatch) -> Appeal:
    """一个主办，任意个协办。"""
    appeal = door.appeal_for(request, number, life.DISPATCH.needs, body.version)
    return dispatch.assign(appeal, _order(body), actor=request.actor, at=request.at)


@router.post("/{number}/reassign", response=out.AppealOut, **spec("改派", life.REASSIGN.needs))
@acts()
def reassign(request: Call, number: str, body: inputs.Dispatch) -> Appeal:
    """收回原单位，改派新单位；须写明理由。"""
    appeal = door.appeal_for(request, number, life.REASSIGN.needs, body.version)
    return dispatch.reassign(appeal, _order(body), actor=request.actor, at=request.at)


def _order(body: inputs.Dispatch) -> Order:
    return Order(
        lead=door.unit(body.lead, "lead"), joint=door.units(body.joint, "joint"),
        reason=body.reason, instruction=body.instruction, designate=body.designate,
    )  # fmt: skip


@router.post(
    "/{number}/add-joint", response=out.AppealOut, **spec("增派协办", life.ADD_JOINT.needs)
)
@acts()
def add_joint(request: Call, number: str, body: inputs.AddJoint) -> Appeal:
    """给承办中的工单增加协办单位。"""
    appeal = door.appeal_for(request, number, life.ADD_JOINT.needs, body.version)
    return dispatch.add_joint(
        appeal, door.units(body.units, "units"), body.instruction, actor=request.actor,
        at=request.at,
    )  # fmt: skip


@router.post("/{number}/resume", response=out.AppealOut, **spec("恢复办理", life.RESUME.needs))
@acts()
def resume(request: Call, number: str, body: inputs.Reason) -> Appeal:
    """结束挂起，时限接着走。"""
    appeal = door.appeal_for(request, number, life.RESUME.needs, body.version)
    return dispatch.resume(appeal, body.reason, actor=request.actor, at=request.at)


@router.post(
    "/{number}/list-difficult", response=out.AppealOut,
    **spec("疑难挂账", life.LIST_DIFFICULT.needs),
)  # fmt: skip
@acts()
def list_difficult(request: Call, number: str, body: inputs.Reason) -> Appeal:
    """时限停走。"""
    appeal = door.appeal_for(request, number, life.LIST_DIFFICULT.needs, body.version)
    return dispatch.list_difficult(appeal, body.reason, actor=request.actor, at=request.at)


@router.post("/{number}/unlist", response=out.AppealOut, **spec("销账续办", life.UNLIST.needs))
@acts()
def unlist(request: Call, number: str, body: inputs.Reason) -> Appeal:
    """时限接着走。"""
    appeal = door.appeal_for(request, number, life.UNLIST.needs, body.version)
    return dispatch.unlist(appeal, body.reason, actor=request.actor, at=request.at)


@router.post(
    "/{number}/consult", response={201: out.ConsultationOut}, **spec("会商", life.CONSULT.needs)
)
@acts(201, key=True)
def consult(request: Call, number: str, body: inputs.Consult) -> Consultation:
    """请各单位发表意见。"""
    appeal = door.appeal_for(request, number, life.CONSULT.needs)
    return conferring.consult(
        appeal, body.question, door.units(body.units, "units"), actor=request.actor, at=request.at
    )


# --- answering ------------------------------------------------------------------------------------


@router.post("/{number}/approve", response=out.AppealOut, **spec("审核通过", life.APPROVE.needs))
@acts()
def approve(request: Call, number: str, body: inputs.Approve) -> Appeal:
    """答复生效，进入回访；不需答复的随即办结。"""
    appeal = door.appeal_for(request, number, life.APPROVE.needs, body.version)
    return review.approve(
        appeal, body.note, actor=request.actor, at=request.at, public_reply=body.public_reply,
        publish=body.publish,
    )  # fmt: skip


@router.post(
    "/{number}/send-back", response=out.AppealOut, **spec("退回重办", life.SEND_BACK.needs)
)
@acts()
def send_back(request: Call, number: str, body: inputs.SendBack) -> Appeal:
    """审核不通过。"""
    appeal = door.appeal_for(request, number, life.SEND_BACK.needs, body.version)
    return review.send_back(
        appeal, body.reason, body.reason_codes, actor=request.actor, at=request.at
    )


@router.post(
    "/{number}/call-back", response={201: out.CallbackOut}, **spec("回访", life.CALL_BACK.needs)
)
@acts(201, key=True)
def call_back(request: Call, number: str, body: inputs.CallBack) -> Callback:
    """满意则办结，不满意则二次办理或认定。"""
    appeal = door.appeal_for(request, number, life.CALL_BACK.needs, body.version)
    values = dict(body)
    del values["version"]
    return callback.record(appeal, Said(**values), actor=request.actor, at=request.at)


@router.post("/{number}/rate", response={201: out.CallbackOut}, **spec("评价", life.RATE.needs))
@acts(201, key=True)
def rate(request: Call, number: str, body: inputs.Rate) -> Callback:
    """诉求人自己的评价，每轮一次。"""
    appeal = door.appeal_of_citizen(request, number, life.RATE.needs, body.proof, code_only=True)
    values = dict(body)
    del values["proof"]
    said = Said(reached=True, **values)
    return callback.rate(appeal, said, actor=request.actor, at=request.at, proven=bool(body.proof))


# --- ending ---------------------------------------------------------------------------------------


@router.post("/{number}/close", response=out.AppealOut, **spec("办结", life.CLOSE.needs))
@acts()
def close(request: Call, number: str, body: inputs.Reason) -> Appeal:
    """不经回访办结，须写明原因。"""
    appeal = door.appeal_for(request, number, life.CLOSE.needs, body.version)
    return closure.close(appeal, body.reason, actor=request.actor, at=request.at)


@router.post("/{number}/reopen", response=out.AppealOut, **spec("重新办理", life.REOPEN.needs))
@acts()
def reopen(request: Call, number: str, body: inputs.Reason) -> Appeal:
    """回到待派单，全程时限接着走。"""
    appeal = door.appeal_for(request, number, life.REOPEN.needs, body.version)
    return closure.reopen(appeal, body.reason, actor=request.actor, at=request.at)


@router.post("/{number}/archive", response=out.AppealOut, **spec("归档", life.ARCHIVE.needs))
@acts()
def archive(request: Call, number: str, body: inputs.Move) -> Appeal:
    """归档后不能重新办理。"""
    appeal = door.appeal_for(request, number, life.ARCHIVE.needs, body.version)
    return closure.archive(appeal, actor=request.actor, at=request.at)
