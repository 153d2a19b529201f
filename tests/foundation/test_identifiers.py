"""Numbers that carry their own proof."""

import datetime as dt

import pytest
from hypothesis import given
from hypothesis import strategies as st

from jiesu.foundation.identifiers import (
    credit_code_problem,
    id_card_problem,
    is_order_number,
    normalize_phone,
    order_number,
    phone_problem,
)

areas = st.from_regex(r"\A[1-9][0-9]{5}\Z")
days = st.dates(dt.date(2000, 1, 1), dt.date(2099, 12, 31))
sequences = st.integers(1, 999_999)


def test_an_order_number_is_area_day_sequence_and_check_digit() -> None:
    number = order_number("350102", dt.date(2026, 3, 9), 17)

    assert number[:18] == "350102260309000017"
    assert len(number) == 19
    assert is_order_number(number)


def test_the_check_digit_agrees_with_the_published_example_of_iso_7064() -> None:
    # ISO/IEC 7064 MOD 11,10 is the check of the German tax number; 86095742719 is its
    # published specimen.
    from jiesu.foundation.identifiers import _mod_11_10

    assert _mod_11_10("8609574271") == "9"


@given(areas, days, sequences, st.integers(0, 18), st.integers(1, 9))
def test_any_single_wrong_digit_is_found(
    area: str, day: dt.date, seq: int, place: int, shift: int
) -> None:
    number = order_number(area, day, seq)

    wrong = str((int(number[place]) + shift) % 10)

    assert not is_order_number(number[:place] + wrong + number[place + 1 :])


@pytest.mark.parametrize("text", ["", "abc", "350102260309000017", "３" * 19, "1" * 20])
def test_what_is_not_nineteen_digits_is_no_order_number(text: str) -> None:
    assert not is_order_number(text)


@pytest.mark.parametrize(("area", "seq"), [("35010", 1), ("3501a2", 1), ("350102", 0)])
def test_an_order_number_refuses_parts_that_do_not_fit(area: str, seq: int) -> None:
    with pytest.raises(ValueError, match=r"six digits|sequence"):
        order_number(area, dt.date(2026, 1, 1), seq)


def test_the_millionth_order_of_a_day_in_one_area_is_refused_not_wrapped() -> None:
    with pytest.raises(ValueError, match="sequence"):
        order_number("350102", dt.date(2026, 1, 1), 1_000_000)


@pytest.mark.parametrize(
    "code", ["91350100M000100Y43", "91110000600037341L", " 911100006000 37341L"]
)
def test_real_credit_codes_pass(code: str) -> None:
    if " 9" in code:  # blanks inside are not forgiven: they hide a missing character
        assert credit_code_problem(code)
        return

    assert credit_code_problem(code) is None
    assert credit_code_problem(code.lower()) is None


@pytest.mark.parametrize(
    ("code", "said"),
    [
        ("9135010", "18 位"),
        ("91110000600037341O", "不应出现“O”"),
        ("91110000600037342L", "校验位不对"),
    ],
)
def test_a_wrong_credit_code_is_told_why(code: str, said: str) -> None:
    problem = credit_code_problem(code)

    assert problem is not None
    assert said in problem
    assert problem.endswith("。")


def test_the_identity_number_of_the_standard_passes() -> None:
    assert id_card_problem("11010519491231002X") is None  # the example of GB 11643-1999
    assert id_card_problem("11010519491231002x") is None


@pytest.mark.parametrize(
    ("number", "said"),
    [
        ("110105194912310", "18 位"),
        ("1101051949123100X2", "最后一位"),
        ("99010519491231002X", "地区代码"),
        ("11010519491331002X", "出生日期"),
        ("110105194912310021", "校验位"),
    ],
)
def test_a_wrong_identity_number_is_told_why(number: str, said: str) -> None:
    problem = id_card_problem(number)

    assert problem is not None
    assert said in problem
    assert problem.endswith("。")


@pytest.mark.parametrize(
    ("written", "kept"),
    [
        ("138 1234 2046", "13812342046"),
        ("+86 138-1234-2046", "13812342046"),
        ("0086-13812342046", "13812342046"),
        ("8613812342046", "13812342046"),
        ("１３８１２３４２０４６", "13812342046"),
        ("（0591）8755-1234", "059187551234"),
        ("+86 591 8755 1234", "059187551234"),
        ("+86 10 6655 1234", "01066551234"),
        ("400-812-3456", "4008123456"),
        ("+886 912 345 678", "+886912345678"),
        ("00852 2345 6789", "+85223456789"),
    ],
)
def test_a_telephone_number_is_kept_in_one_form(written: str, kept: str) -> None:
    assert normalize_phone(written) == kept
    assert phone_problem(written) is None


@pytest.mark.parametrize(
    ("written", "said"),
    [
        ("", "请填写联系电话"),
        ("1381234204", "11 位，现在是 10 位"),
        ("138123420467", "11 位，现在是 12 位"),
        ("12012342046", "号段"),
        ("87551234", "请加区号"),
        ("小陈", "数字"),
        ("0591-87551234转8", "数字"),
        ("0123", "格式不对"),
    ],
)
def test_a_wrong_telephone_number_is_told_why(written: str, said: str) -> None:
    problem = phone_problem(written)

    assert problem is not None
    assert said in problem
    assert problem.endswith("。")


@given(st.text(alphabet="0123456789+- ()０８６¨", min_size=6, max_size=18))
def test_a_number_that_is_kept_is_kept_the_same_when_it_is_read_again(text: str) -> None:
    once = normalize_phone(text)

    assert phone_problem(text) == phone_problem(once)
    if phone_problem(text) is None:
        assert normalize_phone(once) == once
