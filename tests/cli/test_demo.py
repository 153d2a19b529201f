"""The demo province: something to see on every tab of every desk."""

import datetime as dt

import pytest
from django.conf import settings
from django.core.management import CommandError, call_command

from jiesu.accounts.actors import actor_for
from jiesu.accounts.models import Post, User
from jiesu.appeals.lifecycle import State, Status
from jiesu.appeals.models import Appeal, Application, Assignment, Callback, Consultation
from jiesu.catalogue import duty
from jiesu.cli.demo import world as demo
from jiesu.cli.demo.people import ACCOUNTS, PASSWORD
from jiesu.cli.demo.tree import SHOWN_BUREAU
from jiesu.cli.simulation import province
from jiesu.cli.simulation.matters import load
from jiesu.foundation import clock
from jiesu.journal.sealing import verify
from jiesu.organizations.models import Unit
from jiesu.scoring.models import Exclusion, Period, UnitScore

pytestmark = pytest.mark.django_db


@pytest.mark.slow
def test_every_desk_of_the_demo_has_work(capsys: pytest.CaptureFixture[str]) -> None:
    call_command("demo")

    now = clock.now()
    centre = Appeal.objects.filter(centre__code="350100-centre")
    for status in (
        Status.REGISTERED, Status.ACCEPTED, Status.DISPATCHED, Status.SUSPENDED, Status.LISTED,
        Status.REPORTED, Status.CALLBACK, Status.MERGED, Status.CLOSED,
    ):  # fmt: skip
        assert centre.filter(status=status).exists(), status
    bureau = Assignment.objects.filter(unit__code=SHOWN_BUREAU)
    for state in (
        State.ASSIGNED, State.OPENED, State.HANDLING, State.RETURNING, State.PASSED_DOWN,
        State.INNER_REVIEW, State.REPORTED,
    ):  # fmt: skip
        assert bureau.filter(state=state).exists(), state
    assert bureau.filter(due_at__gt=now, due_at__lt=now + dt.timedelta(hours=2)).exists()
    assert bureau.overdue(now).exists()
    assert bureau.filter(state=State.INNER_REVIEW, inner_step=1).exists()
    assert bureau.filter(state=State.HANDLING, round__gt=1).exists()
    assert bureau.filter(nature="joint").exists()
    waiting = Application.objects.filter(verdict="pending").values_list("kind", flat=True)
    assert {"return", "extension", "suspension", "ending"} <= set(waiting)
    assert Callback.objects.filter(reached=False, appeal__status=Status.CALLBACK).exists()
    assert Callback.objects.filter(satisfaction__lt=3, appeal__status=Status.CALLBACK).exists()
    assert centre.published().count() >= 4
    assert Consultation.objects.filter(concluded_at=None).exists()
    assert not centre.filter(registered_at__gt=now).exists()
    assert verify().is_clean
    scored = Period.objects.order_by("first", "id").values_list("state", flat=True)
    assert sorted(scored) == ["frozen", "preview", "preview", "published"]
    assert Exclusion.objects.filter(state=Exclusion.State.PENDING, unit__code=SHOWN_BUREAU).exists()
    assert UnitScore.objects.filter(board="black", revision__number=1).exists()
    told = capsys.readouterr().out
    assert PASSWORD in told
    for username, name, posts in ACCOUNTS:
        assert username in told
        assert User.objects.get(username=username).check_password(PASSWORD)
        held = Post.objects.filter(user=User.objects.get(username=username))
        assert held.count() == len(posts), name
    assert (settings.JIESU_VAR / "demo-accounts.txt").is_file()
    assert (settings.JIESU_VAR / "demo").is_file()

    call_command("demo", "--if-empty")  # silent, at once
    assert "演示" not in capsys.readouterr().out
    with pytest.raises(CommandError, match="只能载入空的系统"):
        call_command("demo")


def test_every_city_of_the_demo_has_its_line_and_answers_for_every_class() -> None:
    demo.plant(now := clock.now())

    where = province.read(now)

    cities = {c.area for c in where.centres}
    assert len(cities) == 11  # nine cities, one zone, the province
    for city in ("350100", "350200", "350500", "350900", "350128"):
        for key in ("gov", "office", "urban", "police", "market", "water", "power", "gas"):
            assert Unit.objects.filter(code=f"{city}-{key}").exists()
    for centre in where.centres:
        place = centre.places[0]
        for code, category in where.classes.items():
            asked = duty.find(category, place, now)
            assert asked is not None
            assert where.answers(code, place) == asked
    supervisor = Post.objects.select_related("user", "unit", "unit__region").get(
        user__username="supervisor"
    )
    assert actor_for(supervisor).region_path


def test_no_matter_of_the_demo_leaves_a_blank_and_every_answer_says_something() -> None:
    matters = load()

    assert len(matters) >= 60
    assert len({m.code for m in matters}) >= 40
    for matter in matters:
        assert len(matter.reply) >= 25
        assert matter.type in {"01", "02", "03", "04", "05", "06"}
