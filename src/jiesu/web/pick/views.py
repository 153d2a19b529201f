"""What the pickers of all desks ask: units, classes, regions, colleagues."""

from django.http import HttpRequest, HttpResponse
from django.utils import timezone

from jiesu.accounts.models import Post
from jiesu.catalogue import categories
from jiesu.foundation import clock
from jiesu.organizations import regions
from jiesu.organizations import units as directory
from jiesu.organizations.models import Region, Unit
from jiesu.web.components.pieces import Option
from jiesu.web.doors import DeskRequest, desk_view, options_response

LIMIT = 20


@desk_view()
def units(request: DeskRequest) -> HttpResponse:
    """Units of the whole line, those of the actor's region first by name."""
    return _units(request, "")


@desk_view()
def units_below(request: DeskRequest) -> HttpResponse:
    """Units below the actor's own."""
    return _units(request, request.actor.unit_path)


def _units(request: DeskRequest, within: str) -> HttpResponse:
    found = directory.search(request.GET.get("q", ""), within, LIMIT)
    return options_response(
        request,
        [
            Option(str(hit.unit.pk), hit.unit.name, hit.full_name, hit.unit.region.name)
            for hit in found
            if not within or hit.unit.pk != request.actor.unit_id
        ],
        "没有匹配的单位",
    )


def categories_(request: HttpRequest) -> HttpResponse:
    """Classes of the scheme in force; citizens may ask too."""
    found = categories.search(request.GET.get("q", ""), categories.active(clock.now()), LIMIT)
    return options_response(
        request,
        [Option(hit.code, hit.path_name, hit.code) for hit in found],
        "没有匹配的分类",
    )


def regions_(request: HttpRequest) -> HttpResponse:
    """Areas, within the actor's own first; citizens may ask too."""
    found = regions.search(request.GET.get("q", ""), "", LIMIT)
    return options_response(
        request,
        [Option(hit.region.code, hit.full_name, hit.region.code) for hit in found],
        "没有匹配的区域",
    )


@desk_view()
def colleagues(request: DeskRequest) -> HttpResponse:
    """People with a post in the actor's unit."""
    today = timezone.localdate()
    posts = (
        Post.objects.select_related("user")
        .filter(unit=request.post.unit, user__is_active=True, valid_from__lte=today)
        .exclude(valid_to__lte=today)
    )
    words = request.GET.get("q", "").strip()
    if words:
        posts = posts.filter(user__name__contains=words)
    people = {p.user_id: p.user.name for p in posts.order_by("user__name")[: LIMIT * 2]}
    return options_response(
        request, [Option(str(pk), name) for pk, name in people.items()], "没有匹配的同事"
    )


def unit_label(value: str) -> str:
    """The words of a unit already picked."""
    unit = Unit.objects.filter(pk=int(value)).first() if value.isdecimal() else None
    return unit.name if unit else ""


def region_label(value: str) -> str:
    """The words of a region already picked."""
    region = Region.objects.filter(code=value, valid_to=None).first()
    return regions.full_name(region) if region else ""


def category_label(value: str) -> str:
    """The words of a class already picked."""
    hits = categories.search(value, categories.active(clock.now()), 1)
    return hits[0].path_name if hits and hits[0].code == value else ""
