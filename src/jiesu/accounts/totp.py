"""The second factor: six digits from the telephone, good once; recovery codes for a lost one."""

import base64
import datetime as dt
import hmac
import secrets
from dataclasses import dataclass

import pyotp
from django.db import transaction

from jiesu.access import Actor
from jiesu.accounts import people
from jiesu.accounts.models import RecoveryCode, User
from jiesu.foundation.crypto import sm3
from jiesu.foundation.errors import Forbidden, NotAllowedNow, invalid
from jiesu.journal import audit

ISSUER = "接诉12345"
_DRIFT = 1  # steps of 30 seconds that a telephone's clock may be off
_RECOVERY_CODES = 10
_WRONG = "动态验证码不正确或已使用。请等待新的验证码后再输入，并核对手机时间。"


@dataclass(frozen=True)
class Enrolment:
    """What the telephone needs: to be shown once, as a picture of ``uri`` and as text."""

    secret: str
    uri: str


def is_on(user: User) -> bool:
    """Whether the person signs in with a second factor."""
    return bool(user.totp_secret) and user.totp_confirmed_at is not None


def enrol(user: User, *, actor: Actor, at: dt.datetime) -> Enrolment:
    """This will make a new secret, not yet asked for: ``confirm`` turns it on.

    Refuses another person, and who has it on already.
    """
    _must_be_self(user, actor)
    with transaction.atomic():
        user = User.objects.select_for_update().get(pk=user.pk)
        if is_on(user):
            raise NotAllowedNow("您已启用动态验证码。如需更换手机，请先停用。")
        user.totp_secret, user.totp_confirmed_at = pyotp.random_base32(), None
        user.save(update_fields=["totp_secret", "totp_confirmed_at"])
    uri = pyotp.TOTP(user.totp_secret).provisioning_uri(name=user.username, issuer_name=ISSUER)
    return Enrolment(user.totp_secret, uri)


def confirm(user: User, code: str, *, actor: Actor, at: dt.datetime) -> list[str]:
    """This will turn the second factor on, and give the recovery codes, shown once.

    Refuses a wrong code, and who has not enrolled.
    """
    _must_be_self(user, actor)
    with transaction.atomic():
        user = User.objects.select_for_update().get(pk=user.pk)
        if is_on(user) or not user.totp_secret:
            raise NotAllowedNow("请先扫描新的二维码，再输入验证码。")
        step = _step_of(user.totp_secret, code, at)
        if step is None:
            raise invalid("code", _WRONG, "wrong_code")
        user.totp_confirmed_at, user.totp_last_step = at, step
        user.save(update_fields=["totp_confirmed_at", "totp_last_step"])
        codes = _new_recovery_codes(user)
        audit.record("totp_on", actor=actor, at=at, subject=f"user:{user.pk}")
    return codes


def verify(user: User, code: str, *, at: dt.datetime) -> bool:
    """Whether the code is right and new, and use it up: of two who send it at once one gets in."""
    if not is_on(user):
        return False
    step = _step_of(user.totp_secret, code, at)
    if step is None:
        return False
    unused = User.objects.filter(pk=user.pk, totp_last_step__lt=step)
    return unused.update(totp_last_step=step) == 1


def use_recovery_code(user: User, code: str, *, at: dt.datetime) -> bool:
    """Whether the recovery code is right and unused, and use it up."""
    plain = "".join(c for c in code.upper() if c.isalnum())
    unused = RecoveryCode.objects.filter(
        user=user, code_hash=_hash(user, plain), used_at__isnull=True
    )
    return is_on(user) and unused.update(used_at=at) == 1


def recovery_codes_left(user: User) -> int:
    """How many recovery codes are still unused."""
    return RecoveryCode.objects.filter(user=user, used_at__isnull=True).count()


def renew_recovery_codes(user: User, code: str, *, actor: Actor, at: dt.datetime) -> list[str]:
    """This will void the recovery codes and give new ones. Refuses a wrong code."""
    _must_be_self(user, actor)
    with transaction.atomic():
        user = User.objects.select_for_update().get(pk=user.pk)
        if not verify(user, code, at=at):
            raise invalid("code", _WRONG, "wrong_code")
        codes = _new_recovery_codes(user)
        audit.record("totp_codes", actor=actor, at=at, subject=f"user:{user.pk}")
    return codes


def turn_off(user: User, *, actor: Actor, at: dt.datetime, code: str = "") -> User:
    """This will turn the second factor off: oneself with a code, or a security administrator.

    Refuses a wrong code, and a person out of the administrator's reach.
    """
    with transaction.atomic():
        user = User.objects.select_for_update().get(pk=user.pk)
        if actor.user_id == user.pk:
            if not (verify(user, code, at=at) or use_recovery_code(user, code, at=at)):
                raise invalid("code", _WRONG, "wrong_code")
        elif not people.may_manage_user(actor, user, at):
            raise Forbidden
        if not is_on(user):
            raise NotAllowedNow("该账号没有启用动态验证码。")
        user.totp_secret, user.totp_confirmed_at, user.totp_last_step = "", None, 0
        user.save(update_fields=["totp_secret", "totp_confirmed_at", "totp_last_step"])
        RecoveryCode.objects.filter(user=user).delete()
        audit.record("totp_off", actor=actor, at=at, subject=f"user:{user.pk}")
    return user


def _must_be_self(user: User, actor: Actor) -> None:
    if actor.user_id != user.pk:
        raise Forbidden


def _step_of(secret: str, code: str, at: dt.datetime) -> int | None:
    """The time step whose code this is, the drift allowed for; None when it is of none."""
    digits = code.replace(" ", "")
    if len(digits) != 6 or not (digits.isascii() and digits.isdecimal()):
        return None
    totp = pyotp.TOTP(secret)
    now = totp.timecode(at)
    for step in range(now - _DRIFT, now + _DRIFT + 1):
        if hmac.compare_digest(totp.generate_otp(step), digits):
            return step
    return None


def _new_recovery_codes(user: User) -> list[str]:
    RecoveryCode.objects.filter(user=user).delete()
    plain = [base64.b32encode(secrets.token_bytes(10)).decode() for _ in range(_RECOVERY_CODES)]
    RecoveryCode.objects.bulk_create(
        RecoveryCode(user=user, code_hash=_hash(user, code)) for code in plain
    )
    return ["-".join(code[i : i + 4] for i in range(0, 16, 4)) for code in plain]


def _hash(user: User, plain: str) -> str:
    return sm3(f"{user.pk}:{plain}".encode()).hex()
