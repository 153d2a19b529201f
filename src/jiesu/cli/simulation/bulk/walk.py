"""The use cases on rows in memory: what each step of a plan leaves behind.

Kept alike to ``appeals.actions`` by tests/cli/test_bulk.py, which walks the same lives through
both and compares every column. The reply gate is left out: its words on a reply depend on what
else the database holds, so an approval in bulk names no defects as overruled.
"""

import datetime as dt
from collections.abc import Callable

from jiesu.cli.simulation.bulk.lives import Lives
from jiesu.cli.simulation.bulk.state import OrderState
from jiesu.cli.simulation.bulk.steps import callback, dispatch, handling, intake, review
from jiesu.cli.simulation.plan import Plan, Step

DOES: dict[str, Callable[[Lives, OrderState, Step], None]] = {
    "register": intake.register,
    "accept": intake.accept,
    "answer_directly": intake.answer_directly,
    "refuse": intake.refuse,
    "hand_over": intake.hand_over,
    "urge": intake.urge,
    "add_facts": intake.add_facts,
    "withdraw": intake.withdraw,
    "merge": intake.merge,
    "assign": dispatch.assign,
    "judge": dispatch.judge,
    "resume": dispatch.resume,
    "list_difficult": dispatch.list_difficult,
    "open": handling.open_,
    "sign": handling.sign,
    "pass_down": handling.pass_down,
    "contact": handling.contact,
    "apply": handling.apply_for,
    "report": handling.report,
    "inner_approve": handling.inner_approve,
    "inner_reject": handling.inner_reject,
    "approve": review.approve,
    "send_back": review.send_back,
    "call_back": callback.call_back,
    "rate": callback.rate,
    "archive": review.archive,
}


class Walk(Lives):
    """The orders of one plan, walked from their first steps to a moment."""

    def walk(self, plan: Plan, until: dt.datetime) -> list[OrderState]:
        """Perform the plan's steps; the orders that came to be."""
        for step in plan.sorted(until):
            order = self.orders[step.order]
            order.begin(step.who, step.at)
            DOES[step.do](self, order, step)
            order.finish()
        lived = [order for order in self.orders if order.row]
        for order in lived:
            order.show()
        return lived
