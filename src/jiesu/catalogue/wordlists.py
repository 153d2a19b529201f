"""Word lists 词表 of warnings, sensitive classes, harmless talk and the reply gate: dated rows.

What held on a day is never overwritten. A list whose own sentences fail is refused, and so is a new
word that none of its sentences tries.
"""

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from django.db import transaction

from jiesu.access import Actor, Permission
from jiesu.catalogue import dated, versions
from jiesu.catalogue.editing import Problems, changed, must_edit, starting
from jiesu.catalogue.models import EPOCH, WordList
from jiesu.catalogue.versions import Cached, day_of
from jiesu.foundation.errors import ChangedMeanwhile, NotAllowedNow, NotFound
from jiesu.organizations.models import Region
from jiesu.textintel import wordlists as pure
from jiesu.textintel.replies import RULES, Defect
from jiesu.textintel.warnings import Kind, read_warnings
from jiesu.textintel.wordlists import Use

MAX_WORDS = 1_000
MAX_SENTENCES = 50
WARNING_NAMES = {
    Kind.EXTREME: "扬言极端", Kind.SUDDEN_DANGER: "突发险情", Kind.MASS: "群体聚集",
    Kind.STABILITY: "涉稳", Kind.OPINION: "舆情",
}  # fmt: skip
# Defects that a word can tell; the others are judged from the whole reply.
_SPOKEN = (
    Defect.BAD_MANNER, Defect.PUSHES_AWAY, Defect.PERFUNCTORY, Defect.UNDATED_PROMISE,
    Defect.PERSONAL_DATA, Defect.REPEALED_LAW, Defect.TYPO,
)  # fmt: skip


@dataclass(frozen=True)
class Wish:
    """What a list says; ``region`` None holds everywhere."""

    use: str
    kind: str
    name: str
    words: Sequence[str]
    must_hit: Sequence[str]
    must_not_hit: Sequence[str]
    owner: str
    reason: str
    harmless: Sequence[str] = ()
    hint: str = ""
    region: Region | None = None
    origin: str = ""

    def pure(self) -> pure.WordList:
        """As texts are read with it."""
        return pure.WordList(
            self.name, self.kind, tuple(self.words), tuple(self.harmless), self.hint
        )


def kinds_of(use: str) -> dict[str, str]:
    """The kinds a list of this use may be of, with their names; none for harmless talk."""
    if use == Use.WARNING:
        return {str(kind): name for kind, name in WARNING_NAMES.items()}
    if use == Use.SENSITIVE:
        return {one.kind: one.kind for one in pure.shipped_for(Use.SENSITIVE)}
    if use == Use.REPLY:
        return {str(defect): RULES[defect].label for defect in _SPOKEN}
    return {}


# --- reading --------------------------------------------------------------------------------------


@dataclass(frozen=True)
class _Held:
    use: str
    region_path: str
    valid_from: dt.date
    valid_to: dt.date | None
    words: pure.WordList


def _load() -> list[_Held]:
    rows = list(WordList.objects.select_related("region").order_by("pk"))
    if not rows:  # nothing loaded yet: what the program comes with
        return [_Held(str(use), "", EPOCH, None, one) for use, one, _ in pure.shipped()]
    return [
        _Held(
            row.use,
            row.region.path if row.region else "",
            row.valid_from,
            row.valid_to,
            pure_of(row),
        )
        for row in rows
    ]


_held = Cached(_load)


def pure_of(row: WordList) -> pure.WordList:
    """A version as texts are read with it."""
    return pure.WordList(row.name, row.kind, tuple(row.words), tuple(row.harmless), row.hint)


def in_force(use: Use, region_path: str, at: dt.datetime) -> list[pure.WordList]:
    """The lists of one use that hold at ``at`` in the area; a change is seen within two seconds."""
    day = day_of(at)
    return [
        one.words for one in _held.get()
        if one.use == use and region_path.startswith(one.region_path)
        and one.valid_from <= day and (one.valid_to is None or day < one.valid_to)
    ]  # fmt: skip


def harmless_in_force(region_path: str, at: dt.datetime) -> tuple[str, ...]:
    """The turns of speech that mean no harm there and then."""
    return tuple(word for one in in_force(Use.HARMLESS, region_path, at) for word in one.words)


def versions_of(key: str) -> list[WordList]:
    """All versions of one list, oldest first. Refusal: NotFound."""
    rows = list(WordList.objects.filter(key=key).select_related("region").order_by("valid_from"))
    if not rows:
        raise NotFound("没有找到这份词表。")
    return rows


def stamp_of(row: WordList) -> str:
    """Changes with every change of a version."""
    return f"{row.pk}-{row.set_at.timestamp() if row.set_at else 0}"


# --- changing -------------------------------------------------------------------------------------


@transaction.atomic
def set_list(
    wish: Wish,
    *,
    actor: Actor,
    at: dt.datetime,
    key: str = "",
    effective: dt.date | None = None,
    seen: str = "",
) -> WordList:
    """This will let a list hold from a day on: a new one, or another version of ``key``.

    ``seen`` is the ``stamp_of`` the newest version when the actor began; "" asks nothing. Refusals:
    Forbidden outside one's area; NotFound; ChangedMeanwhile; Invalid at each wrong field, at
    sentences that fail, at new words that no sentence tries.
    """
    must_edit(actor, wish.region, Permission.WARNINGS_WORDS)
    day = starting(effective, at)
    load_shipped()
    rows = WordList.objects.select_for_update(of=("self",)).select_related("region")
    before = list(rows.filter(key=key).order_by("valid_from")) if key else []
    if key and not before:
        raise NotFound("没有找到这份词表。")
    if before:
        must_edit(actor, before[-1].region, Permission.WARNINGS_WORDS)
        if seen and seen != stamp_of(before[-1]):
            raise ChangedMeanwhile("这份词表已被他人修改，请刷新后重试。您填写的内容已保留。")
    checked = check(wish, known=before[-1].words if before else ())
    row = dated.let_hold(
        WordList.objects.all(), key, day,
        {**checked, "region": wish.region, "set_by": actor.name, "set_at": at,
         "origin": before[-1].origin if before else wish.origin},
    )  # fmt: skip
    changed("word_list_set", actor=actor, at=at, subject=f"word_list:{row.key}", data=_facts(row))
    return row


