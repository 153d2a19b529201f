"""Who is at the desk, and what becomes of a refusal."""

from collections.abc import Callable

from django.contrib import auth
from django.http import HttpRequest, HttpResponse
from django.utils.crypto import constant_time_compare
from django.utils.functional import SimpleLazyObject

from jiesu.access import Actor, citizen
from jiesu.accounts.actors import actor_for
from jiesu.accounts.models import Post
from jiesu.foundation import clock
from jiesu.foundation.errors import UseCaseError
from jiesu.web.doors import refuse

POST_KEY = "post_id"
Respond = Callable[[HttpRequest], HttpResponse]


def _post_of(request: HttpRequest) -> Post | None:
    """The session's post with user, unit and region: one statement."""
    user_id, post_id = request.session.get(auth.SESSION_KEY), request.session.get(POST_KEY)
    if user_id is None or post_id is None:
        return None
    today = clock.now().date()
    found = (
        Post.objects.select_related("user", "unit__region")
        .filter(pk=post_id, user_id=user_id, user__is_active=True)
        .first()
    )
    if found is None or found.valid_from > today or (found.valid_to and found.valid_to <= today):
        return None
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
        request.actor = actor  # type: ignore[attr-defined]
        if post is not None:
            request.user = SimpleLazyObject(lambda: post.user)  # type: ignore[assignment]  # a lazy user is one
        return self.get_response(request)


class UseCaseErrorMiddleware:
    """Lets a view raise any ``UseCaseError``: it becomes a message or a page, never a defect."""

    def __init__(self, get_response: Respond) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        return self.get_response(request)

    def process_exception(self, request: HttpRequest, error: Exception) -> HttpResponse | None:
        """Answer refusals; leave everything else to alert."""
        return refuse(request, error) if isinstance(error, UseCaseError) else None
