"""The call-back desk: the number comes with one key, and the log has who looked."""

import pytest
from django.urls import reverse
from tests.factories import appeals as make
from tests.factories.world import World
from tests.web.signed_in import client_of

from jiesu.journal.models import AuditRecord

pytestmark = pytest.mark.django_db


def test_the_number_to_call_comes_with_one_key(world: World) -> None:
    due = make.answered(world)
    window = client_of(world, "callback")

    page = window.get(reverse("callback:work", args=[due.number])).content.decode()
    whom = window.post(reverse("callback:phone", args=[due.number])).content.decode()

    assert "13812342046" not in page
    assert "13812342046" in whom
    assert AuditRecord.objects.get(kind="reveal").subject == due.number
