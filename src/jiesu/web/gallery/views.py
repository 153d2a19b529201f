"""Every component in every state, with invented people and places."""

import datetime as dt
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

from jiesu.foundation import clock
from jiesu.foundation.errors import FieldError, Invalid
from jiesu.web.components.pieces import (
    Action,
    Bulk,
    Cell,
    Chip,
    ClockFace,
    Column,
    Entry,
    FileItem,
    Option,
    Tab,
    Table,
    Tag,
    WhyNot,
)
from jiesu.web.doors import options_response, refuse
from jiesu.web.gallery.forms import EveryField
from jiesu.web.paging import KeyPage


def _faces() -> list[ClockFace]:
    now = clock.now()
    hour, day = dt.timedelta(hours=1), dt.timedelta(days=1)
    return [
        ClockFace("done_in_time", "准时", now - 3 * day, name="查阅", limit="4 个工时"),
        ClockFace("done_in_time", "准时", now - 3 * day, name="签收", limit="1 个工作日"),
        ClockFace("done_late", "超 20 分钟完成", now - 2 * day, name="联系", limit="1 个工作日"),
        ClockFace("red", "超 3 小时", now - 3 * hour, name="办理", limit="5 个工作日"),
        ClockFace("yellow", "剩 1 工作日", now + day, now - hour, name="全程", limit="10 个工作日"),
        ClockFace(
            "ok", "剩 4 工作日", now + 4 * day, now + 3 * day, name="协办", limit="4 个工作日"
        ),
        ClockFace("paused", "挂起 · 鉴定中", now + 9 * day, name="办理", limit="10 个工作日"),
    ]


ORDERS: list[tuple[str, str, str, str, int, str, str, list[Tag]]] = [
    (
        "3501022611210003127",
        "东街口地铁站 C 口夜间施工噪声，连续三晚到凌晨两点",
        "鼓楼区东街街道 · 东街口 · 同类 12 人反映 · 第 2 次来电",
        "施工噪声",
        3,
        "办理中",
        "林小满",
        [],
    ),
    (
        "3501022611200118842",
        "五一北路烧烤店油烟直排居民楼",
        "鼓楼区温泉街道 · 五一北路 128 号",
        "大气油烟",
        4,
        "办理中 · 已联系",
        "林小满",
        [],
    ),
    (
        "3501022611200090410",
        "共享单车占满盲道，老人无法通行",
        "鼓楼区华大街道 · 鼓西路",
        "占道经营",
        4,
        "办理中",
        "陈默",
        [Tag("督办", "amber")],
    ),
    (
        "3501022611190077215",
        "建议在左海公园北门增设垃圾分类投放点",
        "鼓楼区洪山镇 · 左海公园",
        "市容环卫",
        5,
        "办理中 · 延期待批",
        "林小满",
        [],
    ),
    (
        "3501022611180054003",
        "小区东门流动摊贩早市占道，消防车无法进入，"
        "多次向物业和街道反映都没有结果，希望有关部门尽快到现场看一看",
        "鼓楼区五凤街道 · 杨桥新村",
        "占道经营",
        5,
        "退回重办（第 1 次）",
        "林小满",
        [],
    ),
    (
        "3501022611180051876",
        "广告牌松动，大风天有坠落危险",
        "鼓楼区鼓东街道 · 八一七路",
        "户外广告",
        6,
        "挂起",
        "陈默",
        [Tag("疑难", "red"), Tag("不满意 1 次")],
    ),
    (
        "3501022611170041120",
        "WWW.AVERYLONGADDRESSWITHOUTANYBREAKS.EXAMPLE/reports/2026/11/17/0041"
        "/0041120/full/without/any/place/to/break/at/all",
        "鼓楼区安泰街道",
        "网络",
        5,
        "办理中",
        "欧阳思远",
        [],
    ),
]


def _table() -> Table:
    faces = _faces()
    columns = [
        Column("工单", lambda o: Cell(o[0][:6], o[0][6:], href="/gallery/order/")),
        Column("诉求", lambda o: Cell(o[1], o[2], href="/gallery/order/", tags=o[7]), "title"),
        Column("类别", lambda o: Cell(o[3])),
        Column("剩余时限", lambda o: Cell(clock=faces[o[4]])),
        Column("状态", lambda o: Cell(o[5])),
        Column("承办人", lambda o: Cell(o[6])),
    ]
    bulk = [
        Bulk("批量签收", url="/gallery/form/", key="s", confirm="签收选中的工单？"),
        Bulk("转派科室", dialog="pass-down"),
    ]
    return Table(columns, KeyPage(ORDERS, next="x", previous=""), key=lambda o: o[0], bulk=bulk)


def desk(request: HttpRequest) -> HttpResponse:
    """A list, and every small piece below it."""
    context: dict[str, Any] = {
        "table": _table(),
        "tabs": [
            Tab("待查阅", "?", 5),
            Tab("待签收", "?", 8),
            Tab("办理中", "?", 24, current=True),
            Tab("待内审", "?", 6),
            Tab("退回重办", "?", 3),
            Tab("已超期", "?", 2, red=True),
        ],
        "chips": [
            Chip("我的", "?", on=True),
            Chip("今日到期", "?"),
            Chip("黄牌", "?"),
            Chip("噪声 · 东街街道", "?"),
        ],
        "faces": _faces(),
        "tags": [
            Tag("办理中"),
            Tag("督办", "amber"),
            Tag("特急", "red"),
            Tag("已办结", "green"),
            Tag("集中 12 人", "blue"),
            Tag("匿名", "line"),
        ],
        "files": [
            FileItem("现场照片 1.jpg", "#", 1_240_000, "11-21 09:14 诉求人"),
            FileItem("通话录音 02 分 47 秒.mp3", "#", 2_800_000, "", "/gallery/form/"),
        ],
        "now": clock.now(),
    }
    return render(request, "gallery/desk.html", context)


