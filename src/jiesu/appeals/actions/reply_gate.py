"""The reply gate at the desks: what is wrong with a reply, and whether it is stopped for it."""

import datetime as dt

from jiesu.appeals import rules
from jiesu.appeals.models import Appeal, Reply
from jiesu.appeals.rules import Rule
from jiesu.foundation.errors import invalid
from jiesu.textintel.replies import RULES, Verdict, check_reply

COMPARED = 30  # newest replies let go, to see one copied


def look(appeal: Appeal, text: str) -> Verdict:
    """What is wrong with ``text`` as the reply to ``appeal``; one statement."""
    earlier = (
        Reply.objects.filter(stage=Reply.Stage.APPROVED)
        .exclude(appeal=appeal)
        .order_by("-pk")
        .values_list("public_reply", flat=True)[:COMPARED]
    )
    return check_reply(text, title=appeal.title, detail=appeal.content, earlier=earlier)


def check(appeal: Appeal, text: str, at: dt.datetime) -> list[str]:
    """The names of a reply's defects. Raises ``Invalid`` at the reply when their kinds are as many
    as the dated rule stops (domain §7: the reply gate blocks or flags)."""
    defects = look(appeal, text).defects
    labels = [RULES[defect].label for defect in defects]
    limit = rules.value(Rule.REPLY_FLAWS_STOP, at)
    if limit and len(defects) >= limit:
        mends = "".join(f"{RULES[d].label}——{RULES[d].mend}" for d in defects)
        raise invalid(
            "public_reply", f"答复有 {len(defects)} 类问题，不能放行：{mends}请修改或退回重办。",
            "reply_gate",
        )  # fmt: skip
    return labels
