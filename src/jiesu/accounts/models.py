"""People, their posts, and API clients."""

import datetime as dt

from django.contrib.auth.base_user import AbstractBaseUser, BaseUserManager
from django.db import models

from jiesu.access import ROLE_NAMES, Role
from jiesu.foundation.fields import EncryptedTextField
from jiesu.organizations.models import Unit


class UserManager(BaseUserManager["User"]):
    """Finds users by their sign-in name."""

    def create_user(self, username: str, name: str, password: str | None = None) -> "User":
        """Store a new user; the password is hashed."""
        user = self.model(username=username, name=name)
        user.set_password(password)
        user.save(using=self._db)
        return user


class User(AbstractBaseUser):
    """A person who signs in."""

    username = models.CharField("登录名", max_length=64, unique=True)
    name = models.CharField("姓名", max_length=64)
    staff_number = models.CharField("工号", max_length=16, blank=True)
    email = models.EmailField("邮箱", blank=True)
    is_active = models.BooleanField("启用", default=True)
    expires_on = models.DateField("有效期至", null=True, blank=True)  # first day it no longer holds
    disabled_at = models.DateTimeField(null=True, blank=True)
    disabled_reason = models.CharField("停用原因", max_length=200, blank=True)
    must_change_password = models.BooleanField(default=False)
    password_changed_at = models.DateTimeField(null=True, blank=True)
    totp_secret = EncryptedTextField(blank=True)
    totp_confirmed_at = models.DateTimeField(null=True, blank=True)  # null = second factor off
    totp_last_step = models.BigIntegerField(default=0)  # a code of this step or before is used up
    wants_email = models.BooleanField("接收邮件通知", default=False)
    created_at = models.DateTimeField(auto_now_add=True)

    USERNAME_FIELD = "username"
    REQUIRED_FIELDS = ["name"]
    objects = UserManager()

    def __str__(self) -> str:
        return self.name


class FormerPassword(models.Model):
    """The hash of a password a person has had: the last few may not come back (等保三级)."""

    user = models.ForeignKey(User, models.CASCADE, related_name="former_passwords")
    password = models.CharField(max_length=128)
    at = models.DateTimeField()

    def __str__(self) -> str:
        return f"{self.user_id} {self.at:%Y-%m-%d}"


class RecoveryCode(models.Model):
    """A code that stands in once for the second factor, when the telephone is lost."""

    user = models.ForeignKey(User, models.CASCADE, related_name="recovery_codes")
    code_hash = models.CharField(max_length=64)  # SM3: the codes are random, not guessable
    used_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["user", "code_hash"], name="recovery_code_once")
        ]

    def __str__(self) -> str:
        return f"{self.user_id}"


class Post(models.Model):
    """A person's role in a unit; a person may hold several and switches between them."""

    user = models.ForeignKey(User, models.CASCADE, related_name="posts")
    unit = models.ForeignKey(Unit, models.PROTECT, related_name="posts")
    role = models.CharField(
        "角色", max_length=32, choices=[(r.value, n) for r, n in ROLE_NAMES.items()]
    )
    is_default = models.BooleanField("默认岗位", default=False)
    valid_from = models.DateField("任职日期", default=dt.date(1949, 10, 1))
    valid_to = models.DateField("离任日期", null=True, blank=True)  # first day it no longer holds

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["user", "unit", "role"],
                condition=models.Q(valid_to__isnull=True),
                name="post_once_per_user",
            ),
            models.UniqueConstraint(
                fields=["user"], condition=models.Q(is_default=True), name="post_one_default"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.unit} · {ROLE_NAMES[Role(self.role)]}"


class ApiClient(models.Model):
    """An outside system that signs in with a key; it acts for one unit."""

    name = models.CharField("名称", max_length=64)
    unit = models.ForeignKey(Unit, models.PROTECT, related_name="api_clients")
    key_prefix = models.CharField(max_length=12, unique=True)
    key_hash = models.CharField(max_length=64)  # SM3 of the key: keys are random, not guessable
    old_key_hash = models.CharField(max_length=64, blank=True)  # after a rotation, for a while
    old_key_until = models.DateTimeField(null=True, blank=True)
    permissions = models.JSONField(default=list)  # [] = all of Role.API_CLIENT
    per_minute = models.PositiveIntegerField("每分钟上限", default=600)
    is_active = models.BooleanField("启用", default=True)
    expires_on = models.DateField("有效期至", null=True, blank=True)  # first day it no longer holds
    created_at = models.DateTimeField(auto_now_add=True)
    last_used_at = models.DateTimeField(null=True, blank=True)

    def __str__(self) -> str:
        return self.name
