"""A bulletin's life, in order: drafted, edited, submitted, approved or sent back, let out."""

import datetime as dt
from collections.abc import Mapping, Sequence

from django.db import IntegrityError, transaction

from jiesu.access import Actor, may_manage
from jiesu.bulletins import cases as typical
from jiesu.bulletins import figures, lifecycle, templates, wording
from jiesu.bulletins.lifecycle import Move, State
from jiesu.bulletins.models import Bulletin
from jiesu.bulletins.reading import is_outdated
from jiesu.foundation.clock import BEIJING
from jiesu.foundation.errors import ChangedMeanwhile, Forbidden, NotAllowedNow, invalid
from jiesu.foundation.text import clean_text
from jiesu.journal import audit
from jiesu.organizations.models import Unit
from jiesu.scoring import publication
from jiesu.scoring.definitions import Every
from jiesu.scoring.models import ScoreScheme
from jiesu.supervision import numbers
from jiesu.textintel.redact import redact

_STALE = "该通报已被他人处理，请刷新后重试。您填写的内容已保留。"


def draft(
    scheme: ScoreScheme, every: Every, day: dt.date, *, actor: Actor, at: dt.datetime
) -> Bulletin:
    """This will write a draft of what was published, from the template that holds today.

    ``every`` may be longer than the scheme's periods: a quarter of three months. What was corrected
    gets a bulletin that corrects the one before. Refusals: Forbidden; NotAllowedNow when a period
    is not published, or when these revisions have their bulletin.
    """
    region = scheme.region
    _must(actor, lifecycle.EDIT, region.path)
    if actor.unit_id is None:
        raise Forbidden
    told = publication.published(scheme, every, day)
    name, first = told.days.name, told.days.first
    there = Bulletin.objects.filter(scheme=scheme, every=every, first=first)
    last = there.exclude(state=State.DROPPED).order_by("-pk").first()
    if last is not None and (last.where in lifecycle.OPEN or not is_outdated(last)):
        raise NotAllowedNow(f"{name}已有通报（{last.get_state_display()}），请在其上修改。")
    words = templates.held(region, every, at.astimezone(BEIJING).date())
    inputs = figures.inputs_of(told)
    title = wording.fill(words.title, inputs["figures"])
    if last is not None:
        title = f"{title}（更正）"
    try:
        with transaction.atomic():
            made = Bulletin.objects.create(
                scheme=scheme, every=every, name=name, first=first, last=told.days.last,
                region_path=region.path, office_id=actor.unit_id, title=title[:100],
                text=wording.fill(words.text, inputs["figures"]), inputs=inputs, corrects=last,
                drafted_by_id=actor.user_id, drafted_by=actor.name, drafted_at=at,
                writers=[actor.user_id],
            )  # fmt: skip
            made.revisions.set(told.revisions)
            _audit("drafted", made, actor, at)
    except IntegrityError:
        raise ChangedMeanwhile(f"{name}的通报刚由他人拟稿，请刷新后查看。") from None
    return made


def edit(
    bulletin: Bulletin, title: str, text: str, cases: Sequence[Mapping[str, str]], *, actor: Actor,
    at: dt.datetime,
) -> Bulletin:  # fmt: skip
    """This will change a draft's words; what is typed into a case is covered again.

    Refusals: Invalid at ``title``, ``text``, ``cases``.
    """
    said = templates.checked(title, "title", "标题", 100)
    body = templates.checked(text, "text", "正文", templates.LONGEST, multiline=True)
    kept = [
        {
            "number": case["number"],
            "title": redact(clean_text(case["title"], max_length=100, field="cases",
                                       label="案例标题", multiline=False)),
            "text": redact(clean_text(case["text"], max_length=2000, field="cases", label="案例")),
        }
        for case in cases if case["text"].strip()
    ]  # fmt: skip
    with transaction.atomic():
        mine = _take(bulletin, lifecycle.EDIT, actor)
        mine.title, mine.text, mine.cases = said, body, kept
        return _put(mine, lifecycle.EDIT, actor, at)


def choose_cases(
    bulletin: Bulletin, orders: Sequence[str], *, actor: Actor, at: dt.datetime
) -> Bulletin:
    """This will put the chosen orders in as typical cases, covered; those already in stay as
    they were gone over. Refusals: NotFound for one out of sight, Invalid for too many."""
    with transaction.atomic():
        mine = _take(bulletin, lifecycle.EDIT, actor)
        known = {case["number"]: case for case in mine.cases}
        fresh = typical.written([number for number in orders if number not in known], mine, actor)
        mine.cases = [case for case in mine.cases if case["number"] in orders] + fresh
        if len(mine.cases) > typical.MOST:
            raise invalid("numbers", f"典型案例最多 {typical.MOST} 件，请少选几件。", "too_many")
        return _put(mine, lifecycle.EDIT, actor, at)


