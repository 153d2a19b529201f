"""The citizen's pages 市民: tell, ask, add, urge, withdraw, rate, read what others were answered.

Which appeals a browser may see stands in its session, after the number and the phone's last digits
or the query code were given once. No address holds anything personal.
"""

import datetime as dt
import hashlib
import hmac
import re
import unicodedata
from typing import Any, cast
from urllib.parse import urlencode

from django import forms
from django.contrib import messages
from django.http import FileResponse, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.cache import add_never_cache_headers
from django.utils.datastructures import MultiValueDict

from jiesu.access import citizen
from jiesu.appeals.actions import callback, intake
from jiesu.appeals.actions.callback import Said
from jiesu.appeals.gate import get_appeal_for_citizen
from jiesu.appeals.lifecycle import (
    ADD_FACTS,
    OPEN,
    RATE,
    URGE,
    WITHDRAW,
    Status,
)
from jiesu.appeals.models import Appeal, Attachment, Callback
from jiesu.foundation import clock
from jiesu.foundation.errors import Invalid, NotFound, UseCaseError
from jiesu.journal import tries
from jiesu.web import saved_forms, uploads
from jiesu.web.citizen.forms import (
    FactsForm,
    QueryForm,
    RateForm,
    SubmitForm,
    UrgeForm,
    WithdrawForm,
)
from jiesu.web.citizen.progress import due_of, path, standing
from jiesu.web.citizen.published import scrub, without_numbers
from jiesu.web.components.pieces import FileItem
from jiesu.web.doors import DeskRequest, done, refuse, with_restored
from jiesu.web.intake_fields import LocalQuestions, local_answers, local_questions, place_errors
from jiesu.web.navigation import home_for
from jiesu.web.once import once
from jiesu.web.paging import key_page

KNOWN = "citizen_appeals"  # the session's list of numbers
PROVEN = "citizen_proven"  # of those, the ones sent from here or opened with the query code
SENT = "citizen_sent"  # what this browser sent, and the number it got
MOST_KNOWN = 20
TRIES, TRIES_WITHIN = 10, dt.timedelta(minutes=10)
NUMBER_TRIES, NUMBER_WITHIN = (
    30,
    dt.timedelta(hours=1),
)  # whoever asks: four digits are soon tried through
SUBMITS, SUBMITS_WITHIN = 20, dt.timedelta(hours=1)
FILE_POSTS = 30  # forms with files an hour, right or wrong: what is stored is bounded by it
# The last digits of a phone are known to whoever handles the appeal: they let one read, no more.
# What is done on these pages takes the query code.
SMALL_PAGES = frozenset({"facts", "urge", "withdraw", "rate"})
CENTRES_OWN = frozenset({"answered_directly", "refused", "handed_over"})  # answered by the centre
WORST_CONTENT = 2  # this level and below are asked why


def home(request: HttpRequest) -> HttpResponse:
    """Three things to do; staff go to their desk."""
    if getattr(request, "post", None) is not None:
        return redirect(home_for(cast(DeskRequest, request).actor) or "/account/")
    latest = list(
        Appeal.objects.published()
        .only("number", "title", "published_at", "lead_unit_name")
        .order_by("-published_at", "-id")[:5]
    )
    for appeal in latest:
        appeal.title = without_numbers(appeal.title)
    return render(request, "citizen/home.html", {"latest": latest, "mine": _known(request)})


