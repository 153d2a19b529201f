"""What orders are described with: classes, codes, duties, local forms; regions and units."""

import datetime as dt

from django.http import HttpResponse
from ninja import Query, Router

from jiesu.api.v1 import door, inputs
from jiesu.api.v1 import outputs as out
from jiesu.api.v1.auth import Call
from jiesu.api.v1.door import spec
from jiesu.api.v1.paging import Order, page
from jiesu.appeals import lookups
from jiesu.catalogue import categories, codes, duty, local_forms
from jiesu.catalogue.codes import Table
from jiesu.catalogue.models import Category, Scheme
from jiesu.foundation.clock import BEIJING
from jiesu.foundation.errors import NotFound
from jiesu.organizations import regions, units
from jiesu.organizations.models import Region, Unit
from jiesu.organizations.paths import below

router = Router(tags=["目录"])
places = Router(tags=["区划和单位"])

_BY_CODE = Order("code", ("code",))
_BY_PATH = Order("path", ("path",))
_FOUND_AT_MOST = 50


def _today(request: Call) -> dt.date:
    return request.at.astimezone(BEIJING).date()


@router.get("/schemes", response=list[out.SchemeOut], **spec("分类方案"))
def schemes(request: Call) -> HttpResponse:
    """已发布的诉求分类方案，is_current 为今天启用的。"""
    current = categories.active(request.at)
    rows = Scheme.objects.filter(is_active=True).order_by("-valid_from", "-pk")
    return door.answer([out.scheme_out(s, current) for s in rows])


@router.get("/categories", response=out.Page[out.CategoryOut], **spec("分类"))
def list_categories(request: Call, filters: Query[inputs.CategoryFilters]) -> HttpResponse:
    """今天启用的方案中的分类，按编码排列。"""
    scheme = categories.active(request.at)
    if filters.q:
        hits = categories.search(filters.q, scheme, _FOUND_AT_MOST)
        return door.answer(out.Page.of(hits, None, out.category_hit_out))
    rows = (
        Category.objects.filter(categories.on(_today(request)), scheme=scheme)
        .select_related("parent")
    )  # fmt: skip
    if filters.parent:
        rows = rows.filter(parent__code=filters.parent)
    found = page(rows, _BY_CODE, filters.after, filters.size)
    return door.answer(out.Page.of(found.rows, found.next, out.category_out))


@router.get("/code-tables", response=list[out.CodeTableOut], **spec("代码表"))
def code_tables(request: Call) -> HttpResponse:
    """全部代码表，含已停用的代码（is_valid 为 false）。"""
    return door.answer([out.code_table_out(t, request.at) for t in Table])


@router.get("/code-tables/{key}", response=out.CodeTableOut, **spec("一张代码表"))
def code_table(request: Call, key: str) -> HttpResponse:
    """一张代码表。"""
    if key not in set(Table) or not codes.table(key):
        raise NotFound("没有这张代码表，请核对名称。")
    return door.answer(out.code_table_out(Table(key), request.at))


@router.get("/duty", response=out.DutyOut, **spec("权属查询"))
def find_duty(request: Call, filters: Query[inputs.Where]) -> HttpResponse:
    """某类事项在某区域由谁承办，附理由和依据。"""
    category = lookups.category(filters.category, request.at, "category")
    where = door.region(filters.region)
    return door.answer(out.duty_out(duty.find(category, where, request.at)))


@router.get("/local-form", response=list[dict[str, object]], **spec("属地附加表单"))
def local_form(request: Call, filters: Query[inputs.Where]) -> HttpResponse:
    """登记时 answers 要回答的附加问题。"""
    category = (
        lookups.category(filters.category, request.at, "category") if filters.category else None
    )
    forms = lookups.forms(category, door.region(filters.region), request.at)
    return door.answer(local_forms.describe(forms))


@places.get("/regions", response=out.Page[out.RegionOut], **spec("行政区划"))
def list_regions(request: Call, filters: Query[inputs.TreeFilters]) -> HttpResponse:
    """现行区划，按上下级排列。"""
    if filters.q:
        hits = regions.search(filters.q, limit=_FOUND_AT_MOST)
        parents = Region.objects.in_bulk({h.region.parent_id for h in hits if h.region.parent_id})
        for hit in hits:
            hit.region.parent = parents.get(hit.region.parent_id or 0)
        return door.answer(out.Page.of(hits, None, lambda h: out.region_out(h.region, h.full_name)))
    rows = Region.objects.filter(valid_to__isnull=True).select_related("parent")
    if filters.parent:
        rows = rows.filter(parent=door.region(filters.parent, "parent"))
    found = page(rows, _BY_PATH, filters.after, filters.size)
    called = regions.full_names(found.rows)
    return door.answer(
        out.Page.of(found.rows, found.next, lambda r: out.region_out(r, called[r.pk]))
    )


@places.get("/regions/{code}", response=out.RegionOut, **spec("一个区划"))
def get_region(request: Call, code: str) -> HttpResponse:
    """现行的，或最后使用该代码的。"""
    rows = Region.objects.select_related("parent").filter(code=code)
    found = rows.filter(valid_to=None).first() or rows.order_by("-valid_to").first()
    if found is None:
        raise NotFound("没有这个行政区划，请核对区划代码。")
    return door.answer(out.region_out(found, regions.full_name(found)))


@places.get("/units", response=out.Page[out.UnitOut], **spec("单位"))
def list_units(request: Call, filters: Query[inputs.UnitFilters]) -> HttpResponse:
    """现有单位，按上下级排列。"""
    within = door.region(filters.region).path if filters.region else ""
    if filters.q:
        hits = units.search(filters.q, limit=_FOUND_AT_MOST, region_path=within)
        parents = Unit.objects.in_bulk({h.unit.parent_id for h in hits if h.unit.parent_id})
        for hit in hits:
            hit.unit.parent = parents.get(hit.unit.parent_id or 0)
        return door.answer(out.Page.of(hits, None, lambda h: out.unit_out(h.unit, h.full_name)))
    rows = Unit.objects.filter(valid_to__isnull=True).select_related("parent", "region")
    if within:
        rows = rows.filter(**below("region__path", within))
    if filters.parent:
        rows = rows.filter(parent=door.unit(filters.parent, "parent"))
    found = page(rows, _BY_PATH, filters.after, filters.size)
    called = units.full_names(found.rows)
    return door.answer(out.Page.of(found.rows, found.next, lambda u: out.unit_out(u, called[u.pk])))


@places.get("/units/{code}", response=out.UnitOut, **spec("一个单位"))
def get_unit(request: Call, code: str) -> HttpResponse:
    """含已撤销的。"""
    found = Unit.objects.select_related("parent", "region").filter(code=code).first()
    if found is None:
        raise NotFound("没有这个单位，请核对单位编码。")
    return door.answer(out.unit_out(found, units.full_name(found)))


@places.get("/me", response=out.Me, **spec("这把密钥"))
def me(request: Call) -> HttpResponse:
    """密钥的名称、所属单位、权限和上限。"""
    client = request.client
    unit = client.unit
    return door.answer(
        out.Me(
            client.name,
            out.Named(unit.code, unit.short_name or unit.name),
            out.Named(unit.region.code, unit.region.name),
            sorted(request.actor.permissions),
            client.per_minute,
            client.expires_on,
        )
    )
