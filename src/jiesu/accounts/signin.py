"""Signing in and out: one Chinese sentence for whatever is wrong, lock-out, audit.

The door asks ``check_password``, then, if ``needs_code``, ``check_code``, then ``complete``, and
makes the session itself (``django.contrib.auth.login`` with ``BACKEND``). An idle session's end is
the session's own matter (``config.middleware.sliding_session``).
"""

import datetime as dt
from dataclasses import dataclass
from typing import Any

from axes.handlers.proxy import AxesProxyHandler
from django.conf import settings
from django.contrib.auth import authenticate
from django.http import HttpRequest

from jiesu.access import Actor, ActorKind
from jiesu.accounts import passwords, posts, totp
from jiesu.accounts.actors import actor_for
from jiesu.accounts.models import Post, User
from jiesu.accounts.people import normal_username
from jiesu.foundation.errors import UseCaseError
from jiesu.journal import audit
from jiesu.organizations.checks import day_of

BACKEND = "django.contrib.auth.backends.ModelBackend"


class SignInRefused(UseCaseError):
    """Nobody is let in; ``code`` is the key of the sentence that says why."""

    code = "bad_credentials"


_SENTENCES = {
    "bad_credentials": "登录名或密码不正确。请核对后重试，忘记密码请联系安全管理员。",
    "locked": "登录失败次数过多，账号已锁定。请 {minutes} 分钟后再试，或联系安全管理员解锁。",
    "disabled": "该账号已停用。如有疑问请联系安全管理员。",
    "expired": "该账号已于 {day} 到期。请联系安全管理员办理延期。",
    "wrong_code": "动态验证码不正确或已使用。请等待新的验证码后再输入，或使用恢复码。",
    "no_post": "您当前没有在任岗位，不能进入系统。请联系安全管理员安排岗位。",
}


@dataclass(frozen=True)
class SignedIn:
    """Who is in, at which post, and whether the password must be changed before anything else."""

    user: User
    post: Post
    must_change_password: bool


def check_password(
    username: str, password: str, *, at: dt.datetime, ip: str = "", user_agent: str = ""
) -> User:
    """The person whose name and password these are.

    Refuses a wrong pair, an account locked after too many, disabled or expired. Only who knows the
    password learns that an account exists.
    """
    username = normal_username(username)[:64]
    request = _request(ip, user_agent)
    user = authenticate(request, username=username, password=password)
    if user is not None:
        if user.expires_on is not None and user.expires_on <= day_of(at):
            raise _refusal("expired", user, at, ip, day=user.expires_on)
        return user
    known = User.objects.filter(username=username).first()
    if not AxesProxyHandler.is_allowed(request, {"username": username}):
        raise _refusal("locked", known, at, ip, minutes=_lockout_minutes())
    if known is not None and not known.is_active and known.check_password(password):
        raise _refusal("disabled", known, at, ip)
    raise _refusal("bad_credentials", known, at, ip)


def needs_code(user: User) -> bool:
    """Whether a second factor is to be asked for before ``complete``."""
    return totp.is_on(user)


def check_code(
    user: User, code: str, *, at: dt.datetime, ip: str = "", user_agent: str = ""
) -> None:
    """Use up a code from the telephone or a recovery code.

    Refuses a wrong or used one; wrong ones lock the account as wrong passwords do.
    """
    request = _request(ip, user_agent)
    credentials = {"username": user.username}
    if not AxesProxyHandler.is_allowed(request, credentials):
        raise _refusal("locked", user, at, ip, minutes=_lockout_minutes())
    if totp.verify(user, code, at=at):
        return
    if totp.use_recovery_code(user, code, at=at):
        audit.record("recovery_code_used", actor=_actor(user), at=at, ip=ip)
        return
    AxesProxyHandler.user_login_failed(sender=__name__, credentials=credentials, request=request)
    raise _refusal("wrong_code", user, at, ip)


def complete(user: User, *, at: dt.datetime, ip: str = "") -> SignedIn:
    """This will record the sign-in and give the post to start at. Refuses who holds no post."""
    post = posts.default_post(user, at)
    if post is None:
        raise _refusal("no_post", user, at, ip)
    audit.record("sign_in", actor=actor_for(post), at=at, subject=f"user:{user.pk}", ip=ip)
    return SignedIn(user, post, passwords.must_change(user, at))


def sign_out(actor: Actor, *, at: dt.datetime, ip: str = "") -> None:
    """This will record that the person left; the door ends the session."""
    audit.record("sign_out", actor=actor, at=at, subject=f"user:{actor.user_id}", ip=ip)


def is_locked(user: User) -> bool:
    """Whether the account is locked after too many wrong passwords."""
    return not AxesProxyHandler.is_allowed(_request("", ""), {"username": user.username})


def _request(ip: str, user_agent: str) -> HttpRequest:
    """What the lock-out looks at: where it came from, and nothing that was typed."""
    request = HttpRequest()
    request.META["REMOTE_ADDR"] = ip or "127.0.0.1"
    request.META["HTTP_USER_AGENT"] = user_agent[:255]
    return request


def _lockout_minutes() -> int:
    cooling: dt.timedelta = settings.AXES_COOLOFF_TIME
    return max(1, round(cooling.total_seconds() / 60))


def _refusal(code: str, user: User | None, at: dt.datetime, ip: str, **said: Any) -> SignInRefused:
    # A name nobody bears is not kept: it may be a password typed into the wrong field.
    subject = f"user:{user.pk}" if user else "user:unknown"
    actor = _actor(user) if user else Actor(kind=ActorKind.PERSON, name="未知用户")
    audit.record("sign_in_failed", actor=actor, at=at, subject=subject, data={"why": code}, ip=ip)
    return SignInRefused(_SENTENCES[code].format(**said), code=code)


def _actor(user: User) -> Actor:
    """A person who is at no post yet."""
    return Actor(kind=ActorKind.PERSON, name=user.name, user_id=user.pk)
