"""The desk's first page: the sections this person may use."""

from dataclasses import dataclass

from django.http import HttpResponse
from django.shortcuts import render
from django.urls import reverse

from jiesu.access import Permission as P
from jiesu.deadlines.models import CalendarYear
from jiesu.foundation.clock import BEIJING, now
from jiesu.organizations.models import UnitChange
from jiesu.web.doors import DeskRequest, desk_view


@dataclass(frozen=True)
class Section:
    """One thing to manage: what it is called, what it is for."""

    title: str
    text: str
    url: str
    needs: P


GROUPS: tuple[tuple[str, tuple[Section, ...]], ...] = (
    (
        "机构和人",
        (
            Section("单位", "单位树、更名、划转、合并、分设、撤销，内审级数和值班电话",
                    "manage:units", P.MANAGE_ORGANIZATIONS),
            Section("行政区划", "省、市、县、乡镇街道的树", "manage:regions",
                    P.MANAGE_ORGANIZATIONS),
            Section("人员", "账号、岗位、密码、第二验证", "manage:people", P.MANAGE_PEOPLE),
            Section("接口客户端", "其他系统的密钥、权限和限速", "manage:api-clients",
                    P.MANAGE_API_CLIENTS),
        ),
    ),
    (
        "目录",
        (
            Section("诉求分类", "分类方案和分类，换方案时新旧对应", "manage:schemes",
                    P.MANAGE_CATALOGUE),
            Section("权属目录", "哪类诉求在哪里由谁承办，兜底单位", "manage:duties",
                    P.MANAGE_CATALOGUE),
            Section("代码表", "来源渠道、紧急程度、各种原因等选项", "manage:codes",
                    P.MANAGE_CATALOGUE),
            Section("补充表单", "某地某类诉求要多问的内容", "manage:local-forms",
                    P.MANAGE_CATALOGUE),
            Section("推荐模型", "分类、诉求类型、承办单位的推荐：训练、启用、退回",
                    "manage:models", P.MANAGE_CATALOGUE),
            Section("文本模板", "各环节的常用语", "manage:texts", P.MANAGE_TEMPLATES),
        ),
    ),
    (
        "时限和流程",
        (
            Section("办理时限", "各环节的期限和黄牌", "manage:limits", P.MANAGE_DEADLINES),
            Section("工作日历", "放假和调休上班", "manage:calendar", P.MANAGE_DEADLINES),
            Section("计算规则", "办公时间，工作日怎么数", "manage:counting", P.MANAGE_DEADLINES),
            Section("时限试算", "看一个时限怎么算出来", "manage:limit-try", P.MANAGE_DEADLINES),
            Section("流程规则", "重办、转派、延期的次数等", "manage:process", P.MANAGE_SYSTEM),
        ),
    ),
    (
        "审计",
        (
            Section("审计记录", "谁在何时做了什么", "manage:audit", P.AUDIT_VIEW),
            Section("封存情况", "记录有没有被改动", "manage:seals", P.AUDIT_VIEW),
        ),
    ),
)  # fmt: skip
EVERY = tuple(dict.fromkeys(section.needs for _, group in GROUPS for section in group))


@desk_view(*EVERY)
def home(request: DeskRequest) -> HttpResponse:
    """The sections this person may use, and what waits for a decision."""
    groups = []
    for title, sections in GROUPS:
        mine = [(s, reverse(s.url)) for s in sections if request.actor.may(s.needs)]
        if mine:
            groups.append((title, mine))
    return render(request, "manage/home.html", {"groups": groups, "warnings": _warnings(request)})


def _warnings(request: DeskRequest) -> list[tuple[str, str]]:
    found = []
    if request.actor.may(P.MANAGE_DEADLINES):
        today = now().astimezone(BEIJING).date()
        years = dict(CalendarYear.objects.filter(year__gte=today.year).values_list(
            "year", "provisional"))  # fmt: skip
        calendar = reverse("manage:calendar")
        for year in (today.year, today.year + 1):
            if year not in years:
                found.append((f"{year} 年工作日历还没有载入。", f"{calendar}?year={year}"))
            elif years[year] and (year == today.year or today.month >= 11):
                found.append((f"{year} 年还是临时日历，请载入国务院办公厅的放假通知。",
                              f"{reverse('manage:calendar-load')}?year={year}"))  # fmt: skip
    if request.actor.may(P.MANAGE_ORGANIZATIONS):
        waiting = UnitChange.objects.filter(applied_at=None, cancelled_at=None).exclude(problem="")
        if waiting.exists():
            found.append(("有机构变更到期未能执行。", reverse("manage:unit-changes")))
    return found
