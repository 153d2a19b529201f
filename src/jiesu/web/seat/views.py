"""The seat 受理: a new appeal while the caller speaks, every field by key."""

import datetime as dt
import json
from typing import Any

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.datastructures import MultiValueDict
from django.views.decorators.http import require_POST

from jiesu.access import Actor
from jiesu.access import Permission as P
from jiesu.access.masking import mask_name, mask_phone
from jiesu.appeals.actions import drafts, intake
from jiesu.appeals.actions.callback import LEVELS
from jiesu.appeals.gate import get_appeal_for
from jiesu.appeals.lifecycle import OPEN, Status
from jiesu.appeals.models import Appeal, Attachment
from jiesu.catalogue import categories, duty
from jiesu.catalogue import templates as texts
from jiesu.catalogue.models import Category
from jiesu.foundation import clock, identifiers
from jiesu.foundation.crypto import keyring
from jiesu.foundation.errors import UseCaseError, invalid
from jiesu.organizations.models import Region
from jiesu.suggestions.classes import suggest_classes
from jiesu.suggestions.models import Kind
from jiesu.suggestions.registry import has_trouble
from jiesu.suggestions.units import UnitSuggestion, suggest_units
from jiesu.warnings.tone import is_rising, tone_of
from jiesu.web import saved_forms, uploads
from jiesu.web.components.faces import face_of_row, mood_tag, status_words
from jiesu.web.components.pieces import Empty, Tag
from jiesu.web.doors import DeskRequest, desk_view, done, go
from jiesu.web.intake_fields import LocalQuestions, local_answers, local_questions, place_errors
from jiesu.web.lists import Work, list_context, list_view
from jiesu.web.navigation import Count
from jiesu.web.pick.views import category_label, region_label
from jiesu.web.seat.forms import IntakeForm

HISTORY_SHOWN = 8
MOST_A_DAY = 500
PHRASES_SHOWN = 6  # alt+4 to alt+9
FIRST_PHRASE_KEY = 4
RECENT = dt.timedelta(days=90)
JUST_TAKEN = "seat_just_taken"  # in the session: the number to be read aloud
# What a use case calls it, and what this form does.
RENAMED = {
    "reason_code": "refusal_reason", "line_code": "hand_over_line", "note": "hand_over_note",
}  # fmt: skip
ENDS_AT_ONCE = {"answer": "直接答复", "refuse": "不予受理", "hand_over": "移交"}


@desk_view(P.INTAKE_REGISTER)
def home(request: DeskRequest) -> HttpResponse:
    """The form, and what becomes of it: submit, answer at once, refuse, hand over, merge, keep."""
    if request.method != "POST":
        kept = _kept(request)
        form = IntakeForm(initial=_opening(request, kept))
        key = (kept.get("upload_key") or [""])[0] or uploads.new_key()
        return render(request, "seat/home.html", _context(request, form, key, kept))
    if request.POST.get("then") == "keep":
        return _keep(request)
    key = uploads.key_of(request)
    form = IntakeForm(request.POST)
    shown = _context(request, form, key, request.POST)
    if not form.is_valid():
        return render(request, "seat/home.html", shown, status=422)
    try:
        uploads.receive(request, request.actor, Attachment.Purpose.APPEAL, key)
        appeal = _register(request, form, key, shown["local"])
    except UseCaseError as error:
        place_errors(error, form, shown["local"], RENAMED)
        shown["uploaded"] = uploads.waiting(request.actor, key)
        return render(request, "seat/home.html", shown, status=error.status)
    drafts.drop(request.POST.get("draft_key", ""), actor=request.actor, at=clock.now())
    request.session[JUST_TAKEN] = appeal.number
    return go(request, reverse("seat:home"))


def _register(request: DeskRequest, form: IntakeForm, key: str, local: LocalQuestions) -> Appeal:
    """One use case, by the button that was pressed."""
    said, at, actor = form.cleaned_data, clock.now(), request.actor
    given = form.intake(local_answers(request.POST, local), key)
    once = request.POST.get("idempotency_key", "")
    what = request.POST.get("then", "dispatch")
    if what in ENDS_AT_ONCE and said["merge_into"]:
        raise UseCaseError(
            f"已选择并入 {said['merge_into']}，不能同时{ENDS_AT_ONCE[what]}。请先撤销并入。",
            code="merge_or_end",
        )
    if what == "answer":
        return intake.register_and_answer(
            given, said["answer"], actor=actor, at=at, idempotency_key=once
        )
    if what == "refuse":
        if not said["refusal_reason"]:
            raise invalid("reason_code", "请选择不予受理的理由。", "required")
        return intake.register_and_refuse(
            given, said["refusal_reason"], said["explanation"], actor=actor, at=at,
            idempotency_key=once,
        )  # fmt: skip
    if what == "hand_over":
        if not said["hand_over_line"]:
            raise invalid("line_code", "请选择移交去向。", "required")
        return intake.register_and_hand_over(
            given, said["hand_over_line"], said["hand_over_note"], actor=actor, at=at,
            idempotency_key=once,
        )  # fmt: skip
    if said["merge_into"]:
        master = get_appeal_for(actor, said["merge_into"])
        return intake.register_and_merge(given, master, actor=actor, at=at, idempotency_key=once)
    return intake.register(given, actor=actor, at=at, idempotency_key=once, accept=True)


