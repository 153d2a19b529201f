"""From a refusal to its answer: problem+json (RFC 9457), in Chinese.

    {"type": "/api/v1/docs#changed_meanwhile", "title": "changed_meanwhile", "status": 409,
     "detail": "工单已被他人处理，请刷新后重试。…", "errors": []}

``title`` is the stable code for machines, ``detail`` the sentence for people; ``errors`` lists
every wrong field at once. What is not in the table and not a refusal is a defect: it is logged,
and answered without its text.
"""

import logging
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import orjson
from django.core.exceptions import (
    BadRequest,
    RequestDataTooBig,
    SuspiciousOperation,
    TooManyFilesSent,
)
from django.core.signals import got_request_exception
from django.http import Http404, HttpRequest, HttpResponse, UnreadablePostError
from django.http.multipartparser import MultiPartParserError
from ninja import NinjaAPI
from ninja.errors import HttpError, ValidationError

from jiesu.foundation.errors import (
    REFUSED,
    STATUS,
    FieldError,
    Invalid,
    NotFound,
    UseCaseError,
)

logger = logging.getLogger("django.request")

CONTENT_TYPE = "application/problem+json; charset=utf-8"
DOCS = "/api/v1/docs"


_UNREADABLE = (UnreadablePostError, MultiPartParserError, BadRequest, SuspiciousOperation)


@dataclass(frozen=True)
class Kind:
    """How one code is answered, and what it means for whoever writes a client."""

    status: int
    meaning: str


def _kind(code: str, meaning: str) -> Kind:
    """A refusal that the pages know too: one status for both (``foundation.errors``)."""
    return Kind(STATUS.get(code, REFUSED), meaning)


KINDS: dict[str, Kind] = {
    "malformed_json": Kind(400, "请求体不是有效的 JSON。修正后再发。"),
    "malformed_request": Kind(400, "请求无法读取：地址、表单或文件不完整。修正后再发。"),
    "idempotency_key_required": Kind(400, "新建类请求须带 Idempotency-Key 请求头。"),
    "idempotency_key_invalid": _kind(
        "idempotency_key_invalid", "Idempotency-Key 应为 1 到 128 个字符。"
    ),
    "unauthenticated": Kind(401, "没有带密钥，或密钥无效、停用、过期。"),
    "forbidden": _kind("forbidden", "密钥没有这项权限，或工单归其他单位。重试无用。"),
    "not_found": _kind("not_found", "不存在，或不在密钥所属单位的范围内：两者看起来一样。"),
    "method_not_allowed": Kind(405, "这个地址不支持该方法。"),
    "changed_meanwhile": _kind(
        "changed_meanwhile", "version 已变：有人先办理了。重新读取后再决定。"
    ),
    "not_allowed_now": _kind("not_allowed_now", "以当前状态或情形不能办理。先读取 options。"),
    "idempotency_mismatch": _kind(
        "idempotency_mismatch", "同一个 Idempotency-Key 用在了内容不同的请求上。"
    ),
    "request_too_large": Kind(413, "请求体或文件过大。"),
    "invalid": _kind("invalid", "内容有误：errors 一次列出全部出错的字段。"),
    "secret_matter": _kind("secret_matter", "涉密事项不得录入。"),
    "refused": _kind("refused", "其他业务规则不允许，原因见 detail。"),
    "rate_limited": _kind("rate_limited", "超过每分钟上限，按 Retry-After 的秒数等待后再试。"),
    "internal_error": Kind(500, "系统内部错误，已记录。带同一个 Idempotency-Key 重试是安全的。"),
}


class ApiRefusal(UseCaseError):
    """A refusal of the door itself; ``headers`` go with the answer."""

    def __init__(self, code: str, message: str, headers: Mapping[str, str] | None = None) -> None:
        super().__init__(message, code=code)
        self.headers = dict(headers or {})


def problem(
    code: str,
    detail: str,
    *,
    errors: Iterable[FieldError] = (),
    headers: Mapping[str, str] | None = None,
) -> HttpResponse:
    """The answer that refuses, as application/problem+json."""
    status = KINDS[code].status if code in KINDS else REFUSED
    body = {
        "type": f"{DOCS}#{code if code in KINDS else 'refused'}",
        "title": code,
        "status": status,
        "detail": detail,
        "errors": [{"field": e.field, "code": e.code, "message": e.message} for e in errors],
    }
    return HttpResponse(
        orjson.dumps(body), status=status, content_type=CONTENT_TYPE, headers=dict(headers or {})
    )


def refusal(request: HttpRequest, error: UseCaseError) -> HttpResponse:
    """What a refused use case answers."""
    if isinstance(error, Invalid):
        return problem("invalid", error.message, errors=error.errors)
    headers = error.headers if isinstance(error, ApiRefusal) else None
    at_field = [FieldError(error.field, error.code, error.message)] if error.field else []
    return problem(error.code, error.message, errors=at_field, headers=headers)


def absent(request: HttpRequest, error: Exception | None = None) -> HttpResponse:
    """404 for an address that leads nowhere."""
    return problem("not_found", NotFound().message)


def wrong_input(request: HttpRequest, error: ValidationError) -> HttpResponse:
    """What was sent does not have the form that was asked for."""
    found = [_field_error(e) for e in error.errors]
    detail = "；".join(dict.fromkeys(e.message for e in found))
    return problem("invalid", detail, errors=found)


