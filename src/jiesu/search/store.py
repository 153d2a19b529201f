"""The folder of the index: which index is current, how it is opened, and what it knows so far.

``JIESU_VAR/search/current`` names the folder of the index in use; a new one is built beside it and
put in its place whole. All of it can be deleted at any time: it is built again.
"""

import datetime as dt
import json
import logging
import os
import shutil
import threading
import time
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import tantivy
from django.conf import settings

from jiesu.foundation.clock import BEIJING

log = logging.getLogger(__name__)

VERSION = 2  # of the schema and of how words are cut: another number builds the index again
TEXTS = ("title", "address", "category", "unit", "content")
BOOSTS = {"title": 3.0, "address": 2.0, "category": 1.5, "unit": 1.5, "content": 1.0}
_LOOK_AGAIN = 1.0  # seconds until a reader looks for newer contents
_COMPLAIN_AGAIN = 60.0


def schema() -> Any:
    """What is indexed. Texts are cut beforehand; ``scope`` and ``status`` are tokens.

    ``matter`` holds the telling words of title, address and content, each once: whether two tell
    of the same matter is asked of one short field instead of five.
    """
    builder = tantivy.SchemaBuilder()
    builder.add_text_field("number", stored=True, tokenizer_name="raw", index_option="basic")
    for name in TEXTS:
        builder.add_text_field(name, tokenizer_name="whitespace", index_option="freq")
    builder.add_text_field("matter", tokenizer_name="whitespace", index_option="basic")
    builder.add_text_field("scope", tokenizer_name="whitespace", index_option="basic")
    builder.add_text_field("status", tokenizer_name="raw", index_option="basic")
    builder.add_unsigned_field("received", indexed=True, fast=True)  # yyyymmdd
    return builder.build()


SCHEMA = schema()


def day_number(at: dt.datetime) -> int:
    """A day in Beijing as the index holds it: yyyymmdd."""
    return int(at.astimezone(BEIJING).strftime("%Y%m%d"))


@dataclass
class Known:
    """What an index has taken in: appeals up to a pk while it is built, then events and moves."""

    version: int = VERSION
    pk: int = 0
    event: int = 0
    move: int = 0
    is_complete: bool = False

    def save(self, folder: Path) -> None:
        """Keep it beside the index, whole or not at all."""
        written = folder / f"jiesu.{os.getpid()}.tmp"
        written.write_text(json.dumps(asdict(self)))
        written.replace(folder / "jiesu.json")

    @classmethod
    def load(cls, folder: Path) -> "Known | None":
        """What the index in this folder knows; None when there is none that can be used."""
        try:
            known = cls(**json.loads((folder / "jiesu.json").read_text()))
        except (OSError, ValueError, TypeError):
            return None
        return known if known.version == VERSION else None


def home() -> Path:
    """Where indexes lie."""
    return Path(settings.JIESU_VAR) / "search"


def current() -> Path | None:
    """The folder of the index in use, if there is a complete one."""
    try:
        folder = home() / (home() / "current").read_text().strip()
    except OSError:
        return None
    known = Known.load(folder)
    return folder if known is not None and known.is_complete else None


def put_in_place(folder: Path) -> None:
    """Make the built index the current one, and remove what it replaces."""
    target = home() / f"index-{time.time_ns()}"
    folder.rename(target)
    pointer = home() / f"current.{os.getpid()}.tmp"
    pointer.write_text(target.name)
    pointer.replace(home() / "current")
    for old in home().glob("index-*"):
        if old != target:
            shutil.rmtree(old, ignore_errors=True)


class Reader:
    """This process's view of the index, brought up to date at most once a second."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._folder: Path | None = None
        self._index: Any = None
        self._looked = -float("inf")
        self._complained = -float("inf")

    def searcher(self) -> Any:
        """A snapshot to search in; None while there is no index that can be read."""
        with self._lock:
            now = time.monotonic()
            if now - self._looked >= _LOOK_AGAIN or self._index is None:
                self._looked = now
                self._look(now)
            return self._index.searcher() if self._index is not None else None

    def forget(self) -> None:
        """Open it anew next time."""
        with self._lock:
            self._folder = self._index = None
            self._looked = -float("inf")

    def _look(self, now: float) -> None:
        folder = current()
        try:
            if folder is None:
                self._index = self._folder = None  # a new installation's loop is building it
            elif folder != self._folder:
                self._index, self._folder = tantivy.Index.open(str(folder)), folder
                self._index.reload()
            else:
                self._index.reload()
        except (ValueError, OSError) as trouble:
            self._index = self._folder = None
            self._complain(now, type(trouble).__name__)

    def _complain(self, now: float, why: str) -> None:
        if now - self._complained >= _COMPLAIN_AGAIN:
            self._complained = now
            log.warning("the search index cannot be read (%s): searching titles only", why)


reader = Reader()