def _keep(request: DeskRequest) -> HttpResponse:
    """Put the form aside as it stands, files included, and open a fresh one."""
    key = uploads.key_of(request)
    fields = {
        name: values for name, values in request.POST.lists()
        if name not in ("csrfmiddlewaretoken", "idempotency_key", "then")
    }  # fmt: skip
    try:
        uploads.receive(request, request.actor, Attachment.Purpose.APPEAL, key)
        if not _worth_keeping(fields):
            return redirect("seat:home")
        drafts.save(request.POST.get("draft_key", ""), fields, actor=request.actor, at=clock.now())
    except UseCaseError as error:
        form = IntakeForm(request.POST)
        shown = _context(request, form, key, request.POST)
        form.errors.clear()  # a draft need not be complete
        place_errors(error, form, shown["local"])
        return render(request, "seat/home.html", shown, status=error.status)
    return done(request, "已暂存，可从左边的草稿继续。", reverse("seat:home"))


def _worth_keeping(fields: dict[str, Any]) -> bool:
    """Whether anything of substance was typed."""
    return any(
        any(str(value).strip() for value in fields.get(name) or ())
        for name in ("content", "phone", "name", "address", "title")
    )


def _kept(request: DeskRequest) -> MultiValueDict[str, Any]:
    """The fields of the draft, or of the form the session ran out under, that are to be shown."""
    if token := request.GET.get("restored", ""):
        saved = saved_forms.load(token, request.actor.user_id)
        return MultiValueDict(saved["fields"] if saved else {})
    if key := request.GET.get("draft", ""):
        try:
            return MultiValueDict(drafts.load(key, actor=request.actor))
        except UseCaseError as error:
            messages.warning(request, error.message)
    return MultiValueDict()


def _opening(request: DeskRequest, kept: MultiValueDict[str, Any]) -> dict[str, Any]:
    """What the form starts with: the caller's number from the telephone, or what was kept."""
    if kept:
        start: dict[str, Any] = {name: (kept.getlist(name) or [""])[0] for name in kept}
        start["petitioner_tags"] = kept.getlist("petitioner_tags")
        for name in ("is_anonymous", "reply_wanted", "may_publish"):
            start[name] = bool(start.get(name))
        return start
    return {
        "phone": request.GET.get("phone", "")[:32], "call_id": request.GET.get("call", "")[:64],
    }  # fmt: skip


def _context(
    request: DeskRequest, form: IntakeForm, key: str, said: MultiValueDict[str, Any]
) -> dict[str, Any]:
    at = clock.now()
    region_code = str(form["region_code"].value() or "")
    category_code = str(form["category_code"].value() or "")
    wrong = form.errors if form.is_bound else {}
    return {
        "form": form,
        "local": local_questions(region_code, category_code, at, said),
        "more_open": any(name in wrong for name in form.MORE),
        "upload_key": key,
        "uploaded": uploads.waiting(request.actor, key) if said else [],
        "draft_key": request.POST.get("draft_key") or request.GET.get("draft")
        or f"seat-{uploads.new_key()[:16]}",
        "staff_number": request.post.user.staff_number or request.post.user.username,
        "phrases": _phrases(request, at),
        "drafts": drafts.mine(request.actor)[:5],
        "today": _today(request.actor, at),
        "taken": _just_taken(request),
        **_relation(request.actor, form["merge_into"].value(), form["repeat_of"].value(), at),
        **_caller(request.actor, str(form["phone"].value() or ""), at),
    }  # fmt: skip


def _today(actor: Actor, at: dt.datetime) -> int:
    """How many this agent took in today, of the newest: nobody takes in more than that."""
    start = at.replace(hour=0, minute=0, second=0, microsecond=0)
    own = Appeal.objects.filter(agent_id=actor.user_id or 0).order_by("-id")
    newest = own.values_list("registered_at", flat=True)[:MOST_A_DAY]
    return sum(registered >= start for registered in newest)


