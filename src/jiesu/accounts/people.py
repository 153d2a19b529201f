"""Managing people: their accounts, passwords and posts. Each use case is audited.

Only a security administrator does this, and only to people all of whose posts lie in their own
region; nobody gives themselves a post, and the last security administrator stays.
"""

import datetime as dt
import re
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from axes.utils import reset as forget_failures
from django.core.exceptions import ValidationError
from django.core.validators import validate_email
from django.db import transaction

from jiesu.access import ROLE_NAMES, Actor, ActorKind, Permission, Role, may_manage
from jiesu.access.roles import why_not_both
from jiesu.accounts import passwords, posts
from jiesu.accounts.models import Post, User
from jiesu.foundation.errors import Forbidden, NotAllowedNow, NotFound, invalid
from jiesu.foundation.text import tidy
from jiesu.journal import audit
from jiesu.organizations.checks import Problems, check_day, day_of, holds, when
from jiesu.organizations.models import Unit

_USERNAME = re.compile(r"[a-z][a-z0-9_.-]{2,63}")


@dataclass(frozen=True)
class NewUser:
    """A person to be let in, with the first post."""

    username: str
    name: str
    unit: Unit
    role: str
    staff_number: str = ""
    email: str = ""
    expires_on: dt.date | None = None
    password: str = ""  # "" = a random one


@dataclass(frozen=True)
class Issued:
    """An account and its temporary password, to be shown once and handed over."""

    user: User
    password: str


def normal_username(text: str) -> str:
    """A sign-in name as it is stored: small letters, so that Admin and admin are one."""
    return tidy(text, multiline=False).lower()


# --- accounts -------------------------------------------------------------------------------------


def create_user(new: NewUser, *, actor: Actor, at: dt.datetime) -> Issued:
    """This will let a person in, at a first post, with a temporary password.

    Refuses wrong fields, a sign-in name in use, a weak password, and what ``add_post`` refuses.
    """
    _must_manage_region(actor, new.unit.region.path)
    username = normal_username(new.username)
    problems = Problems()
    if not _USERNAME.fullmatch(username):
        problems.add(
            "username",
            "bad_username",
            "登录名须以字母开头，用字母、数字、点、下划线或短横线，3 至 64 位。",
        )
    elif User.objects.filter(username=username).exists():
        problems.add("username", "username_taken", f"登录名 {username} 已被使用，请换一个。")
    name, staff_number, email = _checked(problems, new.name, new.staff_number, new.email)
    if new.expires_on is not None and new.expires_on <= day_of(at):
        problems.add("expires_on", "in_the_past", "有效期须晚于今天。")
    password = new.password or passwords.generate()
    problems.attempt(lambda: _accepted(password, username), "")
    problems.refuse()
    with transaction.atomic():
        user = User(username=username, name=name, staff_number=staff_number, email=email)
        user.expires_on = new.expires_on
        user.set_unusable_password()
        user.save()
        passwords.store(user, password, at=at, temporary=True)
        _audit("user_create", user, actor, at, {"username": username, "name": name})
        add_post(user, new.unit, new.role, actor=actor, at=at)
    return Issued(user, password)


def _accepted(password: str, username: str) -> str:
    passwords.check(password, username=username)
    return ""


def edit_user(
    user: User,
    *,
    name: str,
    staff_number: str,
    email: str,
    expires_on: dt.date | None,
    actor: Actor,
    at: dt.datetime,
) -> User:
    """This will correct a person's particulars: the whole form, as it should be."""
    with transaction.atomic():
        user = _managed(user, actor, at)
        problems = Problems()
        name, staff_number, email = _checked(problems, name, staff_number, email)
        problems.refuse()
        wanted = {
            "name": name,
            "staff_number": staff_number,
            "email": email,
            "expires_on": expires_on,
        }
        changed = [key for key, value in wanted.items() if getattr(user, key) != value]
        for key in changed:
            setattr(user, key, wanted[key])
        if changed:
            user.save(update_fields=changed)
            _audit("user_edit", user, actor, at, {"changed": changed})
    return user


def set_notices(
    user: User, *, email: str, wants_email: bool, actor: Actor, at: dt.datetime
) -> User:
    """This will set where a person's own notices go. Refuses another person, and a bad address."""
    if actor.user_id != user.pk:
        raise Forbidden
    problems = Problems()
    _, _, email = _checked(problems, user.name, user.staff_number, email)
    if wants_email and not email:
        problems.add("email", "required", "要接收邮件通知，请先填写邮箱。")
    problems.refuse()
    with transaction.atomic():
        user.email, user.wants_email = email, wants_email
        user.save(update_fields=["email", "wants_email"])
        _audit("user_notices", user, actor, at, {"wants_email": wants_email})
    return user


