"""The seat 受理: a new appeal while the caller speaks, every field by key."""

import datetime as dt
import json
from typing import Any

from django.http import HttpRequest, HttpResponse, QueryDict
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.http import require_POST

from jiesu.access import Actor
from jiesu.access import Permission as P
from jiesu.access.masking import mask_name, mask_phone
from jiesu.appeals.actions import drafts, intake
from jiesu.appeals.gate import get_appeal_for
from jiesu.appeals.lifecycle import Status
from jiesu.appeals.models import Appeal, Attachment
from jiesu.catalogue import categories, duty, local_forms
from jiesu.catalogue import templates as texts
from jiesu.foundation import clock, identifiers
from jiesu.foundation.crypto import keyring
from jiesu.foundation.errors import UseCaseError
from jiesu.organizations.models import Region
from jiesu.web import uploads
from jiesu.web.components.faces import face_of_row, status_words
from jiesu.web.components.pieces import Empty
from jiesu.web.doors import DeskRequest, desk_view, done, refuse
from jiesu.web.lists import Work, list_context
from jiesu.web.navigation import Count
from jiesu.web.seat.forms import IntakeForm

HISTORY_SHOWN = 8
RECENT = dt.timedelta(days=90)


@desk_view(P.INTAKE_REGISTER)
def home(request: DeskRequest) -> HttpResponse:
    """The form, and what becomes of it: submit, answer at once, refuse, hand over, merge."""
    key = uploads.key_of(request)
    if request.method != "POST":
        form = IntakeForm(initial=_opening(request))
        return render(request, "seat/home.html", _context(request, form, key))
    form = IntakeForm(request.POST)
    if not form.is_valid():
        return render(request, "seat/home.html", _context(request, form, key), status=422)
    try:
        uploads.receive(request, request.actor, Attachment.Purpose.APPEAL, key)
        appeal = _register(request, form, key)
    except UseCaseError as error:
        return refuse(request, error, "seat/home.html", _context(request, form, key), form=form)
    drafts.drop(request.POST.get("draft_key", ""), actor=request.actor)
    words = f"{appeal.number} {status_words(appeal)}。查询码 {appeal.query_code}，可告知来电人。"
    return done(request, words, reverse("seat:home"))


def _register(request: DeskRequest, form: IntakeForm, key: str) -> Appeal:
    """One use case, by the button that was pressed."""
    said, at, actor = form.cleaned_data, clock.now(), request.actor
    answers = {
        name.removeprefix("local_"): values if len(values) > 1 else values[0]
        for name, values in request.POST.lists()
        if name.startswith("local_") and any(values)
    }
    given = form.intake(answers, key)
    once = request.POST.get("idempotency_key", "")
    what = request.POST.get("then", "dispatch")
    if what == "answer":
        return intake.register_and_answer(
            given, said["answer"], actor=actor, at=at, idempotency_key=once
        )
    if what == "refuse":
        return intake.register_and_refuse(
            given, said["refusal_reason"], said["explanation"], actor=actor, at=at,
            idempotency_key=once,
        )  # fmt: skip
    if what == "hand_over":
        return intake.register_and_hand_over(
            given, said["hand_over_line"], said["hand_over_note"], actor=actor, at=at,
            idempotency_key=once,
        )  # fmt: skip
    if said["merge_into"]:
        master = get_appeal_for(actor, said["merge_into"])
        return intake.register_and_merge(given, master, actor=actor, at=at, idempotency_key=once)
    return intake.register(given, actor=actor, at=at, idempotency_key=once, accept=True)


def _opening(request: DeskRequest) -> dict[str, Any]:
    """What the form starts with: the caller's number from the telephone, or a kept draft."""
    start: dict[str, Any] = {
        "phone": request.GET.get("phone", "")[:32], "call_id": request.GET.get("call", "")[:64],
    }  # fmt: skip
    kept = request.GET.get("draft", "")
    if kept:
        try:
            fields = drafts.load(kept, actor=request.actor)
        except UseCaseError:
            return start
        for name, values in fields.items():
            start[name] = values if name == "petitioner_tags" else (values or [""])[0]
    return start


def _context(request: DeskRequest, form: IntakeForm, key: str) -> dict[str, Any]:
    at = clock.now()
    phone = str(form["phone"].value() or "")
    return {
        "form": form,
        "upload_key": key,
        "uploaded": uploads.waiting(request.actor, key),
        "draft_key": request.POST.get("draft_key") or request.GET.get("draft")
        or f"seat-{uploads.new_key()[:16]}",
        "phone": phone,
        "staff_number": request.post.user.staff_number or request.post.user.username,
        "phrases": list(texts.for_desk("seat", request.post.unit)[:9]),
        "drafts": drafts.mine(request.actor)[:5],
        "today": _today(request.actor, at),
        "local_values": {
            k: v for k, v in request.POST.items() if k.startswith("local_")
        },
        **_caller(request.actor, phone, at),
    }  # fmt: skip


