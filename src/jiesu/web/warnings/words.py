"""The word lists 词表: what holds, editing with a trial over the last month, ending."""

import hashlib
import json
from dataclasses import replace
from typing import Any, ClassVar

from django import forms
from django.http import HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.http import require_POST

from jiesu.access import Actor
from jiesu.access import Permission as P
from jiesu.catalogue import wordlist_offers, wordlists
from jiesu.catalogue.editing import must_edit
from jiesu.catalogue.models import WordList, valid_on
from jiesu.catalogue.wordlists import Wish, kinds_of
from jiesu.foundation import clock
from jiesu.foundation.errors import UseCaseError
from jiesu.organizations.models import Region
from jiesu.textintel.wordlists import Use
from jiesu.warnings import trial
from jiesu.web.components.pieces import Tab
from jiesu.web.doors import DeskRequest, desk_view, done, refuse
from jiesu.web.form_pages import (
    LinedForm,
    Lines,
    day_field,
    line_field,
    long_field,
    region_of,
    sent,
    today,
)
from jiesu.web.manage.pages import PAGE_SIZE, region_field
from jiesu.web.once import once
from jiesu.web.paging import key_page

BACK = "warnings:words"
_EACH_LINE = "一行一个。"
_LINES = ("words", "harmless", "must_hit", "must_not_hit")


def _what_choices() -> list[tuple[str, Any]]:
    return [
        (use.label, [(f"{use}/{kind}", label) for kind, label in kinds_of(use).items()])
        if kinds_of(use) else (f"{use}/", use.label)
        for use in WordList.Use
    ]  # fmt: skip


class WordListForm(LinedForm):
    """A word list; words and sentences one a line."""

    layout: ClassVar[Lines] = (("what", "name"), ("owner", "region"), ("effective", "hint"))
    what = forms.ChoiceField(
        label="用途和类别", choices=_what_choices, error_messages={"required": "请选择用途。"}
    )
    name = line_field("名称", 64)
    words = long_field("词", 40_000, rows=5, help_text=f"{_EACH_LINE}新加的词须有例句。")
    harmless = long_field(
        "不算的说法", 40_000, rows=2, required=False,
        help_text="一行一个，如“跳楼价”；词落在其中不算命中。",
    )  # fmt: skip
    must_hit = long_field("必须命中的例句", 20_000, rows=3, help_text=_EACH_LINE)
    must_not_hit = long_field("不得命中的例句", 20_000, rows=3, help_text=_EACH_LINE)
    owner = line_field("负责人", 64)
    region = region_field("适用区域", required=False, help_text="不填为全部。")
    hint = line_field("怎样改", 200, required=False, help_text="只用于答复把关。")
    effective = day_field("自哪天起", required=False, help_text="不填为今天。")
    reason = long_field("理由", 500, rows=2)

    def wish(self) -> Wish:
        """What was filled in, as the use case takes it."""
        said = self.cleaned_data
        use, _, kind = said["what"].partition("/")
        lines = {f: said[f].splitlines() for f in _LINES}
        return Wish(
            use, kind, said["name"], owner=said["owner"], reason=said["reason"],
            hint=said["hint"], region=region_of(said["region"], "region") if said["region"]
            else None, **lines,
        )  # fmt: skip

    def digest(self) -> str:
        """What was tried: saving something else tries it first."""
        text = json.dumps(self.cleaned_data, default=str, ensure_ascii=False, sort_keys=True)
        return hashlib.sha256(text.encode()).hexdigest()


@desk_view(P.WARNINGS_WORDS)
def home(request: DeskRequest) -> HttpResponse:
    """The lists of one use that hold today or will."""
    asked = request.GET.get("use", "")
    use = WordList.Use(asked) if asked in WordList.Use.values else WordList.Use.WARNING
    day = today()
    rows = WordList.objects.filter(use=use).select_related("region")
    rows = rows.filter(valid_on(day)) | rows.filter(valid_from__gt=day)
    page = key_page(rows, ["name", "id"], request.GET.get("after", ""), size=PAGE_SIZE)
    names = kinds_of(use)
    context = {
        "tabs": [Tab(u.label, f"?use={u}", current=u == use) for u in WordList.Use],
        "use": use,
        "lines": [
            (
                row,
                names.get(row.kind, ""),
                row.valid_from > day,
                _may_edit(request.actor, row.region),
            )
            for row in page.items
        ],
        "pages": page,
        "offers": [o for o in wordlist_offers.offers(use) if _may_edit(request.actor, o.region)],
    }
    return render(request, "warnings/words.html", context)


def _may_edit(actor: Actor, region: Region | None) -> bool:
    try:
        must_edit(actor, region, P.WARNINGS_WORDS)
    except UseCaseError:
        return False
    return True


