"""Appeals: register, find, read, reveal."""

from django.db.models import Q
from django.http import HttpResponse
from ninja import Query, Router

from jiesu.access import Permission as P
from jiesu.access import is_centre_staff
from jiesu.api.v1 import door, inputs
from jiesu.api.v1 import outputs as out
from jiesu.api.v1.auth import Call
from jiesu.api.v1.paging import Order, page
from jiesu.api.v1.uploads import own_key
from jiesu.appeals import lifecycle as life
from jiesu.appeals import options as can
from jiesu.appeals import rules
from jiesu.appeals.actions import dispatch, exposure, intake
from jiesu.appeals.actions.intake_form import Intake
from jiesu.appeals.lifecycle import Status
from jiesu.appeals.models import Appeal, Application, Assignment, Clock
from jiesu.appeals.queries import AppealQuerySet, one_of, within
from jiesu.appeals.rules import Rule
from jiesu.catalogue.models import Category
from jiesu.deadlines.kinds import ClockKind
from jiesu.foundation.crypto import keyring
from jiesu.foundation.errors import invalid
from jiesu.foundation.identifiers import normalize_phone
from jiesu.organizations.paths import below

router = Router(tags=["工单"])

NEWEST = Order("newest", ("id",), descending=True)
OLDEST = Order("oldest", ("id",))
DUE = Order("due", ("due_at", "id"))
ORDERS = {o.name: o for o in (NEWEST, OLDEST, DUE)}
_BY_SEQ = Order("seq", ("seq",))


@router.post("", response={201: out.Registered}, **door.spec("登记诉求", life.REGISTER.needs))
def register(request: Call, body: inputs.Register) -> HttpResponse:
    """须带 Idempotency-Key：同一个键重发得到同一件工单。query_code（查询码）只在这里给出。"""
    door.require(request.actor, life.REGISTER.needs)
    values = dict(body)
    accept = values.pop("accept")
    if accept:
        door.require(request.actor, life.ACCEPT.needs)
    values["local_answers"] = values.pop("answers")
    values["upload_key"] = own_key(request.actor, body.upload_key)
    for name in ("tags", "petitioner_tags"):
        values[name] = tuple(values[name])
    appeal = intake.register(
        Intake(**values), actor=request.actor, at=request.at, accept=accept,
        idempotency_key=door.key_of(request, required=True),
    )  # fmt: skip
    headers = {"Location": f"/api/v1/appeals/{appeal.number}"}
    return door.answer(out.registered(appeal, request.actor, request.at), 201, headers)


@router.get("", response=out.Page[out.AppealRow], **door.spec("查询工单", P.APPEAL_VIEW))
def list_appeals(request: Call, filters: Query[inputs.AppealFilters]) -> HttpResponse:
    """按键翻页：把 next 作为 after 再查，直到为 null。order=due 只列有时限的工单。"""
    door.require(request.actor, P.APPEAL_VIEW)
    rows = _filtered(Appeal.objects.visible_to(request.actor), filters, request)
    return _listed(rows, filters, request)


@router.post(
    "/search", response=out.Page[out.AppealRow], **door.spec("按电话查询工单", P.APPEAL_REVEAL)
)
def search(request: Call, body: inputs.AppealSearch) -> HttpResponse:
    """条件同查询工单，另有 phone。放在请求体中，电话不进入地址和日志。保密诉求查不到。"""
    door.require(request.actor, P.APPEAL_VIEW)
    door.require(request.actor, P.APPEAL_REVEAL)
    rows = _filtered(Appeal.objects.visible_to(request.actor), body, request)
    if body.phone:
        rows = _of_phone(rows, body.phone, request)
    return _listed(rows, body, request)