def disable_user(user: User, *, reason: str, actor: Actor, at: dt.datetime) -> User:
    """This will keep a person out from now on, open sessions included.

    Refuses oneself, a missing reason, and the last security administrator.
    """
    with transaction.atomic():
        user = _managed(user, actor, at)
        _refuse_self(user, actor, "停用自己的账号")
        problems = Problems()
        reason = problems.text(reason, max_length=200, field="reason", label="停用原因")
        if not reason:
            problems.add("reason", "required", "请填写停用原因。")
        problems.refuse()
        if not user.is_active:
            raise NotAllowedNow("该账号已停用。")
        _keep_a_security_admin(at, without_user=user)
        user.is_active, user.disabled_at, user.disabled_reason = False, at, reason
        user.save(update_fields=["is_active", "disabled_at", "disabled_reason"])
        _audit("user_disable", user, actor, at, {"reason": reason})
    return user


def enable_user(user: User, *, actor: Actor, at: dt.datetime) -> User:
    """This will let a disabled person in again."""
    with transaction.atomic():
        user = _managed(user, actor, at)
        if user.is_active:
            raise NotAllowedNow("该账号没有停用。")
        user.is_active, user.disabled_at, user.disabled_reason = True, None, ""
        user.save(update_fields=["is_active", "disabled_at", "disabled_reason"])
        _audit("user_enable", user, actor, at, {})
    return user


def unlock_user(user: User, *, actor: Actor, at: dt.datetime) -> None:
    """This will forget a person's wrong passwords, so that they need not wait."""
    with transaction.atomic():
        user = _managed(user, actor, at)
        forget_failures(username=user.username)
        _audit("user_unlock", user, actor, at, {})


# --- passwords ------------------------------------------------------------------------------------


def reset_password(user: User, *, actor: Actor, at: dt.datetime, password: str = "") -> Issued:
    """This will give a person a temporary password, to be changed at the next sign-in.

    Ends their sessions and unlocks the account. Refuses oneself: one changes one's own.
    """
    with transaction.atomic():
        user = _managed(user, actor, at)
        _refuse_self(user, actor, "重置自己的密码，请使用“修改密码”")
        password = password or passwords.generate()
        passwords.check(password, username=user.username)
        passwords.store(user, password, at=at, temporary=True)
        forget_failures(username=user.username)
        _audit("password_reset", user, actor, at, {})
    return Issued(user, password)


def change_password(
    user: User, *, old: str, new: str, actor: Actor, at: dt.datetime, ip: str = ""
) -> User:
    """This will change one's own password; other sessions end.

    Refuses a wrong old password, a weak new one, and one of the last five.
    """
    if actor.user_id != user.pk:
        raise Forbidden
    with transaction.atomic():
        user = User.objects.select_for_update().get(pk=user.pk)
        if not user.check_password(old):
            raise invalid("old", "原密码不正确，请重新输入。", "wrong_password")
        passwords.check(new, username=user.username, field="new")
        passwords.check_history(user, new, field="new")
        passwords.store(user, new, at=at, temporary=False)
        _audit("password_change", user, actor, at, {}, ip)
    return user


# --- posts ----------------------------------------------------------------------------------------


def add_post(
    user: User,
    unit: Unit,
    role: str,
    *,
    actor: Actor,
    at: dt.datetime,
    valid_from: dt.date | None = None,
    valid_to: dt.date | None = None,
    default: bool = False,
) -> Post:
    """This will give a person a role in a unit, from today or a later day on.

    Refuses oneself, a unit not in force, a post already held, and a second of the three
    administrators.
    """
    day = valid_from or day_of(at)
    with transaction.atomic():
        _must_manage_region(actor, unit.region.path)
        user = _managed(user, actor, at, new_here=True)
        _refuse_self(user, actor, "给自己增加岗位")
        held = list(Post.objects.filter(user=user).exclude(valid_to__lte=day))
        _check_post(unit, role, held, day, valid_to)
        first = not any(post.is_default for post in held)
        if default or first:
            user.posts.filter(is_default=True).update(is_default=False)
        post = Post.objects.create(
            user=user,
            unit=unit,
            role=role,
            is_default=default or first,
            valid_from=day,
            valid_to=valid_to,
        )
        _audit("post_add", user, actor, at, _facts(post))
    return post


def _check_post(
    unit: Unit, role: str, held: Iterable[Post], day: dt.date, valid_to: dt.date | None
) -> None:
    if role not in set(Role) - {Role.API_CLIENT}:
        raise invalid("role", "没有这个角色，请从列表中选择。", "unknown_role")
    check_day(day, field="valid_from")
    if valid_to is not None and valid_to <= day:
        raise invalid("valid_to", "离任日期须晚于任职日期。", "bad_date")
    if not holds(unit, day):
        raise invalid("unit", f"“{unit.name}”{when(unit)}，不能任职。", "unit_not_in_force")
    overlapping = [p for p in held if valid_to is None or p.valid_from < valid_to]
    if any(p.unit_id == unit.pk and p.role == role for p in overlapping):
        message = f"该用户已在“{unit.name}”担任{ROLE_NAMES[Role(role)]}。"
        raise invalid("role", message, "post_taken")
    conflict = why_not_both([p.role for p in overlapping], role)
    if conflict:
        raise invalid("role", conflict, "separate_administrators")