def submit(request: HttpRequest) -> HttpResponse:
    """Tell what happened."""
    at = clock.now()
    if request.method != "POST":
        saved = saved_forms.load(request.GET.get("restored", ""), None)
        kept: MultiValueDict[str, Any] = MultiValueDict(saved["fields"] if saved else {})
        local = local_questions(str(kept.get("region_code") or ""), "", at, kept)
        key = str(kept.get("upload_key") or uploads.new_key())
        shown = {
            "form": SubmitForm(), "local": local, "upload_key": key,
            "uploaded": uploads.waiting(citizen(), key) if kept else [],
        }  # fmt: skip
        return render(request, "citizen/submit.html", shown)
    key = uploads.key_of(request)
    form = SubmitForm(request.POST)
    valid = form.is_valid()
    local = local_questions(str(form.cleaned_data.get("region_code") or ""), "", at, request.POST)
    status = 422
    file_errors: list[str] = []
    try:
        if request.FILES:
            _not_too_often(request, "files", FILE_POSTS, SUBMITS_WITHIN,
                           "上传太频繁了，请一小时后再传，或先不带附件提交。")  # fmt: skip
        # Files are taken even from a form that is wrong elsewhere: nobody chooses them twice.
        uploads.receive(request, citizen(), Attachment.Purpose.APPEAL, key)
    except Invalid as error:
        file_errors = [one.message for one in error.errors]
    except UseCaseError as error:
        file_errors = [error.message]
    try:
        if valid and not file_errors:
            print_ = _fingerprint(form)
            sent = dict(request.session.get(SENT, []))
            if print_ in sent:  # the back button, and the same once more
                messages.info(request, "这件事您刚才已经提交过，没有重复登记。")
            else:
                appeal = _register(request, form, local, key)
                _remember(request, appeal, proven=True)
                sent[print_] = appeal.number
                request.session[SENT] = list(sent.items())[-MOST_KNOWN:]
            request.session["citizen_last"] = sent[print_]
            return redirect("citizen:submitted")
    except UseCaseError as error:
        place_errors(error, form, local)
        status = error.status
    uploaded = uploads.waiting(citizen(), key)
    shown = {
        "form": form, "local": local, "upload_key": key, "uploaded": uploaded,
        "file_errors": file_errors, "more_open": any(n in form.errors for n in form.MORE),
        "wrong": _wrong(form, local) + [("files", words) for words in file_errors],
    }  # fmt: skip
    return render(request, "citizen/submit.html", shown, status=status)


def _fingerprint(form: SubmitForm) -> str:
    """What makes it the same matter by the same person."""
    said = [str(form.cleaned_data[n]) for n in ("content", "region_code", "address", "phone")]
    return hashlib.sha256("\0".join(said).encode()).hexdigest()[:32]


def _register(
    request: HttpRequest, form: SubmitForm, local: LocalQuestions, key: str
) -> Appeal:  # fmt: skip
    once = request.POST.get("idempotency_key", "")
    _not_too_often(request, "submit", SUBMITS, SUBMITS_WITHIN,
                   "提交太频繁了，请一小时后再试，或直接拨打 12345。")  # fmt: skip
    try:
        return intake.register(
            form.intake(local_answers(request.POST, local), key), actor=citizen(), at=clock.now(),
            idempotency_key=once,
        )  # fmt: skip
    except UseCaseError as error:
        if error.code != "idempotency_mismatch":
            raise
        last = request.session.get("citizen_last", "")
        raise UseCaseError(
            f"您已经提交过这件诉求{f'（{last}）' if last else ''}。"
            "要改内容，请在它的进展页“补充情况”；是另一件事，请再点一次“提交”。",
            code=error.code,
        ) from error


def questions(request: HttpRequest) -> HttpResponse:
    """What the chosen area asks in addition. By POST: what was answered is in no address."""
    region_code = request.POST.get("region_code", "")
    local = local_questions(region_code, "", clock.now(), request.POST)
    return render(request, "local_questions.html", {"local": local})


def submitted(request: HttpRequest) -> HttpResponse:
    """The number and the code to keep."""
    appeal = (
        Appeal.objects.select_related("centre")
        .filter(number=request.session.get("citizen_last", ""))
        .first()
    )
    if appeal is None:
        return redirect("citizen:home")
    shown = {"appeal": appeal, "due": due_of(appeal), "parts": _parts(appeal.number)}
    response = render(request, "citizen/submitted.html", shown)
    add_never_cache_headers(response)
    return response


