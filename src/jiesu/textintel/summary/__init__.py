"""An extractive title and a summary of up to three lines: the text's own words, nothing added.

Sentences are weighed by how much they share with the whole text (words weighed by how often they
stand there, as in SumBasic, Nenkova & Vanderwende 2005), by their place (the matter stands at the
beginning) and by what they do: say what is wanted, tell where and how much. What was chosen is
shown in the order of the text. A title begins with the place where its clause names none.
"""

import math
import re
from collections import Counter
from dataclasses import dataclass

from jiesu.textintel.places import Place, find
from jiesu.textintel.similar.terms import words

READ = 8_000  # characters; the matter stands before
TITLE = 30  # characters of a title
TITLE_FROM = 5  # sentences a title may come from
PLACE_FROM = 300  # characters the place before a title may come from
_LONGEST_PLACE = 14
_SURE = 0.3  # of a place in a title
EARLY = 0.5  # what each sentence further on, or two clauses, take off a title's worth
LINE = 90  # characters of a line
LONG = 200  # a text shorter than this needs no summary
_SENTENCE = re.compile(r"[^。！？!?；;\n\r…]+[。！？!?；;…]*")
_TO_COMMA = re.compile(r"[^，,、：:\s]*[，,、：:\s]+|[^，,、：:\s]+$")
_CLAUSE = re.compile(r"[^，,、：:。！？!?；;\n\r…\s]+")
_AREA = re.compile(r"^(?:\w{2,3}省)?\w{2,3}市\w{1,3}[区县](?:\w{2,4}?(?:街道|镇|乡))?(?=\w{4})")
_HELLO = re.compile(
    r"^(?:(?:尊敬的|敬爱的)?[^，。：]{0,10}(?:领导|市长|书记|局长|主任|您|你)们?[，,:：！!]?)?(?:您|你)们?好[，,。！!：:]*"
    r"|^(?:喂|嗯|那个|就是|呃|啊)[，,。]?|^(?:来电人|来电|市民|群众|诉求人|本人|我)?(?:现|想|要|来)?(?:来电)?(?:反映|反应|投诉|举报|咨询|求助)(?:的是|一下|称|说)?[，,：:]?"
    r"|^(?:我|本人|我们)(?:是|系|住在|家住|家在)"
)
_WANTED = re.compile(r"希望|要求|请求|恳请|请有关|请相关|请问|请尽快|请政府|望|建议|诉求")
_IDLE = re.compile(
    r"^(?:谢谢|感谢|辛苦|盼复|急急|此致|敬礼|您好|你好)|百姓|为民做主|良心|天理|气死|可笑|呵呵"
)
_PERSON = re.compile(r"我们?|您|你们?|本人|他们?|她")
_WHERE = re.compile(r"[路街巷镇村区县]|小区|花园|广场|医院|学校|公司|站|楼|市场|大厦|公园")


@dataclass(frozen=True)
class Summary:
    """``title`` of at most 30 characters, ``lines`` in the order of the text; both "" / () for a
    text that says nothing. ``wanted`` is which line says what is asked for, -1 for none."""

    title: str
    lines: tuple[str, ...]
    wanted: int = -1


def summarize(text: str, lines: int = 3) -> Summary:
    """The title and up to ``lines`` lines of ``text``; any text is answered."""
    sentences = [s for s in map(_trim, _pieces(text[:READ])) if len(s) > 3]
    if not sentences:
        return Summary(_short(_trim(text[:READ]), TITLE), ())
    cut = [words(one) for one in sentences]
    counted = Counter(word for one in cut for word in set(one))
    places = len(sentences)
    scores = [
        _score(sentence, own, counted, place, places)
        for place, (sentence, own) in enumerate(zip(sentences, cut, strict=True))
    ]
    chosen = _chosen(sentences, cut, scores, lines)
    told = [_short(sentences[i], LINE) for i in chosen]
    wanted = next((n for n, i in enumerate(chosen) if _WANTED.search(sentences[i])), -1)
    place = next(iter(find(text[:PLACE_FROM], most=1)), None)
    title = _title(sentences, scores, counted, place.text if place else "")
    return Summary(_placed(title, place) if place else title, tuple(told), wanted)


