"""Files that belong to supervision: checked by content, stored under random names."""

import datetime as dt
import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import PurePath
from typing import BinaryIO

from django.core.files import File
from django.db.models import Q

from jiesu.access import Actor
from jiesu.foundation import uploads
from jiesu.foundation.crypto import sm3
from jiesu.foundation.errors import NotFound, invalid
from jiesu.supervision.models import (
    Closing,
    Instrument,
    LedgerEntry,
    Note,
    SupervisionFile,
)

MOST = 9


@dataclass(frozen=True)
class Upload:
    """One file as it was sent."""

    content: BinaryIO
    name: str
    size: int


def keep(
    given: Sequence[Upload], *, actor: Actor, at: dt.datetime, instrument: Instrument | None = None,
    closing: Closing | None = None, note: Note | None = None,
) -> list[SupervisionFile]:  # fmt: skip
    """This will store files with what they belong to. Refuses as ``uploads.check_upload``."""
    if len(given) > MOST:
        raise invalid("files", f"最多上传 {MOST} 个文件。", "too_many")
    kept = []
    for one in given:
        checked = uploads.check_upload(one.content, one.name, size=one.size, field="files")
        one.content.seek(0)
        digest = sm3(one.content.read()).hex()
        one.content.seek(0)
        stored = f"{secrets.token_hex(16)}{PurePath(checked.name).suffix.lower()}"
        kept.append(SupervisionFile.objects.create(
            instrument=instrument, closing=closing, note=note, name=checked.name,
            stored_name=stored, file=File(one.content, name=stored),
            content_type=checked.content_type, size=one.size, sm3=digest, uploaded_at=at,
            uploaded_by=actor.name,
        ))  # fmt: skip
    return kept


def get_for(actor: Actor, pk: int) -> SupervisionFile:
    """A file of something the actor may see. Refusal: NotFound."""
    seen = (
        Q(instrument__in=Instrument.objects.visible_to(actor))
        | Q(closing__entry__in=LedgerEntry.objects.visible_to(actor))
        | Q(note__in=Note.objects.visible_to(actor))
    )
    found = SupervisionFile.objects.filter(seen, pk=pk).first()
    if found is None:
        raise NotFound("没有找到这个附件，可能已被移除。")
    return found