def query(request: HttpRequest) -> HttpResponse:
    """Ask how it goes, with the number and the phone's last four digits or the code.

    Who came here because a session had run out goes on where they were, with what they typed.
    """
    then, kept = request.GET.get("then", ""), request.GET.get("kept", "")
    code_only = then in SMALL_PAGES
    shown: dict[str, Any] = {"mine": _known(request), "kept": kept, "code_only": code_only}
    if request.method != "POST":
        number = request.GET.get("number", "")[:19]
        known = {"number": number} if number.isdecimal() else None
        shown["form"] = QueryForm(initial=known, code_only=code_only)
        shown["asked_for"] = number
        return render(request, "citizen/query.html", shown)
    form = QueryForm(request.POST, code_only=code_only)
    shown["form"] = form
    if not form.is_valid():
        shown["wrong"] = _wrong(form)
        return render(request, "citizen/query.html", shown, status=422)
    number = re.sub(r"[\s-]", "", unicodedata.normalize("NFKC", form.cleaned_data["number"]))
    proof = unicodedata.normalize("NFKC", form.cleaned_data["proof"]).replace(" ", "")
    try:
        _not_too_often(request, "query", TRIES, TRIES_WITHIN,
                       "查询次数太多，请十分钟后再试，或拨打 12345 查询。")  # fmt: skip
        _not_too_often(request, "number", NUMBER_TRIES, NUMBER_WITHIN,
                       "这件诉求的查询次数太多，请一小时后再试，或拨打 12345 查询。",
                       by=number[:19])  # fmt: skip
        appeal = get_appeal_for_citizen(number, proof, code_only=code_only)
    except UseCaseError as error:
        return refuse(request, error, "citizen/query.html", shown, form=form)
    _remember(request, appeal, proven=hmac.compare_digest(proof, appeal.query_code))
    if then in SMALL_PAGES:
        url = reverse(f"citizen:{then}", args=[appeal.number])
        return redirect(with_restored(url, kept) if kept else url)
    return redirect("citizen:progress", appeal.number)


