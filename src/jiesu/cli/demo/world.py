"""Sets up the demo province and lets its last two months happen."""

import datetime as dt
from collections.abc import Callable

from django.conf import settings
from django.db import connection, transaction

from jiesu.appeals.models import Appeal, Event
from jiesu.catalogue import seed as catalogue_seed
from jiesu.cli.demo import duties, people, phrases, scoring, stories, supervision, tree
from jiesu.cli.demo.people import Account
from jiesu.cli.simulation import planner, player, province
from jiesu.cli.simulation.player import Played
from jiesu.deadlines import seed as deadlines_seed
from jiesu.foundation import invented
from jiesu.inspection import seed as inspection_seed
from jiesu.organizations import seed as divisions
from jiesu.organizations.models import Unit

DAYS = 60  # so that last month has something to score
ORDERS = 320  # besides the staged ones
SEED = 12345
# The demo's people see 福州 and 厦门; a few orders elsewhere show that they do not see those.
_BUSY = {"350100": 12.0, "350200": 5.0}


def is_empty() -> bool:
    """Whether nobody has set up a unit yet."""
    return not Unit.objects.exists()


def plant(at: dt.datetime, seed: int = SEED) -> list[Account]:
    """Store divisions, calendar, limits, classes, units, people and the duty catalogue."""
    catalogue_seed.load()
    deadlines_seed.load_defaults(at)
    inspection_seed.load()
    divisions.load_fujian(at=at)
    units = tree.plant(at)
    duties.write(units, at)
    phrases.write()
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE")  # or the database plans for tables it believes empty
    return people.employ(units, seed)


def happen(at: dt.datetime, seed: int, tell: Callable[[int, int], None]) -> Played:
    """Let the last two months happen, ending at ``at``; ``tell`` hears (orders so far, all)."""
    where = province.read(at)
    for centre in where.centres:
        centre.weight = _BUSY.get(centre.area, 0.4)
    come = planner.arrivals(ORDERS, DAYS, at, where, str(seed))
    plans = [planner.plan_family(f, where, str(seed)) for f in planner.families(come)]
    plans += stories.plans(where, seed, at)
    plans.sort(key=lambda plan: plan.sorted()[0].at)
    expected = sum(plan.orders for plan in plans)
    played = player.play(plans, until=at, tell=lambda done: tell(done, expected))
    settle(at)
    return played


def settle(at: dt.datetime) -> None:
    """What happened in an invented past is told to nobody now."""
    Event.objects.filter(delivered_at=None, at__lt=at - dt.timedelta(hours=1)).update(
        delivered_at=at
    )


def build(at: dt.datetime, tell: Callable[[int, int], None]) -> tuple[list[Account], Played]:
    """All of it, or nothing."""
    with transaction.atomic():
        accounts = plant(at)
        played = happen(at, SEED, tell)
        supervision.plant(at)
        scoring.score(at)
    mark(accounts)
    return accounts, played


def mark(accounts: list[Account]) -> None:
    """Leave the list of accounts, and the sign that what is shown here is invented."""
    folder = settings.JIESU_VAR
    invented.sign(folder)
    (folder / "demo-accounts.txt").write_text(account_list(accounts), encoding="utf-8")


def account_list(accounts: list[Account]) -> str:
    """The accounts as a small table, for a terminal."""
    lines = [f"演示账号 Demo accounts，密码 password: {people.PASSWORD}", ""]
    lines += [f"{a.username:<17} {a.name}　{a.post}" for a in accounts]
    return "\n".join(lines) + "\n"


def counts() -> dict[str, int]:
    """How many orders stand where."""
    from django.db.models import Count

    rows = Appeal.objects.values_list("status").annotate(n=Count("pk")).order_by("status")
    return dict(rows)
