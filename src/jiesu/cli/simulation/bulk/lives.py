"""The orders of one plan in memory, and what their steps look up."""

from jiesu.cli.simulation.bulk.state import OrderState
from jiesu.cli.simulation.province import Province


class Lives:
    """The orders of one plan, with the numbers they are given."""

    def __init__(self, province: Province, ids: list[tuple[int, int]], numbers: list[str]) -> None:
        self.province, self.numbers = province, numbers
        self.orders = [OrderState(pk, assignment, province.limits) for pk, assignment in ids]
