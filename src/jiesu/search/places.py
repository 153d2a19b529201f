"""The region tree and the names of past orders, as the reading of places needs them."""

import json
import logging
import os
import threading
import time
from collections import Counter
from pathlib import Path

from jiesu.appeals.models import Appeal
from jiesu.organizations.models import Region
from jiesu.search import store
from jiesu.textintel.places import Gazetteer, Place, Regions, find

log = logging.getLogger(__name__)

LEARNT_FROM = 20_000  # newest orders
EVERY = 86_400.0  # seconds until the gazetteer is learnt anew
_LOOK_AGAIN = 600.0  # seconds until a process reads tree and gazetteer again


class _Read:
    """What this process has read of tree and gazetteer."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._at = -float("inf")
        self.regions, self.gazetteer = Regions(()), Gazetteer()

    def again(self) -> "_Read":
        with self._lock:
            if time.monotonic() - self._at >= _LOOK_AGAIN:
                rows = Region.objects.filter(valid_to=None).values_list("code", "name", "path")
                self.regions = Regions(rows)
                self.gazetteer = _load()
                self._at = time.monotonic()
        return self

    def forget(self) -> None:
        self._at = -float("inf")


_read = _Read()


def told(text: str, own_path: str) -> list[Place]:
    """The places a text tells of, surest first, with the regions they may lie in."""
    known = _read.again()
    return find(text, known.regions, known.gazetteer, own_path)


def whole_name(path: str) -> str:
    """福州市鼓楼区东街街道"""
    return _read.again().regions.whole_name(path)


def forget() -> None:
    """Read tree and gazetteer anew next time."""
    _read.forget()


def learn_if_due() -> int:
    """This will learn the newest orders' place names, once a day; how many were learnt."""
    try:
        if time.time() - _file().stat().st_mtime < EVERY:
            return 0
    except OSError:
        pass  # there is none yet
    newest = Appeal.objects.order_by("-pk").values_list("address", "region_path")
    learnt = Gazetteer.learn((a, p) for a, p in newest[:LEARNT_FROM].iterator() if a)
    _file().parent.mkdir(parents=True, exist_ok=True)
    written = _file().with_suffix(f".{os.getpid()}.tmp")
    written.write_text(json.dumps(learnt.names, ensure_ascii=False), encoding="utf-8")
    written.replace(_file())
    return len(learnt.names)


def _file() -> Path:
    return store.home() / "gazetteer.json"


def _load() -> Gazetteer:
    try:
        names = json.loads(_file().read_text(encoding="utf-8"))
        return Gazetteer({name: Counter(paths) for name, paths in names.items()})
    except FileNotFoundError:
        return Gazetteer()
    except (OSError, ValueError, TypeError, AttributeError):
        log.warning("the gazetteer cannot be read: places are found without it")
        return Gazetteer()