@transaction.atomic
def submit(bulletin: Bulletin, *, actor: Actor, at: dt.datetime) -> Bulletin:
    """This will put a draft up for approval. Refuses one that still names an unfilled figure."""
    mine = _take(bulletin, lifecycle.SUBMIT, actor)
    if left := wording.NAME.findall(mine.title + mine.text):
        raise NotAllowedNow(f"正文里还有没有填上的 {{{left[0]}}}，请修改后再送审。")
    mine.remark = ""
    return _put(mine, lifecycle.SUBMIT, actor, at)


@transaction.atomic
def approve(bulletin: Bulletin, *, actor: Actor, at: dt.datetime) -> Bulletin:
    """This will approve it. Refuses whoever wrote any of it."""
    mine = _take(bulletin, lifecycle.APPROVE, actor)
    if actor.user_id in mine.writers:
        raise Forbidden("拟稿或改过稿的人不能批准本通报，请由领导或效能办另一位同事批准。")
    mine.approved_by_id, mine.approved_by, mine.approved_at = actor.user_id, actor.name, at
    return _put(mine, lifecycle.APPROVE, actor, at)


@transaction.atomic
def refuse(bulletin: Bulletin, reason: str, *, actor: Actor, at: dt.datetime) -> Bulletin:
    """This will send it back to be changed, with what is wanted."""
    why = clean_text(reason, max_length=500, field="reason", label="修改意见")
    if not why:
        raise invalid("reason", "请写明修改意见，拟稿人会看到。", "required")
    mine = _take(bulletin, lifecycle.REFUSE, actor)
    mine.remark = why
    return _put(mine, lifecycle.REFUSE, actor, at)


@transaction.atomic
def publish(bulletin: Bulletin, *, actor: Actor, at: dt.datetime) -> Bulletin:
    """This will let it out with a document number; from then on nothing in it changes.

    Refuses one whose period was corrected since it was drafted: its figures no longer hold.
    """
    mine = _take(bulletin, lifecycle.PUBLISH, actor)
    if is_outdated(mine):
        raise NotAllowedNow("该考核期在拟稿之后已经更正，请作废本稿，按更正后的成绩重新拟稿。")
    office = Unit.objects.get(pk=mine.office_id)
    head = numbers.head_of(office, at)
    mine.head, mine.signature = head.head, head.signature
    mine.number = numbers.next_bulletin(office, at)
    mine.published_by, mine.published_at = actor.name, at
    return _put(mine, lifecycle.PUBLISH, actor, at)


@transaction.atomic
def drop(bulletin: Bulletin, *, actor: Actor, at: dt.datetime) -> Bulletin:
    """This will void one that was not let out; its period can have another."""
    return _put(_take(bulletin, lifecycle.DROP, actor), lifecycle.DROP, actor, at)


# --- inside --------------------------------------------------------------------------------------


def _must(actor: Actor, move: Move, region_path: str) -> None:
    if not may_manage(actor, move.needs, region_path):
        raise Forbidden


def _take(bulletin: Bulletin, move: Move, actor: Actor) -> Bulletin:
    """The row, locked; refuses a stale one, a wrong state, a wrong person."""
    _must(actor, move, bulletin.region_path)
    mine = Bulletin.objects.select_for_update(of=("self",)).select_related(
        "scheme__region"
    ).get(pk=bulletin.pk)  # fmt: skip
    if mine.version != bulletin.version:
        raise ChangedMeanwhile(_STALE)
    if mine.where not in move.from_:
        raise NotAllowedNow(f"通报现在是“{mine.get_state_display()}”，不能{move.label}。")
    return mine


def _put(mine: Bulletin, move: Move, actor: Actor, at: dt.datetime) -> Bulletin:
    if move is lifecycle.EDIT and actor.user_id not in mine.writers:
        mine.writers.append(actor.user_id)
    mine.state = move.to
    mine.version += 1
    mine.save()
    _audit(move.name, mine, actor, at)
    return mine


def _audit(what: str, mine: Bulletin, actor: Actor, at: dt.datetime) -> None:
    audit.record(
        f"bulletins.{what}", actor=actor, at=at, subject=f"bulletin:{mine.pk}",
        data={"title": mine.title, "number": mine.number, "remark": mine.remark},
    )  # fmt: skip
