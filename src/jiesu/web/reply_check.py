"""What the reply gate says of a text, as the desks show it."""

import datetime as dt
from typing import Any

from jiesu.appeals import rules
from jiesu.appeals.actions import reply_gate
from jiesu.appeals.models import Appeal
from jiesu.appeals.rules import Rule


def shown(appeal: Appeal, text: str, at: dt.datetime) -> dict[str, Any]:
    """The context of ``components/reply_gate.html``: the five gates with their flaws and quotes."""
    verdict = reply_gate.look(appeal, text, at)
    limit = rules.value(Rule.REPLY_FLAWS_STOP, at)
    whole = len(text)
    return {
        "verdict": verdict,
        "stopped": bool(limit) and len(verdict.defects) >= limit,
        "gates": [
            (
                str(gate),
                [(f, "" if f.end - f.start >= whole else text[f.start : f.end]) for f in flaws],
            )
            for gate, flaws in verdict.gates().items()
        ],
    }
