"""How a web page passes the gate and how it says no.

``desk_view(permission)`` guards a view: signed in, at a post, with the permission. ``refuse`` turns
a ``UseCaseError`` into what a person can act on; a view may also just let it rise
(``middleware.UseCaseErrorMiddleware``).
"""

import json
from collections.abc import Callable, Mapping
from functools import wraps
from typing import Any, Concatenate, ParamSpec, cast
from urllib.parse import urlencode, urlsplit

from django import forms
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils.http import url_has_allowed_host_and_scheme
from django_htmx.middleware import HtmxDetails

from jiesu.access import Actor, Permission
from jiesu.accounts.models import Post
from jiesu.foundation.errors import Forbidden, Invalid, UseCaseError
from jiesu.web import saved_forms
from jiesu.web.components.pieces import Option

Arguments = ParamSpec("Arguments")


class DeskRequest(HttpRequest):
    """A request as ``middleware.PostMiddleware`` leaves it for a view behind ``desk_view``."""

    actor: Actor
    post: Post
    htmx: HtmxDetails
    desk: str  # set by a view whose page belongs to another desk than its URL


View = Callable[Concatenate[DeskRequest, Arguments], HttpResponse]
Guarded = Callable[Concatenate[HttpRequest, Arguments], HttpResponse]

POST_KEY = "post_id"  # in the session: where the person sits
MUST_CHANGE_KEY = "must_change_password"


def desk_view(
    *permissions: Permission,
) -> Callable[[View[Arguments]], Guarded[Arguments]]:
    """Guard a view: signed in, and holding any of ``permissions`` (none = signed in is enough)."""

    def guard(view: View[Arguments]) -> Guarded[Arguments]:
        @wraps(view)
        def guarded(
            request: HttpRequest, *args: Arguments.args, **kwargs: Arguments.kwargs
        ) -> HttpResponse:
            if getattr(request, "post", None) is None:
                return to_sign_in(request)
            known = cast(DeskRequest, request)  # PostMiddleware has been here
            if request.session.get(MUST_CHANGE_KEY):
                return go(request, reverse("account:password"))
            if permissions and not any(known.actor.may(one) for one in permissions):
                raise Forbidden()
            return view(known, *args, **kwargs)

        guarded.permissions = permissions  # type: ignore[attr-defined]  # read by the contract test
        return cast("Guarded[Arguments]", guarded)

    return guard


def page_of(request: HttpRequest) -> str:
    """The page that a person is looking at: this one, or the one that sent the form."""
    if request.method == "GET" and not getattr(request, "htmx", False):
        return request.get_full_path()
    htmx = getattr(request, "htmx", None)
    came = (htmx.current_url if htmx else None) or request.headers.get("Referer", "")
    parts = urlsplit(came)
    if parts.netloc and parts.netloc != request.get_host():
        return "/"
    query = "&".join(p for p in parts.query.split("&") if not p.startswith("restored="))
    path = f"{parts.path}?{query}" if query else parts.path
    safe = url_has_allowed_host_and_scheme(path, allowed_hosts={request.get_host()})
    return path if path and safe else "/"


def with_restored(page: str, token: str) -> str:
    """The page with the token of a kept form, so that it puts the words back."""
    return f"{page}{'&' if '?' in page else '?'}{urlencode({'restored': token})}"


def go(request: HttpRequest, url: str) -> HttpResponse:
    """Lead the browser elsewhere, whether it asked by itself or htmx did."""
    if getattr(request, "htmx", False):
        return HttpResponse(status=204, headers={"HX-Redirect": url})
    return redirect(url)


def to_sign_in(request: HttpRequest) -> HttpResponse:
    """Lead to the sign-in page and back again. What was typed into a form is kept.

    A request in the background (a search, a poll, a draft) moves nobody away from a form they are
    filling in: it gets a 401, and the page decides (``session.js``).
    """
    back = page_of(request)
    # X-Draft: a draft, or what is suggested while somebody types, sent by POST
    background = request.method != "POST" or "X-Draft" in request.headers
    if getattr(request, "htmx", False) and background:
        where = f"{reverse('account:sign-in')}?{urlencode({'next': back})}"
        return HttpResponse(status=401, headers={"X-Sign-In": where, "HX-Reswap": "none"})
    if request.method == "POST" and (token := saved_forms.keep(request)):
        back = with_restored(back, token)
    return go(request, f"{reverse('account:sign-in')}?{urlencode({'next': back})}")


def toast(response: HttpResponse, text: str, tone: str = "green") -> HttpResponse:
    """Let the page show a short message when this htmx answer arrives."""
    return trigger(response, "toast", {"text": text, "tone": tone})


def trigger(response: HttpResponse, event: str, detail: Any = True) -> HttpResponse:
    """Add an event to ``HX-Trigger``; headers are ASCII, so Chinese goes as \\u escapes."""
    events = json.loads(response.headers.get("HX-Trigger", "{}"))
    events[event] = detail
    response.headers["HX-Trigger"] = json.dumps(events, separators=(",", ":"))
    return response


def done(request: HttpRequest, text: str, url: str) -> HttpResponse:
    """It worked: say so, and go on to ``url``."""
    messages.success(request, text)
    return go(request, url)


def add_errors(form: forms.BaseForm, error: UseCaseError) -> None:
    """Put a refusal where it belongs: at the fields it names, or above the form."""
    found = error.errors if isinstance(error, Invalid) else ()
    if not found:
        form.add_error(error.field if error.field in form.fields else None, error.message)
    for one in found:
        form.add_error(one.field if one.field in form.fields else None, one.message)


def refuse(
    request: HttpRequest,
    error: UseCaseError,
    template: str = "",
    context: Mapping[str, Any] | None = None,
    *,
    form: forms.BaseForm | None = None,
) -> HttpResponse:
    """Say no so that the person can act on it, with the right status.

    With ``form`` the words stand at its fields; with ``template`` that page (or partial) is drawn
    again. Without a template: htmx gets a message and nothing is swapped; a browser gets a page
    with a way back that restores what was typed.
    """
    status = error.status
    if form is not None:
        if not form.is_bound:
            raise ValueError("errors belong to a form that was sent")
        form.errors  # noqa: B018  # full_clean first, or it would throw our errors away
        add_errors(form, error)
    if template:
        # htmx swaps a 422 in; any other refusal it would only show as a message.
        shown = 422 if getattr(request, "htmx", False) else status
        given = {"form": form, "error": error, **(context or {})}
        return render(request, template, given, status=shown)
    if getattr(request, "htmx", False):
        response = HttpResponse(status=status, headers={"HX-Reswap": "none"})
        return toast(response, error.message, "red")
    return refusal_page(request, error, status)


def refusal_page(request: HttpRequest, error: UseCaseError, status: int) -> HttpResponse:
    """A page that says what, why and what next."""
    if status == 404:
        return render(request, "404.html", {"message": error.message}, status=404)
    if status == 403:
        return render(request, "403.html", {"message": error.message}, status=403)
    back, kept = page_of(request), False
    if request.method == "POST":
        if token := saved_forms.keep(request):
            back, kept = with_restored(back, token), True
    elif back == request.get_full_path():
        back = "/"
    context = {"message": error.message, "back": back, "kept": kept, "status": status}
    return render(request, "refused.html", context, status=status)


def options_response(
    request: HttpRequest, options: list[Option], empty: str = "没有匹配的内容"
) -> HttpResponse:
    """The answer to a picker's search."""
    return HttpResponse(
        render_to_string("components/options.html", {"options": options, "empty": empty}, request)
    )