def _listed(rows: AppealQuerySet, filters: inputs.AppealFilters, request: Call) -> HttpResponse:
    order = _order(filters)
    if order is DUE:
        rows = rows.filter(due_at__isnull=False)
    rows = rows.select_related("category", "region", "lead_unit").only(*out.ROW_FIELDS)
    found = page(rows, order, filters.after, filters.size)
    shown = out.Page.of(found.rows, found.next, lambda a: out.appeal_row(a, request.at))
    return door.answer(shown)


def _order(filters: inputs.AppealFilters) -> Order:
    """Newest or oldest by what the index of the wished runs by: a period's, region's or class's."""
    asked = ORDERS[filters.order]
    if not (day := _runs_by(filters)):
        return asked
    return Order(f"{asked.name} by {day}", (day, "id"), asked.descending)


def _runs_by(filters: inputs.AppealFilters) -> str:
    if filters.order == DUE.name:
        return ""
    if filters.received_from or filters.received_to:
        return "received_at"
    return "registered_at" if filters.region or filters.category else ""


def _filtered(rows: AppealQuerySet, filters: inputs.AppealFilters, request: Call) -> AppealQuerySet:
    if filters.status:
        unknown = [s for s in filters.status if s not in set(Status)]
        if unknown:
            raise invalid("status", f"没有状态“{unknown[0][:32]}”，请核对。", "unknown_code")
    for name in ("status", "urgency", "appeal_type", "channel"):
        if wanted := getattr(filters, name):
            rows = rows.filter(one_of(name, wanted, by_day=bool(_runs_by(filters))))
    if filters.category:
        rows = rows.filter(category__in=_classes(filters.category))
    if filters.region:
        where = door.region(filters.region)
        by_county = _runs_by(filters) == "registered_at"
        rows = rows.filter(
            within(where.path) if by_county else Q(**below("region_path", where.path))
        )
    if filters.unit:
        rows = rows.filter(**below("lead_unit_path", door.unit(filters.unit, "unit").path))
    for name, value in {
        "received_at__gte": filters.received_from,
        "received_at__lt": filters.received_to,
        "due_at__gte": filters.due_from,
        "due_at__lt": filters.due_to,
    }.items():
        if value is not None:
            rows = rows.filter(**{name: value})
    if filters.overdue is True:
        rows = rows.filter(due_at__lt=request.at, is_paused=False)
    elif filters.overdue is False:
        rows = rows.filter(Q(due_at__isnull=True) | Q(due_at__gte=request.at) | Q(is_paused=True))
    if filters.outside_number:
        rows = rows.filter(outside_number=filters.outside_number).exclude(outside_number="")
    return rows


def _classes(code: str) -> list[int]:
    """The class of that code and those below it, in any scheme: old orders keep old classes."""
    found = Category.objects.filter(
        Q(code=code) | Q(parent__code=code) | Q(parent__parent__code=code)
    )
    pks = list(found.values_list("pk", flat=True))
    if not pks:
        raise invalid("category", f"没有编码为“{code[:32]}”的分类，请核对。", "unknown_category")
    return pks


def _of_phone(rows: AppealQuerySet, phone: str, request: Call) -> AppealQuerySet:
    """By a person's telephone: only where the caller could also be shown who it is."""
    if not is_centre_staff(request.actor):
        rows = rows.filter(confidentiality="0")
    return rows.by_phone(keyring().search_hash(normalize_phone(phone)))


@router.get("/{number}", response=out.AppealOut, **door.spec("读取工单", P.APPEAL_VIEW))
def get_appeal(request: Call, number: str) -> HttpResponse:
    """诉求人信息按保密级别掩码或隐去；查看明文用 reveal。"""
    appeal = door.appeal_for(request, number, P.APPEAL_VIEW)
    return door.answer(out.appeal_out(appeal, request.actor, request.at))


