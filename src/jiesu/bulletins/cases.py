"""Typical cases: suggested from what cost the black list most, covered before they are shown."""

from collections.abc import Sequence
from dataclasses import dataclass

from jiesu.access import Actor
from jiesu.appeals.models import Appeal
from jiesu.foundation.errors import NotFound, invalid
from jiesu.scoring import reading
from jiesu.scoring.models import Revision
from jiesu.scoring.ranking import BLACK
from jiesu.textintel.redact import redact

UNITS = 6  # of the black list that are looked at
MOST = 10  # cases of one bulletin
READ = 300  # characters of what was told


@dataclass(frozen=True)
class Suggested:
    """An order that would show what is wrong: whose, which, what it missed."""

    unit_name: str
    appeal: Appeal
    faults: Sequence[str]


def suggested(revision: Revision) -> list[Suggested]:
    """The worst orders of the black list's first units."""
    found = []
    for score in reading.board(revision, BLACK)[:UNITS]:
        found += [
            Suggested(score.unit_name, worst.appeal, worst.faults)
            for worst in reading.worst_orders(score)
        ]
    return found


def written(numbers: Sequence[str], revision: Revision, actor: Actor) -> list[dict[str, str]]:
    """The chosen orders as covered texts to be gone over. Refuses a number out of sight."""
    if len(numbers) > MOST:
        raise invalid("numbers", f"典型案例最多 {MOST} 件，请少选几件。", "too_many")
    wrong = {one.appeal.number: one for one in suggested(revision)}
    seen = {a.number: a for a in Appeal.objects.visible_to(actor).filter(number__in=numbers)}
    cases = []
    for number in numbers:
        appeal = seen.get(number)
        if appeal is None:
            raise NotFound(f"没有找到工单 {number}，或您无权查看。")
        known = wrong.get(number)
        cases.append(
            {
                "number": number,
                "title": redact(appeal.title),
                "text": redact(appeal.content[:READ]) + _facts(
                    known.unit_name if known else appeal.lead_unit_name,
                    known.faults if known else (),
                ),
            }
        )  # fmt: skip
    return cases


def _facts(unit: str, faults: Sequence[str]) -> str:
    whose = f"承办单位：{unit}。" if unit else ""
    wrong = f"存在问题：{'、'.join(faults)}。" if faults else ""
    return f"\n{whose}{wrong}".rstrip()
