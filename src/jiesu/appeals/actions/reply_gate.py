"""The reply gate at the desks: what is wrong with a reply, and whether it is stopped for it."""

import datetime as dt
from collections.abc import Iterator
from dataclasses import replace
from itertools import chain, islice

from jiesu.appeals import rules
from jiesu.appeals.actions import held
from jiesu.appeals.models import Appeal, Reply
from jiesu.appeals.rules import Rule
from jiesu.catalogue.wordlists import in_force
from jiesu.foundation.errors import invalid
from jiesu.textintel.replies import RULES, Defect, Flaw, Verdict, check_reply
from jiesu.textintel.wordlists import Use, listed, read_form

COMPARED = 30  # newest replies let go, to see one copied


def look(appeal: Appeal, text: str, at: dt.datetime) -> Verdict:
    """What is wrong with ``text`` as the reply to ``appeal``, by the rules and by the word lists
    that hold in its area; one statement."""
    verdict = check_reply(text, title=appeal.title, detail=appeal.content, earlier=_earlier(appeal))
    by_lists = list(_listed(appeal, text, at))
    flaws = sorted((*verdict.flaws, *by_lists), key=lambda flaw: (flaw.start, flaw.end))
    new = {flaw.defect for flaw in by_lists} - set(verdict.defects)
    loss = sum(RULES[defect].weight for defect in new)
    return replace(verdict, flaws=tuple(flaws), score=max(0, round(verdict.score - loss)))


def _earlier(appeal: Appeal) -> Iterator[str]:
    """The newest replies that were let go to others; first those that are still to be written."""
    holding = held.current.get()
    unwritten = (
        reply.public_reply
        for reply in reversed(holding.rows[Reply] if holding is not None else [])
        if reply.stage == Reply.Stage.APPROVED and reply.appeal_id != appeal.pk
    )
    stored = (
        Reply.objects.filter(stage=Reply.Stage.APPROVED)
        .exclude(appeal=appeal)
        .order_by("-pk")
        .values_list("public_reply", flat=True)[:COMPARED]
    )
    yield from islice(chain(unwritten, stored), COMPARED)


def _listed(appeal: Appeal, text: str, at: dt.datetime) -> Iterator[Flaw]:
    read = read_form(text, Use.REPLY)
    for one, start, end in listed(read.text, in_force(Use.REPLY, appeal.region_path, at)):
        yield Flaw(Defect(one.kind), *read.span(start, end), one.hint or one.name)


def check(appeal: Appeal, text: str, at: dt.datetime) -> list[str]:
    """The names of a reply's defects. Raises ``Invalid`` at the reply when their kinds are as many
    as the dated rule stops (domain §7: the reply gate blocks or flags)."""
    defects = look(appeal, text, at).defects
    labels = [RULES[defect].label for defect in defects]
    limit = rules.value(Rule.REPLY_FLAWS_STOP, at)
    if limit and len(defects) >= limit:
        mends = "".join(f"{RULES[d].label}——{RULES[d].mend}" for d in defects)
        raise invalid(
            "public_reply", f"答复有 {len(defects)} 类问题，不能放行：{mends}请修改或退回重办。",
            "reply_gate",
        )  # fmt: skip
    return labels
