"""What the session knows of a person: signed in, at which post, what must be done first."""

import datetime as dt
from collections.abc import Callable
from functools import wraps
from typing import cast

from django.contrib import auth
from django.http import HttpRequest, HttpResponse
from django.utils.http import url_has_allowed_host_and_scheme

from jiesu.accounts.actors import actor_for
from jiesu.accounts.models import Post, User
from jiesu.accounts.signin import BACKEND, SignedIn
from jiesu.web.doors import MUST_CHANGE_KEY, POST_KEY, to_sign_in
from jiesu.web.navigation import home_for

PENDING_KEY = "pending_sign_in"
PENDING_SECONDS = 300


def address_of(request: HttpRequest) -> str:
    """The client's address, as ``config.middleware.client_address`` found it."""
    return str(request.META.get("REMOTE_ADDR", ""))


def agent_of(request: HttpRequest) -> str:
    """The client's browser, for the lock-out."""
    return request.headers.get("User-Agent", "")


def safe_next(request: HttpRequest, url: str) -> str:
    """Where to go on to: a page of this site, or ""."""
    hosts = {request.get_host()}
    safe = url_has_allowed_host_and_scheme(url, hosts, require_https=request.is_secure())
    return url if safe else ""


def remember_first_factor(request: HttpRequest, user: User, url: str, at: dt.datetime) -> None:
    """Keep who passed the first factor while the second is asked for."""
    request.session.cycle_key()
    request.session[PENDING_KEY] = {"user": user.pk, "at": at.timestamp(), "next": url}


def first_factor(request: HttpRequest, at: dt.datetime) -> tuple[User, str] | None:
    """Who passed the first factor a moment ago, and where they want to go."""
    kept = request.session.get(PENDING_KEY)
    if not kept or at.timestamp() - kept["at"] > PENDING_SECONDS:
        return None
    user = User.objects.filter(pk=kept["user"], is_active=True).first()
    return (user, kept["next"]) if user else None


def begin(request: HttpRequest, signed_in: SignedIn) -> None:
    """Make the session of a person who has passed."""
    request.session.pop(PENDING_KEY, None)
    auth.login(request, signed_in.user, backend=BACKEND)
    sit_at(request, signed_in.post)
    request.session[MUST_CHANGE_KEY] = signed_in.must_change_password


def sit_at(request: HttpRequest, post: Post) -> None:
    """From now on the session acts at this post."""
    request.session[POST_KEY] = post.pk


def next_page(request: HttpRequest, post: Post, url: str) -> str:
    """Where a person who came in goes on."""
    return safe_next(request, url) or home_for(actor_for(post)) or "/"


class PersonRequest(HttpRequest):
    """A request of somebody signed in, at a post or not."""

    user: User
    post: Post | None


def signed_in(
    view: Callable[[PersonRequest], HttpResponse],
) -> Callable[[HttpRequest], HttpResponse]:
    """Guard a view about oneself: no post is needed, and an old password keeps nobody out."""

    @wraps(view)
    def guarded(request: HttpRequest) -> HttpResponse:
        if not request.user.is_authenticated:
            return to_sign_in(request)
        return view(cast(PersonRequest, request))

    guarded.permissions = ()  # type: ignore[attr-defined]  # read by the contract test
    return guarded
