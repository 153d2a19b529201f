"""The tables of quality inspection, patrols, clues and cases."""

from django.db import models
from django.db.models import Q

from jiesu.appeals.models import Appeal
from jiesu.inspection.lifecycle import MARK_NAMES, STAGE_NAMES, Mark, Stage
from jiesu.organizations.models import Unit


class Subject(models.TextChoices):
    """What is inspected."""

    CALL = "call", "通话"
    ORDER = "order", "工单登记"
    REPLY = "reply", "答复"


class ScoreSheet(models.Model):
    """A dated score sheet 评分表: items with their points, and what is fatal (domain §8)."""

    subject = models.CharField("对象", max_length=8, choices=Subject.choices)
    name = models.CharField("名称", max_length=64)
    items = models.JSONField("项目")  # [{"code", "name", "points", "hint"}]
    fatal = models.JSONField("一票否决项", default=list)  # [{"code", "name"}]
    pass_mark = models.PositiveSmallIntegerField("合格分", default=80)
    valid_from = models.DateField("启用日期")
    valid_to = models.DateField("停用日期", null=True, blank=True)
    set_by = models.CharField(max_length=64)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["subject", "valid_from"], name="sheet_dated")
        ]

    def __str__(self) -> str:
        return self.name

    @property
    def total(self) -> int:
        """The points of all items together."""
        return sum(int(item["points"]) for item in self.items)


class SampleRule(models.Model):
    """How many of a day's orders people inspect, and how they are drawn: dated."""

    subject = models.CharField(max_length=8, choices=Subject.choices)
    share = models.DecimalField("抽检比例（%）", max_digits=5, decimal_places=2)
    weighted = models.DecimalField("其中按风险抽取（%）", max_digits=5, decimal_places=2)
    valid_from = models.DateField("启用日期")
    set_by = models.CharField(max_length=64)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["subject", "valid_from"], name="sample_rule_dated")
        ]

    def __str__(self) -> str:
        return f"{self.get_subject_display()} {self.share}%"


