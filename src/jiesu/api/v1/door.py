"""How a call passes the door: who, the gate, once only, and the answer.

An operation that acts returns the row it made or moved. ``acts`` runs it, once per
``Idempotency-Key``, and answers with that row as it stands; a repeated call gets the row as it
stands now, with ``Idempotency-Replayed: true``.
"""

import datetime as dt
import hashlib
from collections.abc import Callable
from dataclasses import dataclass
from functools import wraps
from typing import Any, Concatenate, NoReturn, ParamSpec, TypeVar, cast

import orjson
from django.db import transaction
from django.db.models import Model
from django.http import HttpRequest, HttpResponse
from pydantic import BaseModel

from jiesu.access import Actor, Permission
from jiesu.api.v1 import outputs as out
from jiesu.api.v1.auth import Call
from jiesu.api.v1.errors import ApiRefusal, refusal
from jiesu.appeals.gate import get_appeal_for, get_appeal_for_citizen
from jiesu.appeals.models import (
    Appeal,
    Application,
    Assignment,
    Attachment,
    Callback,
    Consultation,
    Contact,
    Opinion,
    Reply,
)
from jiesu.foundation import clock
from jiesu.foundation.errors import ChangedMeanwhile, Forbidden, NotFound, invalid
from jiesu.journal import idempotency, tries
from jiesu.organizations.models import Region, Unit

Arguments = ParamSpec("Arguments")
Row = TypeVar("Row", bound=Model)
JSON = "application/json; charset=utf-8"
PROOF_TRIES, PROOF_WITHIN = 10, dt.timedelta(hours=1)  # wrong proofs of one appeal


def answer(data: Any, status: int = 200, headers: dict[str, str] | None = None) -> HttpResponse:
    """The answer as JSON; never kept by a cache in between."""
    return HttpResponse(
        orjson.dumps(data), status=status, content_type=JSON,
        headers={"Cache-Control": "no-store", **(headers or {})},
    )  # fmt: skip


def unit_of(request: Call) -> int:
    """The caller's unit: every key stands for one."""
    if request.actor.unit_id is None:
        raise Forbidden
    return request.actor.unit_id


def require(actor: Actor, permission: Permission) -> None:
    """Refuse a client whose key lacks the permission."""
    if not actor.may(permission):
        raise Forbidden(f"这把密钥没有“{permission}”权限，请联系安全管理员。")


def require_any(actor: Actor, *needs: Permission) -> None:
    """Refuse a client whose key has none of these permissions."""
    if not any(actor.may(one) for one in needs):
        raise Forbidden(f"这把密钥没有“{' | '.join(needs)}”权限，请联系安全管理员。")


def unseen(call: Call, region_path: str, *needs: Permission, unit_path: str = "") -> NoReturn:
    """Refuse a row that the caller does not see: out of their area and unit ("" for none) it looks
    absent, within it they lack the permission."""
    actor = call.actor
    area = actor.may(Permission.APPEAL_VIEW_AREA) and bool(actor.region_path)
    if (area and region_path.startswith(actor.region_path)) or (
        actor.unit_path and unit_path.startswith(actor.unit_path)
    ):
        require_any(actor, *needs)
    raise NotFound


def appeal_for(
    request: Call, number: str, permission: Permission, version: int | None = None
) -> Appeal:
    """The gate, for an operation on one appeal: absent first, then forbidden, then stale."""
    appeal = get_appeal_for(request.actor, number)
    require(request.actor, permission)
    if version is not None and appeal.version != version:
        raise ChangedMeanwhile
    return appeal


def appeal_of_citizen(
    request: Call, number: str, permission: Permission, proof: str, version: int | None = None,
    *, code_only: bool = False,
) -> Appeal:  # fmt: skip
    """The gate for what citizens do themselves: with a proof, or as anyone who may see the appeal.

    A channel that only brings appeals in holds no permission to read them; it passes on what the
    citizen proves with. ``code_only``: the query code, not the phone's last digits.
    """
    if not proof:
        return appeal_for(request, number, permission, version)
    require(request.actor, permission)
    return _proven(number, proof, code_only)


