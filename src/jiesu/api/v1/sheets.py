"""Reference data kept in step from elsewhere: sheets of the catalogue, rows of regions and units.

The same imports as in the interface: all rows or none, a report row by row, sending the same again
changes nothing. What a sheet leaves out stays as it is.
"""

import io
from collections.abc import Callable, Iterable, Mapping
from typing import Any, BinaryIO, Literal, cast

from django.http import HttpResponse
from ninja import File, Query, Router
from ninja.files import UploadedFile

from jiesu.access import Permission as P
from jiesu.api.v1 import door, inputs
from jiesu.api.v1 import outputs as out
from jiesu.api.v1.auth import Call
from jiesu.catalogue import categories
from jiesu.catalogue.imports import (
    Report,
    classes,
    codes,
    duty,
    fallbacks,
    texts,
)
from jiesu.foundation.errors import Forbidden
from jiesu.organizations import imports
from jiesu.organizations.sheet_rows import ImportReport, numbered

router = Router(tags=["目录"])
places = Router(tags=["区划和单位"])

Kind = Literal["classes", "duty", "fallbacks", "codes", "texts"]
_NEEDS = {"texts": P.MANAGE_TEMPLATES}
_TYPES = {
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    "csv": "text/csv; charset=utf-8",
}


def _take(kind: Kind, file: BinaryIO, name: str, request: Call, *, dry_run: bool) -> Report:
    given: dict[str, Any] = {"actor": request.actor, "at": request.at, "dry_run": dry_run}
    match kind:
        case "classes":
            scheme = categories.active(request.at)
            return classes.import_classes(file, name, scheme=scheme, **given)
        case "duty":
            return duty.import_duty(file, name, **given)
        case "fallbacks":
            return fallbacks.import_fallbacks(file, name, **given)
        case "codes":
            return codes.import_codes(file, name, **given)
        case "texts":
            return texts.import_texts(file, name, **given)


def _give(kind: Kind, file: BinaryIO, form: str, request: Call) -> int:
    match kind:
        case "classes":
            return classes.export_classes(file, form, scheme=categories.active(request.at))
        case "duty":
            return duty.export_duty(file, form, at=request.at)
        case "fallbacks":
            return fallbacks.export_fallbacks(file, form, at=request.at)
        case "codes":
            return codes.export_codes(file, form)
        case "texts":
            return texts.export_texts(file, form)


def _must(request: Call, kind: str) -> None:
    if not request.actor.may(_NEEDS.get(kind, P.MANAGE_CATALOGUE)):
        raise Forbidden("这把密钥不能维护这张表，请联系安全管理员。")


@router.post(
    "/sheets/{kind}", response=out.SheetReport,
    **door.spec("导入目录表", P.MANAGE_CATALOGUE, P.MANAGE_TEMPLATES),
)  # fmt: skip
def take_sheet(
    request: Call, kind: Kind, file: File[UploadedFile], query: Query[inputs.Trying]
) -> HttpResponse:
    """multipart/form-data，xlsx 或 csv，列与界面导出的相同。一行有错就整张不导入，errors 逐行说明；
    dry_run=true 只检查。同一张表再发一次不会重复办理。"""
    _must(request, kind)
    report = _take(kind, cast(BinaryIO, file), file.name or "", request, dry_run=query.dry_run)
    return door.answer(out.sheet_report(report))


@router.get(
    "/sheets/{kind}", response={200: bytes},
    **door.spec("导出目录表", P.MANAGE_CATALOGUE, P.MANAGE_TEMPLATES),
)  # fmt: skip
def give_sheet(request: Call, kind: Kind, query: Query[inputs.SheetForm]) -> HttpResponse:
    """现行内容，与导入同样的列。"""
    _must(request, kind)
    file = io.BytesIO()
    _give(kind, file, query.format, request)
    return HttpResponse(file.getvalue(), content_type=_TYPES[query.format])


@places.post(
    "/regions/import", response=out.SheetReport, **door.spec("同步区划", P.MANAGE_ORGANIZATIONS)
)
def take_regions(request: Call, body: inputs.RegionRows) -> HttpResponse:
    """已有的代码表示修改（更名、改隶），没有写到的不变；一行有错就全部不改。"""
    return _rows(request, imports.import_regions, body)


@places.post(
    "/units/import", response=out.SheetReport, **door.spec("同步单位", P.MANAGE_ORGANIZATIONS)
)
def take_units(request: Call, body: inputs.UnitRows) -> HttpResponse:
    """已有的编码表示修改（更名、划转），没有写到的不变；一行有错就全部不改。撤销、合并在界面办理。"""
    return _rows(request, imports.import_units, body)


def _rows(
    request: Call,
    run: Callable[..., ImportReport],
    body: inputs.RegionRows | inputs.UnitRows,
) -> HttpResponse:
    if not request.actor.may(P.MANAGE_ORGANIZATIONS):
        raise Forbidden("这把密钥不能维护区划和单位，请联系安全管理员。")
    rows: Iterable[Mapping[str, object]] = [
        {name: value for name, value in row.model_dump().items() if value is not None}
        for row in body.rows
    ]
    report = run(numbered(rows, 1), actor=request.actor, at=request.at, dry_run=body.dry_run)
    return door.answer(out.rows_report(report))
