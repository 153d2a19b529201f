"""What a scheme says: who is scored, by which indicators, and how points are lost. Pure.

Kept as JSON (numbers as text, so that nothing is lost) in ``SchemeVersion.definition`` and in the
inputs of every score.
"""

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from decimal import Decimal, InvalidOperation
from enum import StrEnum
from typing import Any

from jiesu.foundation.errors import FieldError, Invalid
from jiesu.organizations.models import Region, Unit
from jiesu.scoring.indicators import INDICATORS, Rules, Silence
from jiesu.scoring.points import Loss, LossKind, Step

HUNDRED = Decimal(100)
LARGEST = Decimal(1000)


class Every(StrEnum):
    """How long a period is."""

    MONTH = "month"
    QUARTER = "quarter"
    YEAR = "year"


EVERY_NAMES: dict[Every, str] = {Every.MONTH: "月", Every.QUARTER: "季", Every.YEAR: "年"}


@dataclass(frozen=True)
class Part:
    """One indicator in a scheme: its weight in points, its target in percent, its loss."""

    indicator: str
    weight: Decimal
    target: Decimal = HUNDRED
    loss: Loss = field(default_factory=Loss)


@dataclass(frozen=True)
class Group:
    """Units that are compared with each other 分档; the first group that fits takes a unit.

    Empty ``kinds`` or ``levels`` fit all; ``at_least`` is the number of orders in the period.
    """

    name: str
    kinds: tuple[str, ...] = ()
    levels: tuple[str, ...] = ()
    at_least: int = 0


@dataclass(frozen=True)
class Definition:
    """One dated version of a scheme."""

    full: Decimal
    parts: tuple[Part, ...]
    kinds: tuple[str, ...]  # of the units that are scored
    levels: tuple[str, ...]  # of their regions
    every: Every = Every.MONTH
    groups: tuple[Group, ...] = ()
    fault_each: Decimal = Decimal("0.5")
    fault_most: Decimal | None = None
    silence: Silence = Silence.EXCLUDE
    joint: bool = True
    least_orders: int = 10  # fewer: shown, not ranked
    red: int = 5
    black: int = 5
    apply_days: int = 5  # after freezing, to apply for exclusions

    @property
    def rules(self) -> Rules:
        """How rows are judged."""
        return Rules(self.silence, self.joint)

    @property
    def codes(self) -> list[str]:
        """The indicators, in order."""
        return [part.indicator for part in self.parts]

    def group_of(self, kind: str, level: str, orders: int) -> str:
        """The name of the first group that fits; "" without groups, 其他 where none fits."""
        for group in self.groups:
            if (
                (not group.kinds or kind in group.kinds)
                and (not group.levels or level in group.levels)
                and orders >= group.at_least
            ):
                return group.name
        return "其他" if self.groups else ""


def to_json(definition: Definition) -> dict[str, Any]:
    """The definition with its decimals as text."""
    plain: dict[str, Any] = _plain(asdict(definition))
    return plain


def _plain(value: Any) -> Any:
    if isinstance(value, Decimal):
        return format(value.normalize(), "f")
    if isinstance(value, StrEnum):
        return value.value
    if isinstance(value, Mapping):
        return {key: _plain(one) for key, one in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(one) for one in value]
    return value


def from_json(said: Mapping[str, Any]) -> Definition:
    """The definition as kept; ValueError or KeyError when it is none (a defect, not an input)."""
    return Definition(
        full=Decimal(said["full"]),
        parts=tuple(
            Part(
                p["indicator"], Decimal(p["weight"]), Decimal(p["target"]),
                _loss_of(p["loss"]),
            )
            for p in said["parts"]
        ),
        kinds=tuple(said["kinds"]), levels=tuple(said["levels"]), every=Every(said["every"]),
        groups=tuple(
            Group(g["name"], tuple(g["kinds"]), tuple(g["levels"]), g["at_least"])
            for g in said["groups"]
        ),
        fault_each=Decimal(said["fault_each"]),
        fault_most=None if said["fault_most"] is None else Decimal(said["fault_most"]),
        silence=Silence(said["silence"]), joint=said["joint"],
        least_orders=said["least_orders"], red=said["red"], black=said["black"],
        apply_days=said["apply_days"],
    )  # fmt: skip


