"""What may be sent: one closed model per body. An unknown field, a wrong type or a naive time is
refused; what the words mean, the use cases check."""

import datetime as dt
from decimal import Decimal
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, AwareDatetime, BaseModel, BeforeValidator, ConfigDict, Field
from pydantic_core import PydanticCustomError


def _only_text(value: Any) -> Any:
    # "1700000000" would pass for seconds since 1970, and nobody means that
    if isinstance(value, dt.datetime) or (isinstance(value, str) and value[4:5] == "-"):
        return value
    raise PydanticCustomError("moment", "not a moment")


def _in_range(value: dt.datetime) -> dt.datetime:
    if 1949 <= value.year < 2200:
        return value
    raise PydanticCustomError("moment_range", "out of range")


Moment = Annotated[
    AwareDatetime, Field(strict=False), BeforeValidator(_only_text), AfterValidator(_in_range)
]
Version = Annotated[
    int, Field(description="读取时看到的 version；已变则答 409 changed_meanwhile。", ge=0)
]
Level = Annotated[int, Field(ge=1, le=5, description="5 非常满意 … 1 非常不满意")]
Codes = Annotated[list[str], Field(max_length=50)]
Key = Annotated[str, Field(max_length=64)]
Count = Annotated[int, Field(ge=0, le=2_147_483_647)]


class Body(BaseModel):
    """A closed body: nothing unknown, nothing guessed."""

    model_config = ConfigDict(extra="forbid", strict=True)


class Register(Body):
    """登记一件诉求"""

    content: str = Field(description="诉求内容，最多 20000 字")
    region_code: str = Field(description="事发区域的行政区划代码（6、9 或 12 位）")
    channel: str = Field(description="渠道，代码表 channel")
    appeal_type: str = Field(description="诉求类型，代码表 appeal_type")
    title: str = ""
    aim: str = ""
    category_code: str = Field("", description="分类编码；空为未分类")
    received_at: Moment | None = Field(None, description="来电或提交的时间，缺省为现在")
    source: str = ""
    outside_number: str = Field("", description="来源平台的编号，可据此查询")
    call_id: str = ""
    language: str = ""
    petitioner_kind: str = "person"
    is_anonymous: bool = False
    confidentiality: str = Field("0", description="0 公开，1 对承办单位保密，2 完全保密")
    name: str = ""
    sex: str = Field("", max_length=8)
    phone: str = ""
    phone2: str = ""
    document_kind: str = Field("", max_length=16)
    document_number: str = Field("", max_length=64)
    credit_code: str = Field("", max_length=32)
    enterprise: str = ""
    home_address: str = ""
    petitioner_tags: Codes = []
    reply_wanted: bool = True
    reply_way: str = ""
    may_publish: bool = False
    tags: Codes = []
    concerned: str = ""
    people_count: Count | None = None
    amount: Annotated[Decimal, Field(strict=False, max_digits=14, decimal_places=2)] | None = None
    happened_at: Moment | None = None
    address: str = ""
    longitude: float | None = None
    latitude: float | None = None
    datum: str = ""
    grid_code: str = ""
    urgency: str = "3"
    is_business: bool = False
    is_public_interest: bool = False
    is_petition: bool = False
    answers: dict[str, Any] = Field({}, description="属地附加项，见 local-form")
    repeat_of: str = Field("", description="重复诉求的原工单编号")
    upload_key: Key = Field("", description="先传的附件所用的 upload_key")
    accept: bool = Field(False, description="登记后随即受理（须有受理权限）")


class Move(Body):
    """Any move: what was seen when it was decided."""

    version: Version


class Classify(Move):
    """受理"""

    category_code: str = ""
    appeal_type: str = ""
    urgency: str = ""
    region_code: str = ""


class Reclassify(Classify):
    """更正要素"""

    title: str = ""
    address: str | None = None
    is_difficult: bool | None = None


class OfCitizen(Body):
    """诉求人自己的办理：没有查看权限的渠道用 proof 代替"""

    proof: str = Field(
        "",
        max_length=64,
        description="登记电话后四位或查询码，由诉求人提供；补充、催办、撤诉和评价只认查询码",
    )


class Facts(OfCitizen):
    """补充情况"""

    text: str = ""
    upload_key: Key = ""


class Urge(OfCitizen):
    """催办"""

    text: str = ""


