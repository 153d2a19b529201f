"""Warnings read from a text's context: class, level, the words that speak, how sure.

Each sentence is judged by a small linear model over its concepts (who says what will happen, asked,
feared, remembered or told) and its character n-grams; the text by its worst sentence. The
model is a file of weights, trained on invented sentences (bench/text); it needs no library.
"""

import enum
import gzip
import json
import logging
import math
import time
import zlib
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from importlib import resources

from jiesu.textintel.normalize import Normalized, normalize
from jiesu.textintel.warnings.features import concepts_in, features, windows
from jiesu.textintel.wordlists import SURE, WordList, blanked, listed

log = logging.getLogger(__name__)

# Time for one text: a long one is judged from its beginning as far as that goes.
TIME_BOX = 0.25
# Of many sentences one sounds alarming by chance: log-odds taken off per log of their number.
LONG_TEXT_DOUBT = 0.8
CONTEXT_CONCEPTS = frozenset(
    {"question", "past", "news_quote", "wish", "negation", "fear", "trade", "law_way"}
)


class Kind(enum.StrEnum):
    """The classes of warnings of the domain, most pressing first."""

    EXTREME = "extreme"
    SUDDEN_DANGER = "sudden_danger"
    MASS = "mass"
    STABILITY = "stability"
    OPINION = "opinion"


class Level(enum.StrEnum):
    """How pressing: life is at stake; a group or an act is announced; to be watched."""

    CRITICAL = "critical"
    HIGH = "high"
    NOTICE = "notice"


LEVELS = {
    Kind.EXTREME: Level.CRITICAL,
    Kind.SUDDEN_DANGER: Level.CRITICAL,
    Kind.MASS: Level.HIGH,
    Kind.STABILITY: Level.HIGH,
    Kind.OPINION: Level.NOTICE,
}


@dataclass(frozen=True)
class Found:
    """One warning: ``score`` 0–1, ``start``–``end`` in the text as written, ``words`` the words
    there that spoke, ``source`` the model's version or the list's name."""

    kind: Kind
    level: Level
    score: float
    start: int
    end: int
    words: tuple[str, ...]
    source: str


@dataclass(frozen=True)
class Reading:
    """All warnings of a text, most pressing first; ``score`` the probability of any; ``trouble``
    says why only the lists were read, "" while the model answers."""

    score: float
    found: tuple[Found, ...]
    complete: bool = True
    trouble: str = ""


@dataclass(frozen=True)
class Model:
    """Weights by feature, one for each of ``classes``; a warning shows above ``threshold``."""

    version: str
    classes: tuple[str, ...]
    bias: tuple[float, ...]
    weights: dict[str, tuple[float, ...]]
    threshold: float

    def judge(self, found: set[str]) -> list[float]:
        """The probability of each class for one sentence's features."""
        sums = list(self.bias)
        get = self.weights.get
        for one in found:
            row = get(one)
            if row is not None:
                for i, weight in enumerate(row):
                    sums[i] += weight
        top = max(sums)
        powers = [math.exp(value - top) for value in sums]
        total = sum(powers)
        return [value / total for value in powers]


def model_file() -> bytes:
    """The file of the model that comes with the program."""
    return resources.files("jiesu.textintel.warnings").joinpath("data/model.json.gz").read_bytes()


@cache
def builtin_model() -> Model:
    """The model that comes with the program."""
    data = json.loads(gzip.decompress(model_file()))
    return Model(
        data["version"],
        tuple(data["classes"]),
        tuple(data["bias"]),
        {key: tuple(row) for key, row in data["weights"].items()},
        data["threshold"],
    )


@cache
def model_trouble() -> str:
    """Why the model that comes with the program cannot be used: missing, cut short, of another
    make; "" when it can. Looked at once a process."""
    try:
        builtin_model()
    except (OSError, EOFError, zlib.error, ValueError, KeyError, TypeError) as trouble:
        log.error("The warnings' model cannot be read: %r", trouble)
        return f"{type(trouble).__name__}: {trouble}"[:200]
    return ""


def read_warnings(
    text: str,
    *,
    lists: Sequence[WordList] = (),
    harmless: tuple[str, ...] | None = None,
    model: Model | None = None,
) -> Reading:
    """What warns in ``text``; any text is answered, within ``TIME_BOX`` seconds.

    ``lists`` are the centre's own words with their classes: a hit outside harmless turns of speech
    counts as sure, whatever the model says. ``harmless`` are the turns of speech that are blanked
    before anything else; None: those the program comes with.
    """
    trouble = "" if model else model_trouble()
    if model is None and not trouble:
        model = builtin_model()
    deadline = time.monotonic() + TIME_BOX
    read = normalize(text).tight()
    plain = blanked(read.text, harmless)
    best: dict[Kind, Found] = {}
    score, complete = 0.0, True
    if model is not None:
        score, complete = _judged(model, plain, read, best, deadline)
    for word_list, start, end in listed(plain, lists):
        kind = Kind(word_list.kind)
        if kind not in best or best[kind].score < SURE:
            first, last = read.span(start, end)
            best[kind] = Found(
                kind, LEVELS[kind], SURE, first, last,
                (read.quoted(start, end),), word_list.name,
            )  # fmt: skip
            score = max(score, SURE)
    order = list(Kind)
    found = sorted(best.values(), key=lambda one: (order.index(one.kind), -one.score))
    return Reading(round(score, 4), tuple(found), complete, trouble)


def _judged(
    model: Model, plain: str, read: Normalized, best: dict[Kind, Found], deadline: float
) -> tuple[float, bool]:
    """Puts the worst sentence of each kind into ``best``; the probability of any warning, and
    whether all was read before ``deadline``."""
    none = model.classes.index("none")
    score = 0.0
    pieces = windows(plain)
    doubt = LONG_TEXT_DOUBT * math.log(max(len(pieces), 1))
    for start, end in pieces:
        if time.monotonic() > deadline:
            return score, False
        sentence = plain[start:end]
        hits = concepts_in(sentence)
        chances = model.judge(features(sentence, [concept for _, _, concept in hits]))
        any_chance = _doubted(1 - chances[none], doubt)
        score = max(score, any_chance)
        if any_chance < model.threshold:
            continue
        index = max((i for i in range(len(chances)) if i != none), key=chances.__getitem__)
        kind = Kind(model.classes[index])
        if kind not in best or any_chance > best[kind].score:
            best[kind] = _found(kind, any_chance, read, (start, end), hits, model.version)
    return score, True


def _doubted(chance: float, doubt: float) -> float:
    chance = min(max(chance, 1e-6), 1 - 1e-6)
    return 1 / (1 + math.exp(doubt - math.log(chance / (1 - chance))))


def _found(
    kind: Kind,
    score: float,
    read: Normalized,
    window: tuple[int, int],
    hits: list[tuple[int, int, str]],
    source: str,
) -> Found:
    """The warning with the words that spoke; without any, the whole sentence is its span."""
    start, end = window
    spoke = [(a, b) for a, b, concept in hits if concept not in CONTEXT_CONCEPTS]
    words = tuple(dict.fromkeys(read.quoted(start + a, start + b) for a, b in spoke))[:6]
    if spoke:
        start, end = start + min(a for a, _ in spoke), start + max(b for _, b in spoke)
    first, last = read.span(start, end)
    return Found(kind, LEVELS[kind], round(score, 4), first, last, words, source)