class Precheck(models.Model):
    """What the machine found in one order or reply: every one is looked at once."""

    subject = models.CharField(max_length=8, choices=Subject.choices)
    appeal = models.ForeignKey(Appeal, models.CASCADE, related_name="+")
    round = models.PositiveSmallIntegerField(default=1)
    centre = models.ForeignKey(Unit, models.PROTECT, related_name="+")
    day = models.DateField()  # in Beijing
    risk = models.PositiveSmallIntegerField()  # points, 0 = nothing found
    findings = models.JSONField(default=list)  # [{"code", "words"}]
    person_id = models.BigIntegerField(null=True, blank=True)
    person_name = models.CharField(max_length=64, blank=True)
    unit = models.ForeignKey(Unit, models.PROTECT, related_name="+")
    drawn = models.BooleanField(default=False)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["appeal", "subject", "round"], name="precheck_once")
        ]
        indexes = [
            models.Index(fields=["centre", "subject", "day", "id"], name="precheck_day"),
            models.Index(
                fields=["centre", "subject", "-risk", "-id"],
                condition=Q(risk__gt=0, drawn=False),
                name="precheck_risky",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.subject} {self.risk}"


class DrawnDay(models.Model):
    """A day whose samples were drawn."""

    day = models.DateField(unique=True)
    at = models.DateTimeField()
    drawn = models.PositiveIntegerField()

    def __str__(self) -> str:
        return f"{self.day}: {self.drawn}"


class Inspection(models.Model):
    """One quality inspection 质检件: drawn or chosen, marked on a sheet, perhaps contested."""

    class Origin(models.TextChoices):
        """How it came to be inspected."""

        RANDOM = "random", "随机抽取"
        RISK = "risk", "按风险抽取"
        HAND = "hand", "人工指定"

    subject = models.CharField("对象", max_length=8, choices=Subject.choices)
    appeal = models.ForeignKey(Appeal, models.PROTECT, related_name="inspections")
    call_id = models.CharField("通话编号", max_length=64, blank=True)
    origin = models.CharField("来源", max_length=8, choices=Origin.choices)
    centre = models.ForeignKey(Unit, models.PROTECT, related_name="+")
    person_id = models.BigIntegerField(null=True, blank=True)  # the one inspected
    person_name = models.CharField("被检人", max_length=64, blank=True)
    unit = models.ForeignKey(Unit, models.PROTECT, related_name="+", verbose_name="被检单位")
    state = models.CharField(
        "状态", max_length=12, choices=[(m.value, n) for m, n in MARK_NAMES.items()],
        default=Mark.WAITING.value,
    )  # fmt: skip
    version = models.PositiveIntegerField(default=1)
    drawn_at = models.DateTimeField("抽取时间")
    findings = models.JSONField("机检发现", default=list)
    sheet = models.ForeignKey(ScoreSheet, models.PROTECT, null=True, blank=True, related_name="+")
    marks = models.JSONField(default=dict)  # {item code: {"lost": points, "note": words}}
    fatal = models.JSONField(default=list)  # codes of fatal items
    score = models.DecimalField("得分", max_digits=5, decimal_places=1, null=True, blank=True)
    passed = models.BooleanField("合格", null=True, blank=True)
    comment = models.CharField("评语", max_length=1000, blank=True)
    inspector_id = models.BigIntegerField(null=True, blank=True)
    inspector_name = models.CharField("质检员", max_length=64, blank=True)
    marked_at = models.DateTimeField(null=True, blank=True)
    contest = models.CharField("申诉理由", max_length=1000, blank=True)
    contested_at = models.DateTimeField(null=True, blank=True)
    contested_by = models.CharField(max_length=64, blank=True)
    first_score = models.DecimalField(max_digits=5, decimal_places=1, null=True, blank=True)
    ruling = models.CharField("复核意见", max_length=1000, blank=True)
    judge_name = models.CharField("复核人", max_length=64, blank=True)
    final_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        indexes = [
            models.Index(fields=["centre", "state", "id"], name="inspection_desk"),
            models.Index(fields=["person_id", "state", "id"], name="inspection_person"),
            models.Index(fields=["unit", "state", "id"], name="inspection_unit"),
            models.Index(
                fields=["marked_at"], condition=Q(state=Mark.MARKED.value), name="inspection_marked"
            ),
        ]
        constraints = [
            models.UniqueConstraint(
                fields=["appeal", "subject"], condition=~Q(state=Mark.FINAL.value),
                name="inspection_one_open",
            )
        ]  # fmt: skip

    def __str__(self) -> str:
        return f"{self.get_subject_display()} {self.get_state_display()}"


class Training(models.Model):
    """What somebody is to be trained in 培训清单, by an inspection that did not pass."""

    inspection = models.OneToOneField(Inspection, models.PROTECT, related_name="training")
    centre = models.ForeignKey(Unit, models.PROTECT, related_name="+")
    person_id = models.BigIntegerField(null=True, blank=True)
    person_name = models.CharField(max_length=64, blank=True)
    unit = models.ForeignKey(Unit, models.PROTECT, related_name="+")
    weak = models.JSONField(default=list)  # names of the items that lost points
    made_at = models.DateTimeField()
    done_at = models.DateTimeField(null=True, blank=True)
    done_note = models.CharField(max_length=300, blank=True)

    class Meta:
        indexes = [
            models.Index(
                fields=["centre", "id"], condition=Q(done_at=None), name="training_open"
            )
        ]  # fmt: skip

    def __str__(self) -> str:
        return self.person_name


class Patrol(models.Model):
    """A record of looking on the spot 巡查: announced or not, with what was found."""

    class Kind(models.TextChoices):
        """How it was looked at."""

        ON_SITE = "on_site", "实地核查"
        UNANNOUNCED = "unannounced", "明察暗访"
        CALL_SAMPLE = "call_sample", "回访抽查"
        REVIEW = "review", "案卷评查"

    kind = models.CharField("方式", max_length=12, choices=Kind.choices)
    office = models.ForeignKey(Unit, models.PROTECT, related_name="+")
    region_path = models.CharField(max_length=64)
    unit = models.ForeignKey(Unit, models.PROTECT, related_name="+", verbose_name="被查单位")
    unit_path = models.CharField(max_length=64)
    day = models.DateField("日期")
    people = models.CharField("巡查人员", max_length=200)
    place = models.CharField("地点", max_length=200, blank=True)
    found = models.TextField("情况")
    is_fault = models.BooleanField("发现问题", default=False)
    demand = models.CharField("整改要求", max_length=1000, blank=True)
    due = models.DateField("整改期限", null=True, blank=True)
    answer = models.CharField("整改情况", max_length=1000, blank=True)
    answered_by = models.CharField(max_length=64, blank=True)
    answered_at = models.DateTimeField(null=True, blank=True)
    settled_at = models.DateTimeField("销号时间", null=True, blank=True)
    settled_by = models.CharField(max_length=64, blank=True)
    version = models.PositiveIntegerField(default=1)
    made_by = models.CharField(max_length=64)
    made_by_id = models.BigIntegerField(null=True, blank=True)
    made_at = models.DateTimeField()
    appeals = models.ManyToManyField(Appeal, related_name="patrols")

    class Meta:
        indexes = [
            models.Index(fields=["region_path", "-day", "-id"], name="patrol_area"),
            models.Index(fields=["unit_path", "-id"], name="patrol_unit"),
        ]

    def __str__(self) -> str:
        return f"{self.get_kind_display()} {self.day}"


class ClueKind(models.TextChoices):
    """What a clue 线索 points at (国办发〔2020〕53号, domain §6)."""

    IMPROPER_RETURN = "improper_return", "不当退单"
    SHIRKING = "shirking", "推诿扯皮"
    FALSE_REPORT = "false_report", "虚报瞒报"
    SLOW = "slow", "慢作为"
    BAD_QUALITY = "bad_quality", "办理质量差"
    REPEATED = "repeated", "重复反映不解决"


class ClueRule(models.Model):
    """After how many orders within how many days a kind of fault is a clue: dated."""

    kind = models.CharField(max_length=16, choices=ClueKind.choices)
    count = models.PositiveSmallIntegerField("件数")
    days = models.PositiveSmallIntegerField("天数")
    valid_from = models.DateField("启用日期")
    set_by = models.CharField(max_length=64)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["kind", "valid_from"], name="clue_rule_dated")
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.count}/{self.days}"


