"""Topics 专题: what many tell of, at a glance and order by order."""

from django.http import Http404, HttpResponse
from django.shortcuts import render

from jiesu.access import Permission as P
from jiesu.appeals.gate import get_appeal_for
from jiesu.foundation import clock
from jiesu.organizations.paths import below
from jiesu.topics import reading
from jiesu.topics.models import Topic
from jiesu.web.components.faces import face_of_row, status_words
from jiesu.web.doors import DeskRequest, desk_view

BESIDE_AN_ORDER = 6


@desk_view(P.APPEAL_VIEW_AREA)
def home(request: DeskRequest) -> HttpResponse:
    """The topics of one's region, the most told first, with how they grow."""
    rows = reading.growing(request.actor, clock.now())
    return render(request, "topics/home.html", {"rows": rows})


@desk_view(P.APPEAL_VIEW_AREA)
def topic(request: DeskRequest, pk: int) -> HttpResponse:
    """One topic and its newest orders."""
    scope = below("region_path", request.actor.region_path)
    found = Topic.objects.filter(pk=pk, **scope).defer("sums").first()
    if found is None:
        raise Http404
    at = clock.now()
    orders = reading.members(found, request.actor)
    rows = [(a, face_of_row(a, at), status_words(a)) for a in orders]
    return render(request, "topics/topic.html", {"topic": found, "rows": rows})


@desk_view(P.APPEAL_VIEW)
def of_order(request: DeskRequest, number: str) -> HttpResponse:
    """Beside an order: how many others told of it, as far as one may see them."""
    appeal = get_appeal_for(request.actor, number, P.APPEAL_VIEW)
    found = reading.of_appeal(appeal)
    orders = reading.members(found, request.actor, BESIDE_AN_ORDER + 1) if found else []
    others = [a for a in orders if a.pk != appeal.pk][:BESIDE_AN_ORDER]
    shown = {
        "topic": found,
        "rows": [(a, status_words(a)) for a in others],
        "may_open": request.actor.may(P.APPEAL_VIEW_AREA),
        "others": (found.count - 1 if found else 0),
    }
    return render(request, "topics/of_order.html", shown)
