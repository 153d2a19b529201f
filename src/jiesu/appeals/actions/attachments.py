"""Files: stored when uploaded, tied to their appeal when the form they came with is sent."""

import datetime as dt
import secrets
from pathlib import PurePath
from typing import BinaryIO

from django.core.files import File
from django.db import transaction

from jiesu.access import Actor
from jiesu.appeals.models import Appeal, Attachment
from jiesu.foundation import uploads
from jiesu.foundation.crypto import sm3
from jiesu.foundation.errors import invalid

MAX_FILES_PER_FORM = 9


def store_upload(
    content: BinaryIO, name: str, *, size: int, purpose: str, upload_key: str, actor: Actor,
    at: dt.datetime,
) -> Attachment:  # fmt: skip
    """This will check a file by content, size and name and store it under a random name.

    Refusals: Invalid at ``file`` (kind not allowed, content differs from the name, too large,
    archive bomb, too many files).
    """
    if Attachment.objects.filter(upload_key=upload_key).count() >= MAX_FILES_PER_FORM:
        raise invalid("file", f"最多上传 {MAX_FILES_PER_FORM} 个文件。", "too_many")
    checked = uploads.check_upload(content, name, size=size)
    content.seek(0)
    digest = sm3(content.read())
    content.seek(0)
    stored = f"{secrets.token_hex(16)}{PurePath(checked.name).suffix.lower()}"
    return Attachment.objects.create(
        upload_key=upload_key,
        purpose=Attachment.Purpose(purpose),
        name=checked.name,
        stored_name=stored,
        file=File(content, name=stored),
        content_type=checked.content_type,
        size=size,
        sm3=digest.hex(),
        uploaded_at=at,
        uploaded_by=actor.name,
        uploaded_by_id=actor.user_id,
    )


def claim_uploads(
    appeal: Appeal, upload_key: str, actor: Actor, *, assignment_id: int | None = None,
    is_public: bool = False,
) -> int:  # fmt: skip
    """Tie the files uploaded with a form to the appeal, which is stored; how many there were."""
    if appeal._state.adding:
        raise ValueError("files come to an appeal that is stored")
    return Attachment.objects.filter(
        upload_key=upload_key, appeal=None, uploaded_by_id=actor.user_id
    ).update(appeal=appeal, assignment_id=assignment_id, is_public=is_public)


def remove_unclaimed(before: dt.datetime) -> int:
    """Delete the files of forms that were never sent; how many.

    One whose form is sent at this moment stays. Killed after a file is gone, its row is still
    there for the next time.
    """
    gone = 0
    for stale in Attachment.objects.filter(appeal=None, uploaded_at__lt=before).order_by("pk")[
        :500
    ]:
        with transaction.atomic():
            if Attachment.objects.filter(pk=stale.pk, appeal=None).delete()[0]:
                stale.file.delete(save=False)
                gone += 1
    return gone
