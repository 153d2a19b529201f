"""Which orders may tell of the same matter: asked of the index while someone types.

Place and time gate the text: only orders of the same county and of the last months are looked at,
and of a text only the rarest words are asked for, so that the answer takes milliseconds whatever
the number of orders. Who may see what is asked of the database again by the caller.
"""

import datetime as dt
import functools
from collections.abc import Sequence
from typing import Any

from tantivy import FieldType, Occur, Query

from jiesu.organizations.paths import STEP
from jiesu.search import store
from jiesu.textintel.similar import terms

COUNTY = 3 * STEP  # province, city, county: as near as the same matter is looked for
WINDOW = dt.timedelta(days=180)
ASKED = 12  # rarest words of the text


class IndexFrequencies:
    """How rare a word is, by the index: what weighs words when two texts are compared."""

    def __init__(self, searcher: Any) -> None:
        self._searcher = searcher
        self.of = functools.cache(self._of)

    def total(self) -> int:
        """How many orders are indexed."""
        return int(self._searcher.num_docs)

    def _of(self, word: str) -> int:
        return int(self._searcher.doc_freq("matter", word))


def frequencies() -> IndexFrequencies | None:
    """The words' frequencies; None while there is no index."""
    searcher = store.reader.searcher()
    return None if searcher is None else IndexFrequencies(searcher)


def candidates(
    words: Sequence[str], region_path: str, at: dt.datetime, *, limit: int = 40,
    searcher: Any = None,
) -> list[str]:  # fmt: skip
    """Numbers of the orders of the county and the window that share the rarest words, best first.

    [] while there is no index, or when the text has fewer than two telling words.
    """
    searcher = searcher or store.reader.searcher()
    if searcher is None:
        return []
    asked = rarest(words, IndexFrequencies(searcher))
    if len(asked) < 2:
        return []
    alike = [(Occur.Should, Query.term_query(store.SCHEMA, "matter", w, "basic")) for w in asked]
    bounds = [(Occur.Must, Query.boolean_query(alike))]
    if region_path:
        area = Query.term_query(store.SCHEMA, "scope", f"r{region_path[:COUNTY]}", "basic")
        bounds.append((Occur.Must, Query.const_score_query(area, 0.0)))
    since = Query.range_query(
        store.SCHEMA, "received", FieldType.Unsigned, store.day_number(at - WINDOW), None
    )
    bounds.append((Occur.Must, Query.const_score_query(since, 0.0)))
    hits = searcher.search(Query.boolean_query(bounds), limit=limit, count=False).hits
    return [searcher.doc(address)["number"][0] for _, address in hits]


def rarest(words: Sequence[str], known: terms.Frequencies, most: int = ASKED) -> list[str]:
    """The words of a text that stand in the fewest orders, of those that stand in any."""
    seen = [(known.of(word), word) for word in dict.fromkeys(words)]
    return [word for count, word in sorted(seen) if count][:most]
