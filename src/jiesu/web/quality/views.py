"""What waits for inspectors, and one inspection beside the order it is about."""

import datetime as dt
from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from django import forms
from django.http import HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.http import require_POST

from jiesu.access import Actor
from jiesu.access import Permission as P
from jiesu.appeals.gate import get_appeal_for
from jiesu.appeals.models import Appeal, Reply
from jiesu.foundation import clock
from jiesu.foundation.errors import NotFound, UseCaseError
from jiesu.inspection import marking, sampling
from jiesu.inspection.lifecycle import Mark
from jiesu.inspection.marking import Marks
from jiesu.inspection.models import Inspection, Precheck, ScoreSheet, Subject, Training
from jiesu.inspection.sheets import day_of, sheet_for
from jiesu.web.components.pieces import Cell, Column, Crumb, Empty, Tab, Table, Tag
from jiesu.web.components.times import when_words
from jiesu.web.components.widgets import Segmented
from jiesu.web.doors import DeskRequest, desk_view, done, refuse
from jiesu.web.form_pages import LinedForm, Page, form_page, line_field, long_field, sent
from jiesu.web.lists import count_up_to, words_of
from jiesu.web.navigation import Count
from jiesu.web.paging import key_page

PAGE_SIZE = 25
_ANY = (P.QUALITY_INSPECT, P.QUALITY_JUDGE, P.QUALITY_CONTEST)
_EMPTY = {
    Mark.WAITING: Empty("没有待评的质检件", "每天自动抽取前一天的样本；也可以点“指定质检”。"),
    Mark.MARKED: Empty("没有已评未定稿的质检件", "评分后 5 天内可以申诉，期满自动定稿。"),
    Mark.CONTESTED: Empty("没有申诉", "被检人申诉后会出现在这里，由另一人复核。"),
    Mark.FINAL: Empty("还没有定稿的质检件"),
}


def waiting(actor: Actor, at: dt.datetime) -> Count:
    """What waits: for inspectors the drawn ones, for judges the contested ones."""
    state = Mark.WAITING if actor.may(P.QUALITY_INSPECT) else Mark.MARKED
    rows = marking.visible_to(actor)
    contested = actor.may(P.QUALITY_JUDGE) and rows.filter(state=Mark.CONTESTED).exists()
    return Count(count_up_to(rows.filter(state=state)), red=contested)


def crumbs(*steps: tuple[str, str]) -> list[Crumb]:
    """The path below 质检."""
    return [Crumb("质检", reverse("quality:home")), *(Crumb(text, href) for text, href in steps)]


def score_words(row: Inspection) -> str:
    """The score as people read it."""
    return "—" if row.score is None else f"{row.score.normalize():f} 分"


def tags_of(row: Inspection) -> list[Tag]:
    """What stands out about an inspection."""
    found = []
    if row.fatal:
        found.append(Tag("一票否决", "red"))
    elif row.passed is False:
        found.append(Tag("不合格", "red"))
    if row.first_score is not None and row.first_score != row.score:
        found.append(Tag(f"原 {row.first_score.normalize():f} 分", "line"))
    if row.state == Mark.WAITING and row.findings:
        found.append(Tag(f"机检 {len(row.findings)} 处", "amber"))
    return found


def _columns(at: dt.datetime) -> list[Column]:
    return [
        Column("工单", lambda r: Cell(
            r.appeal.title, f"{r.appeal.number[:6]} {r.appeal.number[6:]}",
            href=reverse("quality:item", args=[r.pk]), tags=tags_of(r)), "title"),
        Column("对象", lambda r: Cell(r.get_subject_display(), r.get_origin_display())),
        Column("被检", lambda r: Cell(r.person_name or "—", r.unit.short_name or r.unit.name)),
        Column("得分", lambda r: Cell(score_words(r)), "number"),
        Column("质检员", lambda r: Cell(
            r.inspector_name or "—",
            when_words(r.marked_at, at) if r.marked_at else f"抽取 {when_words(r.drawn_at, at)}")),
    ]  # fmt: skip


