"""What becomes of the callers merged under an appeal when it is answered or ends.

国办函〔2025〕66号: repeated appeals are merged; every caller is still answered.
"""

from typing import Any

from jiesu.appeals import lifecycle as life
from jiesu.appeals.actions.closure import finish_assignments
from jiesu.appeals.actions.families import ALONE
from jiesu.appeals.actions.transition import Change, changing
from jiesu.appeals.lifecycle import Status
from jiesu.appeals.models import Appeal


def give(change: Change, move: "life.Move[Status]", answer: str, facts: dict[str, object]) -> None:
    """The citizen has the answer; what follows is a call-back, or the end where none is wanted."""
    appeal = change.appeal
    wanted = appeal.reply_wanted and not (appeal.is_anonymous and not appeal.phone)
    changes: dict[str, Any] = {
        "public_reply": answer, "replied_at": change.at, "callback_tries": 0,
        "next_callback_at": None,
    }  # fmt: skip
    if not wanted:
        changes |= {"outcome": "handled", "closed_at": change.at}
        finish_assignments(change)
    change.follow(
        move, to=Status.CALLBACK if wanted else Status.CLOSED,
        data={**facts, "reply": answer[:300], "callback": wanted}, **changes,
    )  # fmt: skip
    if not wanted:
        change.clocks.stop(life.ALL_CLOCKS)


def answer(change: Change, words: str) -> None:
    """Give whoever is merged under the appeal its answer; the call-back tells them."""
    for child in _merged(change):
        with changing(child, actor=change.actor, at=change.at) as one:
            give(one, life.ANSWER_MERGED, words, {"master": change.appeal.number})


def part(change: Change, reason: str) -> None:
    """Let whoever is merged under the appeal go on alone: the appeal ended for its own caller."""
    for child in _merged(change):
        with changing(child, actor=change.actor, at=change.at) as one:
            one.follow(
                life.UNMERGE, data={"master": change.appeal.number, "reason": reason}, **ALONE
            )
        change.change_appeal(merged_count=max(change.appeal.merged_count - 1, 0))


def _merged(change: Change) -> list[Appeal]:
    """Those that wait for the appeal's answer, in the order in which they are locked."""
    if not change.appeal.merged_count:
        return []
    return list(Appeal.objects.filter(master=change.appeal, status=Status.MERGED).order_by("pk"))