def _just_taken(request: DeskRequest) -> dict[str, Any] | None:
    """The appeal taken in last, to be read to the caller: shown once more on each fresh form."""
    number = request.session.get(JUST_TAKEN, "")
    if not number or request.method == "POST":
        return None
    appeal = (
        Appeal.objects.visible_to(request.actor)
        .only("number", "query_code", "status", "title", "master__number")
        .select_related("master")
        .filter(number=number)
        .first()
    )
    if appeal is None:
        return None
    parts = [number[:6], number[6:12], number[12:]]
    return {"appeal": appeal, "parts": parts, "words": status_words(appeal)}


# --- what appears while typing --------------------------------------------------------------------
# What a caller said or who they are never stands in an address: such pieces are asked by POST.


@require_POST
@desk_view(P.INTAKE_REGISTER)
def caller(request: DeskRequest) -> HttpResponse:
    """Who calls: the number's history, newest first."""
    shown = _caller(request.actor, request.POST.get("phone", ""), clock.now())
    return render(request, "seat/caller.html", shown)


def _caller(actor: Actor, phone: str, at: dt.datetime) -> dict[str, Any]:
    number = identifiers.normalize_phone(phone)
    if not number or identifiers.phone_problem(number):
        return {"caller_known": False, "caller_number": ""}
    history = list(
        Appeal.objects.visible_to(actor)
        .by_phone(keyring().search_hash(number))
        .only("number", "title", "content", "status", "lead_unit_name", "registered_at",
              "satisfaction", "solved", "outcome", "name", "sex", "closed_at", "is_anonymous")
        .order_by("-id")[:HISTORY_SHOWN]
    )  # fmt: skip
    recent = [a for a in history if a.registered_at > at - RECENT]
    named = next((a.name for a in history if a.name and not a.is_anonymous), "")
    return {
        "caller_known": True,
        "caller_number": mask_phone(number),
        "caller_name": mask_name(named),
        "history": [(a, status_words(a), _said_of(a)) for a in history],
        "recent": len(recent),
        "rising": is_rising(recent),
        "unsolved": [a for a in recent if _was_bad(a)],
    }


def _was_bad(appeal: Appeal) -> bool:
    return appeal.solved is False or (appeal.satisfaction or 5) < 3


def _said_of(appeal: Appeal) -> list[Tag]:
    """How the caller sounded then, and what they thought of it."""
    mood = mood_tag(tone_of(appeal))
    tags = [mood] if mood else []
    if appeal.solved is False:
        tags.append(Tag("未解决", "red"))
    if appeal.satisfaction:
        tags.append(Tag(LEVELS[appeal.satisfaction], "red" if appeal.satisfaction < 3 else ""))
    return tags


@require_POST
@desk_view(P.INTAKE_REGISTER)
def suggest(request: DeskRequest) -> HttpResponse:
    """Classes that the text seems to be about, while none is chosen."""
    shown: dict[str, Any] = {"classes": [], "trouble": has_trouble(Kind.CLASS)}
    if not request.POST.get("category_code"):
        content = request.POST.get("content", "")
        shown["classes"] = suggest_classes(content, clock.now())
    return render(request, "seat/suggest.html", shown)


@require_POST
@desk_view(P.INTAKE_REGISTER)
def relation(request: DeskRequest) -> HttpResponse:
    """What this appeal is going to be tied to, with a way back."""
    shown = _relation(
        request.actor, request.POST.get("merge_into"), request.POST.get("repeat_of"), clock.now()
    )
    return render(request, "seat/relation.html", shown)


def _relation(actor: Actor, merge_into: Any, repeat_of: Any, at: dt.datetime) -> dict[str, Any]:
    asked = {"merge_into": str(merge_into or "")[:19], "repeat_of": str(repeat_of or "")[:19]}
    numbers = [number for number in asked.values() if number]
    if not numbers:
        return {"master": None, "earlier": None}
    found = {
        a.number: a
        for a in Appeal.objects.visible_to(actor)
        .filter(number__in=numbers)
        .only("number", "title", "status", "lead_unit_name", "due_at", "yellow_at", "due_kind",
              "due_unit", "is_paused")
    }  # fmt: skip
    master = found.get(asked["merge_into"])
    return {
        "master": master,
        "master_face": face_of_row(master, at) if master else None,
        "master_ended": master is not None and Status(master.status) not in OPEN,
        "earlier": found.get(asked["repeat_of"]),
        "absent": [(name, n) for name, n in asked.items() if n and n not in found],
    }


@require_POST
@desk_view(P.INTAKE_REGISTER)
def unit(request: DeskRequest) -> HttpResponse:
    """Who is likely to answer for it: the duty catalogue, the centre's history, its model."""
    at, said = clock.now(), request.POST
    region = Region.objects.filter(code=said.get("region_code", ""), valid_to=None).first()
    category = _category(said.get("category_code", ""), at)
    units: list[UnitSuggestion] = []
    if region is not None and category is not None:
        units = suggest_units(
            category, region, at, content=said.get("content", ""), title=said.get("title", "")
        )
    asked = region is not None and category is not None
    shown = {"units": units, "asked": asked, "trouble": has_trouble(Kind.UNIT)}
    return render(request, "seat/unit.html", shown)


