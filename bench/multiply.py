"""Make an installation so many times as large by copying its lives in the database: minutes.

For measuring lists at a million orders. The copies have numbers of their own (the first digit of
the day's sequence), and everything else of the first; a copy's chain of events does not hold.
"""

import os
import sys

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "jiesu.config.settings")

import django

django.setup()

from django.db import connection, models

from jiesu.appeals.models import (
    Appeal,
    Application,
    Assignment,
    Callback,
    Clock,
    Contact,
    Event,
    Reply,
)
from jiesu.cli.simulation.bulk import writers

COPIED = (Appeal, Assignment, Application, Contact, Reply, Callback, Clock, Event)
NUMBERED = (Appeal, Assignment)  # pointed at, so that a copy's key must be known


def multiply(times: int) -> None:
    """Copy every life ``times`` - 1 times, in one transaction without indexes."""
    step = {model: model._default_manager.latest("pk").pk for model in NUMBERED}
    last = {model: model._default_manager.latest("pk").pk for model in COPIED}
    with writers.writer().whole(fresh=True), connection.cursor() as cursor:
        for copy in range(1, times):
            for model in COPIED:
                columns = _columns(model, copy, step)
                names = ", ".join(columns)
                values = ", ".join(columns.values())
                table = connection.ops.quote_name(model._meta.db_table)
                cursor.execute(
                    f"INSERT INTO {table} ({names}) SELECT {values} FROM {table} WHERE id <= %s",
                    [last[model]],
                )
            print(f"{copy + 1} times", flush=True)


def _columns(
    model: type[models.Model], copy: int, step: dict[type[models.Model], int]
) -> dict[str, str]:
    """What each column of a copy holds."""
    held = {}
    for field in model._meta.concrete_fields:
        name = connection.ops.quote_name(str(field.column))
        to = model if field.primary_key else field.related_model
        if field.name == "assignment_id":  # an event's, which is no foreign key
            to = Assignment
        if field.primary_key and model not in step:
            continue
        if to in step:
            held[name] = f"{name} + {copy * step[to]}"
        elif model is Appeal and field.name == "number":
            held[name] = f"substr({name}, 1, 12) || '{copy}' || substr({name}, 14)"
        else:
            held[name] = name
    return held


if __name__ == "__main__":
    multiply(int(sys.argv[1]))