def end_post(
    post: Post, *, actor: Actor, at: dt.datetime, effective: dt.date | None = None
) -> Post:
    """This will end a post, today or on a later day.

    Refuses one that has ended and the last security administrator's.
    """
    day = effective or day_of(at)
    with transaction.atomic():
        user = _managed(post.user, actor, at)
        post = Post.objects.select_for_update().select_related("unit").get(pk=post.pk)
        if post.valid_to is not None and post.valid_to <= day_of(at):
            raise NotAllowedNow(f"该岗位已于 {post.valid_to} 结束。")
        check_day(day)
        if day < max(post.valid_from, day_of(at)):
            raise invalid("effective", "离任日期不能早于任职日期，也不能早于今天。", "bad_date")
        if post.role == Role.SECURITY_ADMIN:
            _keep_a_security_admin(at, without_post=post)
        post.valid_to = day
        post.is_default = post.is_default and day > day_of(at)
        post.save(update_fields=["valid_to", "is_default"])
        _audit("post_end", user, actor, at, _facts(post))
    return post


def set_default_post(post: Post, *, actor: Actor, at: dt.datetime) -> Post:
    """This will let a person start at another of their posts. Their own choice, or an admin's."""
    with transaction.atomic():
        user = User.objects.select_for_update().get(pk=post.user_id)
        if actor.user_id != user.pk:
            user = _managed(user, actor, at)
        if posts.holding(post.pk, user.pk, at) is None:
            raise NotAllowedNow("该岗位当前无效，不能设为默认岗位。")
        user.posts.filter(is_default=True).exclude(pk=post.pk).update(is_default=False)
        user.posts.filter(pk=post.pk).update(is_default=True)
        post.is_default = True
        _audit("post_default", user, actor, at, {"post": post.pk})
    return post


def may_manage_user(actor: Actor, user: User, at: dt.datetime) -> bool:
    """Whether the actor manages people, and all posts of this person lie in their region.

    Of who has no post any more, the past ones count.
    """
    if actor.kind is ActorKind.SYSTEM:
        return True
    if not actor.may(Permission.MANAGE_PEOPLE):
        return False
    day = day_of(at)
    rows = list(user.posts.values_list("valid_to", "unit__region__path"))
    held = [path for valid_to, path in rows if valid_to is None or valid_to > day]
    return all(
        may_manage(actor, Permission.MANAGE_PEOPLE, path)
        for path in held or [path for _, path in rows]
    )


# --- shared ---------------------------------------------------------------------------------------


def _checked(problems: Problems, name: str, staff_number: str, email: str) -> tuple[str, str, str]:
    name = problems.text(name, max_length=64, field="name", label="姓名")
    if not name:
        problems.add("name", "required", "请填写姓名。")
    number = problems.text(staff_number, max_length=16, field="staff_number", label="工号")
    email = problems.text(email, max_length=254, field="email", label="邮箱")
    if email:
        try:
            validate_email(email)
        except ValidationError:
            problems.add("email", "bad_email", "邮箱格式不正确，例如 name@fuzhou.gov.cn。")
    return name, number, email


def _must_manage_region(actor: Actor, region_path: str) -> None:
    if not may_manage(actor, Permission.MANAGE_PEOPLE, region_path):
        raise Forbidden


def _managed(user: User, actor: Actor, at: dt.datetime, *, new_here: bool = False) -> User:
    """The person as stored, locked. Out of reach looks like absent, unless they only join here."""
    found = User.objects.select_for_update().filter(pk=user.pk).first()
    if found is None:
        raise NotFound
    if not actor.may(Permission.MANAGE_PEOPLE):
        raise Forbidden
    if not may_manage_user(actor, found, at):
        raise (
            Forbidden("该用户还有您管辖范围以外的岗位，请由上级安全管理员办理。")
            if new_here
            else NotFound
        )
    return found


def _refuse_self(user: User, actor: Actor, what: str) -> None:
    if actor.user_id == user.pk:
        raise Forbidden(f"不能{what}。请由另一位安全管理员办理。")


def _keep_a_security_admin(
    at: dt.datetime, *, without_user: User | None = None, without_post: Post | None = None
) -> None:
    holding = posts.on(day_of(at)).filter(role=Role.SECURITY_ADMIN)
    staying = holding.filter(valid_to__isnull=True)
    if without_user is not None:
        if not holding.filter(user=without_user).exists():
            return
        staying = staying.exclude(user=without_user)
    if without_post is not None:
        staying = staying.exclude(pk=without_post.pk)
    if not staying.exists():
        raise NotAllowedNow(
            "这是最后一名安全管理员，停用后将无人能管理账号。请先任命另一名安全管理员。",
            code="last_security_admin",
        )


def _facts(post: Post) -> dict[str, Any]:
    return {
        "post": post.pk,
        "unit": post.unit.name,
        "role": post.role,
        "valid_from": post.valid_from.isoformat(),
        "valid_to": post.valid_to.isoformat() if post.valid_to else None,
    }


def _audit(
    kind: str, user: User, actor: Actor, at: dt.datetime, data: dict[str, Any], ip: str = ""
) -> None:
    audit.record(kind, actor=actor, at=at, subject=f"user:{user.pk}", data=data, ip=ip)