@desk_view(P.WARNINGS_WORDS)
def edit(request: DeskRequest, key: str = "") -> HttpResponse:
    """A new list or another version: first its sentences and the last month, then it holds."""
    versions = wordlists.versions_of(key) if key else []
    at = clock.now()
    use = versions[-1].use if key else request.GET.get("use", "")
    offered = request.GET.get("offered", "")
    offer = wordlist_offers.offer_of(use, offered) if offered and not request.POST else None
    form = WordListForm(sent(request), initial=_initial(request, use, versions, offer))
    shown: dict[str, Any] = {
        "form": form, "versions": versions[::-1], "today": today(), "offer": offer,
        "origin": request.POST.get("origin", offered),
    }  # fmt: skip
    shown["seen"] = request.POST.get("seen") or (wordlists.stamp_of(versions[-1]) if key else "")
    shown["title"] = f"修改“{versions[-1].name}”" if versions else "新建词表"
    if request.method != "POST":
        return render(request, "warnings/words_form.html", shown)
    if not form.is_valid():
        return render(request, "warnings/words_form.html", shown, status=422)
    try:
        wish = form.wish()
        if request.POST.get("then") == "save" and request.POST.get("tried") == form.digest():
            once(request, lambda: _save(request, wish, form, key))
            return done(request, f"“{wish.name}”已保存。", f"{reverse(BACK)}?use={wish.use}")
        wordlists.check(wish, known=versions[-1].words if versions else ())
        shown["trial"] = trial.try_list(
            wish, wordlists.pure_of(versions[-1]) if versions else None, actor=request.actor, at=at
        )
    except UseCaseError as error:
        return refuse(request, error, "warnings/words_form.html", shown, form=form)
    shown |= {"tried": form.digest(), "retried": request.POST.get("then") == "save",
              "days": trial.DAYS, "most": trial.MOST,
              "noun": "件答复" if wish.use == Use.REPLY else "件工单"}  # fmt: skip
    return render(request, "warnings/words_form.html", shown)


def _save(request: DeskRequest, wish: Wish, form: WordListForm, key: str) -> str:
    wish = replace(wish, origin=request.POST.get("origin", "")[:64])
    return wordlists.set_list(
        wish, actor=request.actor, at=clock.now(), key=key,
        effective=form.cleaned_data["effective"], seen=request.POST.get("seen", ""),
    ).key  # fmt: skip


def _initial(
    request: DeskRequest, use: str, versions: list[WordList], offer: wordlist_offers.Offer | None
) -> dict[str, Any]:
    if versions:
        last = versions[-1]
        shown = {
            "what": f"{last.use}/{last.kind}", "name": last.name, "owner": last.owner,
            "reason": "", "hint": last.hint, "region": last.region.code if last.region else "",
            "effective": last.valid_from if last.valid_from > today() else None,
            **{f: "\n".join(getattr(last, f)) for f in _LINES},
        }  # fmt: skip
    else:
        kind = next(iter(kinds_of(use)), "") if use in WordList.Use.values else ""
        everywhere = offer or _may_edit(request.actor, None)
        shown = {
            "what": f"{use}/{kind}", "owner": request.actor.name,
            "region": "" if everywhere else request.post.unit.region.code,
        }  # fmt: skip
    return _with_offer(shown, offer) if offer else shown


def _with_offer(shown: dict[str, Any], offer: wordlist_offers.Offer) -> dict[str, Any]:
    """The form with what a later version of the program adds, below what stands there."""
    proof = offer.proof
    added = {"words": offer.words, "harmless": offer.harmless,
             "must_hit": proof.must_hit, "must_not_hit": proof.must_not_hit}  # fmt: skip
    lines = {
        field: "\n".join(dict.fromkeys([*shown.get(field, "").splitlines(), *more]))
        for field, more in added.items()
    }
    new = {} if offer.key else {
        "what": f"{offer.use}/{offer.shipped.kind}", "name": offer.shipped.name,
        "hint": offer.shipped.hint,
    }  # fmt: skip
    return shown | new | lines | {"reason": "采用系统新版词表"}


@require_POST
@desk_view(P.WARNINGS_WORDS)
def decline(request: DeskRequest) -> HttpResponse:
    """Leave what a later version of the program adds to a list out for good."""
    use, name = request.POST.get("use", ""), request.POST.get("name", "")
    wordlist_offers.decline(use, name, actor=request.actor, at=clock.now())
    return done(request, f"“{name}”的新词不采用。", f"{reverse(BACK)}?use={use}")


@require_POST
@desk_view(P.WARNINGS_WORDS)
def end(request: DeskRequest, key: str) -> HttpResponse:
    """Let a list hold no longer."""
    row = wordlists.versions_of(key)[-1]
    wordlists.end_list(key, actor=request.actor, at=clock.now())
    return done(request, f"“{row.name}”已停用。", f"{reverse(BACK)}?use={row.use}")
