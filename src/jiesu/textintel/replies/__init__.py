"""The reply gate: what is wrong with a reply, where, and how to mend it. Suggestions only.

Defects of the domain (§7): each is told with its span in the reply as written. Whether a reply is
stopped for them is the centre's dated policy, not decided here.
"""

import enum
import functools
import re
from collections.abc import Iterable
from dataclasses import dataclass
from importlib.resources import files

from jiesu.textintel.normalize import Normalized, normalize
from jiesu.textintel.redact import find as find_personal
from jiesu.textintel.replies import wording as w

MATTERS: dict[str, list[str]] = {
    kind: words.split()
    for kind, words in (
        line.split(":", 1)
        for line in files(__name__).joinpath("matters.txt").read_text("utf-8").splitlines()
        if line and not line.startswith("#")
    )
}

LONGEST = 5_000  # judged; a public reply is a page or two


class Defect(enum.StrEnum):
    """The defects; the first eight have a column in the annotated sample."""

    PERFUNCTORY = "perfunctory"
    OFF_TOPIC = "off_topic"
    NO_MEASURE = "no_measure"
    UNSOLVED_AS_DONE = "unsolved_as_done"
    UNDATED_PROMISE = "undated_promise"
    PUSHES_AWAY = "pushes_away"
    BAD_MANNER = "bad_manner"
    PERSONAL_DATA = "personal_data"
    NO_FACT = "no_fact"
    COPIED = "copied"
    REPEALED_LAW = "repealed_law"
    TYPO = "typo"


class Gate(enum.StrEnum):
    """The five gates a reply passes before it leaves."""

    POLITICAL = "政治关"
    LEGAL = "法律关"
    POLICY = "政策关"
    SECRECY = "保密关"
    WORDING = "文字关"


@dataclass(frozen=True)
class Rule:
    """What a defect is called, how to mend it, at which gate it shows, how heavy it weighs."""

    label: str
    mend: str
    gate: Gate
    weight: float


RULES: dict[Defect, Rule] = {
    Defect.PERFUNCTORY: Rule(
        "套话空转",
        "写明查实了什么、做了什么、结果如何，不要只写“已转办”“正在办理”。",
        Gate.POLICY,
        1.5,
    ),
    Defect.OFF_TOPIC: Rule("答非所问", "逐项回应诉求人提出的事项。", Gate.POLICY, 2),
    Defect.NO_MEASURE: Rule("没有办理措施", "写明采取的措施、责任单位和办理结果。", Gate.POLICY, 1),
    Defect.UNSOLVED_AS_DONE: Rule(
        "未解决称已解决", "未办完的事项如实写明进度和完成时间，不写“已解决”。", Gate.POLICY, 1.5
    ),
    Defect.UNDATED_PROMISE: Rule("承诺没有期限", "写明完成的日期或期限。", Gate.POLICY, 1),
    Defect.PUSHES_AWAY: Rule(
        "推诿",
        "先答复结果；确需其他单位办理的，写明依据并由本单位转交，不要让群众自己去问。",
        Gate.POLICY,
        1.5,
    ),
    Defect.BAD_MANNER: Rule("语气生硬", "改用平和、尊重的说法。", Gate.POLITICAL, 2),
    Defect.PERSONAL_DATA: Rule(
        "泄露个人信息", "删去或遮盖姓名、电话、证件号、住址。", Gate.SECRECY, 2
    ),
    Defect.NO_FACT: Rule(
        "没有事实、结果或依据", "写明核实的情况、结果或所依据的规定。", Gate.LEGAL, 0.5
    ),
    Defect.COPIED: Rule("照搬以前的答复", "按本次诉求重新核实、重新答复。", Gate.WORDING, 1.5),
    Defect.REPEALED_LAW: Rule("引用已废止的法律", "改引现行有效的规定。", Gate.LEGAL, 1),
    Defect.TYPO: Rule("错别字", "改正错字、重复和多余的标点。", Gate.WORDING, 0.3),
}


@dataclass(frozen=True)
class Flaw:
    """One defect at ``start``–``end`` of the reply as written; ``hint`` says more than the rule."""

    defect: Defect
    start: int
    end: int
    hint: str = ""

    @property
    def rule(self) -> Rule:
        """Its name, how to mend it, its gate."""
        return RULES[self.defect]


@dataclass(frozen=True)
class Verdict:
    """All flaws of a reply, in its order, and its score from 0 (must not go) to 4 (good)."""

    flaws: tuple[Flaw, ...]
    score: int

    @property
    def defects(self) -> tuple[Defect, ...]:
        """Each defect once."""
        return tuple(dict.fromkeys(flaw.defect for flaw in self.flaws))

    def gates(self) -> dict[Gate, tuple[Flaw, ...]]:
        """The five gates with the flaws at each."""
        return {gate: tuple(flaw for flaw in self.flaws if flaw.rule.gate is gate) for gate in Gate}


def check_reply(
    reply: str, *, title: str = "", detail: str = "", earlier: Iterable[str] = ()
) -> Verdict:
    """What is wrong with ``reply`` to the appeal told by ``title`` and ``detail``.

    ``earlier`` are replies to other appeals it might be copied from. Any text is answered.
    """
    read = normalize(reply, limit=LONGEST)
    body = _body(read.text)
    substance = _substance(read, body)
    hollow = any(flaw.defect is Defect.PERFUNCTORY for flaw in substance)
    flaws = [
        *substance,
        *([] if hollow else _topic(read, body, f"{title}。{detail}"[:LONGEST])),
        *_each(read, Defect.BAD_MANNER, w.BAD_MANNER),
        *(
            Flaw(Defect.PERSONAL_DATA, piece.start, piece.end, str(piece.kind))
            for piece in find_personal(reply[:LONGEST])
        ),
        *_repealed(read),
        *_each(read, Defect.TYPO, w.TYPO),
        *_copied(read, body, earlier),
    ]
    flaws.sort(key=lambda flaw: (flaw.start, flaw.end))
    loss = sum(RULES[defect].weight for defect in {flaw.defect for flaw in flaws})
    return Verdict(tuple(flaws), max(0, round(4 - loss)))


