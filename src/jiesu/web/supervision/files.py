"""Files that come with what a unit or the office says, and how they are shown and sent."""

from collections.abc import Iterable
from typing import BinaryIO, cast

from django.http import FileResponse, HttpResponse
from django.urls import reverse

from jiesu.access import Permission as P
from jiesu.supervision import files as kept
from jiesu.supervision.models import SupervisionFile
from jiesu.web.components.pieces import FileItem
from jiesu.web.doors import DeskRequest, desk_view


@desk_view(P.SUPERVISION_VIEW, P.CALLBACK_RECORD, P.SUPERVISION_ANSWER)
def file(request: DeskRequest, pk: int) -> HttpResponse:
    """A kept file as a download, never run in the page."""
    found = kept.get_for(request.actor, pk)
    response = FileResponse(
        found.file.open("rb"), as_attachment=not found.content_type.startswith("image/"),
        filename=found.name, content_type=found.content_type,
    )  # fmt: skip
    response["X-Content-Type-Options"] = "nosniff"
    response["Content-Security-Policy"] = "default-src 'none'; sandbox"
    return response  # type: ignore[return-value]  # a file is sent as a stream


def uploads_of(request: DeskRequest) -> list[kept.Upload]:
    """The files that came with a form."""
    return [
        kept.Upload(cast(BinaryIO, f.file), f.name or "", f.size or 0)
        for f in request.FILES.getlist("files")
    ]


def file_items(rows: Iterable[SupervisionFile]) -> list[FileItem]:
    """Kept files as they are listed."""
    return [
        FileItem(row.name, reverse("supervision:file", args=[row.pk]), row.size, row.uploaded_by)
        for row in rows
    ]