def _proven(number: str, proof: str, code_only: bool) -> Appeal:
    """The citizen's appeal; whoever guesses at one number is stopped, by whichever clients."""
    if tries.so_far("api:proof", number, at=clock.now()) >= PROOF_TRIES:
        raise ApiRefusal(
            "rate_limited", "这件诉求的核验次数太多，请一小时后再试，或拨打 12345。",
            {"Retry-After": str(int(PROOF_WITHIN.total_seconds()))},
        )  # fmt: skip
    try:
        return get_appeal_for_citizen(number, proof, code_only=code_only)
    except NotFound as wrong:
        raise WrongProof(number, wrong.message) from None


class WrongProof(NotFound):
    """Somebody guessed at an appeal's proof."""

    def __init__(self, number: str, message: str) -> None:
        super().__init__(message)
        self.number = number


def count_wrong_proof(request: HttpRequest, error: WrongProof) -> HttpResponse:
    """The refusal; counted here, outside of the transaction that the refusal rolls back."""
    tries.add("api:proof", error.number, window=PROOF_WITHIN, at=clock.now())
    return refusal(request, error)


def unit(code: str, field: str) -> Unit:
    """The unit of that code; refuses an unknown one at the field."""
    found = Unit.objects.select_related("region").filter(code=code).first()
    if found is None:
        raise invalid(field, f"没有编码为“{code[:32]}”的单位，请核对。", "unknown_unit")
    return found


def units(codes: list[str], field: str) -> list[Unit]:
    """The units of those codes, in their order: one statement."""
    wanted = list(dict.fromkeys(codes))
    by_code = {u.code: u for u in Unit.objects.select_related("region").filter(code__in=wanted)}
    for code in wanted:
        if code not in by_code:
            raise invalid(field, f"没有编码为“{code[:32]}”的单位，请核对。", "unknown_unit")
    return [by_code[code] for code in codes]


def region(code: str, field: str = "region") -> Region:
    """The region that bears the code, or bore it last; refuses an unknown one at the field."""
    found = Region.objects.select_related("parent").filter(code=code).order_by("valid_to", "-pk")
    best = next((r for r in found if r.valid_to is None), None) or found.last()
    if best is None:
        raise invalid(field, "没有这个行政区划，请核对区划代码。", "unknown_region")
    return best


def spec(summary: str, *needs: Permission) -> dict[str, Any]:
    """What an operation says of itself in the document: its name, and the permission it needs.

    Several: any of them opens it.
    """
    return {"summary": summary, "openapi_extra": {"x-permission": " | ".join(needs)}}


# --- rows, shown and found again ------------------------------------------------------------------


@dataclass(frozen=True)
class _Kind:
    """How one kind of row is answered, and read again for a repeated call."""

    show: Callable[[Any, Call], Any]
    related: tuple[str, ...]
    appeal_of: Callable[[Any], Appeal]


@dataclass(frozen=True)
class _Other:
    """The same for a row that belongs to no appeal: read again through its own gate."""

    show: Callable[[Any, Call], Any]
    read: Callable[[Call, int], Any]


_OTHERS: dict[str, _Other] = {}


def answers(name: str, show: Callable[[Any, Call], Any], read: Callable[[Call, int], Any]) -> None:
    """Let ``acts`` answer with rows of this model: how one is shown, and read again."""
    _OTHERS[name] = _Other(show, read)


def _show_appeal(row: Appeal, call: Call) -> out.AppealOut | out.Progress:
    if call.actor.may(Permission.APPEAL_VIEW):
        return out.appeal_out(row, call.actor, call.at)
    return out.progress(row)


