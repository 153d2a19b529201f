"""What machines ask the installation about itself."""

import ipaddress

from django.conf import settings
from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.views.decorators.http import require_safe
from prometheus_client import CONTENT_TYPE_LATEST

from jiesu.config import health, metrics
from jiesu.foundation import clock


def _is_insider(request: HttpRequest) -> bool:
    try:
        address = ipaddress.ip_address(request.META.get("REMOTE_ADDR", ""))
    except ValueError:
        return False
    return any(
        address in ipaddress.ip_network(network, strict=False)
        for network in settings.JIESU_METRICS_FROM
    )


@require_safe
def healthz(request: HttpRequest) -> HttpResponse:
    """Alive: this process answers. Asks nothing of anybody else."""
    return HttpResponse("ok\n", content_type="text/plain")


@require_safe
def readyz(request: HttpRequest) -> JsonResponse:
    """Ready: 200 when work may be sent here, else 503. Insiders see what is the matter."""
    checks = health.all_checks(clock.now())
    states = {check.state for check in checks}
    status = "fail" if "fail" in states else "warn" if "warn" in states else "ok"
    answer: dict[str, object] = {"status": status}
    if _is_insider(request):
        answer["checks"] = {
            check.name: check.state + (f": {check.detail}" if check.detail else "")
            for check in checks
        }
    response = JsonResponse(answer, status=503 if status == "fail" else 200)
    response._has_been_logged = True  # type: ignore[attr-defined]  # asked every few seconds
    return response


@require_safe
def metrics_page(request: HttpRequest) -> HttpResponse:
    """Prometheus's page; for anybody outside ``JIESU_METRICS_FROM`` it does not exist."""
    if not _is_insider(request):
        raise Http404
    return HttpResponse(metrics.exposition(), content_type=CONTENT_TYPE_LATEST)