@desk_view(*_ANY)
def home(request: DeskRequest) -> HttpResponse:
    """The inspections by state; whoever does not inspect sees their own."""
    at = clock.now()
    inspects = request.actor.may(P.QUALITY_INSPECT) or request.actor.may(P.QUALITY_JUDGE)
    states = list(Mark) if inspects else [Mark.MARKED, Mark.CONTESTED, Mark.FINAL]
    asked = request.GET.get("tab", "")
    chosen = next((m for m in states if m == asked), states[0])
    rows = marking.visible_to(request.actor)
    page = key_page(
        rows.filter(state=chosen).select_related("appeal", "unit").defer("appeal__content"),
        ["-id"], request.GET.get("after", ""), PAGE_SIZE,
    )  # fmt: skip
    names = {Mark.WAITING: "待评", Mark.MARKED: "已评", Mark.CONTESTED: "申诉中",
             Mark.FINAL: "定稿"}  # fmt: skip
    tabs = [
        Tab(
            names[m], f"?tab={m}", None if m is Mark.FINAL else words_of(count), m is chosen,
            red=m is Mark.CONTESTED and count > 0, name=m,
        )
        for m in states
        for count in [0 if m is Mark.FINAL else count_up_to(rows.filter(state=m))]
    ]  # fmt: skip
    table = Table(_columns(at), page, empty=_EMPTY[chosen], label="质检件")
    shown = {"tabs": tabs, "table": table, "inspects": inspects,
             "judges": request.actor.may(P.QUALITY_JUDGE)}  # fmt: skip
    return render(request, "quality/home.html", shown)