_KINDS: dict[str, _Kind] = {
    "appeal": _Kind(_show_appeal, (), lambda row: row),
    "assignment": _Kind(
        lambda row, call: out.assignment_out(row, call.at), ("appeal", "unit"),
        lambda row: row.appeal,
    ),
    "application": _Kind(
        lambda row, call: out.application_out(row), ("appeal", "assignment", "suggested_unit"),
        lambda row: row.appeal,
    ),
    "reply": _Kind(
        lambda row, call: out.reply_out(row), ("appeal", "assignment"), lambda row: row.appeal
    ),
    "contact": _Kind(
        lambda row, call: out.contact_out(row), ("appeal",), lambda row: row.appeal
    ),
    "callback": _Kind(
        lambda row, call: out.callback_out(row), ("appeal",), lambda row: row.appeal
    ),
    "consultation": _Kind(
        lambda row, call: out.consultation_out(row), ("appeal", "convened_unit"),
        lambda row: row.appeal,
    ),
    "opinion": _Kind(
        lambda row, call: out.opinion_out(row), ("consultation__appeal", "unit"),
        lambda row: row.consultation.appeal,
    ),
}  # fmt: skip
_MODELS: dict[str, type[Model]] = {
    "appeal": Appeal, "assignment": Assignment, "application": Application, "reply": Reply,
    "contact": Contact, "callback": Callback, "consultation": Consultation, "opinion": Opinion,
    "attachment": Attachment,
}  # fmt: skip


def _ref(row: Model) -> str:
    return f"{row._meta.model_name}:{row.pk}"


def _again(call: Call, ref: str) -> Any:
    """The row that an earlier call made, if it may still be seen."""
    name, pk = ref.split(":")
    if name in _OTHERS:
        return _OTHERS[name].read(call, int(pk))
    kind = _KINDS[name]
    row = _MODELS[name]._default_manager.select_related(*kind.related).filter(pk=int(pk)).first()
    if row is None:
        raise NotFound
    if name in ("opinion", "consultation") or not call.actor.may(Permission.APPEAL_VIEW):
        return row  # whoever may not see the whole appeal is shown only what is theirs
    appeal = get_appeal_for(call.actor, kind.appeal_of(row).number)
    return appeal if name == "appeal" else row


def key_of(request: HttpRequest, *, required: bool) -> str:
    """The call's ``Idempotency-Key``, "" when it has none and needs none."""
    key = request.headers.get("Idempotency-Key", "").strip()
    if not key and required:
        raise ApiRefusal(
            "idempotency_key_required",
            "新建类请求须带 Idempotency-Key 请求头（每次操作一个新的，重试时不变），"
            "这样网络中断后重发不会重复办理。",
        )
    if key and not (key.isascii() and key.isprintable()):
        raise ApiRefusal("idempotency_key_invalid", "Idempotency-Key 只能用可见的 ASCII 字符。")
    return key


def acts(
    status: int = 200, *, key: bool = False
) -> Callable[
    [Callable[Concatenate[Call, Arguments], Row]],
    Callable[Concatenate[Call, Arguments], HttpResponse],
]:
    """Answer with the row an operation made or moved; ``key``: it needs an ``Idempotency-Key``."""

    def decorate(
        operation: Callable[Concatenate[Call, Arguments], Row],
    ) -> Callable[Concatenate[Call, Arguments], HttpResponse]:
        @wraps(operation)
        def run(request: Call, *args: Arguments.args, **kwargs: Arguments.kwargs) -> HttpResponse:
            given = key_of(request, required=key)
            headers: dict[str, str] = {}
            row: Any
            if not given:
                row = operation(request, *args, **kwargs)
            else:
                with transaction.atomic():
                    remembered = idempotency.remember(
                        request.actor.key, given, request_hash=_fingerprint(request, kwargs),
                        at=request.at,
                    )  # fmt: skip
                    if remembered.result is None:
                        row = operation(request, *args, **kwargs)
                        remembered.store(_ref(row))
                    else:
                        row = _again(request, remembered.result)
                        headers["Idempotency-Replayed"] = "true"
            name = str(row._meta.model_name)
            kind = _OTHERS.get(name) or _KINDS[name]
            return answer(kind.show(row, request), status, headers)

        run.needs_key = key  # type: ignore[attr-defined]  # read by the document
        return cast("Callable[Concatenate[Call, Arguments], HttpResponse]", run)

    return decorate


def _fingerprint(request: Call, kwargs: dict[str, Any]) -> str:
    """What makes two calls the same: the address and the values, not their spelling."""
    body = kwargs.get("body")
    values = body.model_dump(mode="json") if isinstance(body, BaseModel) else None
    text = orjson.dumps([request.method, request.path, values], option=orjson.OPT_SORT_KEYS)
    return hashlib.sha256(text).hexdigest()
