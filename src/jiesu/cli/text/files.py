"""CSV files of texts and what was made of them."""

import csv
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

LONGEST_FIELD = 10_000_000  # characters; csv's own limit of 131,072 is below a pasted file


class WrongFile(Exception):
    """The file cannot be used; the message says why and what it should hold."""


def read(path: Path, *, needs: Sequence[str] = ()) -> list[dict[str, str]]:
    """The rows of a UTF-8 CSV file with a header, in order; an absent cell is "".

    ``needs`` are columns it must have; ``"text|title|detail"`` asks for one or more of several.
    Raises ``WrongFile``.
    """
    csv.field_size_limit(LONGEST_FIELD)
    try:
        with path.open(encoding="utf-8-sig", newline="") as file:
            reader = csv.DictReader((line.replace("\0", "") for line in file), restval="")
            columns = list(reader.fieldnames or [])
            _check(path, columns, needs)
            return [{k: v or "" for k, v in row.items() if k is not None} for row in reader]
    except OSError as error:
        raise WrongFile(f"读不了文件 {path}：{error.strerror}。") from error
    except UnicodeDecodeError as error:
        raise WrongFile(f"{path} 不是 UTF-8 编码，请另存为“CSV UTF-8”后再试。") from error
    except csv.Error as error:
        raise WrongFile(f"{path} 不是完好的 CSV 文件：{error}。") from error


def _check(path: Path, columns: list[str], needs: Sequence[str]) -> None:
    for need in needs:
        if not any(name in columns for name in need.split("|")):
            wanted = " 或 ".join(need.split("|"))
            there = "、".join(columns) or "无"
            raise WrongFile(f"{path} 缺少列 {wanted}；现有的列：{there}。")


def write(path: Path, rows: Iterable[dict[str, Any]]) -> None:
    """Write the rows as CSV; the first row's keys are the header. Raises ``WrongFile``."""
    rows = list(rows)
    try:
        with path.open("w", encoding="utf-8", newline="") as file:
            writer = csv.DictWriter(file, list(rows[0]) if rows else ["predicted", "score"])
            writer.writeheader()
            writer.writerows(rows)
    except OSError as error:
        raise WrongFile(f"写不了文件 {path}：{error.strerror}。") from error