class Case(models.Model):
    """An efficiency case 效能案件: complaint or inspection, what was found, what followed."""

    class Kind(models.TextChoices):
        """How the office works on it."""

        COMPLAINT = "complaint", "效能投诉"
        INSPECTION = "inspection", "效能督查"

    class Outcome(models.TextChoices):
        """What follows (domain §6)."""

        NONE = "none", "查无问题"
        REMINDER = "reminder", "提醒"
        CRITICISM = "criticism", "通报批评"
        TALK = "talk", "约谈"
        HAND_OVER = "hand_over", "移交问责"

    number = models.CharField("案号", max_length=32, unique=True)
    kind = models.CharField("类型", max_length=12, choices=Kind.choices)
    title = models.CharField("案由", max_length=128)
    office = models.ForeignKey(Unit, models.PROTECT, related_name="+", verbose_name="承办效能办")
    region_path = models.CharField(max_length=64)
    unit = models.ForeignKey(Unit, models.PROTECT, related_name="+", verbose_name="被反映单位")
    stage = models.CharField(
        "状态", max_length=12, choices=[(s.value, n) for s, n in STAGE_NAMES.items()],
        default=Stage.OPEN.value,
    )  # fmt: skip
    version = models.PositiveIntegerField(default=1)
    matter = models.TextField("反映的问题")
    elsewhere = models.CharField("信访、纪检等另案", max_length=200, blank=True)
    opened_at = models.DateTimeField("立案时间")
    opened_by = models.CharField(max_length=64)
    due = models.DateField("核查期限", null=True, blank=True)
    examiner_id = models.BigIntegerField(null=True, blank=True)
    examiner_name = models.CharField("核查人", max_length=64, blank=True)
    findings = models.TextField("核查结果", blank=True)
    basis = models.CharField("依据", max_length=500, blank=True)
    is_true = models.BooleanField("是否属实", null=True, blank=True)
    outcome = models.CharField("处理", max_length=12, choices=Outcome.choices, blank=True)
    proposer_id = models.BigIntegerField(null=True, blank=True)
    proposer_name = models.CharField(max_length=64, blank=True)
    proposed_at = models.DateTimeField(null=True, blank=True)
    decider_name = models.CharField("审定人", max_length=64, blank=True)
    decided_at = models.DateTimeField(null=True, blank=True)
    closed_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        indexes = [
            models.Index(fields=["region_path", "stage", "id"], name="case_desk"),
            models.Index(fields=["unit", "id"], name="case_unit"),
        ]

    def __str__(self) -> str:
        return self.number