def _body(text: str) -> str:
    """The reply without greeting, thanks and signature."""
    return w.COURTESY.sub("", text)


def _whole(read: Normalized, defect: Defect, hint: str = "") -> Flaw:
    return Flaw(defect, 0, len(read.original), hint)


def _at(read: Normalized, defect: Defect, match: re.Match[str], hint: str = "") -> Flaw:
    start, end = read.span(*match.span())
    return Flaw(defect, start, end, hint)


def _each(read: Normalized, defect: Defect, pattern: re.Pattern[str]) -> list[Flaw]:
    return [_at(read, defect, match) for match in pattern.finditer(read.text)][:5]


def _substance(read: Normalized, body: str) -> list[Flaw]:
    """Measures, facts, promises, passing on, solved or not: what depends on one another."""
    text = read.text
    done = w.DONE.search(body)
    plan = w.PLAN.search(body)
    told = w.FACT.search(body) or w.BASIS.search(body)
    dated = w.DATE.search(w.PAST_DATE.sub("", text))
    empty = w.EMPTY.search(text)
    away = w.AWAY.search(text)
    flaws: list[Flaw] = []
    refused = w.REFUSED.search(text)
    promised = _promise(text, bool(done))
    solved = w.SOLVED.search(text)
    still = solved and w.STILL_OPEN.search(text[: solved.start()] + "，" + text[solved.end() :])
    size = len(re.sub(r"\W", "", body))
    short = size < w.SHORT
    informs = (bool(told) and not short) or size > w.LONG
    measured = bool(done) or (bool(plan) and bool(dated)) or bool(promised) or bool(still)
    if promised and w.EMPTY_PROMISE.fullmatch(w.NAMES_NO_ACT.sub("", body)):
        empty, measured = empty or w.EMPTY_PROMISE.search(text), False
    hollow = (empty and not informs) or size < w.NOTHING
    if hollow and not measured and not refused and not w.BAD_MANNER.search(text):
        flaws.append(
            _at(read, Defect.PERFUNCTORY, empty) if empty else _whole(read, Defect.PERFUNCTORY)
        )
    if not measured and not informs:
        flaws.append(_whole(read, Defect.NO_MEASURE))
        if not told:
            flaws.append(_whole(read, Defect.NO_FACT))
    if refused and not w.HANDED.search(text):
        flaws.append(_at(read, Defect.PUSHES_AWAY, refused))
    elif away and not measured and not informs:
        flaws.append(_at(read, Defect.PUSHES_AWAY, away))
    if solved and still:
        flaws.append(_at(read, Defect.UNSOLVED_AS_DONE, solved, f"又写“{still[0]}”"))
    if promised:
        flaws.append(Flaw(Defect.UNDATED_PROMISE, *read.span(*promised)))
    return flaws


def _promise(text: str, done: bool) -> tuple[int, int] | None:
    """The first promise without a date; where something was done, only a vague one counts."""
    pattern = w.VAGUE_PROMISE if done else w.PROMISE
    for sentence in w.SENTENCE.finditer(text):
        promise = pattern.search(sentence[0])
        if promise and not w.DATE.search(sentence[0]) and not w.NO_PROMISE.search(sentence[0]):
            return sentence.start() + promise.start(), sentence.start() + promise.end()
    return None


def _grams(text: str) -> set[str]:
    plain = w.STOP.sub("", re.sub(r"[\W\d_]", "", text))
    return {plain[i : i + 2] for i in range(len(plain) - 1)}


def _topic(read: Normalized, body: str, asked: str) -> list[Flaw]:
    """Off topic: the reply shares no words with this and speaks of other matters, at least twice.

    One word of another kind is chance: 拆除 answers a door broken in, too.
    """
    asked = normalize(asked).text
    matter, said = _grams(asked), _grams(body)
    common = len(matter & said)
    of_asked, of_said = _matters(asked), _matters(body)
    if of_asked and of_said:
        told = sum(body.count(word) for kind in of_said for word in MATTERS[kind])
        off = not of_asked & of_said and not common and told >= 2
    else:
        off = len(matter) >= 6 and len(said) >= 25 and not common and not set(asked) & set(body)
    return [_whole(read, Defect.OFF_TOPIC)] if off else []


def _matters(text: str) -> set[str]:
    return {kind for kind, words in MATTERS.items() if any(word in text for word in words)}


def _repealed(read: Normalized) -> list[Flaw]:
    return [
        _at(read, Defect.REPEALED_LAW, match, w.REPEALED[match[1]])
        for match in w.REPEALED_NAMES.finditer(read.text)
    ]


def _copied(read: Normalized, body: str, earlier: Iterable[str]) -> list[Flaw]:
    mine = _shingles(body)
    if len(mine) < 30:
        return []
    for other in earlier:
        if len(mine & _earlier_shingles(other)) >= 0.85 * len(mine):
            return [_whole(read, Defect.COPIED)]
    return []


@functools.lru_cache(maxsize=32)
def _earlier_shingles(reply: str) -> set[str]:
    """Of the newest replies, with which one after another is compared."""
    return _shingles(_body(normalize(reply, limit=LONGEST).text))


def _shingles(text: str) -> set[str]:
    plain = re.sub(r"\W", "", text)
    return {plain[i : i + 5] for i in range(len(plain) - 4)}


__all__ = ["RULES", "Defect", "Flaw", "Gate", "Rule", "Verdict", "check_reply"]
