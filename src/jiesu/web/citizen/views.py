"""The citizen's pages 市民: tell, ask, add, urge, withdraw, rate, read what others were answered.

Which appeals a browser may see stands in its session, after the number and the phone's last digits
or the query code were given once. No address holds anything personal.
"""

from typing import Any

from django import forms
from django.core.cache import cache
from django.http import FileResponse, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.cache import add_never_cache_headers

from jiesu.access import citizen
from jiesu.appeals.actions import callback, intake
from jiesu.appeals.actions.callback import Said
from jiesu.appeals.gate import get_appeal_for_citizen
from jiesu.appeals.lifecycle import (
    ADD_FACTS,
    RATE,
    URGE,
    WITHDRAW,
    Status,
)
from jiesu.appeals.models import Appeal, Attachment, Callback
from jiesu.foundation import clock
from jiesu.foundation.errors import NotFound, UseCaseError
from jiesu.web import uploads
from jiesu.web.citizen.forms import (
    FactsForm,
    QueryForm,
    RateForm,
    SubmitForm,
    UrgeForm,
    WithdrawForm,
)
from jiesu.web.citizen.progress import due_of, path, standing
from jiesu.web.components.pieces import FileItem
from jiesu.web.doors import done, refuse
from jiesu.web.navigation import home_for
from jiesu.web.paging import key_page

KNOWN = "citizen_appeals"  # the session's list of numbers
MOST_KNOWN = 20
TRIES, TRIES_SECONDS = 10, 600
SUBMITS, SUBMITS_SECONDS = 20, 3600


def home(request: HttpRequest) -> HttpResponse:
    """Three things to do; staff go to their desk."""
    if getattr(request, "post", None) is not None:
        return redirect(home_for(request.actor) or "/account/")
    latest = list(
        Appeal.objects.published()
        .only("number", "title", "published_at", "lead_unit_name")
        .order_by("-published_at", "-id")[:5]
    )
    mine = request.session.get(KNOWN, [])
    return render(request, "citizen/home.html", {"latest": latest, "mine": mine})


def submit(request: HttpRequest) -> HttpResponse:
    """Tell what happened."""
    key = uploads.key_of(request)
    form = SubmitForm(request.POST if request.method == "POST" else None)
    shown = {"form": form, "upload_key": key}
    if request.method != "POST":
        return render(request, "citizen/submit.html", shown)
    shown["uploaded"] = uploads.waiting(citizen(), key)
    if not form.is_valid():
        return render(request, "citizen/submit.html", shown, status=422)
    try:
        _not_too_often(request, "submit", SUBMITS, SUBMITS_SECONDS,
                       "提交太频繁了，请一小时后再试，或直接拨打 12345。")  # fmt: skip
        uploads.receive(request, citizen(), Attachment.Purpose.APPEAL, key)
        answers = {
            name.removeprefix("local_"): values if len(values) > 1 else values[0]
            for name, values in request.POST.lists()
            if name.startswith("local_") and any(values)
        }
        appeal = intake.register(
            form.intake(answers, key), actor=citizen(), at=clock.now(),
            idempotency_key=request.POST.get("idempotency_key", ""),
        )  # fmt: skip
    except UseCaseError as error:
        shown["uploaded"] = uploads.waiting(citizen(), key)
        return refuse(request, error, "citizen/submit.html", shown, form=form)
    _remember(request, appeal)
    request.session["citizen_last"] = appeal.number
    return redirect("citizen:submitted")


def submitted(request: HttpRequest) -> HttpResponse:
    """The number and the code to keep."""
    appeal = Appeal.objects.filter(number=request.session.get("citizen_last", "")).first()
    if appeal is None:
        return redirect("citizen:home")
    response = render(request, "citizen/submitted.html", {"appeal": appeal, "due": due_of(appeal)})
    add_never_cache_headers(response)
    return response


def query(request: HttpRequest) -> HttpResponse:
    """Ask how it goes, with the number and the phone's last four digits or the code."""
    form = QueryForm(request.POST if request.method == "POST" else None)
    if request.method != "POST":
        shown = {"form": form, "mine": request.session.get(KNOWN, [])}
        return render(request, "citizen/query.html", shown)
    if not form.is_valid():
        return render(request, "citizen/query.html", {"form": form}, status=422)
    number = "".join(form.cleaned_data["number"].split())
    try:
        _not_too_often(request, "query", TRIES, TRIES_SECONDS,
                       "查询次数太多，请十分钟后再试，或拨打 12345 查询。")  # fmt: skip
        appeal = get_appeal_for_citizen(number, form.cleaned_data["proof"])
    except UseCaseError as error:
        return refuse(request, error, "citizen/query.html", {}, form=form)
    _remember(request, appeal)
    return redirect("citizen:progress", appeal.number)


def progress(request: HttpRequest, number: str) -> HttpResponse:
    """Where it stands, the path, the answer, and at most three buttons."""
    appeal = _mine(request, number)
    due = due_of(appeal)
    status = Status(appeal.status)
    rated = Callback.objects.filter(
        appeal=appeal, way=Callback.Way.WEB, round=appeal.redo_count + 1
    ).exists()
    response = render(
        request, "citizen/progress.html",
        {
            "appeal": appeal,
            "standing": standing(appeal, due),
            "due": due,
            "entries": path(appeal, appeal.events.order_by("seq")[:200]),
            "reply": appeal.public_reply if appeal.replied_at else "",
            "may_add": status in ADD_FACTS.from_,
            "may_urge": status in URGE.from_ and status is not Status.CALLBACK,
            "may_withdraw": status in WITHDRAW.from_,
            "may_rate": status in RATE.from_ and not rated
            and appeal.outcome in ("", "handled", "answered_directly", "unreachable"),
            "rated": rated,
            "files": [
                FileItem(f.name, reverse("citizen:file", args=[number, f.pk]), f.size)
                for f in Attachment.objects.filter(appeal=appeal, is_public=True)
            ],
        },
    )  # fmt: skip
    add_never_cache_headers(response)
    return response