def _pieces(text: str) -> list[str]:
    """The sentences; one longer than a line is parted at its commas."""
    found = []
    for sentence in _SENTENCE.findall(text):
        piece = ""
        for clause in _TO_COMMA.findall(sentence) if len(sentence) > LINE else [sentence]:
            if piece and len(piece) + len(clause) > LINE:
                found.append(piece)
                piece = ""
            piece += clause
        found.append(piece)
    return found


def _trim(sentence: str) -> str:
    """Without greeting, filler and who says it."""
    said = " ".join(sentence.split())
    for _ in range(3):
        shorter = _HELLO.sub("", said, count=1).lstrip("，,。：:、 ")
        if shorter == said or not shorter:
            break
        said = shorter
    return said


def _score(sentence: str, own: list[str], counted: Counter[str], place: int, places: int) -> float:
    if not own:
        return 0.0
    shared = sum(math.log1p(counted[word]) for word in set(own)) / math.sqrt(len(set(own)) + 3)
    early = 1.0 + 0.8 / (1 + place)
    score = shared * early
    if _WANTED.search(sentence):
        score *= 1.15
    if _WHERE.search(sentence):
        score *= 1.15
    if _IDLE.search(sentence):
        score *= 0.5
    return score


def _chosen(
    sentences: list[str], cut: list[list[str]], scores: list[float], lines: int
) -> list[int]:
    """The best sentences, none that repeats another, one that says what is wanted if there is."""
    order = sorted(range(len(sentences)), key=lambda i: -scores[i])
    taken: list[int] = []
    for i in order:
        own = set(cut[i])
        repeats = any(
            len(own & set(cut[j])) > 0.6 * max(1, min(len(own), len(cut[j]))) for j in taken
        )
        if own and not repeats:
            taken.append(i)
        if len(taken) == lines:
            break
    asks = [i for i in order if _WANTED.search(sentences[i]) and not _IDLE.search(sentences[i])]
    if asks and lines > 1 and not any(i in asks for i in taken):
        taken = [*taken[: lines - 1], asks[0]]
    return sorted(taken)


def _title(
    sentences: list[str], scores: list[float], counted: Counter[str], place_told: str
) -> str:
    """The clause, or two clauses that follow each other, that says most in a title's length.

    A clause that is nothing but the place is none.
    """
    best, found = 0.0, ""
    for place, sentence in enumerate(sentences[:TITLE_FROM]):
        clauses = [_AREA.sub("", _trim(one)) for one in _CLAUSE.findall(sentence)]
        for n in range(len(clauses)):
            for together in (clauses[n : n + 1], clauses[n : n + 2]):
                said = "，".join(one for one in together if one)
                if not 5 <= len(said) <= TITLE or said in place_told:
                    continue
                worth = _worth(said, counted) * (EARLY ** (place + 0.5 * n))
                if worth > best:
                    best, found = worth, said
    if found:
        return found
    return _short(sentences[max(range(len(sentences)), key=scores.__getitem__)], TITLE)


def _placed(title: str, place: Place) -> str:
    """The title after the place, unless it names (a part of) that itself."""
    said = _AREA.sub("", place.text)
    named = any(part and part in title for part in (said, place.site, place.road))
    if named or place.confidence < _SURE or not 4 <= len(said) <= _LONGEST_PLACE:
        return title
    return said + _short(title, TITLE - len(said))


def _worth(said: str, counted: Counter[str]) -> float:
    """How much of the matter a clause says: its telling words, longer ones more, a place."""
    own = set(words(said))
    worth = sum(math.log1p(counted[word]) * (len(word) - 0.5) for word in own)
    worth *= 1.5 if _WHERE.search(said) else 1.0
    worth *= 0.6 if _PERSON.search(said) else 1.0
    return worth * (0.4 if _IDLE.search(said) else 1.0)


def _short(text: str, longest: int) -> str:
    """At most ``longest`` characters, cut at a clause where there is one in the second half."""
    text = text.strip()
    if len(text) <= longest:
        return text
    end = max(text.rfind(mark, longest // 2, longest) for mark in "，,、；：")
    return text[: end if end > 0 else longest - 1].rstrip("，,、；： ") + "…"
