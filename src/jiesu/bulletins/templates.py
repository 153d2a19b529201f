"""Templates of bulletins: dated words of a region, edited in the interface."""

import datetime as dt
from dataclasses import dataclass
from importlib.resources import files

from django.db import transaction

from jiesu.access import Actor, Permission, may_manage
from jiesu.bulletins import figures, wording
from jiesu.bulletins.models import BulletinTemplate
from jiesu.catalogue.editing import starting
from jiesu.foundation.errors import Forbidden, invalid
from jiesu.foundation.text import clean_text
from jiesu.journal import audit
from jiesu.organizations.models import Region
from jiesu.organizations.paths import ancestors
from jiesu.scoring.definitions import EVERY_NAMES, Every

LONGEST = 20_000
TITLE = "关于{考核期}12345热线工单办理情况的通报"


@dataclass(frozen=True)
class Words:
    """A template's title and text, and since when; the product's own has no day."""

    title: str
    text: str
    valid_from: dt.date | None = None
    set_by: str = "系统默认"


def shipped() -> Words:
    """What holds until a region writes its own."""
    text = files(__package__).joinpath("seed/template.txt").read_text(encoding="utf-8")
    return Words(TITLE, text)


def held(region: Region, every: str, day: dt.date) -> Words:
    """The region's words on a day, else those of the region above it, else the product's."""
    rows = BulletinTemplate.objects.filter(
        region__path__in=ancestors(region.path), every=every, valid_from__lte=day
    )
    row = rows.order_by("-region__path", "-valid_from").first()
    return Words(row.title, row.text, row.valid_from, row.set_by) if row else shipped()


@transaction.atomic
def set_template(
    region: Region, every: str, title: str, text: str, *, actor: Actor, at: dt.datetime,
    effective: dt.date | None = None,
) -> BulletinTemplate:  # fmt: skip
    """This will let a region's bulletins read otherwise from a day on.

    Refusals: Forbidden outside the actor's region; Invalid at ``title``, ``text``, ``effective``
    (empty, too long, a name or table nobody knows).
    """
    if not may_manage(actor, Permission.BULLETIN_DRAFT, region.path):
        raise Forbidden("通报模板只能由本区划的效能办修改。")
    if every not in set(Every):
        raise invalid("every", "请选择周期。", "unknown")
    day = starting(effective, at)
    said = {
        "title": checked(title, "title", "标题", 100),
        "text": checked(text, "text", "正文", LONGEST, multiline=True),
    }
    row, _ = BulletinTemplate.objects.update_or_create(
        region=region, every=every, valid_from=day, defaults={**said, "set_by": actor.name}
    )
    audit.record(
        "bulletins.template", actor=actor, at=at, subject=f"region:{region.code}",
        data={"every": EVERY_NAMES[Every(every)], "effective": day.isoformat(), **said},
    )  # fmt: skip
    return row


def checked(text: str, field: str, label: str, longest: int, *, multiline: bool = False) -> str:
    """Words with marks; refuses empty ones and unknown names, which it tells."""
    clean = clean_text(text, max_length=longest, field=field, label=label, multiline=multiline)
    if not clean:
        raise invalid(field, f"请填写{label}。", "required")
    if wrong := wording.unknown(clean, figures.names()):
        raise invalid(
            field, f"{label}里有系统不认识的名称：{'、'.join(wrong[:5])}。请从右侧的清单中选用。",
            "unknown_name",
        )  # fmt: skip
    return clean
