"""Who is told of what happened to no order: scores, bulletins, letters. The one list, ``RULES``.

Each leaves an audit record in its own transaction. The loop looks at the kinds listed here since it
last looked, and a little back for what was committed late; a record told twice is told once.
Whoever did the thing is not told of it.
"""

import datetime as dt
from collections import defaultdict
from collections.abc import Callable, Iterable
from dataclasses import dataclass

from django.db import transaction
from django.db.models import Exists, OuterRef, QuerySet

from jiesu.access import ROLE_PERMISSIONS, Permission, Role
from jiesu.accounts.models import Post
from jiesu.bulletins.models import Bulletin
from jiesu.deadlines.worktime import due_words
from jiesu.foundation.clock import BEIJING
from jiesu.jobs.models import Looked
from jiesu.journal.models import AuditRecord
from jiesu.notifications import notices
from jiesu.notifications.models import Notice, NoticeKind
from jiesu.notifications.recipients import held
from jiesu.organizations.paths import ancestors
from jiesu.scoring.models import Exclusion, Remedy, UnitScore

LOOK_BACK = dt.timedelta(minutes=10)  # longer than any transaction runs
NAME = "news"
_HEADS = (Role.UNIT_LEADER, Role.SECTION_HEAD)
_UNIT = (*_HEADS, Role.CLERK)


@transaction.atomic
def tell(at: dt.datetime) -> int:
    """This will tell of what happened since it last looked; how many notices. Skipped while another
    process looks. The first time it begins with now."""
    Looked.objects.get_or_create(name=NAME, defaults={"upto": at})
    mark = Looked.objects.select_for_update(skip_locked=True).filter(name=NAME).first()
    if mark is None or mark.upto >= at:
        return 0
    told_of = Notice.objects.filter(record_id=OuterRef("pk"))
    rows = AuditRecord.objects.filter(
        ~Exists(told_of), kind__in=RULES, at__gt=mark.upto - LOOK_BACK, at__lte=at
    )
    told = notices.tell_news(_news(rows.order_by("at", "pk"), at), at)
    mark.upto = at
    mark.save(update_fields=["upto"])
    return told


def _news(records: Iterable[AuditRecord], at: dt.datetime) -> Iterable[notices.News]:
    posts = held(at.astimezone(BEIJING).date())
    for record in records:
        for rule in RULES[record.kind]:
            for post in rule.who(record, posts):
                if post.user_id != record.actor_user_id:
                    yield notices.News(
                        record.pk, record.subject, post, rule.kind, rule.words(record)
                    )


# --- people ---------------------------------------------------------------------------------------

Held = QuerySet[Post, Post]  # the posts held today by people who may sign in
Who = Callable[[AuditRecord, Held], Iterable[Post]]


def scored_units(record: AuditRecord, posts: Held) -> list[Post]:
    """The heads of every unit that the period scores; its clerks where it has none."""
    scores = UnitScore.objects.filter(revision__period=_pk(record), revision__number=0)
    return _heads(posts.filter(unit__in=scores.values("unit")))


def told_units(record: AuditRecord, posts: Held) -> list[Post]:
    """The heads of every unit that the bulletin tells of."""
    bulletin = _bulletin(record)
    scores = UnitScore.objects.filter(revision__in=bulletin.revisions.values("pk"))
    return _heads(posts.filter(unit__in=scores.values("unit")))


def approvers(record: AuditRecord, posts: Held) -> list[Post]:
    """Whoever may approve the bulletin and wrote nothing of it, nearest to its region."""
    bulletin = _bulletin(record)
    near = posts.filter(
        role__in=_who_may(Permission.BULLETIN_APPROVE),
        unit__region__path__in=ancestors(bulletin.region_path),
    ).exclude(user__in=bulletin.writers)  # fmt: skip
    found = list(near)
    nearest = max((len(post.unit.region.path) for post in found), default=0)
    return [post for post in found if len(post.unit.region.path) == nearest]


def office(record: AuditRecord, posts: Held) -> list[Post]:
    """Those of the bulletin's office who write bulletins."""
    roles = _who_may(Permission.BULLETIN_DRAFT)
    return list(posts.filter(unit=_bulletin(record).office_id, role__in=roles))


def heard_unit(record: AuditRecord, posts: Held) -> list[Post]:
    """The heads of the unit whose plea was decided; nobody while a second person must agree."""
    if record.data.get("state") == Exclusion.State.PENDING:
        return []
    return _heads(posts.filter(unit=_plea(record).unit_id))


def supervised_unit(record: AuditRecord, posts: Held) -> list[Post]:
    """The people of the unit that the instrument names: clerks and leaders."""
    return list(posts.filter(unit=record.data["unit_id"], role__in=_UNIT))


