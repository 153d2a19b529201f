"""How personal data looks to someone who has not been shown it."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from jiesu.access import masking


@pytest.mark.parametrize(
    ("clear", "masked"),
    [
        ("", ""),
        ("陈", "陈"),
        ("陈满", "陈*"),
        ("陈小满", "陈**"),
        ("欧阳小满", "欧***"),
        ("阿卜杜拉·买买提", "阿****"),
        ("福州某某餐饮有限公司", "福州****公司"),
    ],
)
def test_a_name_keeps_the_surname(clear: str, masked: str) -> None:
    assert masking.mask_name(clear) == masked


@pytest.mark.parametrize(
    ("clear", "masked"),
    [
        ("", ""),
        ("13812342046", "138****2046"),
        ("0591-87654321", "0591-****4321"),
        ("87654321", "87****21"),
        ("95598", "***98"),
        ("12", "**"),
    ],
)
def test_a_phone_keeps_its_ends(clear: str, masked: str) -> None:
    assert masking.mask_phone(clear) == masked


@pytest.mark.parametrize(
    ("clear", "masked"),
    [("", ""), ("350102199001011234", "3501**********1234"), ("E12345678", "*********")],
)
def test_a_document_keeps_its_ends_only_when_long(clear: str, masked: str) -> None:
    assert masking.mask_document(clear) == masked


@pytest.mark.parametrize(
    ("clear", "masked"),
    [
        ("", ""),
        ("福州市鼓楼区东街街道幸福小区3号楼402室", "福州市鼓楼区****"),
        ("东街8号", "东街****"),
        ("8", "****"),
    ],
)
def test_an_address_hides_the_door(clear: str, masked: str) -> None:
    assert masking.mask_address(clear) == masked


def test_an_email_keeps_its_host() -> None:
    assert masking.mask_email("chen@fuzhou.gov.cn") == "c****@fuzhou.gov.cn"
    assert masking.mask_email("无效") == "**"


@given(st.text(min_size=2, max_size=60).filter(lambda s: "*" not in s))
def test_no_mask_ever_gives_the_whole_away(clear: str) -> None:
    for mask in (masking.mask_phone, masking.mask_document, masking.mask_address):
        assert clear not in mask(clear)
    assert masking.mask_name(clear) != clear
