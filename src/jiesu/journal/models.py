"""What happened, kept so that any later change to it shows."""

import json
from typing import Any, ClassVar, Self

from django.db import models

from jiesu.access import ActorKind
from jiesu.journal.chain import plain

_ACTOR_KINDS = [
    (ActorKind.PERSON.value, "工作人员"),
    (ActorKind.CLIENT.value, "接口客户端"),
    (ActorKind.CITIZEN.value, "诉求人"),
    (ActorKind.SYSTEM.value, "系统"),
]


class FactsEncoder(json.JSONEncoder):
    """Stores moments, dates and decimals as the chain hashes them."""

    def default(self, o: Any) -> Any:
        """The JSON form of what JSON does not know."""
        return plain(o)


class Record(models.Model):
    """Who did what, when: facts as they were then, never ids to read again."""

    kind = models.CharField("事项", max_length=64)
    at = models.DateTimeField("时间")
    actor_kind = models.CharField("操作者类别", max_length=16, choices=_ACTOR_KINDS)
    actor_name = models.CharField("操作者", max_length=64)
    actor_role = models.CharField("岗位", max_length=32, blank=True)
    actor_user_id = models.BigIntegerField(null=True, blank=True)
    actor_unit_id = models.BigIntegerField(null=True, blank=True)
    actor_unit_name = models.CharField("单位", max_length=64, blank=True)
    data = models.JSONField("内容", default=dict, encoder=FactsEncoder)
    hash = models.CharField(max_length=64)  # SM3, hex

    class Meta:
        abstract = True


class EventQuerySet(models.QuerySet["AbstractEvent", "AbstractEvent"]):
    """Events, chained."""

    def undelivered(self) -> Self:
        """Events whose followers have not run, oldest first (partial index)."""
        return self.filter(delivered_at__isnull=True).order_by("pk")


class AbstractEvent(Record):
    """An event in one subject's hash chain.

    The row is written once; only ``delivered_at`` ever changes, and it is not hashed. A subclass
    has a foreign key to its subject, and ``subject`` and ``subject_text`` say how to reach it. When
    the subject keeps its chain's head itself, ``subject_head`` names its seq and its hash, so that
    the loss of a last event shows even before it is sealed.
    """

    subject: ClassVar[str] = "subject"  # the foreign key
    subject_text: ClassVar[str] = "pk"  # the subject's field that is hashed and shown
    subject_head: ClassVar[tuple[str, str] | None] = None  # its fields (seq, hash)

    seq = models.PositiveIntegerField("序号")
    prev_hash = models.CharField(max_length=64, blank=True)
    delivered_at = models.DateTimeField(null=True, blank=True)

    objects = EventQuerySet.as_manager()

    class Meta:
        abstract = True
        indexes = [
            models.Index(
                fields=["id"],
                condition=models.Q(delivered_at__isnull=True),
                name="%(class)s_undelivered",
            )
        ]


class AuditRecord(Record):
    """Who signed in, exported, saw hidden data or changed how the platform works."""

    subject = models.CharField("对象", max_length=128, blank=True)
    ip = models.CharField("网络地址", max_length=45, blank=True)

    class Meta:
        indexes = [
            models.Index(fields=["at", "id"], name="audit_by_time"),
            models.Index(fields=["kind", "at", "id"], name="audit_by_kind"),
            models.Index(fields=["actor_user_id", "at", "id"], name="audit_by_user"),
            models.Index(fields=["subject", "at", "id"], name="audit_by_subject"),
        ]

    def __str__(self) -> str:
        return f"{self.at:%Y-%m-%d %H:%M} {self.kind} {self.actor_name}"


class SealedBatch(models.Model):
    """The signed root over a run of events, chained to the batch before it."""

    model = models.CharField(max_length=64)  # such as "appeals.Event"
    number = models.PositiveIntegerField()  # 1, 2, 3 … per model
    first_id = models.BigIntegerField()  # ids above the previous batch's last_id …
    last_id = models.BigIntegerField()  # … up to and with this one
    count = models.PositiveIntegerField()
    root = models.CharField(max_length=64)  # Merkle root over (id, hash), in the order of ids
    slip = models.BinaryField()  # packed list of (id, subject, seq, hash prefix), to name a fault
    prev_digest = models.CharField(max_length=64, blank=True)
    sealed_at = models.DateTimeField()
    digest = models.CharField(max_length=64)  # SM3 of all of the above
    signature = models.CharField(max_length=256)  # of the digest

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["model", "number"], name="batch_number_per_model")
        ]

    def __str__(self) -> str:
        return f"{self.model} #{self.number}"


class SealMark(models.Model):
    """The highest id seen at a moment: once it is old enough, ids up to it have settled."""

    model = models.CharField(max_length=64)
    seen_id = models.BigIntegerField()
    seen_at = models.DateTimeField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["model", "seen_at"], name="seal_mark_once")]

    def __str__(self) -> str:
        return f"{self.model} ≤ {self.seen_id}"


class IdempotencyKey(models.Model):
    """What a client's key led to, so that the same request sent twice happens once."""

    actor_key = models.CharField(max_length=64)
    key = models.CharField(max_length=128)
    request_hash = models.CharField(max_length=64)
    ref = models.CharField(max_length=128, blank=True)  # what the first run made
    created_at = models.DateTimeField(db_index=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["actor_key", "key"], name="idempotency_key_once")
        ]

    def __str__(self) -> str:
        return f"{self.actor_key} {self.key}"


class Tally(models.Model):
    """How often something was tried in a window of time (``journal.tries``)."""

    key = models.CharField(max_length=64, primary_key=True)  # a keyed hash of what and by whom
    count = models.PositiveIntegerField()
    until = models.DateTimeField(db_index=True)

    def __str__(self) -> str:
        return f"{self.key[:8]} {self.count}"