@router.post(
    "/{number}/reveal", response=out.Revealed, **door.spec("查看个人信息", P.APPEAL_REVEAL)
)
def reveal(request: Call, number: str, body: inputs.Reveal) -> HttpResponse:
    """事由记入审计。保密级别不允许时答 403。"""
    appeal = door.appeal_for(request, number, P.APPEAL_REVEAL)
    person = exposure.reveal(
        appeal, body.reason, actor=request.actor, at=request.at,
        ip=request.META.get("REMOTE_ADDR", ""),
    )  # fmt: skip
    return door.answer(
        out.Revealed(
            appeal.number, person.name, person.phone, person.phone2, person.document_number,
            person.home_address, {one.label: one.text for one in person.answers},
        )
    )  # fmt: skip


@router.post(
    "/{number}/progress", response=out.Progress, **door.spec("诉求人查询进度", life.REGISTER.needs)
)
def progress(request: Call, number: str, body: inputs.Progress) -> HttpResponse:
    """渠道代诉求人查询：凭登记电话后四位或查询码。"""
    appeal = door.appeal_of_citizen(request, number, life.REGISTER.needs, body.proof)
    return door.answer(out.progress(appeal))


@router.get(
    "/{number}/events", response=out.Page[out.EventOut], **door.spec("办理记录", P.APPEAL_VIEW)
)
def events(request: Call, number: str, filters: Query[inputs.Paged]) -> HttpResponse:
    """按先后排列。"""
    appeal = door.appeal_for(request, number, P.APPEAL_VIEW)
    hidden = out.is_hidden(exposure.person_of(appeal, request.actor))
    found = page(appeal.events.all(), _BY_SEQ, filters.after, filters.size)
    return door.answer(out.Page.of(found.rows, found.next, lambda e: out.event_out(e, hidden)))


@router.get("/{number}/clocks", response=list[out.ClockOut], **door.spec("时限", P.APPEAL_VIEW))
def clocks(request: Call, number: str) -> HttpResponse:
    """全部时限，含已停止的。"""
    appeal = door.appeal_for(request, number, P.APPEAL_VIEW)
    return door.answer([out.clock_out(c, request.at) for c in appeal.clocks.order_by("pk")])


@router.get(
    "/{number}/assignments", response=list[out.AssignmentOut],
    **door.spec("承办单位", P.APPEAL_VIEW),
)  # fmt: skip
def assignments(request: Call, number: str) -> HttpResponse:
    """主办、协办和转派，含已结束的。"""
    appeal = door.appeal_for(request, number, P.APPEAL_VIEW)
    return door.answer([out.assignment_out(a, request.at) for a in _assignments(appeal)])


def _assignments(appeal: Appeal) -> list[Assignment]:
    found = list(Assignment.objects.select_related("unit").filter(appeal=appeal).order_by("pk"))
    for one in found:
        one.appeal = appeal
    return found


@router.get(
    "/{number}/applications", response=list[out.ApplicationOut],
    **door.spec("申请", P.APPEAL_VIEW),
)  # fmt: skip
def applications(request: Call, number: str) -> HttpResponse:
    """退单、延期、挂起、终止的申请及审批。"""
    appeal = door.appeal_for(request, number, P.APPEAL_VIEW)
    rows = appeal.applications.select_related("appeal", "assignment", "suggested_unit")
    return door.answer([out.application_out(a) for a in rows.order_by("pk")])


@router.get("/{number}/replies", response=list[out.ReplyOut], **door.spec("答复", P.APPEAL_VIEW))
def replies(request: Call, number: str) -> HttpResponse:
    """各轮的办理报告和答复；未提交的草稿只有本单位看得到。"""
    appeal = door.appeal_for(request, number, P.APPEAL_VIEW)
    rows = appeal.replies.select_related("assignment").filter(
        Q(submitted_at__isnull=False) | Q(assignment__unit_id=request.actor.unit_id)
    )
    return door.answer([out.reply_out(r) for r in rows.order_by("pk")])


@router.get(
    "/{number}/contacts", response=list[out.ContactOut], **door.spec("联系记录", P.APPEAL_VIEW)
)
def contacts(request: Call, number: str) -> HttpResponse:
    """承办单位与诉求人的联系。"""
    appeal = door.appeal_for(request, number, P.APPEAL_VIEW)
    return door.answer([out.contact_out(c) for c in appeal.contacts.order_by("pk")])