def supervising_office(record: AuditRecord, posts: Held) -> list[Post]:
    """The supervisors of the office that issued the instrument."""
    return list(posts.filter(unit=record.data["office_id"], role=Role.SUPERVISOR))


def _heads(posts: Held) -> list[Post]:
    by_unit: dict[int, list[Post]] = defaultdict(list)
    for post in posts.filter(role__in=_UNIT):
        by_unit[post.unit_id].append(post)
    return [
        post for people in by_unit.values()
        for post in ([one for one in people if one.role in _HEADS] or people)
    ]  # fmt: skip


def _who_may(permission: Permission) -> list[Role]:
    return [role for role, given in ROLE_PERMISSIONS.items() if permission in given]


def _pk(record: AuditRecord) -> int:
    return int(record.subject.partition(":")[2])


def _plea_kind(record: AuditRecord) -> type[Exclusion | Remedy]:
    return Exclusion if record.kind.startswith("scoring.exclusion") else Remedy


def _plea(record: AuditRecord) -> Exclusion | Remedy:
    return _plea_kind(record).objects.get(pk=_pk(record))


def _bulletin(record: AuditRecord) -> Bulletin:
    return Bulletin.objects.only("office", "region_path", "writers").get(pk=_pk(record))


# --- the words ------------------------------------------------------------------------------------

Words = Callable[[AuditRecord], str]


def frozen(record: AuditRecord) -> str:
    """Until when a unit may apply."""
    until = record.data.get("apply_until")
    may = f"，{due_words(dt.datetime.fromisoformat(until))}前可申请剔除" if until else ""
    return f"{record.data['period']}成绩已冻结{may}{_scheme(record)}"


def period(what: str) -> Words:
    """The period, what happened to it, and why."""

    def words(record: AuditRecord) -> str:
        reason = record.data.get("reason")
        why = f"：{reason}" if reason else ""
        return f"{record.data['period']}成绩{what}{why}{_scheme(record)}"

    return words


def _scheme(record: AuditRecord) -> str:
    name = record.data.get("scheme_name")
    return f"｜{name}" if name else ""


def verdict(record: AuditRecord) -> str:
    """How the plea was decided, over which order."""
    said, kind = record.data, _plea_kind(record)
    what = "剔除申请" if kind is Exclusion else "不满意件救济"
    note = said.get("note") or said.get("decision") or ""
    name = kind.State(said["verdict"]).label
    return "｜".join(part for part in (f"{what} {said['number']} {name}", note) if part)


def bulletin(what: str) -> Words:
    """What happened, to which bulletin."""

    def words(record: AuditRecord) -> str:
        said = record.data
        return "｜".join(
            part for part in (what, said["number"], said["title"], said["remark"]) if part
        )

    return words


def instrument(record: AuditRecord) -> str:
    """Which instrument, and what it says."""
    said = record.data
    text = str(said.get("text") or "")[:120]
    return "｜".join(
        part for part in (f"{said['kind']} {said['number_given']}", text, said["matter"]) if part
    )


# --- the list -------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Rule:
    """Of an audit record of this kind, tell these people this."""

    kind: NoticeKind
    who: Who
    words: Words


_SUPERVISED = (Rule(NoticeKind.SUPERVISED, supervised_unit, instrument),)

RULES: dict[str, tuple[Rule, ...]] = {
    "scoring.frozen": (Rule(NoticeKind.SCORES, scored_units, frozen),),
    "scoring.published": (Rule(NoticeKind.SCORES, scored_units, period("已公布")),),
    "scoring.corrected": (Rule(NoticeKind.SCORES, scored_units, period("已更正")),),
    "scoring.exclusion_decided": (Rule(NoticeKind.SCORES, heard_unit, verdict),),
    "scoring.remedy_decided": (Rule(NoticeKind.SCORES, heard_unit, verdict),),
    "bulletins.submit": (Rule(NoticeKind.BULLETIN, approvers, bulletin("待您批准")),),
    "bulletins.approve": (Rule(NoticeKind.BULLETIN, office, bulletin("已批准，可以发布")),),
    "bulletins.refuse": (Rule(NoticeKind.BULLETIN, office, bulletin("退回修改")),),
    "bulletins.publish": (Rule(NoticeKind.BULLETIN, told_units, bulletin("已发布")),),
    **dict.fromkeys(
        (
            "supervision.issued",
            "supervision.returned",
            "supervision.done",
            "supervision.cancelled",
        ),
        _SUPERVISED,
    ),
    "supervision.answered": (Rule(NoticeKind.SUPERVISION_NEWS, supervising_office, instrument),),
}
