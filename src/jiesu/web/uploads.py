"""Files that come with a form: stored at once, tied to their order when the form succeeds.

A form that is refused keeps its files: the hidden ``upload_key`` names them.
"""

import secrets
from typing import BinaryIO, cast

from django.http import HttpRequest

from jiesu.access import Actor
from jiesu.appeals.actions.attachments import store_upload
from jiesu.appeals.models import Attachment
from jiesu.foundation import clock
from jiesu.foundation.errors import FieldError, Invalid
from jiesu.web.components.pieces import FileItem


def new_key() -> str:
    """A key for a fresh form."""
    return secrets.token_urlsafe(24)


def key_of(request: HttpRequest) -> str:
    """The form's key, or a fresh one."""
    return request.POST.get("upload_key", "")[:64] or new_key()


def receive(request: HttpRequest, actor: Actor, purpose: str, key: str) -> None:
    """Store the files that came with the form; raises Invalid at ``files`` naming each bad one."""
    errors = []
    for file in request.FILES.getlist("files"):
        try:
            store_upload(
                cast(BinaryIO, file.file), file.name or "", size=file.size or 0, purpose=purpose,
                upload_key=key,
                actor=actor, at=clock.now(),
            )  # fmt: skip
        except Invalid as error:
            errors += [FieldError("files", e.code, f"{file.name}：{e.message}")
                       for e in error.errors]  # fmt: skip
    if errors:
        raise Invalid(errors)


def waiting(actor: Actor, key: str) -> list[FileItem]:
    """What this form has brought so far."""
    rows = Attachment.objects.filter(
        upload_key=key, appeal=None, uploaded_by_id=actor.user_id
    ).order_by("pk")
    return [FileItem(row.name, "", row.size, "已上传") for row in rows]
