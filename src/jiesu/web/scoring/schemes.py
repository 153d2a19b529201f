"""Schemes in the interface: made from a worked one or from nothing, changed from a day on."""

import datetime as dt

from django.http import HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.http import require_POST

from jiesu.access import Permission as P
from jiesu.foundation import clock
from jiesu.foundation.errors import UseCaseError
from jiesu.scoring import reading, schemes
from jiesu.scoring.definitions import EVERY_NAMES, Definition, from_json
from jiesu.scoring.spans import day_of, span
from jiesu.web.doors import DeskRequest, desk_view, done, refuse
from jiesu.web.once import once
from jiesu.web.scoring import pages
from jiesu.web.scoring.forms import SchemeForm, initial_of
from jiesu.web.scoring.moves import version_in


@desk_view(P.SCORING_VIEW)
def scheme(request: DeskRequest, pk: int) -> HttpResponse:
    """What a scheme says, its versions, its periods."""
    found = schemes.get_scheme_for(request.actor, pk)
    today = day_of(clock.now())
    held = schemes.held_on(found, today) or found.versions.order_by("valid_from").first()
    definition = from_json(held.definition) if held else None
    context = {
        "scheme": found, "held": held, "definition": definition,
        "lines": pages.lines_of(definition) if definition else [],
        "every": EVERY_NAMES[definition.every] if definition else "",
        "versions": list(found.versions.order_by("-valid_from")),
        "periods": [
            (p, pages.state_tag(p)) for p in reading.periods_in_reach(request.actor, found)[:24]
        ],
        "may_manage": request.actor.may(P.SCORING_MANAGE), "today": today,
    }  # fmt: skip
    return render(request, "scoring/scheme.html", context)


@desk_view(P.SCORING_MANAGE)
def new(request: DeskRequest) -> HttpResponse:
    """Make a scheme; ``?from=`` names the worked one to begin with."""
    shipped = schemes.shipped()
    chosen = request.GET.get("from", "")
    name, definition = shipped.get(chosen) or next(iter(shipped.values()))
    first = span(definition.every, day_of(clock.now())).first
    form = SchemeForm(
        request.POST if request.method == "POST" else None,
        initial=initial_of(definition, name, first),
    )
    context = {
        "form": form, "title": "新建考核方案", "back": reverse("scoring:home"),
        "region": request.post.unit.region,
        "shipped": [(key, said) for key, (said, _) in shipped.items()], "chosen": chosen,
    }  # fmt: skip
    if request.method != "POST":
        return render(request, "scoring/scheme_form.html", context)
    if form.is_valid():
        try:
            made = once(request, lambda: _create(request, form))
        except UseCaseError as error:
            return refuse(request, error, "scoring/scheme_form.html", context, form=form)
        return done(request, "方案已建立，可以打开考核期。", reverse("scoring:scheme", args=[made]))
    return render(request, "scoring/scheme_form.html", context, status=422)


def _create(request: DeskRequest, form: SchemeForm) -> str:
    said = form.cleaned_data
    made = schemes.create_scheme(
        said["name"], request.post.unit.region, form.definition(), actor=request.actor,
        at=clock.now(), valid_from=said["valid_from"], note=said["note"],
    )  # fmt: skip
    return str(made.pk)


@desk_view(P.SCORING_MANAGE)
def edit(request: DeskRequest, pk: int) -> HttpResponse:
    """Let a scheme say something else from a day on."""
    found = schemes.get_scheme_for(request.actor, pk)
    today = day_of(clock.now())
    held = schemes.held_on(found, today) or found.versions.order_by("valid_from").first()
    definition: Definition = (
        from_json(held.definition) if held else next(iter(schemes.shipped().values()))[1]
    )
    after = span(definition.every, today).last + dt.timedelta(days=1)
    form = SchemeForm(
        request.POST if request.method == "POST" else None,
        initial=initial_of(definition, found.name, after),
    )
    form.fields["name"].disabled = True
    form.fields["name"].initial = found.name
    back = reverse("scoring:scheme", args=[pk])
    context = {
        "form": form, "title": f"修改{found.name}", "back": back, "scheme": found,
        "region": found.region,
    }  # fmt: skip
    if request.method != "POST":
        return render(request, "scoring/scheme_form.html", context)
    if form.is_valid():
        try:
            schemes.set_version(
                found, form.definition(), actor=request.actor, at=clock.now(),
                valid_from=form.cleaned_data["valid_from"], version=version_in(request),
                note=form.cleaned_data["note"],
            )  # fmt: skip
        except UseCaseError as error:
            return refuse(request, error, "scoring/scheme_form.html", context, form=form)
        return done(request, "已保存，自启用日期起按新办法考核。", back)
    return render(request, "scoring/scheme_form.html", context, status=422)


@require_POST
@desk_view(P.SCORING_MANAGE)
def end(request: DeskRequest, pk: int) -> HttpResponse:
    """Stop a scheme."""
    found = schemes.get_scheme_for(request.actor, pk)
    schemes.end_scheme(found, actor=request.actor, at=clock.now())
    return done(request, "方案已停用，已有的成绩保留。", reverse("scoring:home"))
