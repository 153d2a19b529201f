"""A leader's page, made for the phone: what is important today; read, note, sign."""

from django.http import HttpResponse

from jiesu.access import Permission as P
from jiesu.appeals.lifecycle import Status
from jiesu.appeals.models import Appeal
from jiesu.bulletins import reading as bulletins
from jiesu.foundation import clock
from jiesu.foundation.clock import BEIJING
from jiesu.supervision.lifecycle import State
from jiesu.supervision.models import Instrument, LedgerEntry, Note
from jiesu.web.doors import DeskRequest, desk_view
from jiesu.web.lists import count_up_to, light, words_of
from jiesu.web.supervision.views import draw, limit_face

SHOWN = 5


@desk_view(P.SUPERVISION_APPROVE)
def home(request: DeskRequest) -> HttpResponse:
    """Eight statements, whatever the history."""
    at, actor = clock.now(), request.actor
    today = at.astimezone(BEIJING).replace(hour=0, minute=0, second=0, microsecond=0)
    seen = Appeal.objects.visible_to(actor)
    late = seen.filter(status=Status.DISPATCHED, due_at__lt=at, is_paused=False)
    extreme = seen.filter(status=Status.DISPATCHED, urgency="1")
    instruments = Instrument.objects.visible_to(actor)
    notes = Note.objects.visible_to(actor)
    entries = LedgerEntry.objects.visible_to(actor)
    context = {
        "bulletins": list(bulletins.to_approve(actor)[:SHOWN]),
        "to_sign": list(instruments.filter(state=State.PENDING).order_by("id")[:SHOWN]),
        "answered": list(notes.filter(state="answered").order_by("-id")[:SHOWN]),
        "open_notes": list(notes.filter(state="open").order_by("-id")[:SHOWN]),
        "extreme": list(light(extreme.order_by("due_at", "id"))[:SHOWN]),
        "late": list(light(late.order_by("due_at", "id"))[:SHOWN]),
        "relapsed": list(entries.filter(status="relapsed").order_by("-id")[:SHOWN]),
        "overdue": [
            (i, limit_face(i, at)) for i in instruments.overdue(at).order_by("due_at", "id")[:SHOWN]
        ],
        "late_count": words_of(count_up_to(late)),
        "today_count": words_of(count_up_to(late.filter(due_at__gte=today))),
        "day": at.astimezone(BEIJING),
    }  # fmt: skip
    return draw(request, "supervision/leader.html", context)