class CaseStep(models.Model):
    """One thing done in a case: append-only."""

    case = models.ForeignKey(Case, models.PROTECT, related_name="steps")
    name = models.CharField(max_length=16)
    label = models.CharField(max_length=32)
    text = models.TextField(blank=True)
    at = models.DateTimeField()
    by = models.CharField(max_length=64)

    def __str__(self) -> str:
        return self.label


class Clue(models.Model):
    """Orders of one unit that together point at a fault; taken into a case or set aside."""

    class State(models.TextChoices):
        """What became of it."""

        OPEN = "open", "待处理"
        IN_CASE = "in_case", "已立案"
        SET_ASIDE = "set_aside", "不予采用"

    kind = models.CharField("类型", max_length=16, choices=ClueKind.choices)
    unit = models.ForeignKey(Unit, models.PROTECT, related_name="+", verbose_name="单位")
    unit_path = models.CharField(max_length=64)
    region_path = models.CharField(max_length=64)
    state = models.CharField(max_length=10, choices=State.choices, default=State.OPEN)
    version = models.PositiveIntegerField(default=1)
    found_by = models.CharField("来源", max_length=64)  # a person, or 规则
    note = models.CharField("说明", max_length=500, blank=True)
    count = models.PositiveIntegerField("件数", default=0)
    made_at = models.DateTimeField()
    last_at = models.DateTimeField()
    case = models.ForeignKey(Case, models.PROTECT, null=True, blank=True, related_name="clues")
    decided_by = models.CharField(max_length=64, blank=True)
    decided_at = models.DateTimeField(null=True, blank=True)
    why_not = models.CharField(max_length=300, blank=True)

    class Meta:
        indexes = [
            models.Index(fields=["region_path", "state", "-last_at", "-id"], name="clue_desk"),
        ]
        constraints = [
            models.UniqueConstraint(
                fields=["unit", "kind"], condition=Q(state="open"), name="clue_one_open"
            )
        ]

    def __str__(self) -> str:
        return f"{self.get_kind_display()} {self.count}"


class ClueFact(models.Model):
    """One order that speaks for a fault of one unit; many make a clue."""

    kind = models.CharField(max_length=16, choices=ClueKind.choices)
    unit = models.ForeignKey(Unit, models.PROTECT, related_name="+")
    appeal = models.ForeignKey(Appeal, models.PROTECT, related_name="+")
    words = models.CharField(max_length=300)
    at = models.DateTimeField()
    clue = models.ForeignKey(Clue, models.PROTECT, null=True, blank=True, related_name="facts")

    class Meta:
        indexes = [models.Index(fields=["unit", "kind", "at"], name="clue_fact_window")]
        constraints = [
            models.UniqueConstraint(fields=["unit", "kind", "appeal"], name="clue_fact_once")
        ]

    def __str__(self) -> str:
        return self.words
