"""What steps of several desks need."""

import datetime as dt
from typing import Any

from jiesu.catalogue import codes
from jiesu.catalogue.codes import Table
from jiesu.cli.simulation.bulk import tables
from jiesu.cli.simulation.bulk.state import OrderState
from jiesu.cli.simulation.bulk.tables import Row
from jiesu.cli.simulation.plan import Step
from jiesu.organizations.models import Unit

_labels: dict[tuple[Table, str], str] = {}


def label(table: Table, code: str) -> str:
    """A code's name, asked of the database once."""
    key = (table, code)
    if key not in _labels:
        _labels[key] = codes.label(table, code)
    return _labels[key]


def remember_labels() -> None:
    """Read every code's name now, so that no database is asked later."""
    for table in (
        Table.REPLY_WAY, Table.REFUSAL_REASON, Table.HAND_OVER_LINE, Table.SEND_BACK_REASON,
        Table.DISSATISFIED_REASON,
    ):  # fmt: skip
        for item in codes.items(table, dt.date.today()):  # noqa: DTZ011 - any day will do
            label(table, item.code)


def short(unit: Unit) -> str:
    """The name a unit is called by."""
    return unit.short_name or unit.name


def add_assignment(
    o: OrderState, step: Step, unit: Unit, move: str, nature: str, **values: Any
) -> Row:
    """An order goes to a unit."""
    return o.add(
        move,
        tables.ASSIGNMENTS.new(
            unit_id=unit.pk, unit_name=short(unit), unit_path=unit.path, nature=nature,
            assigned_at=step.at,
            **{"assigner_unit_id": step.who.unit_id or o.row["centre_id"], **values},
        ),
    )  # fmt: skip


def finish_assignments(o: OrderState) -> None:
    """What was handed in is done."""
    for assignment in o.live():
        if assignment["state"] == "reported":
            o.move_assignment(assignment, "finish", None)
