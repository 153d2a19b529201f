"""API v1, put together: routers, the JSON reader, the errors, the guard around every address."""

import re
from collections.abc import Callable
from functools import lru_cache, wraps
from typing import Any

import orjson
from django.core.exceptions import RequestDataTooBig
from django.http import HttpRequest
from django.http.response import HttpResponseBase
from django.urls import URLPattern, URLResolver
from ninja import NinjaAPI
from ninja.parser import Parser

from jiesu.api.v1 import (
    appeals,
    assignments,
    bulletins,
    catalogue,
    door,
    efficiency,
    errors,
    moves,
    quality,
    scoring,
    sheets,
    suggestions,
    supervision,
    uploads,
)
from jiesu.api.v1.auth import ClientKey
from jiesu.api.v1.document import complete
from jiesu.foundation.errors import FieldError

PREFIX = "api/v1/"
_NUL = b"\\u0000"


class JsonParser(Parser):
    """orjson, strict; a NUL in a text is dropped like any other control character."""

    def parse_body(self, request: HttpRequest) -> Any:
        """The body as Python values; raises on anything that is not JSON in UTF-8."""
        body = request.body
        value = orjson.loads(body)
        return _without_nul(value) if _NUL in body else value


def _without_nul(value: Any) -> Any:
    if isinstance(value, str):
        return value.replace("\0", "")
    if isinstance(value, list):
        return [_without_nul(one) for one in value]
    if isinstance(value, dict):
        return {_without_nul(k): _without_nul(v) for k, v in value.items()}
    return value


api = NinjaAPI(
    title="接诉 Jiesu",
    version="1",
    description=(
        "12345 热线平台的接口。与界面用同一套业务规则、权限和错误说明。\n\n"
        "- 密钥放在请求头 `Authorization: Bearer jk_…`，由安全管理员发放；密钥代表一个单位，"
        "看得到的工单与该单位相同，范围外的一律答 404。\n"
        "- 办理动作带上读取时的 `version`：别人先办了就答 409 `changed_meanwhile`，不会覆盖。\n"
        "- 新建类请求须带 `Idempotency-Key`：同一个键重发只办一次，答复带 "
        "`Idempotency-Replayed: true`；键保留七天。其他 POST 也可以带。\n"
        "- 列表按键翻页：`size` 最多 100，把 `next` 作为 `after` 再查。\n"
        "- 时间一律带时区；答复中的时间是北京时间。\n"
        "- 错误是 `application/problem+json`（RFC 9457），`title` 是代码，`detail` 是中文说明。"
    ),
    urls_namespace="api-v1",
    openapi_url=None,
    docs_url=None,
    auth=ClientKey(),
    parser=JsonParser(),
)
errors.register(api)
api.add_exception_handler(door.WrongProof, door.count_wrong_proof)  # type: ignore[arg-type]  # its stub wants Exception
api.add_router("/appeals", appeals.router)
api.add_router("/appeals", moves.router)
api.add_router("/assignments", assignments.router)
api.add_router("/applications", assignments.applications)
api.add_router("/consultations", assignments.consultations)
api.add_router("/attachments", uploads.router)
api.add_router("/catalogue", catalogue.router)
api.add_router("/catalogue", sheets.router)
api.add_router("/scoring", scoring.router)
api.add_router("/bulletins", bulletins.router)
api.add_router("/supervision", supervision.router)
api.add_router("/quality", quality.router)
api.add_router("/efficiency", efficiency.router)
api.add_router("", sheets.places)  # /units/import before /units/{code}
api.add_router("", suggestions.router)
api.add_router("", catalogue.places)


@lru_cache(maxsize=1)
def document() -> dict[str, Any]:
    """The OpenAPI document, as served and as committed at docs/api/openapi.json."""
    return complete(api)


@lru_cache(maxsize=1)
def _known_queries() -> dict[tuple[str, str], frozenset[str]]:
    """The query parameters of every operation, by method and route."""
    known = {}
    for path, operations in document()["paths"].items():
        for method, operation in operations.items():
            names = {p["name"] for p in operation.get("parameters", []) if p["in"] == "query"}
            known[method.upper(), path.removeprefix(f"/{PREFIX}")] = frozenset(names)
    return known


def _guarded(view: Callable[..., HttpResponseBase], route: str) -> Callable[..., HttpResponseBase]:
    """Answer in problem+json also what never reaches an operation."""

    @wraps(view)
    def guarded(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        if "\0" in request.path or "%00" in request.META.get("QUERY_STRING", ""):
            return errors.problem("malformed_request", "地址中有空字符，请修正后再发。")
        if request.GET:
            known = _known_queries().get((request.method or "", route))
            unknown = [name for name in request.GET if known is not None and name not in known]
            if unknown:
                wrong = [
                    FieldError(n[:64], "unknown_field", f"没有查询参数 {n[:64]}，请检查拼写。")
                    for n in unknown[:20]
                ]
                return errors.problem("invalid", wrong[0].message, errors=wrong)
        try:
            response = view(request, *args, **kwargs)
        except RequestDataTooBig as error:
            return errors.defect(request, error)
        if response.status_code == 405:
            allowed = response.headers.get("Allow", "")
            return errors.problem(
                "method_not_allowed", f"这个地址只支持 {allowed}。", headers={"Allow": allowed}
            )
        return response

    return guarded


def urlpatterns() -> list[URLPattern | URLResolver]:
    """The addresses below ``/api/v1/``, each guarded."""
    guarded: list[URLPattern | URLResolver] = []
    for pattern in api.urls[0]:
        if isinstance(pattern, URLPattern) and pattern.name != "api-root":
            route = re.sub(r"<(?:\w+:)?(\w+)>", r"{\1}", str(pattern.pattern))
            pattern.callback = _guarded(pattern.callback, route)
            guarded.append(pattern)
    return guarded
