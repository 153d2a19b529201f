"""What a password must be (等保三级): long, mixed, not the name, not used of late; and how old."""

import datetime as dt
import secrets
import string

from django.conf import settings
from django.contrib.auth.hashers import check_password, make_password

from jiesu.accounts.models import FormerPassword, User
from jiesu.foundation.errors import invalid

SHORTEST, LONGEST = 10, 128
CLASSES = 3  # of small, capital, digit, other
REMEMBERED = 5  # the last ones may not come back
_SYMBOLS = "-_.+=@#%"
_LOOK_ALIKE = frozenset("0O1lI")


def check(password: str, *, username: str, field: str = "password") -> None:
    """Refuse a password that is too short, too plain, or tells the user name."""
    if len(password) < SHORTEST:
        raise invalid(field, f"密码至少 {SHORTEST} 位，现在只有 {len(password)} 位。", "too_short")
    if len(password) > LONGEST:
        raise invalid(field, f"密码最多 {LONGEST} 位。", "too_long")
    if not password.isprintable():
        raise invalid(field, "密码里有不可见字符，请重新输入。", "not_printable")
    if _classes(password) < CLASSES:
        raise invalid(
            field, "密码须包含大写字母、小写字母、数字、符号中的至少三类。", "too_plain"
        )  # fmt: skip
    name, low = username.lower(), password.lower()
    if name and (name in low or name[::-1] in low):
        raise invalid(field, "密码不能包含登录名，也不能是登录名倒写。", "like_username")
    if len(set(password)) < SHORTEST // 2:
        raise invalid(field, "密码里重复的字符太多，请换一个。", "too_plain")


def _classes(password: str) -> int:
    kinds = (str.islower, str.isupper, str.isdigit)
    found = [any(kind(c) for c in password) for kind in kinds]
    other = any(not any(kind(c) for kind in kinds) for c in password)
    return sum([*found, other])


def check_history(user: User, password: str, *, field: str = "password") -> None:
    """Refuse the present password and the last few before it."""
    former = FormerPassword.objects.filter(user=user).order_by("-at", "-pk")[:REMEMBERED]
    hashes = {user.password, *(past.password for past in former)}
    if any(check_password(password, known) for known in hashes if known):
        raise invalid(field, f"不能使用最近 {REMEMBERED} 次用过的密码，请换一个。", "used_before")


def store(user: User, password: str, *, at: dt.datetime, temporary: bool) -> None:
    """Keep the new password; a temporary one must be changed at the next sign-in."""
    user.password = make_password(password)
    user.password_changed_at = at
    user.must_change_password = temporary
    user.save(update_fields=["password", "password_changed_at", "must_change_password"])
    if temporary:
        return  # nobody chose it, nobody will choose it again
    FormerPassword.objects.create(user=user, password=user.password, at=at)
    keep = FormerPassword.objects.filter(user=user).order_by("-at", "-pk")
    stale = list(keep.values_list("pk", flat=True)[REMEMBERED:])
    FormerPassword.objects.filter(pk__in=stale).delete()


def must_change(user: User, at: dt.datetime) -> bool:
    """Whether the password is temporary or older than the installation allows (0 days: never)."""
    days: int = settings.JIESU_PASSWORD_DAYS
    changed = user.password_changed_at
    too_old = bool(days and changed and at - changed > dt.timedelta(days=days))
    return user.must_change_password or too_old


def generate() -> str:
    """A random password of twelve that satisfies every rule and can be read out: no 0 O 1 l I."""
    letters, capitals, digits, symbols = (
        [c for c in group if c not in _LOOK_ALIKE]
        for group in (string.ascii_lowercase, string.ascii_uppercase, string.digits, _SYMBOLS)
    )
    drawn = [secrets.choice(group) for group in (letters, capitals, digits, symbols)]
    drawn += [secrets.choice(letters + capitals + digits) for _ in range(8)]
    secrets.SystemRandom().shuffle(drawn)
    return "".join(drawn)
