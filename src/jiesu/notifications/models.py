"""What people are told: notices, the mails that go with them, and who wants no mail of what."""

from enum import StrEnum

from django.db import models
from django.db.models import Q

from jiesu.accounts.models import User


class NoticeKind(StrEnum):
    """What a notice is about."""

    EXTREME = "extreme"
    ASSIGNED = "assigned"
    TAKEN_BACK = "taken_back"
    APPLICATION = "application"
    JUDGED = "judged"
    INNER_REVIEW = "inner_review"
    INNER_REJECTED = "inner_rejected"
    FROM_BELOW = "from_below"
    REVIEW = "review"
    SENT_BACK = "sent_back"
    REDO = "redo"
    URGED = "urged"
    FACTS = "facts"
    MERGED = "merged"
    WITHDRAWN = "withdrawn"
    RESUMED = "resumed"
    CONSULTED = "consulted"
    YELLOW = "yellow"
    BREACHED = "breached"
    SUPERVISED = "supervised"
    SUPERVISION_NEWS = "supervision_news"
    NOTED = "noted"
    WARNED = "warned"
    SCORES = "scores"
    BULLETIN = "bulletin"


NOTICE_NAMES: dict[NoticeKind, str] = {
    NoticeKind.EXTREME: "特急工单",
    NoticeKind.ASSIGNED: "新派工单",
    NoticeKind.TAKEN_BACK: "工单已收回",
    NoticeKind.APPLICATION: "申请待审批",
    NoticeKind.JUDGED: "申请已审批",
    NoticeKind.INNER_REVIEW: "答复待内审",
    NoticeKind.INNER_REJECTED: "内审退回",
    NoticeKind.FROM_BELOW: "下级已反馈",
    NoticeKind.REVIEW: "答复待审核",
    NoticeKind.SENT_BACK: "退回重办",
    NoticeKind.REDO: "二次办理",
    NoticeKind.URGED: "催办",
    NoticeKind.FACTS: "诉求人补充情况",
    NoticeKind.MERGED: "并单",
    NoticeKind.WITHDRAWN: "诉求人撤诉",
    NoticeKind.RESUMED: "恢复办理",
    NoticeKind.CONSULTED: "邀请会商",
    NoticeKind.YELLOW: "时限将到",
    NoticeKind.BREACHED: "已超时限",
    NoticeKind.SUPERVISED: "督办",
    NoticeKind.SUPERVISION_NEWS: "督办有反馈",
    NoticeKind.NOTED: "领导批示",
    NoticeKind.WARNED: "预警",
    NoticeKind.SCORES: "考核",
    NoticeKind.BULLETIN: "通报",
}
_KINDS = [(kind.value, name) for kind, name in NOTICE_NAMES.items()]


class Notice(models.Model):
    """One person is told of one happening, once: an appeal's event, or an audit record.

    It leads to the order ``number``, or to the page of ``subject`` (``score_period:12``).
    """

    user = models.ForeignKey(User, models.CASCADE, related_name="notices")
    post_id = models.BigIntegerField(null=True, blank=True)  # as what they are told
    kind = models.CharField(max_length=16, choices=_KINDS)
    title = models.CharField(max_length=64)
    text = models.CharField(max_length=300, blank=True)
    number = models.CharField("工单编号", max_length=19, blank=True)
    event_id = models.BigIntegerField(null=True, blank=True)
    record_id = models.BigIntegerField(null=True, blank=True)
    subject = models.CharField(max_length=64, blank=True)
    at = models.DateTimeField()
    read_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["event_id", "user"], name="notice_once_per_user"),
            models.UniqueConstraint(fields=["record_id", "user"], name="notice_once_per_record"),
            models.CheckConstraint(
                condition=Q(event_id__isnull=False, record_id__isnull=True)
                | Q(event_id__isnull=True, record_id__isnull=False),
                name="notice_of_one_happening",
            ),
        ]
        indexes = [
            models.Index(fields=["user", "id"], name="notice_of_user"),
            models.Index(
                fields=["user", "id"], condition=Q(read_at__isnull=True), name="notice_unread"
            ),
            models.Index(fields=["number", "kind"], name="notice_of_appeal"),
            models.Index(fields=["at"], name="notice_age"),
        ]

    def __str__(self) -> str:
        return f"{self.title} {self.number}"


class Mail(models.Model):
    """A notice to be sent by e-mail: claimed before it is sent, so it never goes out twice."""

    class State(models.TextChoices):
        """Where it is."""

        WAITING = "waiting", "待发送"
        SENDING = "sending", "发送中"
        SENT = "sent", "已发送"
        FAILED = "failed", "发送失败"
        STUCK = "stuck", "结果不明"  # perhaps sent: shown to people, never sent again by itself

    notice = models.OneToOneField(Notice, models.CASCADE, related_name="mail")
    state = models.CharField(max_length=8, choices=State.choices, default=State.WAITING)
    next_at = models.DateTimeField()
    tries = models.PositiveSmallIntegerField(default=0)
    claimed_at = models.DateTimeField(null=True, blank=True)
    sent_at = models.DateTimeField(null=True, blank=True)
    error = models.CharField(max_length=200, blank=True)

    class Meta:
        indexes = [
            models.Index(
                fields=["next_at", "id"], condition=Q(state="waiting"), name="mail_waiting"
            ),
            models.Index(
                fields=["state", "claimed_at"],
                condition=Q(state__in=["sending", "stuck"]),
                name="mail_in_doubt",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.get_state_display()} {self.notice_id}"


class Preference(models.Model):
    """That a person wants no mail of a kind of notice; without a row they get it."""

    user = models.ForeignKey(User, models.CASCADE, related_name="+")
    kind = models.CharField(max_length=16, choices=_KINDS)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["user", "kind"], name="preference_once_per_kind")
        ]

    def __str__(self) -> str:
        return f"{self.user_id} {self.kind}"
