"""What happens around every request: whose address it is, how long it took, who stays in."""

import contextlib
import ipaddress
import time
from collections.abc import Callable

from django.conf import settings
from django.contrib.auth import SESSION_KEY
from django.http import HttpRequest
from django.http.response import HttpResponseBase

from jiesu.config import metrics

GetResponse = Callable[[HttpRequest], HttpResponseBase]

# A page that refreshes itself says so with this header; it is not a person's activity.
BACKGROUND = "HTTP_X_BACKGROUND"
_SLID = "_slid"
_SLIDE_EVERY = 60  # seconds: a session is written at most this often, not with every request


def client_address(get_response: GetResponse) -> GetResponse:
    """Put the client's own address into REMOTE_ADDR, as far as the proxies in front are ours."""
    proxies = settings.JIESU_PROXIES

    def middleware(request: HttpRequest) -> HttpResponseBase:
        if proxies:
            hops = request.META.get("HTTP_X_FORWARDED_FOR", "").split(",")
            if len(hops) >= proxies:
                claimed = hops[-proxies].strip()
                with contextlib.suppress(ValueError):  # not an address: the peer's own stands
                    request.META["REMOTE_ADDR"] = str(ipaddress.ip_address(claimed))
        return get_response(request)

    return middleware


def measure_requests(get_response: GetResponse) -> GetResponse:
    """Count each request and its time under the name of its view: few names, nothing personal."""

    def middleware(request: HttpRequest) -> HttpResponseBase:
        began = time.perf_counter()
        response = get_response(request)
        match = request.resolver_match
        if match is not None:
            view = match.view_name or match.route
        elif request.path.startswith(settings.STATIC_URL):
            return response
        else:
            view = "(none)"
        metrics.observe(
            view, request.method or "", response.status_code, time.perf_counter() - began
        )
        return response

    return middleware


def sliding_session(get_response: GetResponse) -> GetResponse:
    """Keep the session of a person who does something; let an idle one run out.

    Stands in for SESSION_SAVE_EVERY_REQUEST, which writes to the database with every request and
    keeps a session alive for as long as an unattended page polls.
    """

    def middleware(request: HttpRequest) -> HttpResponseBase:
        response = get_response(request)
        session = request.session
        if session.accessed and not request.META.get(BACKGROUND) and SESSION_KEY in session:
            now = int(time.time())
            if now - session.get(_SLID, 0) >= _SLIDE_EVERY:
                session[_SLID] = now  # a changed session is saved, and its cookie sent again
        return response

    return middleware
