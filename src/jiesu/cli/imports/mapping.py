"""A mapping file: what the columns of somebody's order list mean here."""

import re
import tomllib
from collections.abc import Mapping as MappingOf
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from jiesu.foundation.errors import UseCaseError

# What a column may be: fields of an intake, and what an import needs besides.
TEXTS = (
    "outside_number", "content", "title", "name", "phone", "phone2", "address", "enterprise",
    "concerned", "aim", "query_code", "home_address",
)  # fmt: skip
CODES = ("appeal_type", "urgency", "channel", "petitioner_kind", "confidentiality")
OTHERS = ("received", "closed", "reply", "unit", "region")
DISPATCH = ("file", "catalogue", "none")


class BadMapping(UseCaseError):
    """The mapping file cannot be used; the sentence says where."""

    code = "bad_mapping"


@dataclass(frozen=True)
class Rule:
    """When every pattern is found in its column, these codes are set."""

    when: tuple[tuple[str, re.Pattern[str]], ...]
    set: dict[str, str]

    def holds(self, values: MappingOf[str, str]) -> bool:
        """Whether it is met by a row."""
        return all(pattern.search(values.get(column, "")) for column, pattern in self.when)


@dataclass(frozen=True)
class Mapping:
    """Everything the mapping file says, checked."""

    source: str
    columns: dict[str, str]
    category: tuple[str, ...] = ()
    codes: dict[str, str] = field(default_factory=dict)  # what holds where no column or rule says
    values: dict[str, dict[str, str]] = field(default_factory=dict)  # a column's words → our codes
    rules: tuple[Rule, ...] = ()
    time: str = "09:00"
    date_formats: tuple[str, ...] = ("%Y-%m-%d %H:%M:%S", "%Y-%m-%d %H:%M", "%Y-%m-%d", "%Y/%m/%d")
    is_anonymous: bool = False
    reply_wanted: bool = True
    title_drop: tuple[re.Pattern[str], ...] = ()
    region: str = ""
    districts: dict[str, str] = field(default_factory=dict)  # a name in the text → division code
    regions: dict[str, str] = field(default_factory=dict)  # to create: code → name
    units: dict[str, Any] = field(default_factory=dict)
    scheme: dict[str, str] = field(default_factory=dict)
    duties: dict[str, Any] = field(default_factory=dict)
    dispatch: str = "catalogue"
    close: dict[str, Any] = field(default_factory=dict)

    @property
    def named(self) -> list[str]:
        """Every column of the file that is used."""
        return [*self.columns.values(), *self.category, *(c for r in self.rules for c, _ in r.when)]


def load(path: Path) -> Mapping:
    """Read and check a mapping file; refuses with ``BadMapping``."""
    try:
        said = tomllib.loads(path.read_text(encoding="utf-8"))
    except OSError as trouble:
        raise BadMapping(f"映射文件 {path} 无法读取：{trouble.strerror}。") from None
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as trouble:
        raise BadMapping(f"映射文件 {path} 不是有效的 TOML：{trouble}。") from None
    return parse(said)


def parse(said: dict[str, Any]) -> Mapping:
    """Check what a mapping file says."""
    known = {
        "source", "columns", "codes", "values", "rules", "order", "regions", "units", "scheme",
        "duties", "dispatch", "close",
    }  # fmt: skip
    _refuse_unknown(said, known, "")
    columns = _table(said, "columns")
    category = columns.pop("category", [])
    category = [category] if isinstance(category, str) else category
    _refuse_unknown(columns, {*TEXTS, *CODES, *OTHERS}, "columns.")
    for needed in ("outside_number", "content", "received"):
        if needed not in columns:
            raise BadMapping(f"映射文件缺少 columns.{needed}：请写明它是文件中的哪一列。")
    order = _table(said, "order")
    _refuse_unknown(
        order,
        {"time", "date_formats", "is_anonymous", "reply_wanted", "title_drop", "region",
         "districts"},
        "order.",
    )  # fmt: skip
    regions = {k: str(v) for k, v in _table(said, "regions").items()}
    codes = {k: str(v) for k, v in _table(said, "codes").items()}
    _refuse_unknown(codes, set(CODES), "codes.")
    dispatch = str(said.get("dispatch", "catalogue"))
    if dispatch not in DISPATCH:
        raise BadMapping(f"dispatch 应为 {'、'.join(DISPATCH)} 之一，现在是“{dispatch}”。")
    close = _table(said, "close")
    _refuse_unknown(close, {"after_days", "reply"}, "close.")
    units = _table(said, "units")
    _refuse_unknown(units, {"centre", "government", "ignore", "prefix", "rename"}, "units.")
    scheme = _table(said, "scheme")
    _refuse_unknown(scheme, {"name", "version"}, "scheme.")
    duties = _table(said, "duties")
    _refuse_unknown(duties, {"min_orders", "min_share", "basis"}, "duties.")
    return Mapping(
        source=str(said.get("source", ""))[:32],
        columns=columns,
        category=tuple(category),
        codes={"channel": "import", "urgency": "3", "appeal_type": "09", **codes},
        values={k: dict(v) for k, v in _table(said, "values").items()},
        rules=tuple(_rule(rule) for rule in said.get("rules", [])),
        time=str(order.get("time", "09:00")),
        date_formats=tuple(order.get("date_formats", Mapping.date_formats)),
        is_anonymous=bool(order.get("is_anonymous", False)),
        reply_wanted=bool(order.get("reply_wanted", True)),
        title_drop=tuple(_pattern(text) for text in order.get("title_drop", [])),
        region=str(order.get("region", "")),
        districts={k: str(v) for k, v in order.get("districts", {}).items()},
        regions=regions,
        units=units,
        scheme=scheme,
        duties=duties,
        dispatch=dispatch,
        close=close,
    )


def _rule(said: dict[str, Any]) -> Rule:
    _refuse_unknown(said, {"when", "set"}, "rules.")
    _refuse_unknown(said.get("set", {}), set(CODES), "rules.set.")
    when = tuple((column, _pattern(text)) for column, text in said.get("when", {}).items())
    return Rule(when, {k: str(v) for k, v in said.get("set", {}).items()})


def _pattern(text: str) -> re.Pattern[str]:
    try:
        return re.compile(text)
    except re.error as wrong:
        raise BadMapping(f"“{text}”不是有效的正则表达式：{wrong}。") from None


def _table(said: dict[str, Any], key: str) -> dict[str, Any]:
    table = said.get(key, {})
    if not isinstance(table, dict):
        raise BadMapping(f"映射文件中 {key} 应为一个表（[{key}]）。")
    return dict(table)


def _refuse_unknown(said: dict[str, Any], known: set[str], where: str) -> None:
    for key in said:
        if key not in known:
            raise BadMapping(
                f"映射文件中的 {where}{key} 不认识，可用的有：{'、'.join(sorted(known))}。"
            )
