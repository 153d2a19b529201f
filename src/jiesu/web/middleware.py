"""Who is at the desk, and what becomes of a refusal."""

from collections.abc import Callable

from django.contrib import auth
from django.http import HttpRequest, HttpResponse
from django.utils.crypto import constant_time_compare
from django.utils.functional import SimpleLazyObject

from jiesu.access import Actor, citizen
from jiesu.accounts import posts
from jiesu.accounts.actors import actor_for
from jiesu.accounts.models import Post
from jiesu.foundation import clock
from jiesu.foundation.errors import UseCaseError
from jiesu.web.doors import POST_KEY, refuse

__all__ = ["POST_KEY", "PostMiddleware", "UseCaseErrorMiddleware"]
Respond = Callable[[HttpRequest], HttpResponse]


def _post_of(request: HttpRequest) -> Post | None:
    """The session's post with user, unit and region: one statement."""
    user_id, post_id = request.session.get(auth.SESSION_KEY), request.session.get(POST_KEY)
    if user_id is None or post_id is None:
        return None
    found = posts.holding(post_id, int(user_id), clock.now())
    if found is None:
        return None  # it has ended, or the person may not come in any more
    expected = found.user.get_session_auth_hash()
    if not constant_time_compare(request.session.get(auth.HASH_SESSION_KEY, ""), expected):
        return None  # the password was changed elsewhere
    return found


class PostMiddleware:
    """Sets ``request.post`` (None when nobody is signed in at a post) and ``request.actor``.

    It also answers ``request.user`` from the same row, so that a page asks who is there once. A
    person whose post has ended, or who has none, stays signed in but reaches no desk.
    """

    def __init__(self, get_response: Respond) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        post = _post_of(request)
        actor: Actor = actor_for(post) if post else citizen()
        request.post = post  # type: ignore[attr-defined]  # typed in doors.DeskRequest
        request.actor = actor  # type: ignore[attr-defined]  # likewise
        if post is not None:
            request.user = SimpleLazyObject(lambda: post.user)  # type: ignore[assignment]  # a lazy user is one
        response = self.get_response(request)
        if post is not None and not response.has_header("Cache-Control"):
            # Pages hold personal data: after signing out, "back" must not show them.
            response.headers["Cache-Control"] = "private, no-store"
        return response


class UseCaseErrorMiddleware:
    """Lets a view raise any ``UseCaseError``: it becomes a message or a page, never a defect."""

    def __init__(self, get_response: Respond) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        return self.get_response(request)

    def process_exception(self, request: HttpRequest, error: Exception) -> HttpResponse | None:
        """Answer refusals; leave everything else to alert."""
        return refuse(request, error) if isinstance(error, UseCaseError) else None
