"""What a unit reports and answers, and what the citizen says of it."""

from django.db import models

from jiesu.appeals.models.appeal import Appeal
from jiesu.appeals.models.assignment import Assignment
from jiesu.catalogue.models import CODE_LENGTH


class Reply(models.Model):
    """A unit's report 办理报告 (internal) and its public reply 答复 (a text of its own)."""

    class Stage(models.TextChoices):
        """How far it has come."""

        DRAFT = "draft", "草稿"
        INNER_REVIEW = "inner_review", "内审中"
        SUBMITTED = "submitted", "已提交"
        APPROVED = "approved", "审核通过"
        SENT_BACK = "sent_back", "已退回"

    appeal = models.ForeignKey(Appeal, models.PROTECT, related_name="replies")
    assignment = models.ForeignKey(
        Assignment, models.PROTECT, related_name="replies", db_index=False
    )  # found by ``reply_assignment``
    round = models.PositiveSmallIntegerField(default=1)
    stage = models.CharField(max_length=16, choices=Stage.choices, default=Stage.DRAFT)
    found_true = models.BooleanField("是否属实", null=True, blank=True)
    beyond_competence = models.CharField("超出职责类型", max_length=32, blank=True)
    solved = models.BooleanField("单位认为已解决", null=True, blank=True)
    unsolved_reason = models.CharField("未解决原因", max_length=CODE_LENGTH, blank=True)
    handling_report = models.TextField("办理报告", blank=True)
    public_reply = models.TextField("答复内容", blank=True)
    legal_basis = models.CharField("法律政策依据", max_length=500, blank=True)
    written_by = models.CharField("拟稿人", max_length=64)
    written_by_id = models.BigIntegerField(null=True, blank=True)
    signed_off_by = models.CharField("签发人", max_length=64, blank=True)
    updated_at = models.DateTimeField()
    submitted_at = models.DateTimeField(null=True, blank=True)
    decided_at = models.DateTimeField(null=True, blank=True)
    decided_by = models.CharField(max_length=64, blank=True)
    decision = models.CharField("审核意见", max_length=1000, blank=True)
    decision_codes = models.JSONField(default=list, blank=True)

    class Meta:
        indexes = [models.Index(fields=["assignment", "round"], name="reply_assignment")]

    def __str__(self) -> str:
        return f"{self.get_stage_display()} {self.round}"


class Callback(models.Model):
    """One attempt to call back, or one rating by the citizen 回访/评价 (GB/T 39735-2020)."""

    class Way(models.TextChoices):
        """By which way the citizen spoke."""

        PHONE = "phone", "电话回访"
        SMS = "sms", "短信"
        WEB = "web", "网上评价"
        VISIT = "visit", "上门"

    class Decision(models.TextChoices):
        """What followed."""

        AGAIN = "again", "再次回访"
        CLOSE = "close", "办结"
        REDO = "redo", "二次办理"
        FINDING = "finding", "认定办结"
        NONE = "none", "待回访核实"

    appeal = models.ForeignKey(Appeal, models.PROTECT, related_name="callbacks")
    way = models.CharField(max_length=8, choices=Way.choices)
    round = models.PositiveSmallIntegerField(default=1)
    reached = models.BooleanField("是否接通")
    solved = models.BooleanField("是否解决", null=True, blank=True)
    satisfaction = models.PositiveSmallIntegerField("对办理结果", null=True, blank=True)
    agent_satisfaction = models.PositiveSmallIntegerField("对话务服务", null=True, blank=True)
    handling_satisfaction = models.PositiveSmallIntegerField("对办理过程", null=True, blank=True)
    dissatisfied_reason = models.CharField("不满意原因", max_length=CODE_LENGTH, blank=True)
    note = models.CharField("回访情况", max_length=1000, blank=True)
    decision = models.CharField(max_length=8, choices=Decision.choices)
    finding = models.CharField("认定意见", max_length=1000, blank=True)
    next_at = models.DateTimeField("下次回访", null=True, blank=True)
    at = models.DateTimeField()
    by = models.CharField(max_length=64)
    by_id = models.BigIntegerField(null=True, blank=True)

    def __str__(self) -> str:
        return f"{self.get_way_display()} {self.at:%m-%d %H:%M}"