def _category(code: str, at: dt.datetime) -> Category | None:
    try:
        return categories.get(code, at)
    except UseCaseError:
        return None


@require_POST
@desk_view(P.INTAKE_REGISTER)
def local_form(request: DeskRequest) -> HttpResponse:
    """What this area or class asks in addition, with what was answered so far."""
    local = local_questions(
        request.POST.get("region_code", ""), request.POST.get("category_code", ""), clock.now(),
        request.POST,
    )  # fmt: skip
    return render(request, "local_questions.html", {"local": local})


# --- phrases --------------------------------------------------------------------------------------


def _phrases(request: DeskRequest, at: dt.datetime) -> list[dict[str, Any]]:
    """The desk's phrases as they can be read aloud now, each with its key."""
    known = _known(request, at)
    return [
        {"pk": t.pk, "title": t.title, "text": texts.fill(t.body, known), "key": f"alt+{key}"}
        for key, t in enumerate(
            texts.for_desk("seat", request.post.unit)[:PHRASES_SHOWN], FIRST_PHRASE_KEY
        )
    ]


def _known(request: DeskRequest, at: dt.datetime) -> dict[str, object]:
    user = request.post.user
    return {
        "工号": user.staff_number or user.username,
        "经办人": user.name,
        "今天": f"{at:%Y年}{at.month}月{at.day}日",
        "受理时间": f"{at.month}月{at.day}日{at:%H:%M}",
    }


@require_POST
@desk_view(P.INTAKE_REGISTER)
def phrase(request: DeskRequest, pk: int) -> HttpResponse:
    """A phrase with what the form says so far in its places, as plain text."""
    template = get_object_or_404(texts.for_desk("seat", request.post.unit), pk=pk)
    at, said = clock.now(), request.POST
    region = Region.objects.filter(code=said.get("region_code", ""), valid_to=None).first()
    category = _category(said.get("category_code", ""), at)
    hit = duty.find(category, region, at) if region is not None and category else None
    name, sex = said.get("name", "").strip(), said.get("sex", "")
    manner = {"女": "女士", "男": "先生"}.get(sex, "")
    place = (region_label(region.code) if region else "") + said.get("address", "").strip()
    filled = texts.fill(
        template.body,
        {
            **_known(request, at),
            "标题": said.get("title", "").strip(),
            "称呼": f"{name[:1]}{manner}" if name and manner else name,
            "分类": category_label(category.code) if category else "",
            "地点": place,
            "承办单位": hit.unit.name if hit else "",
        },
    )
    return HttpResponse(filled, content_type="text/plain; charset=utf-8")


# --- drafts and one's own -------------------------------------------------------------------------


@require_POST
@desk_view(P.INTAKE_REGISTER)
def draft(request: DeskRequest) -> HttpResponse:
    """Keep the form as it stands (called by itself while typing)."""
    try:
        fields = json.loads(request.POST.get("fields", "{}"))
    except json.JSONDecodeError:
        fields = {}
    key = request.POST.get("key", "")
    if isinstance(fields, dict) and _worth_keeping(fields):
        drafts.save(key, fields, actor=request.actor, at=clock.now())
    return HttpResponse(status=204)


@require_POST
@desk_view(P.INTAKE_REGISTER)
def drop_draft(request: DeskRequest, key: str) -> HttpResponse:
    """Forget a draft."""
    drafts.drop(key, actor=request.actor, at=clock.now())
    return done(request, "草稿已删除。", reverse("seat:mine"))


@list_view(P.INTAKE_REGISTER)
def mine(request: DeskRequest) -> HttpResponse:
    """What this agent took in, newest first, and their drafts."""
    at = clock.now()
    own = Appeal.objects.filter(agent_id=request.actor.user_id or 0)
    empty = Empty("您还没有登记诉求", "回到受理席登记第一件。", "去受理", reverse("seat:home"))
    work = [
        Work("mine", "我登记的", own, ("-id",), counted=False, empty=empty),
        Work("mine_open", "在办", own.open(), ("-id",), counted=False, empty=empty),
    ]
    shown = list_context(request, "seat", work, at)
    return render(
        request, "seat/mine.html",
        {**shown, "heading": "我的受理", "drafts": drafts.mine(request.actor)},
    )  # fmt: skip


def waiting(actor: Actor, at: dt.datetime) -> Count:
    """Drafts not yet submitted, for the navigation."""
    return Count(len(drafts.mine(actor)))
