"""An official paper as a file to take home: Word or PDF."""

from urllib.parse import quote

from django.http import Http404, HttpResponse

from jiesu.documents import pdf
from jiesu.documents.paper import Paper

_TYPES = {
    "docx": "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
    "pdf": "application/pdf",
}


def download(paper: Paper, form: str, name: str) -> HttpResponse:
    """The paper as ``docx`` or ``pdf``; Http404 for any other form."""
    if form not in _TYPES:
        raise Http404
    if form == "docx":
        from jiesu.documents import word  # python-docx is loaded when a Word file is asked for

        content = word.render(paper)
    else:
        content = pdf.render(paper)
    response = HttpResponse(content, content_type=_TYPES[form])
    response.headers["Content-Disposition"] = (
        f"attachment; filename*=UTF-8''{quote(f'{name}.{form}')}"
    )
    return response