class MarkForm(forms.Form):
    """Points lost and words for each item of a sheet, fatal items, a comment."""

    def __init__(self, *args: Any, sheet: ScoreSheet, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.sheet = sheet
        for item in sheet.items:
            self.fields[f"lost_{item['code']}"] = forms.DecimalField(
                label=item["name"], required=False, min_value=0, max_value=item["points"],
                max_digits=4, decimal_places=1, help_text=item["hint"],
                error_messages={
                    "max_value": f"最多扣 {item['points']} 分。", "min_value": "扣分不能是负数。",
                    "invalid": "请填写数字，例如 2 或 1.5。",
                    "max_decimal_places": "最多一位小数。",
                },
                widget=forms.NumberInput(
                    attrs={"step": "0.5", "inputmode": "decimal", "class": "input"}
                ),
            )  # fmt: skip
            self.fields[f"note_{item['code']}"] = line_field(
                "扣分说明", 200, required=False,
                widget=forms.TextInput(attrs={"class": "input"}),
            )  # fmt: skip
        self.fields["fatal"] = forms.MultipleChoiceField(
            label="一票否决", required=False, widget=forms.CheckboxSelectMultiple,
            choices=[(item["code"], item["name"]) for item in sheet.fatal],
        )  # fmt: skip
        self.fields["comment"] = long_field("评语", 1000, required=False, rows=3)

    @property
    def lines(self) -> list[tuple[Mapping[str, Any], forms.BoundField, forms.BoundField]]:
        """Each item with its two fields."""
        return [
            (item, self[f"lost_{item['code']}"], self[f"note_{item['code']}"])
            for item in self.sheet.items
        ]

    def marks(self) -> Marks:
        """What was filled in, as the use case takes it."""
        said = self.cleaned_data
        codes = [item["code"] for item in self.sheet.items]
        return Marks(
            lost={code: said[f"lost_{code}"] or Decimal(0) for code in codes},
            notes={code: said[f"note_{code}"] for code in codes},
            fatal=said["fatal"],
            comment=said["comment"],
        )


def _initial(row: Inspection) -> dict[str, Any]:
    initial: dict[str, Any] = {"fatal": row.fatal, "comment": row.comment}
    for code, mark in row.marks.items():
        initial[f"lost_{code}"] = mark["lost"]
        initial[f"note_{code}"] = mark["note"]
    return initial


@desk_view(*_ANY)
def item(request: DeskRequest, pk: int) -> HttpResponse:
    """One inspection: the order and what the machine saw on the left, the sheet on the right."""
    at = clock.now()
    given = request.POST.get("version", "")
    row = marking.get_for(request.actor, pk, version=int(given) if given.isdecimal() else None)
    own = row.person_id is not None and row.person_id == request.actor.user_id
    may_mark = (
        request.actor.may(P.QUALITY_INSPECT) and not own
        and row.state in (Mark.WAITING, Mark.MARKED)
    )  # fmt: skip
    sheet = row.sheet or (sheet_for(row.subject, day_of(row.drawn_at)) if may_mark else None)
    form = MarkForm(sent(request), sheet=sheet, initial=_initial(row)) if sheet else None
    shown = _shown(request, row, form, at) | {"may_mark": may_mark, "own": own}
    if request.method != "POST" or form is None or not may_mark:
        return render(request, "quality/item.html", shown)
    if not form.is_valid():
        return render(request, "quality/item.html", shown, status=422)
    try:
        marked = marking.mark(row, form.marks(), actor=request.actor, at=at)
    except UseCaseError as error:
        return refuse(request, error, "quality/item.html", shown, form=form)
    following = marking.visible_to(request.actor).filter(state=Mark.WAITING).order_by("-id").first()
    words = f"已评 {score_words(marked)}。"
    if following is None:
        return done(request, words, reverse("quality:home"))
    return done(request, f"{words}这是下一件。", reverse("quality:item", args=[following.pk]))


def _shown(
    request: DeskRequest, row: Inspection, form: MarkForm | None, at: dt.datetime
) -> dict[str, Any]:
    reply = None
    if row.subject == Subject.REPLY:
        reply = (
            Reply.objects.filter(appeal_id=row.appeal_id).exclude(submitted_at=None)
            .order_by("-pk").first()
        )  # fmt: skip
    heads = request.actor.may(P.HANDLING_INNER_REVIEW) and row.unit_id == request.actor.unit_id
    in_time = row.marked_at is not None and at <= row.marked_at + dt.timedelta(
        days=marking.CONTEST_DAYS
    )
    own = row.person_id is not None and row.person_id == request.actor.user_id
    return {
        "row": row,
        "form": form,
        "reply": reply,
        "score": score_words(row),
        "tags": tags_of(row),
        "may_contest": row.state == Mark.MARKED and (own or heads) and in_time,
        "may_judge": row.state == Mark.CONTESTED
        and request.actor.may(P.QUALITY_JUDGE)
        and row.inspector_id != request.actor.user_id,
        "lost": [
            (i["name"], row.marks[i["code"]]["lost"], row.marks[i["code"]]["note"])
            for i in (row.sheet.items if row.sheet else [])
            if i["code"] in row.marks
        ],
        "fatal": [i["name"] for i in (row.sheet.fatal if row.sheet else [])
                  if i["code"] in row.fatal],
        "visible": Appeal.objects.visible_to(request.actor).filter(pk=row.appeal_id).exists(),
    }  # fmt: skip


class ContestForm(LinedForm):
    """Why a mark is wrong."""

    reason = long_field("申诉理由", 1000, rows=4, help_text="哪一项评得不对，依据是什么。")


@desk_view(P.QUALITY_CONTEST)
def contest(request: DeskRequest, pk: int) -> HttpResponse:
    """Contest one's own mark."""
    row = marking.get_for(request.actor, pk)
    back = reverse("quality:item", args=[pk])
    page = Page("申诉", crumbs((row.appeal.title, back), ("申诉", "")), back, yes="提交申诉",
                lead="提交后由评分人以外的人复核，原评分保留。")  # fmt: skip
    return form_page(
        request, page, ContestForm(sent(request)),
        lambda said: marking.contest(row, said["reason"], actor=request.actor, at=clock.now()),
        said="申诉已提交。", to=back, template="quality/form.html",
    )  # fmt: skip


class JudgeForm(LinedForm):
    """Keep the mark, or put another in its place."""

    keeps = forms.ChoiceField(
        label="复核结论", choices=[("1", "维持原评分"), ("0", "改评")], widget=Segmented
    )
    score = forms.DecimalField(
        label="改评得分", required=False, min_value=0, max_value=100, max_digits=4, decimal_places=1
    )
    ruling = long_field("复核意见", 1000, rows=4)

    def clean(self) -> dict[str, Any]:
        """A change needs its score."""
        said = super().clean() or {}
        if said.get("keeps") == "0" and said.get("score") is None and "score" not in self.errors:
            self.add_error("score", "改评须填写得分。")
        return said


@desk_view(P.QUALITY_JUDGE)
def judge(request: DeskRequest, pk: int) -> HttpResponse:
    """Decide a contested mark."""
    row = marking.get_for(request.actor, pk)
    back = reverse("quality:item", args=[pk])
    page = Page("复核", crumbs((row.appeal.title, back), ("复核", "")), back, yes="确定",
                lead=f"原评分 {score_words(row)}。申诉理由：{row.contest}")  # fmt: skip

    def run(said: Mapping[str, Any]) -> Inspection:
        score = said["score"] if said["keeps"] == "0" else None
        return marking.judge(
            row, said["ruling"], score=score, actor=request.actor, at=clock.now()
        )  # fmt: skip

    return form_page(
        request, page, JudgeForm(sent(request), initial={"keeps": "1"}), run,
        said="已复核定稿。", to=back, template="quality/form.html",
    )  # fmt: skip


class ChooseForm(LinedForm):
    """Which order, and what of it."""

    layout = (("number", "subject"),)
    number = line_field("工单编号", 24)
    subject = forms.ChoiceField(label="质检对象", choices=Subject.choices, widget=Segmented)
    call_id = line_field("通话编号", 64, required=False, help_text="质检通话时填写，便于调听录音。")


@desk_view(P.QUALITY_INSPECT)
def choose(request: DeskRequest) -> HttpResponse:
    """Put one order on the desk by hand; the riskiest that nobody drew stand beside."""
    back = reverse("quality:home")
    page = Page("指定质检", crumbs(("指定质检", "")), back, yes="放入待评")
    initial = {"number": request.GET.get("number", ""), "subject": Subject.ORDER}

    def run(said: Mapping[str, Any]) -> Inspection:
        appeal = get_appeal_for(request.actor, said["number"].replace(" ", ""))
        return sampling.inspect_by_hand(
            appeal, said["subject"], call_id=said["call_id"], actor=request.actor, at=clock.now()
        )

    risky = (
        Precheck.objects.filter(centre_id=request.actor.unit_id, risk__gt=0, drawn=False)
        .filter(subject__in=[Subject.ORDER, Subject.REPLY])
        .select_related("appeal").defer("appeal__content").order_by("-risk", "-id")[:10]
    )  # fmt: skip
    return form_page(
        request, page, ChooseForm(sent(request), initial=initial), run, said="已放入待评。",
        to=lambda row: reverse("quality:item", args=[row.pk]), template="quality/choose.html",
        context={"risky": risky},
    )  # fmt: skip


@desk_view(P.QUALITY_INSPECT, P.QUALITY_JUDGE)
def training(request: DeskRequest) -> HttpResponse:
    """Who is to be trained in what."""
    at = clock.now()
    rows = Training.objects.select_related("unit", "inspection__appeal").filter(
        inspection__in=marking.visible_to(request.actor), done_at=None
    )
    page = key_page(rows, ["-id"], request.GET.get("after", ""), PAGE_SIZE)
    shown = {"page": page, "at": at, "trains": request.actor.may(P.QUALITY_INSPECT)}
    return render(request, "quality/training.html", shown)


@require_POST
@desk_view(P.QUALITY_INSPECT)
def trained(request: DeskRequest, pk: int) -> HttpResponse:
    """Take somebody off the training list."""
    row = Training.objects.filter(pk=pk, inspection__in=marking.visible_to(request.actor)).first()
    if row is None:
        raise NotFound
    marking.trained(row, request.POST.get("note", ""), actor=request.actor, at=clock.now())
    return done(request, "已销号。", reverse("quality:training"))