@transaction.atomic
def end_list(key: str, *, actor: Actor, at: dt.datetime) -> None:
    """This will let a list hold no longer, from today on; versions to come are dropped.

    Refusals: Forbidden outside one's area; NotFound; NotAllowedNow when it holds no longer.
    """
    rows = versions_of(key)
    must_edit(actor, rows[-1].region, Permission.WARNINGS_WORDS)
    if not dated.let_end(WordList.objects.all(), key, day_of(at)):
        raise NotAllowedNow("这份词表已经停用。")
    changed("word_list_ended", actor=actor, at=at, subject=f"word_list:{key}",
            data=_facts(rows[-1]))  # fmt: skip


def check(wish: Wish, known: Sequence[str] = ()) -> dict[str, Any]:
    """The fields of a list, tidied; ``known`` are the words that held before.

    Raises ``Invalid`` at every wrong field, with the sentence that failed and why.
    """
    problems = Problems()
    fields: dict[str, Any] = {"use": wish.use, "kind": wish.kind}
    if wish.use not in set(Use):
        problems.add("use", "请选择用途。", "unknown")
    elif wish.kind not in (kinds_of(wish.use) or {"": ""}):
        problems.add("kind", "请选择类别。", "unknown")
    for field, label, longest in (
        ("name", "名称", 64), ("owner", "负责人", 64), ("reason", "理由", 500),
    ):  # fmt: skip
        fields[field] = problems.text(
            getattr(wish, field), max_length=longest, field=field, label=label
        )
    fields["hint"] = problems.text(
        wish.hint, max_length=200, field="hint", label="怎样改", required=False
    )
    for field, label, most, longest in (
        ("words", "词", MAX_WORDS, 32), ("harmless", "不算的说法", MAX_WORDS, 32),
        ("must_hit", "必须命中的例句", MAX_SENTENCES, 300),
        ("must_not_hit", "不得命中的例句", MAX_SENTENCES, 300),
    ):  # fmt: skip
        lines = list(dict.fromkeys(filter(None, (one.strip() for one in getattr(wish, field)))))
        fields[field] = lines
        if not lines and field != "harmless":
            problems.add(field, f"请填写{label}，至少一条。", "required")
        if len(lines) > most:
            problems.add(field, f"{label}最多 {most} 条。", "too_many")
        if long := [one for one in lines if len(one) > longest]:
            problems.add(field, f"{label}每条最多 {longest} 个字：“{long[0][:20]}…”。", "too_long")
    if short := [one for one in fields["words"] if len(pure.one_form(one)) < 2]:
        problems.add("words", f"“{short[0]}”太短，会到处命中；每个词至少两个字。", "too_short")
    problems.refuse()
    _prove(Wish(**{**fields, "region": wish.region}), known, problems)
    problems.refuse()
    return fields


def _prove(wish: Wish, known: Sequence[str], problems: Problems) -> None:
    """Try the list on its own sentences; each new word must be tried by one of them."""
    use, one = Use(wish.use), wish.pure()
    tried: set[str] = set()
    for sentence in wish.must_hit:
        found = {pure.one_form(quote) for quote in pure.quotes(sentence, one, use)}
        tried |= found
        if not found:
            problems.add("must_hit", f"没有命中例句“{sentence}”。", "not_hit")
        elif use is Use.HARMLESS and read_warnings(sentence, harmless=one.words).found:
            problems.add("must_hit", f"例句“{sentence}”去掉这些说法后仍会预警。", "still_warns")
    for sentence in wish.must_not_hit:
        if quotes := list(pure.quotes(sentence, one, use)):
            problems.add("must_not_hit", f"误命中例句“{sentence}”：{quotes[0]}。", "hit")
    # what the program comes with was tried when it was made
    shipped = {w for one in pure.shipped_for(use) if one.kind == wish.kind for w in one.words}
    new = [
        word for word in wish.words
        if word not in shipped.union(known) and pure.one_form(word) not in tried
    ]  # fmt: skip
    if new:
        problems.add(
            "words", f"新加的“{'”“'.join(new[:5])}”没有例句，请各写一句必须命中的例句。", "untried"
        )


def _facts(row: WordList) -> Mapping[str, Any]:
    return {
        "name": row.name, "use": row.use, "kind": row.kind, "words": row.words,
        "harmless": row.harmless, "owner": row.owner, "reason": row.reason,
        "region": row.region.name if row.region else "",
        "valid_from": row.valid_from.isoformat(),
    }  # fmt: skip


def load_shipped() -> int:
    """Add the lists the program comes with where there are none yet; safe to repeat."""
    if WordList.objects.exists():
        return 0
    with transaction.atomic():
        WordList.objects.bulk_create(
            WordList(
                key=f"shipped{number:02d}", use=use, kind=one.kind, name=one.name, origin=one.name,
                words=list(one.words), harmless=list(one.harmless), hint=one.hint,
                must_hit=list(proof.must_hit), must_not_hit=list(proof.must_not_hit),
                owner="系统", reason="系统自带", valid_from=EPOCH,
            )
            for number, (use, one, proof) in enumerate(pure.shipped(), 1)
        )  # fmt: skip
        versions.touch()
    return len(pure.shipped())
