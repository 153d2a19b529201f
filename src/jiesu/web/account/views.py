"""Sign-in and what belongs to the person."""

from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import render

from jiesu.foundation import clock
from jiesu.web.doors import DeskRequest, desk_view
from jiesu.web.navigation import counts_for


def sign_in(request: HttpRequest) -> HttpResponse:
    """To come."""
    return render(request, "404.html", status=404)


@desk_view()
def counts(request: DeskRequest) -> HttpResponse:
    """What waits at each place, for the navigation."""
    found = counts_for(request.actor, clock.now())
    return JsonResponse({name: {"text": c.text, "red": c.red} for name, c in found.items()})


@desk_view()
def menu(request: DeskRequest) -> HttpResponse:
    """To come."""
    return HttpResponse()


@desk_view()
def notices(request: DeskRequest) -> HttpResponse:
    """To come."""
    return HttpResponse()


@desk_view()
def posts(request: DeskRequest) -> HttpResponse:
    """To come."""
    return HttpResponse()
