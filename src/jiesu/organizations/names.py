"""Names in the trees: pinyin initials to find them by, former ones to show what was then."""

import datetime as dt
from collections.abc import Sequence
from typing import Any


def initials(name: str) -> str:
    """The pinyin initials of a name, lower case: 鼓楼区 → glq, 12345热线 → 12345rx."""
    # Its dictionaries take a third of a second to load, which no other process should pay.
    from pypinyin import Style, lazy_pinyin

    letters = "".join(lazy_pinyin(name, style=Style.FIRST_LETTER)).lower()
    return "".join(c for c in letters if c.isascii() and c.isalnum())[:64]


def name_at(current: str, former: Sequence[dict[str, Any]], day: dt.date, key: str = "name") -> str:
    """The name that held on a day; ``former`` is oldest first, each with the day it ended."""
    for past in former:
        if day.isoformat() < past["until"]:
            return str(past[key])
    return current
