"""Setting the dated numbers that bound the process. What held on a day is never overwritten."""

import datetime as dt

from django.db import transaction

from jiesu.access import Actor, Permission
from jiesu.appeals import rules
from jiesu.appeals.models import ProcessRule
from jiesu.appeals.rules import BOUNDS, DEFAULTS, Rule
from jiesu.catalogue.editing import must_edit, starting
from jiesu.foundation.errors import NotAllowedNow, NotFound, invalid
from jiesu.foundation.text import clean_text
from jiesu.journal import audit


@transaction.atomic
def set_rule(
    key: str,
    value: int,
    *,
    actor: Actor,
    at: dt.datetime,
    effective: dt.date | None = None,
    note: str = "",
) -> ProcessRule:
    """This will let another number hold from a day on, until the next one set.

    Refuses an unknown rule, a number out of its bounds, a past day, and the number that holds then.
    """
    must_edit(actor, None, Permission.MANAGE_SYSTEM)
    rule = _known(key)
    least, most = BOUNDS[rule]
    if not least <= value <= most:
        raise invalid("value", f"应在 {least} 至 {most} 之间。", "out_of_range")
    day = starting(effective, at)
    note = clean_text(note, max_length=200, field="note", label="说明", multiline=False)
    rows = ProcessRule.objects.select_for_update().filter(key=rule).order_by("valid_from")
    present = list(rows)
    before = next((r for r in reversed(present) if r.valid_from < day), None)
    held = before.value if before else DEFAULTS[rule][0]
    same_day = next((r for r in present if r.valid_from == day), None)
    if (same_day.value if same_day else held) == value:
        raise invalid("value", "与当日已定的值相同，无需修改。", "same_value")
    following = next((r for r in present if r.valid_from > day), None)
    if before is not None:
        before.valid_to = day
        before.save(update_fields=["valid_to"])
    row, _ = ProcessRule.objects.update_or_create(
        key=rule,
        valid_from=day,
        defaults={
            "value": value,
            "valid_to": following.valid_from if following else None,
            "note": note,
            "set_by": actor.name,
        },
    )
    audit.record(
        "process_rules.set",
        actor=actor,
        at=at,
        subject=f"process_rule:{rule}",
        data={"before": held, "value": value, "effective": day.isoformat(), "note": note},
    )
    rules.forget()
    transaction.on_commit(rules.forget)
    return row


@transaction.atomic
def cancel_rule(row: ProcessRule, *, actor: Actor, at: dt.datetime) -> None:
    """This will take back a number that does not hold yet; the one before goes on.

    Refuses one that holds already.
    """
    must_edit(actor, None, Permission.MANAGE_SYSTEM)
    found = ProcessRule.objects.select_for_update().filter(pk=row.pk).first()
    if found is None:
        raise NotFound
    if found.valid_from <= starting(None, at):
        raise NotAllowedNow("该值已经生效，不能撤回；请另设新值。")
    ProcessRule.objects.filter(key=found.key, valid_to=found.valid_from).update(
        valid_to=found.valid_to
    )
    audit.record(
        "process_rules.cancelled",
        actor=actor,
        at=at,
        subject=f"process_rule:{found.key}",
        data={"value": found.value, "effective": found.valid_from.isoformat()},
    )
    found.delete()
    rules.forget()
    transaction.on_commit(rules.forget)


def _known(key: str) -> Rule:
    try:
        return Rule(key)
    except ValueError:
        raise NotFound from None