def order(request: HttpRequest) -> HttpResponse:
    """An order's page."""
    now = clock.now()
    hour, day = dt.timedelta(hours=1), dt.timedelta(days=1)
    context = {
        "entries": [
            Entry(
                "退回重办",
                now - hour,
                "中心审核",
                "答复只写“已转施工单位”，没有核查结果和整改期限。",
                "now",
            ),
            Entry("提交答复", now - day, "林小满 → 科长王岚审签"),
            Entry("联系诉求人", now - day - 6 * hour, "接通，2 分 10 秒"),
            Entry(
                "退单被驳回",
                now - 3 * day,
                "福州市热线中心",
                "夜间施工执法属城管职责（省城市管理条例第二十一条）。时限不变，记不当退单。",
                "red",
                facts=[("理由", "职责不符"), ("建议承办", "鼓楼区生态环境局")],
            ),
            Entry("派单", now - 3 * day - 4 * hour, "主办 鼓楼区城管局，协办 鼓楼区生态环境局"),
            Entry("受理", now - 3 * day - 5 * hour, "话务 0317", tone="quiet", tags=[Tag("电话")]),
        ],
        "faces": _faces(),
        "actions": [
            Action("重新提交答复", href="/gallery/form/", key="r", main=True),
            Action("联系记录", dialog_url="/gallery/dialog/", key="c"),
            Action("申请延期", dialog_url="/gallery/dialog/"),
            Action("转派", post="/gallery/form/", confirm="转派给二科？", version=3),
            Action("终止", dialog_url="/gallery/dialog/", tone="red"),
        ],
        "why_not": [
            WhyNot("退单", "已被驳回并指定承办。"),
            WhyNot("再次延期", "一般工单只能延期一次。"),
        ],
    }
    return render(request, "gallery/order.html", context)


def seat(request: HttpRequest) -> HttpResponse:
    """The seat's three columns."""
    context = {"form": EveryField(initial={"category": "0501 施工噪声"})}
    return render(request, "gallery/seat.html", context)


def citizen(request: HttpRequest) -> HttpResponse:
    """What a citizen sees of one appeal, and a form."""
    now = clock.now()
    day = dt.timedelta(days=1)
    context = {
        "entries": [
            Entry("重新办理", now, "", "中心要求写明核查结果和整改期限", "now"),
            Entry("城管局与您通过电话", now - 2 * day),
            Entry("已交给鼓楼区城管局", now - 5 * day),
            Entry("您打来电话", now - 5 * day),
        ],
        "due": now + 2 * day,
        "form": EveryField(),
    }
    return render(request, "gallery/citizen.html", context)


def form(request: HttpRequest) -> HttpResponse:
    """A form; sent, it is refused at two fields and as a whole."""
    bound = EveryField(request.POST or None, initial={"category": "0501"})
    if request.method == "POST":
        error = Invalid(
            [
                FieldError("title", "too_vague", "标题太笼统，请写明地点和事情。"),
                FieldError("category", "unknown", "这个类别已停用，请选新的类别。"),
                FieldError("", "no_unit", "权属目录里没有承办单位，请先补充地点。"),
            ]
        )
        return refuse(request, error, "gallery/form.html", form=bound)
    return render(request, "gallery/form.html", {"form": bound})


def lively(request: HttpRequest) -> HttpResponse:
    """A chart, an expression, a piece that keeps itself fresh."""
    days = [f"11-{day:02}" for day in range(15, 22)]
    option = {
        "legend": {"data": ["来电", "派单"]},
        "xAxis": {"type": "category", "data": days},
        "yAxis": {"type": "value"},
        "series": [
            {"name": "来电", "type": "line", "data": [1820, 1932, 1901, 1934, 2290, 2330, 1320]},
            {"name": "派单", "type": "bar", "data": [320, 332, 301, 334, 390, 330, 220]},
        ],
    }
    return render(request, "gallery/lively.html", {"option": option, "now": clock.now()})


def fresh(request: HttpRequest) -> HttpResponse:
    """What polling brings."""
    return HttpResponse(f"<b>{clock.now():%H:%M:%S}</b> 又看了一次")


def options(request: HttpRequest) -> HttpResponse:
    """Matches for the picker."""
    known = [
        Option("0501", "施工噪声", "生态环境", "94%"),
        Option("0502", "社会生活噪声", "生态环境", "4%"),
        Option("0503", "大气油烟", "生态环境"),
        Option("0701", "占道经营", "城市管理"),
        Option("0702", "户外广告", "城市管理"),
        Option("0799", "违法建设（旧）", "已停用", disabled=True),
    ]
    words = request.GET.get("q", "")
    return options_response(request, [o for o in known if words in o.label or words in o.value])


def dialog(request: HttpRequest) -> HttpResponse:
    """A form in a loaded dialog."""
    context = {
        "title": "申请延期",
        "post_url": "/gallery/dialog/",
        "form": EveryField(request.POST or None),
        "lead": "到期前申请一次；批准前时限照走。",
    }
    status = 422 if request.POST else 200
    return render(request, "components/reason_dialog.html", context, status=status)


def error(request: HttpRequest, status: int) -> HttpResponse:
    """An error page; 409 is a refusal."""
    context = {
        "message": "工单已被他人处理，请刷新后重试。",
        "back": "/gallery/form/",
        "kept": True,
        "status": 409,
    }
    if status == 409:
        return render(request, "refused.html", context, status=409)
    return render(request, f"{status}.html", status=status)
