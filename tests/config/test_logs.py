"""Nothing personal reaches a log line."""

import logging
import sys

import pytest

from jiesu.config.logs import MaskingFormatter, masked


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("来电 13859012345 请求", "来电 138****2345 请求"),
        ("+8613859012345", "+86138****2345"),
        ("0591-87654321", "0591-****"),
        ("证件 350102199003071234。", "证件 350102********1234。"),
        ("证件 35010219900307123X", "证件 350102********123X"),
        ("lin.xiaoman@example.cn", "***@example.cn"),
    ],
)
def test_personal_numbers_are_masked(text: str, shown: str) -> None:
    assert masked(text) == shown


def test_an_order_number_stays_readable() -> None:
    assert masked("工单 3501002611160000017 已派") == "工单 3501002611160000017 已派"


def test_arguments_and_tracebacks_are_masked_too() -> None:
    try:
        raise ValueError("no such phone: 13859012345")
    except ValueError:
        record = logging.LogRecord(
            "jiesu", logging.ERROR, "f.py", 1, "failed for %s", ("13859012345",), sys.exc_info()
        )

    line = MaskingFormatter().format(record)

    assert "13859012345" not in line
    assert "ValueError: no such phone: 138****2345" in line
