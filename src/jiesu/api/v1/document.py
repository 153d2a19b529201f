"""The OpenAPI document: what django-ninja knows, completed with what every operation shares."""

import re
from typing import Any

from ninja import NinjaAPI

from jiesu.api.v1.errors import KINDS

_PROBLEM = {
    "type": "object",
    "title": "Problem",
    "description": "RFC 9457",
    "required": ["type", "title", "status", "detail", "errors"],
    "properties": {
        "type": {"type": "string"},
        "title": {"type": "string", "description": "代码", "examples": sorted(KINDS)},
        "status": {"type": "integer"},
        "detail": {"type": "string", "description": "中文说明：什么、为什么、怎么办"},
        "errors": {
            "type": "array",
            "items": {
                "type": "object",
                "required": ["field", "code", "message"],
                "properties": {
                    "field": {"type": "string"},
                    "code": {"type": "string"},
                    "message": {"type": "string"},
                },
            },
        },
    },
}
_FILES = {("get", "/api/v1/attachments"), ("get", "/api/v1/catalogue/sheets")}
_REFUSAL = {
    "description": "拒绝，见 title 和 detail",
    "content": {"application/problem+json": {"schema": {"$ref": "#/components/schemas/Problem"}}},
}


def complete(api: NinjaAPI) -> dict[str, Any]:
    """The whole document; the same on every run."""
    schema: dict[str, Any] = dict(api.get_openapi_schema(path_prefix="api/v1/"))
    schema["components"]["schemas"]["Problem"] = _PROBLEM
    schema["servers"] = [{"url": "/"}]
    operations = {o.operation_id or api.get_openapi_operation_id(o): o for o in _operations(api)}
    for path, methods in schema["paths"].items():
        for method, operation in methods.items():
            view = operations[operation["operationId"]].view_func
            operation["operationId"] = _short(operation["operationId"])
            operation["responses"] = {
                str(status): said for status, said in operation["responses"].items()
            } | {"default": _REFUSAL}
            if (method, path.rpartition("/")[0]) in _FILES:
                operation["responses"]["200"]["content"] = {
                    "application/octet-stream": {"schema": {"type": "string", "format": "binary"}}
                }
            if method == "post":
                needed = getattr(view, "needs_key", path.endswith(("/appeals", "/attachments")))
                operation.setdefault("parameters", []).append(_key_parameter(needed))
    return schema


def _operations(api: NinjaAPI) -> list[Any]:
    return [
        operation
        for bound in api._get_bound_routers()
        for view in bound.path_operations.values()
        for operation in view.operations
    ]


def _short(operation_id: str) -> str:
    """jiesu_api_v1_moves_accept → moves_accept."""
    return re.sub(r"^jiesu_api_v1_", "", operation_id)


def _key_parameter(required: bool) -> dict[str, Any]:
    return {
        "in": "header",
        "name": "Idempotency-Key",
        "required": required,
        "schema": {"type": "string", "minLength": 1, "maxLength": 128},
        "description": "每次操作一个新的，重试时不变",
    }