def _today(actor: Actor, at: dt.datetime) -> int:
    """How many this agent took in today."""
    start = at.replace(hour=0, minute=0, second=0, microsecond=0)
    return Appeal.objects.filter(agent_id=actor.user_id or 0, registered_at__gte=start).count()


# --- what appears while typing --------------------------------------------------------------------


@desk_view(P.INTAKE_REGISTER)
def caller(request: DeskRequest) -> HttpResponse:
    """Who calls: the number's history, newest first."""
    phone = request.GET.get("phone", "")
    return render(request, "seat/caller.html", _caller(request.actor, phone, clock.now()))


def _caller(actor: Actor, phone: str, at: dt.datetime) -> dict[str, Any]:
    number = identifiers.normalize_phone(phone)
    if not number or identifiers.phone_problem(number):
        return {"caller_known": False, "caller_number": ""}
    history = list(
        Appeal.objects.visible_to(actor)
        .by_phone(keyring().search_hash(number))
        .only("number", "title", "status", "lead_unit_name", "registered_at", "satisfaction",
              "solved", "outcome", "name", "sex", "closed_at")
        .order_by("-id")[:HISTORY_SHOWN]
    )  # fmt: skip
    recent = [a for a in history if a.registered_at > at - RECENT]
    return {
        "caller_known": True,
        "caller_number": mask_phone(number),
        "caller_name": mask_name(history[0].name) if history else "",
        "history": history,
        "recent": len(recent),
        "unsolved": [a for a in recent if a.solved is False or (a.satisfaction or 5) < 3],
    }


@desk_view(P.INTAKE_REGISTER)
def similar(request: DeskRequest) -> HttpResponse:
    """Open appeals of the same class in the same area: perhaps the same matter."""
    at = clock.now()
    region = Region.objects.filter(code=request.GET.get("region_code", ""), valid_to=None).first()
    code = request.GET.get("category_code", "")
    found: list[Appeal] = []
    if region is not None and code:
        found = list(
            Appeal.objects.visible_to(request.actor)
            .filter(
                region_path=region.path, category__code=code,
                status__in=[Status.REGISTERED, Status.ACCEPTED, Status.DISPATCHED,
                            Status.SUSPENDED, Status.REPORTED],
            )
            .only("number", "title", "status", "address", "lead_unit_name", "due_at", "yellow_at",
                  "due_kind", "due_unit", "is_paused", "merged_count", "registered_at")
            .order_by("-id")[:5]
        )  # fmt: skip
    rows = [(a, face_of_row(a, at)) for a in found]
    return render(request, "seat/similar.html", {"rows": rows})


@desk_view(P.INTAKE_REGISTER)
def unit(request: DeskRequest) -> HttpResponse:
    """Who will answer for it, by the duty catalogue."""
    at = clock.now()
    region = Region.objects.filter(code=request.GET.get("region_code", ""), valid_to=None).first()
    hit = None
    if region is not None and request.GET.get("category_code"):
        try:
            hit = duty.find(categories.get(request.GET.get("category_code", ""), at), region, at)
        except UseCaseError:
            hit = None
    return render(request, "seat/unit.html", {"hit": hit, "asked": region is not None})


@desk_view(P.INTAKE_REGISTER)
def local_form(request: DeskRequest) -> HttpResponse:
    """What this area or class asks in addition."""
    return render(request, "seat/local_form.html", {"sections": local_sections(request)})


def local_sections(request: HttpRequest) -> list[dict[str, Any]]:
    """The local questions of the chosen class and area."""
    at = clock.now()
    asked: QueryDict = request.GET if request.method == "GET" else request.POST
    region = Region.objects.filter(code=asked.get("region_code", ""), valid_to=None).first()
    if region is None:
        return []
    category = None
    if asked.get("category_code"):
        try:
            category = categories.get(asked["category_code"], at)
        except UseCaseError:
            category = None
    return local_forms.describe(local_forms.for_(category, region, at.date()))


# --- drafts and one's own -------------------------------------------------------------------------


@require_POST
@desk_view(P.INTAKE_REGISTER)
def draft(request: DeskRequest) -> HttpResponse:
    """Keep the form as it stands (called by itself while typing, and by the button)."""
    try:
        fields = json.loads(request.POST.get("fields", "{}"))
    except json.JSONDecodeError:
        fields = {}
    if isinstance(fields, dict) and any(fields.get(k) != [""] for k in ("content", "phone")):
        drafts.save(request.POST.get("key", ""), fields, actor=request.actor, at=clock.now())
    return HttpResponse(status=204)


@require_POST
@desk_view(P.INTAKE_REGISTER)
def drop_draft(request: DeskRequest, key: str) -> HttpResponse:
    """Forget a draft."""
    drafts.drop(key, actor=request.actor)
    return redirect("seat:mine")


@desk_view(P.INTAKE_REGISTER)
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
