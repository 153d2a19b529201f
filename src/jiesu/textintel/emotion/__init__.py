"""How calm or angry somebody speaks, by the words that tell it; and over one person's texts.

A lexicon with weights (``data/emotion.txt``), shouting (！！), repeated questions; no model. It
tells tone, not truth: an angry text may be right, a calm one may be urgent.
"""

import enum
import math
import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from importlib import resources

import ahocorasick

from jiesu.textintel.normalize import normalize

READ = 5_000  # characters; a tone shows before
SHOUT = re.compile(r"[!！]{2,}|[?？]{2,}|[?？][!！]")
WORDS_SHOWN = 6
RISE = 0.25  # how much more anger than before is a rise


class Mood(enum.StrEnum):
    """From calm to angry."""

    CALM = "calm"
    DISCONTENT = "discontent"
    ANGRY = "angry"
    FURIOUS = "furious"


MOOD_NAMES = {
    Mood.CALM: "平静", Mood.DISCONTENT: "不满", Mood.ANGRY: "气愤", Mood.FURIOUS: "愤怒",
}  # fmt: skip
# A score of at least this much is the mood.
_FROM = ((0.8, Mood.FURIOUS), (0.55, Mood.ANGRY), (0.3, Mood.DISCONTENT), (0.0, Mood.CALM))


@dataclass(frozen=True)
class Emotion:
    """``score`` from 0 (calm) to 1 (furious), its mood, and the words that spoke, as written."""

    score: float
    mood: Mood
    words: tuple[str, ...]

    @property
    def name(self) -> str:
        """The mood in Chinese."""
        return MOOD_NAMES[self.mood]


@cache
def _lexicon() -> "ahocorasick.Automaton":
    automaton = ahocorasick.Automaton()
    lines = resources.files("jiesu.textintel").joinpath("data/emotion.txt").read_text("utf-8")
    for line in lines.splitlines():
        if line and not line.startswith("#"):
            weight, words = line.split(":", 1)
            for word in words.split():
                automaton.add_word(word, (len(word), float(weight)))
    automaton.make_automaton()
    return automaton


def emotion(text: str) -> Emotion:
    """How angry ``text`` sounds; any text is answered."""
    read = normalize(text, limit=READ).tight()
    plain = read.text
    found: list[tuple[int, int, float]] = []
    for end, (length, weight) in _lexicon().iter_long(plain):
        found.append((end - length + 1, end + 1, weight))
    heat = sum(weight for _, _, weight in _once(found, plain) if weight > 0)
    cool = sum(weight for _, _, weight in _once(found, plain) if weight < 0)
    heat += 0.3 * min(3, len(SHOUT.findall(plain)))
    heat = max(0.0, heat + max(cool, -0.6))
    score = 1 - math.exp(-0.75 * heat)
    hot = sorted((one for one in found if one[2] >= 0.3), key=lambda one: -one[2])
    words = tuple(dict.fromkeys(read.quoted(a, b) for a, b, _ in hot))[:WORDS_SHOWN]
    return Emotion(round(score, 3), next(mood for least, mood in _FROM if score >= least), words)


def _once(found: list[tuple[int, int, float]], plain: str) -> list[tuple[int, int, float]]:
    """Each word once: saying it ten times is no ten times the anger."""
    return list({plain[a:b]: (a, b, weight) for a, b, weight in found}.values())


def rising(scores: Sequence[float]) -> bool:
    """Whether one person's tone, oldest text first, rose to anger: the last text is angry, and
    clearly angrier than the ones before it on the whole and than the first."""
    if len(scores) < 2:
        return False
    last, before = scores[-1], scores[:-1]
    angry = _FROM[1][0]
    return (
        last >= angry
        and last - sum(before) / len(before) >= RISE
        and last - before[0] >= RISE
    )  # fmt: skip