@router.get(
    "/{number}/callbacks", response=list[out.CallbackOut],
    **door.spec("回访和评价", P.APPEAL_VIEW),
)  # fmt: skip
def callbacks(request: Call, number: str) -> HttpResponse:
    """每次回访和评价。"""
    appeal = door.appeal_for(request, number, P.APPEAL_VIEW)
    return door.answer([out.callback_out(c) for c in appeal.callbacks.order_by("pk")])


@router.get(
    "/{number}/consultations", response=list[out.ConsultationOut],
    **door.spec("会商", P.APPEAL_VIEW),
)  # fmt: skip
def consultations(request: Call, number: str) -> HttpResponse:
    """会商及各单位意见。"""
    appeal = door.appeal_for(request, number, P.APPEAL_VIEW)
    rows = appeal.consultations.select_related("appeal", "convened_unit")
    rows = rows.prefetch_related("opinions__unit").order_by("pk")
    return door.answer([out.consultation_out(c) for c in rows])


@router.get(
    "/{number}/attachments", response=list[out.AttachmentOut],
    **door.spec("附件", P.APPEAL_VIEW),
)  # fmt: skip
def attachments(request: Call, number: str) -> HttpResponse:
    """附件清单；下载用 /attachments/{id}。"""
    appeal = door.appeal_for(request, number, P.APPEAL_VIEW)
    return door.answer([out.attachment_out(a) for a in appeal.attachments.order_by("pk")])


@router.get("/{number}/duty", response=out.DutyOut, **door.spec("推荐承办单位", P.APPEAL_VIEW))
def duty(request: Call, number: str) -> HttpResponse:
    """按权属目录，附理由。"""
    appeal = door.appeal_for(request, number, P.APPEAL_VIEW)
    return door.answer(out.duty_out(dispatch.suggest(appeal, request.at)))


@router.get("/{number}/options", response=out.Options, **door.spec("现在能做什么", P.APPEAL_VIEW))
def options(request: Call, number: str) -> HttpResponse:
    """对这件工单和本单位的承办，现在能办的动作、不能的原因和地址。"""
    appeal = door.appeal_for(request, number, P.APPEAL_VIEW)
    actor = request.actor
    mine = [a for a in _assignments(appeal) if a.unit_id == actor.unit_id]
    limits, returns = [], 0
    if mine:
        limits = list(Clock.objects.filter(assignment__in=mine, kind=ClockKind.RETURN))
        returns = Application.objects.filter(
            appeal=appeal, assignment__unit_id=door.unit_of(request), kind=Application.Kind.RETURN
        ).count()
    most = rules.value(Rule.MAX_RETURNS_PER_UNIT, request.at)
    base = f"/api/v1/appeals/{appeal.number}"
    shown = out.Options(
        appeal.number,
        appeal.version,
        [_option(o, base) for o in can.appeal_options(appeal, actor)],
        [
            out.AssignmentOptions(
                a.pk,
                a.version,
                [
                    _option(o, f"/api/v1/assignments/{a.pk}")
                    for o in can.assignment_options(
                        appeal,
                        a,
                        actor,
                        no_return=can.why_no_return(
                            a, returns=returns, most=most, limits=limits, at=request.at
                        ),
                    )
                ],
            )
            for a in mine
        ],
    )
    return door.answer(shown)


# Moves whose address is another than their name.
_ADDRESSES = {"submit": "report", "request_return": "apply"}


def _option(option: can.Option, base: str) -> out.OptionOut:
    name = _ADDRESSES.get(option.name, option.name).replace("_", "-")
    return out.OptionOut(
        name=option.name, label=option.label, allowed=option.allowed, why_not=option.why_not,
        href=f"{base}/{name}",
    )  # fmt: skip
