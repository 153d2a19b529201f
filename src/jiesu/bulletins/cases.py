"""Typical cases: suggested from what cost the black list most, covered before they are shown.

An order under confidentiality is neither suggested nor taken: what it tells would name who told it.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from jiesu.access import Actor
from jiesu.appeals.models import Appeal
from jiesu.bulletins.models import Bulletin
from jiesu.foundation.errors import NotFound, invalid
from jiesu.scoring import publication
from jiesu.textintel.redact import redact

MOST = 10  # cases of one bulletin
READ = 300  # characters of what was told
OPEN = "0"  # the only confidentiality that may be told of


@dataclass(frozen=True)
class Suggested:
    """An order that would show what is wrong: whose, which, what it missed."""

    unit_name: str
    appeal: Appeal
    faults: Sequence[str]


def suggested(bulletin: Bulletin) -> list[Suggested]:
    """The worst orders of the black list's first units; of the last in rank where none is on it."""
    revisions = list(bulletin.revisions.all())
    found = [
        Suggested(name, worst.appeal, worst.faults)
        for unit, name in bulletin.inputs["worst"]
        for worst in publication.worst_orders(revisions, unit)
    ]
    open_ = _open([one.appeal.number for one in found])
    return [one for one in found if one.appeal.number in open_]


def _open(numbers: Sequence[str]) -> set[str]:
    rows = Appeal.objects.filter(number__in=numbers, confidentiality=OPEN)
    return set(rows.values_list("number", flat=True))


def covered(text: str, longest: int) -> str:
    """What may be printed of a text: covered whole, then cut, so that no half a number stays."""
    return redact(text)[:longest]


def written(numbers: Sequence[str], bulletin: Bulletin, actor: Actor) -> list[dict[str, str]]:
    """The chosen orders as covered texts to be gone over. Refuses a number out of sight."""
    if len(numbers) > MOST:
        raise invalid("numbers", f"典型案例最多 {MOST} 件，请少选几件。", "too_many")
    wrong = {one.appeal.number: one for one in suggested(bulletin)}
    seen = {a.number: a for a in Appeal.objects.visible_to(actor).filter(number__in=numbers)}
    cases = []
    for number in numbers:
        appeal = seen.get(number)
        if appeal is None:
            raise NotFound(f"没有找到工单 {number}，或您无权查看。")
        if appeal.confidentiality != OPEN:
            raise invalid(
                "numbers", f"工单 {number} 已保密，不能作为典型案例，请换一件。", "secret"
            )
        known = wrong.get(number)
        cases.append(
            {
                "number": number,
                "title": redact(appeal.title),
                "text": covered(appeal.content, READ) + _facts(
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
