"""The appeal: one wide current-state row; what lists filter and sort on stands in it."""

from django.db import models
from django.db.models import F, Q

from jiesu.appeals.lifecycle import STATUS_NAMES, Status
from jiesu.appeals.queries import AppealQuerySet, County
from jiesu.catalogue.models import CODE_LENGTH, Category
from jiesu.foundation.fields import EncryptedTextField
from jiesu.organizations.models import Region, Unit


class Appeal(models.Model):
    """What a citizen or enterprise asks, reports, complains of, suggests or praises 诉求.

    Codes (type, channel, urgency …) are items of the catalogue's dated code tables. Fields follow
    domain §4. Only ``appeals.actions`` writes this table.
    """

    # identity
    number = models.CharField("工单编号", max_length=19, unique=True)
    source = models.CharField("来源平台", max_length=32, blank=True)
    outside_number = models.CharField("外部编号", max_length=64, blank=True)
    version = models.PositiveIntegerField(default=1)
    event_seq = models.PositiveIntegerField(default=0)
    event_hash = models.CharField(max_length=64, blank=True)
    status = models.CharField(
        "状态", max_length=16, choices=[(s.value, n) for s, n in STATUS_NAMES.items()]
    )
    centre = models.ForeignKey(Unit, models.PROTECT, related_name="+", verbose_name="热线中心")
    master = models.ForeignKey("self", models.PROTECT, null=True, blank=True, related_name="merged")
    repeat_of = models.ForeignKey("self", models.PROTECT, null=True, blank=True, related_name="+")

    # intake
    channel = models.CharField("渠道", max_length=CODE_LENGTH)
    call_id = models.CharField("通话编号", max_length=64, blank=True)
    received_at = models.DateTimeField("来电/提交时间")
    registered_at = models.DateTimeField("登记时间")
    agent_id = models.BigIntegerField(null=True, blank=True)
    agent_name = models.CharField("登记人", max_length=64, blank=True)
    language = models.CharField("语种", max_length=16, blank=True)

    # petitioner 诉求人
    petitioner_kind = models.CharField("诉求人类型", max_length=CODE_LENGTH, default="person")
    is_anonymous = models.BooleanField("匿名", default=False)
    confidentiality = models.CharField("保密级别", max_length=1, default="0")
    name = EncryptedTextField("姓名", blank=True, default="")
    name_hash = models.CharField(max_length=64, blank=True)
    sex = models.CharField("性别", max_length=8, blank=True)
    phone = EncryptedTextField("联系电话", blank=True, default="")
    phone_hash = models.CharField(max_length=64, blank=True)
    phone2 = EncryptedTextField("备用电话", blank=True, default="")
    phone2_hash = models.CharField(max_length=64, blank=True)
    document_kind = models.CharField("证件类型", max_length=CODE_LENGTH, blank=True)
    document_number = EncryptedTextField("证件号码", blank=True, default="")
    document_hash = models.CharField(max_length=64, blank=True)
    credit_code = models.CharField("统一社会信用代码", max_length=18, blank=True)
    enterprise = models.CharField("企业名称", max_length=128, blank=True)
    home_address = EncryptedTextField("诉求人地址", blank=True, default="")
    petitioner_tags = models.JSONField("人群标签", default=list, blank=True)
    reply_wanted = models.BooleanField("需要答复", default=True)
    reply_way = models.CharField("答复方式", max_length=CODE_LENGTH, blank=True)
    may_publish = models.BooleanField("同意公开", default=False)
    query_code = EncryptedTextField("查询码", blank=True, default="")

    # matter
    title = models.CharField("标题", max_length=128)
    content = models.TextField("诉求内容")
    aim = models.CharField("诉求目的", max_length=500, blank=True)
    appeal_type = models.CharField("诉求类型", max_length=CODE_LENGTH)
    category = models.ForeignKey(
        Category, models.PROTECT, null=True, blank=True, related_name="+", verbose_name="分类",
        db_index=False,
    )  # fmt: skip  # found by ``appeal_class``
    category_name = models.CharField(max_length=128, blank=True)
    tags = models.JSONField("标签", default=list, blank=True)
    concerned = models.CharField("被反映对象", max_length=128, blank=True)
    people_count = models.PositiveIntegerField("涉及人数", null=True, blank=True)
    amount = models.DecimalField("涉及金额", max_digits=14, decimal_places=2, null=True, blank=True)
    happened_at = models.DateTimeField("首次发生时间", null=True, blank=True)
    local_answers = models.JSONField("属地附加项", default=dict, blank=True)
    # JSON of the answers that name a person; "" where none does
    personal_answers = EncryptedTextField("属地附加项（个人信息）", blank=True, default="")

    # place
    region = models.ForeignKey(Region, models.PROTECT, related_name="+", verbose_name="事发区域")
    region_path = models.CharField(max_length=64)
    region_name = models.CharField(max_length=128)
    address = models.CharField("事发地址", max_length=256, blank=True)
    longitude = models.FloatField("经度", null=True, blank=True)
    latitude = models.FloatField("纬度", null=True, blank=True)
    datum = models.CharField("坐标系", max_length=16, blank=True)
    grid_code = models.CharField("网格编码", max_length=32, blank=True)

    # judgement
    urgency = models.CharField("紧急程度", max_length=CODE_LENGTH, default="3")
    is_difficult = models.BooleanField("疑难", default=False)
    sensitive = models.JSONField("敏感类别", default=list, blank=True)
    is_business = models.BooleanField("营商环境", default=False)
    is_public_interest = models.BooleanField("公益诉讼线索", default=False)
    is_petition = models.BooleanField("涉信访", default=False)

    # handling, as lists show it
    lead_unit = models.ForeignKey(
        Unit, models.PROTECT, null=True, blank=True, related_name="+", verbose_name="主办单位",
        db_index=False,
    )  # fmt: skip  # found by ``appeal_lead``
    lead_unit_name = models.CharField(max_length=64, blank=True)
    lead_unit_path = models.CharField(max_length=64, blank=True)
    due_at = models.DateTimeField("到期时间", null=True, blank=True)
    yellow_at = models.DateTimeField(null=True, blank=True)
    due_kind = models.CharField(max_length=16, blank=True)
    due_unit = models.CharField(max_length=16, blank=True)
    is_paused = models.BooleanField(default=False)
    urge_count = models.PositiveSmallIntegerField("催办次数", default=0)
    return_count = models.PositiveSmallIntegerField("退单次数", default=0)
    improper_return_count = models.PositiveSmallIntegerField("不当退单次数", default=0)
    send_back_count = models.PositiveSmallIntegerField("审核退回次数", default=0)
    redo_count = models.PositiveSmallIntegerField("二次办理次数", default=0)
    extension_count = models.PositiveSmallIntegerField("延期次数", default=0)
    breach_count = models.PositiveSmallIntegerField("超时次数", default=0)
    pending_applications = models.PositiveSmallIntegerField("待审批申请", default=0)
    merged_count = models.PositiveIntegerField("并入件数", default=0)

    recused = models.JSONField("回避人员", default=list)  # ids of users who stepped aside

    # end
    outcome = models.CharField("办结方式", max_length=24, blank=True)
    refusal_reason = models.CharField("不予受理理由", max_length=CODE_LENGTH, blank=True)
    handed_over_to = models.CharField("移交去向", max_length=CODE_LENGTH, blank=True)
    public_reply = models.TextField("答复内容", blank=True)  # as the citizen has it
    replied_at = models.DateTimeField("答复时间", null=True, blank=True)
    next_callback_at = models.DateTimeField("下次回访", null=True, blank=True)
    callback_tries = models.PositiveSmallIntegerField("回访次数", default=0)
    solved = models.BooleanField("诉求人认为已解决", null=True, blank=True)
    satisfaction = models.PositiveSmallIntegerField("满意度", null=True, blank=True)  # 5 … 1
    dissatisfied_reason = models.CharField("不满意原因", max_length=CODE_LENGTH, blank=True)
    closed_at = models.DateTimeField("办结时间", null=True, blank=True)
    archived_at = models.DateTimeField("归档时间", null=True, blank=True)
    published_at = models.DateTimeField("公开时间", null=True, blank=True)

    objects = AppealQuerySet.as_manager()

    class Meta:
        indexes = [
            models.Index(fields=["centre", "status", "due_at", "id"], name="appeal_desk"),
            models.Index(fields=["status", "due_at", "id"], name="appeal_status_due"),
            models.Index(
                fields=["due_at", "id"], condition=Q(due_at__isnull=False), name="appeal_due"
            ),
            models.Index(
                County("region_path"), F("registered_at").desc(), F("id").desc(),
                name="appeal_county",
            ),
            models.Index(fields=["category", "-registered_at", "-id"], name="appeal_class"),
            models.Index(fields=["lead_unit", "status", "id"], name="appeal_lead"),
            models.Index(fields=["category", "region_path", "id"], name="appeal_category"),
            # What lists filter by, newest first: each walks its index and stops at a page. So does
            # the plain index of the centre on SQLite.
            models.Index(fields=["centre", "status", "-id"], name="appeal_centre_newest"),
            models.Index(fields=["status", "-id"], name="appeal_status_newest"),
            models.Index(fields=["channel", "-id"], name="appeal_channel_newest"),
            models.Index(fields=["urgency", "-id"], name="appeal_urgency_newest"),
            models.Index(fields=["lead_unit_path", "-id"], name="appeal_lead_path"),
            models.Index(fields=["registered_at"], name="appeal_registered"),
            # flags that few orders carry: nothing to keep until one does
            models.Index(fields=["-id"], condition=Q(urge_count__gt=0), name="appeal_urged"),
            models.Index(fields=["-id"], condition=Q(redo_count__gt=0), name="appeal_redone"),
            models.Index(fields=["-id"], condition=Q(is_difficult=True), name="appeal_difficult"),
            models.Index(fields=["-id"], condition=Q(merged_count__gt=0), name="appeal_masters"),
            models.Index(fields=["-id"], condition=Q(breach_count__gt=0), name="appeal_breached"),
            models.Index(
                fields=["-id"], condition=Q(satisfaction__lt=3), name="appeal_dissatisfied"
            ),
            models.Index(fields=["-id"], condition=Q(solved=False), name="appeal_unsolved"),
            models.Index(fields=["agent_id", "id"], name="appeal_agent"),
            models.Index(
                fields=["phone_hash", "id"], condition=~Q(phone_hash=""), name="appeal_phone"
            ),
            models.Index(
                fields=["phone2_hash"], condition=~Q(phone2_hash=""), name="appeal_phone2"
            ),
            models.Index(
                fields=["document_hash"], condition=~Q(document_hash=""), name="appeal_document"
            ),
            models.Index(
                fields=["outside_number"], condition=~Q(outside_number=""), name="appeal_outside"
            ),
            models.Index(
                fields=["pending_applications", "centre"],
                condition=Q(pending_applications__gt=0),
                name="appeal_applications",
            ),
            models.Index(
                fields=["published_at", "id"],
                condition=Q(published_at__isnull=False),
                name="appeal_published",
            ),
            models.Index(
                # begins with what is always empty in it: SQLite would take appeal_closed instead
                fields=["archived_at", "closed_at", "id"],
                condition=Q(closed_at__isnull=False, archived_at__isnull=True),
                name="appeal_ended",
            ),
            # a period's facts walk these two and the clocks' by due date (scoring.extraction)
            models.Index(
                fields=["closed_at", "id"],
                condition=Q(closed_at__isnull=False),
                name="appeal_closed",
            ),
            models.Index(fields=["received_at", "id"], name="appeal_received"),
        ]  # fmt: skip

    def __str__(self) -> str:
        return self.number

    @property
    def where(self) -> Status:
        """The status as the enum."""
        return Status(self.status)


class NumberSequence(models.Model):
    """The last sequence number given out per area and day."""

    area = models.CharField(max_length=6)
    day = models.DateField()
    last = models.PositiveIntegerField(default=0)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["area", "day"], name="sequence_area_day")]

    def __str__(self) -> str:
        return f"{self.area} {self.day}: {self.last}"


class IntakeDraft(models.Model):
    """What an agent has typed and not yet submitted: encrypted as a whole, one row per draft."""

    user_id = models.BigIntegerField()
    key = models.CharField(max_length=64)  # the form it belongs to
    title = models.CharField(max_length=64, blank=True)
    data = EncryptedTextField(default="")  # JSON of the form
    updated_at = models.DateTimeField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["user_id", "key"], name="intake_draft_key")]

    def __str__(self) -> str:
        return self.title or f"draft {self.pk}"