class Reason(Move):
    """带理由的办理"""

    reason: str = ""


class Withdraw(Reason, OfCitizen):
    """撤诉"""

    version: Annotated[int, Field(ge=0)] | None = Field(
        None, description="凭 proof 撤诉时可不填，其他情形必填"
    )  # type: ignore[assignment]  # a citizen does not know of versions


class Progress(OfCitizen):
    """查询进度"""


class AnswerDirectly(Move):
    """直接答复"""

    answer: str


class Refuse(Move):
    """不予受理"""

    reason_code: str = Field(description="代码表 refusal_reason")
    explanation: str = Field(description="告知诉求人的内容")


class HandOver(Move):
    """移交"""

    line_code: str = Field(description="代码表 hand_over_line")
    note: str = ""


class Merge(Move):
    """并单"""

    master: str = Field(description="主单的工单编号")
    reason: str = ""


class Dispatch(Move):
    """派单"""

    lead: str = Field(description="主办单位编码")
    joint: Codes = []
    reason: str = Field("", description="权属目录未推荐该单位时必填")
    instruction: str = ""
    designate: bool = Field(False, description="指定承办：主办单位不得退单")


class AddJoint(Move):
    """增派协办"""

    units: Codes
    instruction: str = ""


class Consult(Body):
    """会商"""

    question: str
    units: Codes


class Words(Body):
    """会商意见或结论"""

    text: str


class Approve(Move):
    """审核通过"""

    note: str = ""
    public_reply: str = Field("", description="审核人修改后的答复；空为原文")
    publish: bool = False


class SendBack(Move):
    """退回重办"""

    reason: str
    reason_codes: Codes = Field([], description="代码表 send_back_reason")


class CallBack(Move):
    """回访"""

    reached: bool
    way: Literal["phone", "sms", "web", "visit"] = "phone"
    solved: bool | None = None
    satisfaction: Level | None = None
    agent_satisfaction: Level | None = None
    handling_satisfaction: Level | None = None
    dissatisfied_reason: str = ""
    note: str = ""
    decision: Literal["", "again", "close", "redo", "finding"] = ""
    finding: str = ""
    next_at: Moment | None = None


class Rate(OfCitizen):
    """诉求人评价"""

    satisfaction: Level
    solved: bool | None = None
    way: Literal["web", "sms"] = "web"
    agent_satisfaction: Level | None = None
    handling_satisfaction: Level | None = None
    dissatisfied_reason: str = ""
    note: str = ""


class Sign(Move):
    """签收"""

    handler: str = Field("", description="承办人的登录名；空为接口客户端自己")


class TakeOver(Move):
    """指定承办人"""

    handler: str = Field(description="承办人的登录名")


class Contact(Body):
    """联系诉求人"""

    way: str = Field(description="代码表 reply_way")
    reached: bool
    note: str = ""
    spoken_at: Moment | None = None


class Apply(Move):
    """提出申请"""

    kind: Literal["return", "extension", "suspension", "ending"]
    reason_code: str
    reason: str
    basis: str = ""
    suggested_unit: str = Field("", description="退单时建议的承办单位编码")
    plan: str = ""
    citizen_told: str = ""
    days: Annotated[int, Field(ge=0, le=1000)] | None = None
    upload_key: Key = ""


class PassDown(Move):
    """转派"""

    unit: str = Field(description="下级单位编码")
    instruction: str = ""


class Report(Move):
    """提交答复"""

    handling_report: str
    public_reply: str = ""
    found_true: bool | None = None
    solved: bool | None = None
    unsolved_reason: str = Field("", description="代码表 unsolved_reason")
    beyond_competence: str = ""
    legal_basis: str = ""
    signed_off_by: str = ""
    upload_key: Key = ""


class Note(Move):
    """内审通过"""

    note: str = ""


class Judge(Body):
    """审批申请"""

    accept: bool
    decision: str = ""
    days: Annotated[int, Field(ge=1, le=60)] | None = Field(
        None, description="批准延长的工作日；缺省为所申请的天数"
    )
    designate: bool = Field(False, description="驳回退单时指定由其承办")


class Reveal(Body):
    """查看个人信息"""

    reason: str = Field(description="事由，至少 4 个字，记入审计")


# --- queries --------------------------------------------------------------------------------------


class Query(BaseModel):
    """A list's filters; an unknown one is refused, so that a typo never widens a list."""

    model_config = ConfigDict(extra="forbid")


