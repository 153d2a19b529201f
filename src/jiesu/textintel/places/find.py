"""The places of a text with their parts, and the regions they may lie in."""

from dataclasses import dataclass

from jiesu.textintel.normalize import normalize
from jiesu.textintel.places.gazetteer import Gazetteer
from jiesu.textintel.places.regions import Candidate, Regions
from jiesu.textintel.places.spans import READ, Span, spans

_NOTHING = Gazetteer()
_NOWHERE = Regions(())
_WORTH = {"road": 0.35, "site": 0.35, "number": 0.2, "region": 0.2, "end": 0.1}


@dataclass(frozen=True)
class Place:
    """One place: ``text`` verbatim, its parts, how near (``landmark``), how sure, and where."""

    text: str
    start: int
    end: int
    confidence: float
    road: str = ""
    number: str = ""
    site: str = ""
    landmark: str = ""
    address: str = ""  # road, number, site and landmark, without the regions
    regions: tuple[Candidate, ...] = ()


def find(
    text: str, regions: Regions = _NOWHERE, gazetteer: Gazetteer = _NOTHING, own_path: str = "",
    most: int = 3,
) -> list[Place]:  # fmt: skip
    """The places told, surest first; [] when none is. ``own_path`` is the centre's own area."""
    told = normalize(text[:READ])
    clean = told.text[:READ]

    def known(part: str) -> list[tuple[int, int, str]]:
        named = [(s, e, "region") for s, e, found in regions.mentions(part)
                 if any(whole for _, whole in found)]  # fmt: skip
        taken = {i for s, e, _ in named for i in range(s, e)}
        return named + [hit for hit in gazetteer.known(part) if taken.isdisjoint(range(*hit[:2]))]

    found = []
    for span in spans(clean, known):
        first, last = told.span(span.start, span.end)
        where = _where(clean, span, regions, gazetteer, own_path)
        found.append(_place(clean, text[first:last], first, last, span, where))
    return sorted(found, key=lambda place: (-place.confidence, place.start))[:most]


def _where(
    clean: str, span: Span, regions: Regions, gazetteer: Gazetteer, own_path: str
) -> tuple[Candidate, ...]:
    """Regions said beside the place, else anywhere in the text, else where its name is known."""
    said = regions.resolve(clean[span.start : span.end], own_path)
    if not said:
        for part in span.parts:
            for path, share in gazetteer.regions_of(clean[part.start : part.end])[:3]:
                name = regions.name_of(path)
                if name:
                    said.append(Candidate("", name, path, round(0.9 * share, 2),
                                          clean[part.start : part.end]))  # fmt: skip
    return tuple(said or regions.resolve(clean, own_path))


def _place(
    clean: str, verbatim: str, first: int, last: int, span: Span, where: tuple[Candidate, ...]
) -> Place:
    def of(kind: str) -> str:
        return "".join(clean[p.start : p.end] for p in span.parts if p.kind == kind)

    kinds = {part.kind for part in span.parts}
    sure = sum(worth for kind, worth in _WORTH.items() if kind in kinds)
    begin = next((p.start for p in span.parts if p.kind != "region"), span.end)
    return Place(
        text=verbatim, start=first, end=last, confidence=round(min(sure, 0.95), 2),
        road=of("road"), number=of("number"), site=of("site"),
        landmark=clean[span.end : span.near], address=clean[begin : span.near], regions=where,
    )  # fmt: skip
