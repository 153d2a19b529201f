"""What the text itself says while it is typed: warnings, sensitive classes, a title, a summary."""

from typing import Any

from django.http import HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_POST

from jiesu.access import Permission as P
from jiesu.appeals import rules
from jiesu.connectors.llm import drafting
from jiesu.connectors.llm.drafting import Wanted
from jiesu.foundation import clock
from jiesu.organizations.models import Region
from jiesu.textintel import summary as summaries
from jiesu.warnings.models import Warning
from jiesu.warnings.raising import LIMITS
from jiesu.warnings.reading import sensitive_in, warnings_in
from jiesu.web.doors import DeskRequest, desk_view

READ = 50_000  # characters of what is typed
TITLE_FROM = 40  # characters; of a shorter text the first sentence is title enough
AROUND = 14  # characters shown before and after the words that warn


@require_POST
@desk_view(P.INTAKE_REGISTER)
def warn(request: DeskRequest) -> HttpResponse:
    """What will ring once this is saved: class, words in their sentence, how sure, time to act."""
    at, said = clock.now(), request.POST
    text = said.get("content", "")[:READ]
    path = request.actor.region_path
    if code := said.get("region_code", ""):
        region = Region.objects.filter(code=code, valid_to=None).only("path").first()
        path = region.path if region else path
    reading = warnings_in(text, path, at)
    found = [
        {
            "label": Warning.Kind(one.kind.value).label,
            "before": text[max(0, one.start - AROUND) : one.start].lstrip("，。、；！？ \n"),
            "quote": text[one.start : one.end],
            "after": text[one.end : one.end + AROUND],
            "percent": min(99, round(one.score * 100)),
            "words": one.words,
            "minutes": rules.value(LIMITS[Warning.Kind(one.kind.value)], at),
            "critical": one.level == "critical",
        }
        for one in reading.found
    ]
    classes = sensitive_in(text, path, at)
    shown = {
        "found": found, "classes": classes, "complete": reading.complete,
        "trouble": reading.trouble,
        "critical": any(one["critical"] for one in found),
        "urgent": said.get("urgency") == "1",
    }  # fmt: skip
    return render(request, "seat/warn.html", shown)


@require_POST
@desk_view(P.INTAKE_REGISTER)
def summary(request: DeskRequest) -> HttpResponse:
    """A title out of the text while none is written, and for a long text what it says in short."""
    text = request.POST.get("content", "")[:READ]
    shown: dict[str, Any] = {"title": "", "summary": None}
    if len(text.strip()) >= TITLE_FROM:
        said = summaries.summarize(text)
        shown["title"] = "" if request.POST.get("title", "").strip() else said.title
        shown["summary"] = said if len(text) >= summaries.LONG else None
        shown["may_ask"] = drafting.is_on() and len(text) >= summaries.LONG
    return render(request, "seat/summary.html", shown)


@require_POST
@desk_view(P.INTAKE_REGISTER)
def model_summary(request: DeskRequest) -> HttpResponse:
    """A title and summary drafted by the language model, to be taken or left."""
    said = request.POST
    found = drafting.draft(
        Wanted.SUMMARY, said.get("content", "")[:READ],
        personal=[said.get("name", ""), said.get("phone", "")],
        confidentiality=said.get("confidentiality") or "0", subject="seat", actor=request.actor,
        at=clock.now(),
    )  # fmt: skip
    return render(request, "seat/model_summary.html", {"draft": found})
