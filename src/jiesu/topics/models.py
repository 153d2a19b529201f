"""Topics and their members. All of it can be made again from the orders."""

from django.db import models

from jiesu.appeals.models import Appeal


class Topic(models.Model):
    """A matter that several orders of one county tell of 专题; a lone order has none."""

    phrase = models.CharField("说的是", max_length=128)
    region_path = models.CharField(max_length=64)  # the county's
    sums = models.JSONField(default=dict)  # word → weight: the sum of the members' vectors
    places = models.JSONField(default=dict)  # {"roads": {name: members}, "sites": {…}}
    count = models.PositiveIntegerField("件数", default=0)
    first_at = models.DateTimeField("最早反映")
    last_at = models.DateTimeField("最近反映")

    class Meta:
        indexes = [models.Index(fields=["region_path", "last_at"], name="topic_region_last")]

    def __str__(self) -> str:
        return self.phrase


class Member(models.Model):
    """An order's place in a topic; ``closeness``: how near it was to the topic when it joined."""

    topic = models.ForeignKey(Topic, models.CASCADE, related_name="members")
    appeal = models.OneToOneField(Appeal, models.CASCADE, related_name="+")
    closeness = models.FloatField()
    received_at = models.DateTimeField()

    class Meta:
        indexes = [models.Index(fields=["topic", "received_at"], name="topic_member_received")]

    def __str__(self) -> str:
        return f"{self.appeal_id} in {self.topic_id}"


class Sorted(models.Model):
    """How far the orders have been sorted: one row, claimed while someone sorts."""

    last = models.BigIntegerField(default=0)  # pk of the appeal

    def __str__(self) -> str:
        return str(self.last)
