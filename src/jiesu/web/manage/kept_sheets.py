"""An uploaded sheet between its check and its import: kept for this session, gone after a day."""

import datetime as dt
import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import BinaryIO, cast

from django.core.files.storage import default_storage
from django.core.files.uploadedfile import UploadedFile
from django.http import HttpRequest

from jiesu.foundation import clock

FOLDER = "manage_sheets"
MAX_MB = 20
LIFE = dt.timedelta(days=1)
_KEY = "manage_sheets"  # in the session: {kind: {path, name, at}}


@dataclass(frozen=True)
class KeptSheet:
    """A sheet that waits to be confirmed."""

    path: str
    name: str
    at: dt.datetime

    @contextmanager
    def open(self) -> Iterator[BinaryIO]:
        """The file, from its beginning."""
        with default_storage.open(self.path) as file:
            yield cast("BinaryIO", file.file)


def keep(request: HttpRequest, kind: str, file: UploadedFile) -> KeptSheet:
    """Keep the sheet instead of whatever this session kept of that kind before."""
    _purge()
    drop(request, kind)
    at = clock.now()
    path = default_storage.save(f"{FOLDER}/{at:%Y%m%d%H}-{secrets.token_hex(16)}", file)
    sheet = KeptSheet(path, (file.name or "")[:200], at)
    sheets = request.session.get(_KEY, {})
    sheets[kind] = {"path": path, "name": sheet.name, "at": at.isoformat()}
    request.session[_KEY] = sheets
    return sheet


def find(request: HttpRequest, kind: str) -> KeptSheet | None:
    """The sheet of that kind that waits in this session."""
    kept = request.session.get(_KEY, {}).get(kind)
    if kept is None or not default_storage.exists(kept["path"]):
        return None
    return KeptSheet(kept["path"], kept["name"], dt.datetime.fromisoformat(kept["at"]))


def drop(request: HttpRequest, kind: str) -> None:
    """Let go of the sheet of that kind."""
    sheets = request.session.get(_KEY, {})
    kept = sheets.pop(kind, None)
    if kept is not None:
        default_storage.delete(kept["path"])
        request.session[_KEY] = sheets


def _purge() -> None:
    """Delete what was never confirmed; the hour stands in the name."""
    oldest = f"{clock.now() - LIFE:%Y%m%d%H}"
    if not default_storage.exists(FOLDER):
        return
    for name in default_storage.listdir(FOLDER)[1]:
        if name < oldest:
            default_storage.delete(f"{FOLDER}/{name}")