def http_error(request: HttpRequest, error: HttpError) -> HttpResponse:
    """What django-ninja itself refuses: no key, or a body that is no JSON."""
    if error.status_code == 401:
        return refusal(request, unauthenticated())
    if error.status_code == 400 and "body" in error.message:
        return problem(
            "malformed_json", "请求体不是有效的 JSON，请检查引号、逗号、括号和编码（UTF-8）。"
        )
    return problem("malformed_request", "请求无法读取，请对照接口文档检查后再发。")


def defect(request: HttpRequest, error: Exception) -> HttpResponse:
    """500: log it, tell whoever watches for defects, and show nothing of it."""
    if isinstance(error, RequestDataTooBig | TooManyFilesSent):
        return problem("request_too_large", "请求内容过大或文件过多，请减少后再发。")
    if isinstance(
        error, UnreadablePostError | MultiPartParserError | BadRequest | SuspiciousOperation
    ):
        return problem("malformed_request", "请求没有传完或格式不对，请检查后重新发送。")
    got_request_exception.send(sender=None, request=request)
    logger.error("API request failed: %s", request.path, exc_info=error)
    return problem(
        "internal_error",
        "系统内部错误，已记录，请稍后带同一个 Idempotency-Key 重试；仍不成功请联系管理员。",
    )


def unauthenticated() -> ApiRefusal:
    """The same refusal for no key, a wrong one and one that no longer holds."""
    return ApiRefusal(
        "unauthenticated",
        "请在 Authorization 请求头中带上有效的接口密钥：Bearer jk_…。密钥由安全管理员发放。",
        {"WWW-Authenticate": 'Bearer realm="jiesu"'},
    )


def register(api: NinjaAPI) -> None:
    """Let the API answer every exception from this module."""
    answers: dict[type[Exception], Any] = {  # ninja's stubs want handlers to take classes as well
        UseCaseError: refusal,
        ValidationError: wrong_input,
        HttpError: http_error,
        Http404: absent,
        Exception: defect,
    }
    for error, answer in answers.items():
        api.add_exception_handler(error, answer)


# --- pydantic's errors in Chinese -----------------------------------------------------------------

_SAYS: dict[str, tuple[str, str]] = {
    "missing": ("required", "缺少必填项 {field}。"),
    "extra_forbidden": ("unknown_field", "没有 {field} 这一项，请对照接口文档检查拼写。"),
    "string_type": ("wrong_type", "{field} 应为字符串。"),
    "int_type": ("wrong_type", "{field} 应为整数。"),
    "int_parsing": ("wrong_type", "{field} 应为整数。"),
    "int_from_float": ("wrong_type", "{field} 应为整数，不能带小数。"),
    "float_type": ("wrong_type", "{field} 应为数字。"),
    "float_parsing": ("wrong_type", "{field} 应为数字。"),
    "finite_number": ("wrong_type", "{field} 应为有限的数字。"),
    "bool_type": ("wrong_type", "{field} 应为 true 或 false。"),
    "bool_parsing": ("wrong_type", "{field} 应为 true 或 false。"),
    "list_type": ("wrong_type", "{field} 应为数组。"),
    "dict_type": ("wrong_type", "{field} 应为对象。"),
    "model_type": ("wrong_type", "{field} 应为 JSON 对象。"),
    "model_attributes_type": ("wrong_type", "{field} 应为 JSON 对象。"),
    "decimal_type": ("wrong_type", "{field} 应为数字，或写成字符串的数字。"),
    "decimal_parsing": ("wrong_type", "{field} 应为数字，或写成字符串的数字。"),
    "decimal_max_digits": ("out_of_range", "{field} 的位数过多。"),
    "decimal_max_places": ("out_of_range", "{field} 的小数位过多，最多 {decimal_places} 位。"),
    "decimal_whole_digits": ("out_of_range", "{field} 的整数位过多。"),
    "timezone_aware": ("no_time_zone", "{field} 的时间须带时区，例如 2026-11-16T09:00:00+08:00。"),
    "moment": ("wrong_type", "{field} 应为带时区的时间，例如 2026-11-16T09:00:00+08:00。"),
    "moment_range": ("out_of_range", "{field} 的年份应在 1949 到 2199 之间，请核对。"),
    "greater_than_equal": ("out_of_range", "{field} 不能小于 {ge}。"),
    "less_than_equal": ("out_of_range", "{field} 不能大于 {le}。"),
    "too_long": ("too_long", "{field} 最多 {max_length} 项。"),
    "string_too_long": ("too_long", "{field} 最多 {max_length} 个字符。"),
    "string_too_short": ("required", "{field} 不能为空。"),
    "string_pattern_mismatch": ("invalid", "{field} 的格式不对。"),
    "literal_error": ("unknown_code", "{field} 只能是：{expected}。"),
    "enum": ("unknown_code", "{field} 只能是：{expected}。"),
}


def _field_error(error: Mapping[str, Any]) -> FieldError:
    field = _name(error["loc"])
    kind = str(error["type"])
    if kind.startswith(("datetime", "date_")):
        kind = "moment"
    code, says = _SAYS.get(kind, ("invalid", "{field} 的格式不对，请对照接口文档检查。"))
    shown = field or "请求体"
    values = {k: str(v) for k, v in error.get("ctx", {}).items()}
    if "expected" in values:
        values["expected"] = values["expected"].replace("'", "").replace(" or ", "、")
    return FieldError(field, code, says.format_map({**values, "field": shown}))


def _name(loc: Sequence[str | int]) -> str:
    """The field's name as the client wrote it: without where it stood and our own argument name."""
    parts = list(loc)[1:]
    if parts and parts[0] in ("body", "filters"):
        parts = parts[1:]
    return ".".join(str(p) for p in parts)