def facts(request: HttpRequest, number: str) -> HttpResponse:
    """Add what is new, with pictures."""
    key = uploads.key_of(request)

    def run(appeal: Appeal, said: dict[str, Any]) -> None:
        uploads.receive(request, citizen(), Attachment.Purpose.FACTS, key)
        brought = key if uploads.waiting(citizen(), key) else ""
        intake.add_facts(appeal, said["text"], actor=citizen(), at=clock.now(), upload_key=brought)

    return _small(request, number, FactsForm, run, "补充情况或照片", "已补充，承办单位会看到。",
                  upload_key=key)  # fmt: skip


def urge(request: HttpRequest, number: str) -> HttpResponse:
    """Ask them to hurry; once a day."""

    def run(appeal: Appeal, said: dict[str, Any]) -> None:
        intake.urge(appeal, said["text"], actor=citizen(), at=clock.now())

    return _small(request, number, UrgeForm, run, "催一催", "已催办，我们会转告承办单位。")


def withdraw(request: HttpRequest, number: str) -> HttpResponse:
    """Take it back."""

    def run(appeal: Appeal, said: dict[str, Any]) -> None:
        intake.withdraw(appeal, said["reason"], actor=citizen(), at=clock.now())

    return _small(
        request, number, WithdrawForm, run, "我不再需要了，撤回", "已撤回。",
        lead="撤回后这件诉求不再办理。需要时可以再次反映。",
    )  # fmt: skip


def rate(request: HttpRequest, number: str) -> HttpResponse:
    """Say whether it is solved and how it was."""

    def run(appeal: Appeal, said: dict[str, Any]) -> None:
        callback.rate(
            appeal,
            Said(
                reached=True, way=Callback.Way.WEB, solved=said["solved"] == "yes",
                satisfaction=said["satisfaction"],
                dissatisfied_reason=said["dissatisfied_reason"], note=said["note"],
            ),
            actor=citizen(),
            at=clock.now(),
        )  # fmt: skip

    return _small(request, number, RateForm, run, "评价", "感谢您的评价。")


def file(request: HttpRequest, number: str, pk: int) -> HttpResponse:
    """A file that came with the answer."""
    appeal = _mine(request, number)
    found = Attachment.objects.filter(appeal=appeal, pk=pk, is_public=True).first()
    if found is None:
        raise NotFound("没有找到这个附件。")
    response = FileResponse(
        found.file.open("rb"), as_attachment=True, filename=found.name,
        content_type=found.content_type,
    )  # fmt: skip
    response["Content-Security-Policy"] = "default-src 'none'; sandbox"
    return response  # type: ignore[return-value]  # a file is sent as a stream


def answers(request: HttpRequest) -> HttpResponse:
    """What others asked and were answered."""
    rows = Appeal.objects.published().only(
        "number", "title", "published_at", "lead_unit_name", "category_name", "region_name"
    )
    page = key_page(rows, ["-published_at", "-id"], request.GET.get("after", ""), size=15)
    return render(request, "citizen/answers.html", {"page": page})


def answer(request: HttpRequest, number: str) -> HttpResponse:
    """One published matter and its answer."""
    found = Appeal.objects.published().filter(number=number).first()
    if found is None:
        raise NotFound("没有找到这条公开答复。")
    return render(request, "citizen/answer.html", {"appeal": found})


# --- inside ---------------------------------------------------------------------------------------


def _remember(request: HttpRequest, appeal: Appeal) -> None:
    """Let this browser see the appeal until its session ends."""
    known = [n for n in request.session.get(KNOWN, []) if n != appeal.number]
    request.session[KNOWN] = [appeal.number, *known][:MOST_KNOWN]


def _mine(request: HttpRequest, number: str) -> Appeal:
    """An appeal this browser has shown to be its own; others look absent."""
    if number in request.session.get(KNOWN, []):
        appeal = (
            Appeal.objects.select_related("region", "category", "centre", "master")
            .filter(number=number)
            .first()
        )
        if appeal is not None:
            return appeal
    raise NotFound("请先用工单编号和电话后四位（或查询码）查询。")


def _not_too_often(request: HttpRequest, what: str, most: int, seconds: int, words: str) -> None:
    """Refuse an address that asks too often."""
    key = f"citizen:{what}:{request.META.get('REMOTE_ADDR', '')}"
    cache.add(key, 0, seconds)
    try:
        count = cache.incr(key)
    except ValueError:  # it ran out between the two
        cache.set(key, 1, seconds)
        count = 1
    if count > most:
        raise UseCaseError(words, code="too_often")


def _small(
    request: HttpRequest,
    number: str,
    form_class: type[forms.Form],
    run: Any,
    title: str,
    words: str,
    *,
    lead: str = "",
    upload_key: str = "",
) -> HttpResponse:
    """A page with a small form about one's own appeal."""
    appeal = _mine(request, number)
    form = form_class(request.POST if request.method == "POST" else None)
    shown = {
        "appeal": appeal, "form": form, "title": title, "lead": lead, "upload_key": upload_key,
    }  # fmt: skip
    if request.method != "POST":
        return render(request, "citizen/small.html", shown)
    if not form.is_valid():
        return render(request, "citizen/small.html", shown, status=422)
    try:
        run(appeal, form.cleaned_data)
    except UseCaseError as error:
        return refuse(request, error, "citizen/small.html", shown, form=form)
    return done(request, words, reverse("citizen:progress", args=[number]))