class Paged(Query):
    """Where in a list."""

    after: str = Field("", max_length=400, description="上一页的 next；空为第一页")
    size: int = Field(25, ge=1, le=100)


class AppealFilters(Paged):
    """Which appeals."""

    status: list[str] = Field([], max_length=20)
    category: str = Field("", description="分类编码，含其下级")
    region: str = Field("", description="区划代码，含其下级")
    unit: str = Field("", description="主办单位编码，含其下级")
    urgency: list[str] = Field([], max_length=10)
    appeal_type: list[str] = Field([], max_length=20)
    channel: list[str] = Field([], max_length=50)
    received_from: Moment | None = None
    received_to: Moment | None = Field(None, description="不含")
    due_from: Moment | None = None
    due_to: Moment | None = Field(None, description="不含")
    overdue: bool | None = Field(None, description="true 已超时，false 未超时")
    outside_number: str = Field("", max_length=64)
    order: Literal["newest", "oldest", "due"] = "newest"


class AppealSearch(AppealFilters):
    """按个人信息查询；条件在请求体中，不进入地址和日志"""

    phone: str = Field("", max_length=64, description="诉求人电话，完全相符")


class AssignmentFilters(Paged):
    """Which assignments."""

    state: list[str] = Field([], max_length=20)
    unit: str = Field("", description="承办单位编码，含其下级")
    nature: Literal["", "lead", "joint"] = ""
    due_from: Moment | None = None
    due_to: Moment | None = Field(None, description="不含")
    overdue: bool | None = None
    order: Literal["newest", "oldest", "due"] = "newest"


class ApplicationFilters(Paged):
    """Which applications."""

    verdict: Literal["", "pending", "approved", "refused", "lapsed"] = "pending"
    kind: Literal["", "return", "extension", "suspension", "ending"] = ""
    side: Literal["judge", "applicant"] = Field(
        "judge", description="judge 由本单位审批的，applicant 由本单位及下级提出的"
    )


class CategoryFilters(Paged):
    """Which classes."""

    q: str = Field("", max_length=64, description="编码、拼音首字母或文字；不分页，最多 50 条")
    parent: str = Field("", description="上级分类编码")
    size: int = Field(100, ge=1, le=100)


class TreeFilters(Paged):
    """Which regions or units."""

    q: str = Field("", max_length=64, description="名称、拼音首字母或编码；不分页，最多 50 条")
    parent: str = Field("", description="上级编码")


class UnitFilters(TreeFilters):
    """Which units."""

    region: str = Field("", description="区划代码，含其下级")


class Suggest(Body):
    """要推荐的内容"""

    content: str = Field(description="诉求内容", max_length=50_000)
    title: str = Field("", max_length=500)
    category: str = Field("", description="分类编码；已选定时给出")
    region: str = Field("", description="区划代码；给出时推荐承办单位")


class Where(Query):
    """A class in an area."""

    category: str = Field("", description="分类编码")
    region: str = Field(description="区划代码")


class Trying(Query):
    """Whether to write."""

    dry_run: bool = Field(False, description="只检查，不写入")


class SheetForm(Query):
    """Which kind of file."""

    format: Literal["xlsx", "csv"] = "csv"


class RegionRow(Body):
    """一个区划"""

    code: str = Field(max_length=12)
    name: str = Field(max_length=64)
    level: str | None = Field(None, description="不填则按代码判断")
    parent: str | None = Field(None, description="上级代码，不填则按代码判断")


class RegionRows(Body):
    """要同步的区划"""

    rows: list[RegionRow] = Field(min_length=1, max_length=5000)
    dry_run: bool = False


class UnitRow(Body):
    """一个单位；不填的项，已有的单位不变"""

    code: str = Field(max_length=32)
    name: str = Field(max_length=128)
    short_name: str | None = None
    kind: str | None = Field(None, description="类型的名称，如 部门")
    region: str | None = Field(None, description="区划代码，新单位必填")
    parent: str | None = Field(None, description="上级编码")
    phone: str | None = Field(None, description="值班电话")
    inner_review_steps: int | None = Field(None, ge=0, le=2)


class UnitRows(Body):
    """要同步的单位"""

    rows: list[UnitRow] = Field(min_length=1, max_length=5000)
    dry_run: bool = False
