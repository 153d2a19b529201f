"""What becomes of a stale form. The other error pages are templates that Django draws by itself."""

from urllib.parse import urlsplit

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

from jiesu.web import saved_forms
from jiesu.web.doors import go, page_of, with_restored


def csrf_failure(request: HttpRequest, reason: str = "") -> HttpResponse:
    """A form older than the last sign-in: show it again with what was typed, to be sent once more.

    Only when it truly comes from our own page; a form sent from elsewhere is refused.
    """
    sent_from = request.headers.get("Origin") or request.headers.get("Referer", "")
    if request.method == "POST" and urlsplit(sent_from).netloc == request.get_host():
        if token := saved_forms.keep(request):
            return go(request, with_restored(page_of(request), token))
        return go(request, page_of(request))
    context = {"message": "这个表单不是从本站打开的，没有提交。"}
    return render(request, "403.html", context, status=403)