def progress(request: HttpRequest, number: str) -> HttpResponse:
    """Where it stands, the path, the answer, and at most three buttons."""
    appeal = _mine(request, number)
    if appeal is None:
        return _prove_first(request, number)
    due = due_of(appeal)
    status = Status(appeal.status)
    rated = callback.has_rated(appeal)
    response = render(
        request, "citizen/progress.html",
        {
            "appeal": appeal,
            "standing": standing(appeal, due, clock.now()),
            "entries": path(appeal, appeal.events.order_by("seq")[:200]),
            "reply": appeal.public_reply if appeal.replied_at else "",
            "reply_from": "" if appeal.outcome in CENTRES_OWN else appeal.lead_unit_name,
            "may_add": status in ADD_FACTS.from_,
            "may_urge": status in URGE.from_ and status is not Status.CALLBACK,
            "may_withdraw": status in WITHDRAW.from_,
            "may_rate": status in RATE.from_ and not rated
            and appeal.outcome in ("", "handled", "answered_directly", "unreachable"),
            "rated": rated,
            "open": status in OPEN,
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
        if request.FILES:
            _not_too_often(request, "files", FILE_POSTS, SUBMITS_WITHIN,
                           "上传太频繁了，请一小时后再传。")  # fmt: skip
        uploads.receive(request, citizen(), Attachment.Purpose.FACTS, key)
        once(request, lambda: add(appeal, said))

    def add(appeal: Appeal, said: dict[str, Any]) -> str:
        brought = key if uploads.waiting(citizen(), key) else ""
        intake.add_facts(appeal, said["text"], actor=citizen(), at=clock.now(), upload_key=brought)
        return appeal.number

    return _small(request, number, FactsForm, run, "补充情况或照片", "已补充，承办单位会看到。",
                  upload_key=key)  # fmt: skip


def urge(request: HttpRequest, number: str) -> HttpResponse:
    """Ask them to hurry; once a day."""

    def run(appeal: Appeal, said: dict[str, Any]) -> None:
        once(request, lambda: hurry(appeal, said))

    def hurry(appeal: Appeal, said: dict[str, Any]) -> str:
        return intake.urge(appeal, said["text"], actor=citizen(), at=clock.now()).number

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
        bad = said["satisfaction"] <= WORST_CONTENT
        callback.rate(
            appeal,
            Said(
                reached=True, way=Callback.Way.WEB, solved=said["solved"] == "yes",
                satisfaction=said["satisfaction"],
                dissatisfied_reason=said["dissatisfied_reason"] if bad else "", note=said["note"],
            ),
            actor=citizen(),
            at=clock.now(),
        )  # fmt: skip

    return _small(request, number, RateForm, run, "评价", "感谢您的评价。")


def file(request: HttpRequest, number: str, pk: int) -> HttpResponse:
    """A file that came with the answer."""
    appeal = _mine(request, number)
    if appeal is None:
        return _prove_first(request, number)
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
    page = key_page(
        rows, ["-published_at", "-id"], request.GET.get("after", ""), size=15, firm=True
    )
    for appeal in page.items:
        appeal.title = without_numbers(appeal.title)
    return render(request, "citizen/answers.html", {"page": page})


def answer(request: HttpRequest, number: str) -> HttpResponse:
    """One published matter and its answer."""
    found = Appeal.objects.published().filter(number=number).first()
    if found is None:
        raise NotFound("没有找到这条公开答复。")
    shown = {
        "appeal": found, "title": scrub(found.title, found),
        "content": scrub(found.content, found), "reply": scrub(found.public_reply, found),
    }  # fmt: skip
    return render(request, "citizen/answer.html", shown)


# --- inside ---------------------------------------------------------------------------------------


def _remember(request: HttpRequest, appeal: Appeal, *, proven: bool) -> None:
    """Let this browser see the appeal until its session ends; ``proven``: and end or rate it."""
    for key in (KNOWN, PROVEN) if proven else (KNOWN,):
        known = [n for n in request.session.get(key, []) if n != appeal.number]
        request.session[key] = [appeal.number, *known][:MOST_KNOWN]


def _known(request: HttpRequest) -> list[Appeal]:
    """The appeals this browser has shown to be its own, the last one first."""
    numbers = request.session.get(KNOWN, [])
    if not numbers:
        return []
    rows = Appeal.objects.filter(number__in=numbers).only("number", "title", "status")
    found = {appeal.number: appeal for appeal in rows}
    return [found[number] for number in numbers if number in found]


def _mine(request: HttpRequest, number: str) -> Appeal | None:
    """An appeal this browser has shown to be its own; others look absent."""
    if number not in request.session.get(KNOWN, []):
        return None
    return (
        Appeal.objects.select_related("region", "category", "centre", "master")
        .filter(number=number)
        .first()
    )


def _prove_first(request: HttpRequest, number: str, then: str = "") -> HttpResponse:
    """Ask for number and proof, alike whether it exists or not, and go on afterwards.

    What was typed before the session ran out is kept.
    """
    known = {"number": number[:19], "then": then}
    if request.method == "POST":
        known["kept"] = saved_forms.keep(request)
    elif token := request.GET.get("restored", ""):
        known["kept"] = token
    given = urlencode({name: value for name, value in known.items() if value})
    return redirect(f"{reverse('citizen:query')}?{given}")


def _parts(number: str) -> list[str]:
    """A number in groups, so that it can be read and copied."""
    return [number[:6], number[6:12], number[12:]]


def _wrong(*given: forms.Form) -> list[tuple[str, str]]:
    """Every error of the forms with the id of its field, in the order of the page."""
    return [
        (form[name].id_for_label or f"id_{name}_0", str(message))
        for form in given
        for name in form.fields
        for message in form.errors.get(name, [])
    ]


def _not_too_often(
    request: HttpRequest, what: str, most: int, window: dt.timedelta, words: str, *, by: str = ""
) -> None:
    """Refuse an address that asks too often; with ``by``, whoever asks about that."""
    count = tries.add(
        f"citizen:{what}", by or request.META.get("REMOTE_ADDR", ""), window=window, at=clock.now()
    )
    if count > most:
        raise UseCaseError(words, code="rate_limited")


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
    page = request.path.rstrip("/").rpartition("/")[2]
    proven = number in request.session.get(PROVEN, [])
    appeal = _mine(request, number) if proven else None
    if appeal is None:
        return _prove_first(request, number, page)
    form = form_class(request.POST if request.method == "POST" else None)
    shown = {
        "appeal": appeal, "form": form, "title": title, "lead": lead, "upload_key": upload_key,
        "page": page,
    }  # fmt: skip
    if request.method != "POST":
        return render(request, "citizen/small.html", shown)
    if not form.is_valid():
        shown["wrong"] = _wrong(form)
        return render(request, "citizen/small.html", shown, status=422)
    try:
        run(appeal, form.cleaned_data)
    except UseCaseError as error:
        if upload_key:
            shown["uploaded"] = uploads.waiting(citizen(), upload_key)
        return refuse(request, error, "citizen/small.html", shown, form=form)
    return done(request, words, reverse("citizen:progress", args=[number]))
