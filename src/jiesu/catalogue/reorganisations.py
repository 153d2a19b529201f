"""What a reorganisation of units does to the catalogue: the heir answers from that day on.

Named in ``settings.JIESU_TREE_FOLLOWERS``; follows in the reorganisation's own transaction.
"""

import datetime as dt
from collections.abc import Sequence
from typing import TypeVar

from django.db.models import Manager, Q

from jiesu.catalogue.editing import changed
from jiesu.catalogue.models import OPEN, DutyEntry, FallbackUnit, TextTemplate
from jiesu.organizations.followers import Happened
from jiesu.organizations.models import Unit

_BATCH = 500
H = TypeVar("H", DutyEntry, FallbackUnit)


class CatalogueFollower:
    """Duty entries, fall-back areas and texts of a unit go to whoever carries on."""

    def obstacles(self, unit: Unit, day: dt.date) -> Sequence[str]:
        """What nobody would answer for if the unit ended without an heir."""
        holding = OPEN | Q(valid_to__gt=day)
        found = []
        if count := DutyEntry.objects.filter(holding, unit=unit).count():
            found.append(f"{count} 条权属目录条目")
        if count := FallbackUnit.objects.filter(holding, unit=unit).count():
            found.append(f"{count} 个区域的兜底职责")
        return found

    def follow(self, happened: Happened) -> None:
        """Hand over from each ended unit to its heir."""
        for ended, heir in happened.inherited:
            duties = _hand_over(DutyEntry, ended, heir, happened.effective)
            fallbacks = _hand_over(FallbackUnit, ended, heir, happened.effective)
            texts = _hand_over_texts(ended, heir)
            if duties or fallbacks or texts:
                changed(
                    "inherited",
                    actor=happened.actor,
                    at=happened.at,
                    subject=f"unit:{ended.pk}",
                    data={
                        "from": ended.name,
                        "to": heir.name,
                        "effective": happened.effective.isoformat(),
                        "document": happened.document,
                        "duty_entries": duties,
                        "fallback_areas": fallbacks,
                        "texts": texts,
                    },
                )


def _hand_over(model: type[H], ended: Unit, heir: Unit, day: dt.date) -> int:
    manager: Manager[H] = model._default_manager
    rows = list(manager.select_for_update().filter(OPEN | Q(valid_to__gt=day), unit=ended))
    copies: list[H] = []
    for row in rows:
        copy = model(**{f.attname: getattr(row, f.attname) for f in model._meta.concrete_fields})
        copy.pk = None
        copy.unit = heir
        copy.valid_from = max(day, row.valid_from)
        copies.append(copy)
        row.valid_to = copy.valid_from
    manager.bulk_update(rows, ["valid_to"], batch_size=_BATCH)
    manager.bulk_create(copies, batch_size=_BATCH)
    return len(rows)


def _hand_over_texts(ended: Unit, heir: Unit) -> int:
    taken = set(TextTemplate.objects.filter(unit=heir).values_list("desk", "title"))
    texts = list(TextTemplate.objects.filter(unit=ended))
    for text in texts:
        if (text.desk, text.title) in taken:
            text.title = f"{text.title[:40]}（原{ended.name[:18]}）"
        text.unit = heir
    TextTemplate.objects.bulk_update(texts, ["unit", "title"], batch_size=_BATCH)
    return len(texts)
