"""The document as JSON, and as a page that needs neither scripts nor anything from elsewhere."""

from typing import Any, cast

import orjson
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from jiesu.api.v1.api import document
from jiesu.api.v1.errors import KINDS


@require_safe
def openapi(request: HttpRequest) -> HttpResponse:
    """The OpenAPI document; open to all, it says nothing of anyone."""
    body = orjson.dumps(document(), option=orjson.OPT_INDENT_2 | orjson.OPT_APPEND_NEWLINE)
    return HttpResponse(body, content_type="application/json; charset=utf-8")


@require_safe
def page(request: HttpRequest) -> HttpResponse:
    """The same for people."""
    schema = document()
    groups: dict[str, list[dict[str, Any]]] = {}
    for path, methods in schema["paths"].items():
        for method, operation in methods.items():
            groups.setdefault(operation["tags"][0], []).append(
                _operation(method, path, operation, schema)
            )
    intro, *points = schema["info"]["description"].replace("`", "").split("\n- ")
    context = {
        "intro": intro.strip(),
        "points": points,
        "info": schema["info"],
        "groups": groups.items(),
        "errors": [
            {"code": code, "status": kind.status, "meaning": kind.meaning}
            for code, kind in KINDS.items()
        ],
    }
    return render(request, "api/docs.html", context)


def _operation(
    method: str, path: str, operation: dict[str, Any], schema: dict[str, Any]
) -> dict[str, Any]:
    body = operation.get("requestBody", {}).get("content", {})
    sent = _first_schema(body)
    status, answer = next(iter(operation["responses"].items()))
    answered = _first_schema(answer.get("content", {}))
    return {
        "id": operation["operationId"],
        "method": method.upper(),
        "path": path,
        "summary": operation["summary"],
        "description": operation.get("description", ""),
        "needs": operation.get("x-permission", ""),
        "parameters": [
            {
                "name": p["name"],
                "where": {"path": "地址", "query": "查询", "header": "请求头"}[p["in"]],
                "required": p.get("required", False),
                "type": _type(p["schema"], schema),
                "description": p.get("description") or p["schema"].get("description", ""),
            }
            for p in operation.get("parameters", [])
        ],
        "body": _rows(sent, schema),
        "status": status,
        "answer": _rows(answered, schema),
    }


def _first_schema(content: dict[str, Any]) -> dict[str, Any] | None:
    for said in content.values():
        return cast("dict[str, Any] | None", said.get("schema"))
    return None


def _resolve(given: dict[str, Any] | None, schema: dict[str, Any]) -> dict[str, Any]:
    """Follow a reference, or the item of a list, to the object it speaks of."""
    found = given or {}
    while "$ref" in found or found.get("type") == "array":
        if "$ref" in found:
            found = schema["components"]["schemas"][found["$ref"].rsplit("/", 1)[1]]
        else:
            found = found.get("items", {})
    return found


def _rows(given: dict[str, Any] | None, schema: dict[str, Any]) -> list[dict[str, Any]]:
    shown = _resolve(given, schema)
    return [
        {
            "name": name,
            "type": _type(field, schema),
            "required": name in shown.get("required", []),
            "description": field.get("description", ""),
        }
        for name, field in shown.get("properties", {}).items()
    ]


def _type(field: dict[str, Any], schema: dict[str, Any]) -> str:
    if "$ref" in field:
        return str(field["$ref"].rsplit("/", 1)[1])
    if "anyOf" in field:
        return " | ".join(dict.fromkeys(_type(one, schema) for one in field["anyOf"]))
    if "enum" in field:
        return " | ".join(repr(one) for one in field["enum"]).replace("'", '"')
    if field.get("type") == "array":
        return f"[{_type(field.get('items', {}), schema)}]"
    return str(field.get("format") or field.get("type") or "any")