def _loss_of(said: Mapping[str, Any]) -> Loss:
    bands = tuple((Decimal(limit), Decimal(share)) for limit, share in said["bands"])
    return Loss(LossKind(said["kind"]), Decimal(said["each"]), Step(said["step"]), bands)


def check(definition: Definition) -> None:
    """Refuse what is no scheme, every fault at its field."""
    wrong: list[FieldError] = []

    def add(field: str, message: str, code: str = "invalid") -> None:
        wrong.append(FieldError(field, code, message))

    if not 0 < definition.full <= LARGEST:
        add("full", "总分应大于 0，且不超过 1000。", "out_of_range")
    if not definition.parts:
        add("parts", "请至少选择一项指标，并写明权重。", "required")
    used: set[str] = set()
    for part in definition.parts:
        name = f"{part.indicator}_weight"
        if part.indicator not in INDICATORS:
            add("parts", f"没有“{part.indicator}”这项指标。", "unknown")
            continue
        if part.indicator in used:
            add(name, "同一指标只能用一次。", "twice")
        used.add(part.indicator)
        if part.weight <= 0:
            add(name, "权重应大于 0；不用的指标请留空。", "out_of_range")
        if not 0 <= part.target <= HUNDRED:
            add(f"{part.indicator}_target", "目标值应在 0 至 100 之间。", "out_of_range")
        _check_loss(part, add)
    total = sum((part.weight for part in definition.parts), Decimal())
    if definition.parts and total != definition.full:
        add(
            "full",
            f"各项权重合计 {_plain(total)} 分，与总分 {_plain(definition.full)} 分不符，"
            "请调整权重或总分。",
            "weights",
        )
    if not definition.kinds:
        add("kinds", "请选择考核哪类单位。", "required")
    if unknown := set(definition.kinds) - set(Unit.Kind):
        add("kinds", f"没有这类单位：{'、'.join(sorted(unknown))}。", "unknown")
    if not definition.levels:
        add("levels", "请选择考核哪一级的单位。", "required")
    if unknown := set(definition.levels) - set(Region.Level):
        add("levels", f"没有这一级：{'、'.join(sorted(unknown))}。", "unknown")
    names = [group.name for group in definition.groups]
    if len(set(names)) < len(names) or any(not n.strip() for n in names):
        add("groups", "各组须有名称，且不能重名。", "names")
    if definition.fault_each < 0 or (definition.fault_most or 0) < 0:
        add("fault_each", "过错扣分不能小于 0。", "out_of_range")
    for name in ("least_orders", "red", "black", "apply_days"):
        if not 0 <= getattr(definition, name) <= 1000:
            add(name, "应在 0 至 1000 之间。", "out_of_range")
    if wrong:
        raise Invalid(wrong)


def _check_loss(part: Part, add: Any) -> None:
    if part.loss.kind is LossKind.PER_POINT and part.loss.each <= 0:
        add(f"{part.indicator}_each", "每低 1 个百分点扣的分应大于 0。", "out_of_range")
    if part.loss.kind is not LossKind.BANDS:
        return
    if not part.loss.bands:
        add(f"{part.indicator}_bands", "请写明各档，例如 95:100 90:80。", "required")
    for limit, share in part.loss.bands:
        if not (0 <= limit <= HUNDRED and 0 <= share <= HUNDRED):
            add(
                f"{part.indicator}_bands",
                "各档的比率和得分比例应在 0 至 100 之间。",
                "out_of_range",
            )
            return


def bands_of(text: str) -> tuple[tuple[Decimal, Decimal], ...]:
    """``95:100 90:80`` as bands; ValueError when it is something else."""
    found = []
    for word in text.replace("：", ":").replace("，", " ").replace(",", " ").split():
        limit, _, share = word.partition(":")
        try:
            found.append((Decimal(limit), Decimal(share)))
        except InvalidOperation:
            raise ValueError(word) from None
    if any(not (a.is_finite() and b.is_finite()) for a, b in found):
        raise ValueError(text)
    return tuple(found)
