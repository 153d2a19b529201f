"""What stands in an exported row: the columns lists have, and some that only exports have."""

import datetime as dt
from collections.abc import Iterator, Sequence

from django.db.models import Q, QuerySet

from jiesu.access import Actor
from jiesu.access.exposure import is_centre_staff, may_reveal
from jiesu.accounts.actors import actor_for
from jiesu.accounts.models import Post
from jiesu.appeals import lookups
from jiesu.appeals.actions.exposure import answers_of, person_of
from jiesu.appeals.models import Appeal, Assignment
from jiesu.catalogue.models import LocalForm
from jiesu.exports.models import Export
from jiesu.foundation.clock import BEIJING
from jiesu.listing.columns import COLUMNS, LIGHT_FIELDS
from jiesu.listing.filters import BY_DAY, NEWEST, OrderFilter
from jiesu.organizations.checks import day_of
from jiesu.organizations.paths import below
from jiesu.textintel.redact import redact

PERSONAL = {"name": "姓名", "phone": "联系电话", "home_address": "诉求人地址"}
LONG = {"content": "诉求内容", "public_reply": "答复内容"}
LOCAL = {"local": "属地附加项"}
WRITTEN = {"title", "address"} | set(LONG)  # what people wrote: may hold personal data
EXTRA = PERSONAL | LONG | LOCAL
DEFAULT = (
    "number", "title", "status", "type", "category", "region", "address", "urgency", "channel",
    "unit", "registered", "due", "replied", "closed", "solved", "satisfaction", "returns", "redo",
    "breaches",
)  # fmt: skip
PAGE = 1_000


def labels() -> dict[str, str]:
    """Every column that can be exported: {key: heading}."""
    return {key: column.label for key, column in COLUMNS.items()} | EXTRA


def actor_of(export: Export, at: dt.datetime) -> Actor | None:
    """Whoever asked, at the post they asked from; None when they no longer hold it."""
    day = at.astimezone(BEIJING).date()
    post = (
        Post.objects.select_related("user", "unit", "unit__region")
        .filter(pk=export.post_id, user_id=export.user_id, user__is_active=True)
        .first()
    )
    if post is None or (post.valid_to is not None and post.valid_to <= day):
        return None
    return actor_for(post)


def wanted(export: Export, actor: Actor, at: dt.datetime) -> QuerySet[Appeal, Appeal]:
    """The appeals of an export: within the scope, the tab and the filter."""
    rows = Appeal.objects.visible_to(actor)
    if export.statuses:
        rows = rows.filter(status__in=export.statuses)
    if export.states:
        mine = Assignment.objects.filter(
            state__in=export.states, **below("unit_path", actor.unit_path)
        )
        rows = rows.filter(pk__in=mine.values("appeal_id"))
    return OrderFilter.read(export.filters).apply(rows, actor, at)


class Cells:
    """Turns appeals into rows of text, as this actor may see them."""

    def __init__(self, export: Export, actor: Actor) -> None:
        self.keys: list[str] = [key for key in export.columns if key in COLUMNS or key in EXTRA]
        self._order = OrderFilter.read(export.filters).order(NEWEST)
        self._actor = actor
        self._reveals = export.reveals
        self._staff = is_centre_staff(actor)
        self._forms: dict[tuple[int | None, int, dt.date], list[LocalForm]] = {}

    @property
    def headings(self) -> list[str]:
        """The heading of each column."""
        named = labels()
        return [named[key] for key in self.keys]

    @property
    def wide(self) -> list[bool]:
        """Which columns need room."""
        return [key in LONG or key in LOCAL or (key in COLUMNS and COLUMNS[key].wide)
                for key in self.keys]  # fmt: skip

    def pages(self, rows: QuerySet[Appeal, Appeal]) -> Iterator[list[list[str]]]:
        """The rows, newest first, a page at a time by key; only the columns that are needed."""
        light = rows.only(*self._fields()).order_by(*self._order)
        beyond = Q()
        while True:
            page = list(light.filter(beyond)[:PAGE])
            if not page:
                return
            last = page[-1]
            beyond = Q(pk__lt=last.pk)
            if self._order == BY_DAY:
                at = last.registered_at
                beyond = Q(registered_at__lte=at) & (Q(registered_at__lt=at) | beyond)
            yield [self._row(appeal) for appeal in page]

    def _fields(self) -> Sequence[str]:
        fields = [
            *LIGHT_FIELDS,
            "confidentiality",
            "agent_id",
            *(key for key in self.keys if key in LONG),
        ]
        if any(key in PERSONAL for key in self.keys):
            fields += ["name", "phone", "phone2", "document_number", "home_address", "agent_id"]
        if "local" in self.keys:
            fields += ["local_answers", "personal_answers", "category_id", "region_id", "agent_id"]
        return list(dict.fromkeys(fields))

    def _row(self, appeal: Appeal) -> list[str]:
        person: dict[str, str] = {}
        if any(key in PERSONAL for key in self.keys):
            person = self._person(appeal)
        cells = []
        for key in self.keys:
            if key in COLUMNS:
                cell = COLUMNS[key].text(appeal)
            elif key in LONG:
                cell = str(getattr(appeal, key))
            elif key == "local":
                cell = self._local(appeal)
            else:
                cell = person[key]
            covered = key in WRITTEN and not self._in_the_clear(appeal)
            cells.append(redact(cell) if covered else cell)
        return cells

    def _in_the_clear(self, appeal: Appeal) -> bool:
        return self._reveals and may_reveal(
            self._actor, int(appeal.confidentiality), self._staff,
            registered_by_actor=self._actor.user_id is not None
            and appeal.agent_id == self._actor.user_id,
        )  # fmt: skip

    def _person(self, appeal: Appeal) -> dict[str, str]:
        shown = appeal if self._in_the_clear(appeal) else person_of(appeal, self._actor)
        return {key: str(getattr(shown, key)) for key in PERSONAL}

    def _local(self, appeal: Appeal) -> str:
        """The answers to the area's own questions; personal ones only in the clear."""
        if not appeal.local_answers and not appeal.personal_answers:
            return ""
        key = (appeal.category_id, appeal.region_id, day_of(appeal.registered_at))
        if key not in self._forms:
            self._forms[key] = lookups.forms(appeal.category, appeal.region, appeal.registered_at)
        forms = self._forms[key]
        answers = [one for one in answers_of(appeal, forms=forms) if not one.personal]
        if self._in_the_clear(appeal):
            answers += answers_of(appeal, clear=True, forms=forms)
        return "；".join(f"{one.label}：{one.text}" for one in answers)
