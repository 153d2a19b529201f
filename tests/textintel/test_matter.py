"""The same matter: text, gated by place and time; by whom decides what is advised (domain §7)."""

import datetime as dt

from hypothesis import given, settings
from hypothesis import strategies as st

from jiesu.textintel.similar.matter import Advice, Asking, Told, advice
from jiesu.textintel.similar.terms import Counted

NOW = dt.datetime(2026, 11, 26, 9, tzinfo=dt.UTC)
KNOWN = Counted([["路灯"], ["公交"], ["社保"], ["搅拌站"], ["噪音", "夜里"], ["小区"]] * 10)
NEW = Told("", "榕苑小区旁边搅拌站夜里噪音很大，灰尘也大", "榕苑小区", NOW)


def likeness(old: Told) -> float:
    return Asking(NEW, KNOWN).likeness(old).score


def test_the_same_matter_at_another_place_or_long_ago_is_less_alike() -> None:
    here = Told("搅拌站噪音", "榕苑小区附近搅拌站噪音扰民，粉尘大", "榕苑小区", NOW)
    elsewhere = Told("搅拌站噪音", "翠湖花园附近搅拌站噪音扰民，粉尘大", "翠湖花园", NOW)
    long_ago = Told(here.title, here.text, here.address, NOW - dt.timedelta(days=500))

    assert likeness(here) > likeness(elsewhere)
    assert likeness(here) > likeness(long_ago)


def test_another_matter_at_the_same_place_is_not_the_same() -> None:
    found = Asking(NEW, KNOWN).likeness(
        Told("电梯故障", "3号楼电梯停了三天，老人下不来", "榕苑小区", NOW)
    )

    assert advice(found, same_person=True, is_open=True) is Advice.NONE
    assert advice(found, same_person=False, is_open=True) is Advice.NONE


def test_one_persons_is_appended_in_hand_and_related_once_closed_anothers_is_clustered() -> None:
    found = Asking(NEW, KNOWN).likeness(
        Told("榕苑小区旁搅拌站噪音", "榕苑小区旁边搅拌站夜里噪音大，灰尘大", "榕苑小区", NOW)
    )

    assert advice(found, same_person=True, is_open=True) is Advice.APPEND
    assert advice(found, same_person=True, is_open=False) is Advice.RELATE
    assert advice(found, same_person=False, is_open=True) is Advice.CLUSTER


@settings(max_examples=50, deadline=None)
@given(st.text(max_size=120), st.text(max_size=120))
def test_any_two_texts_are_compared(one: str, other: str) -> None:
    found = Asking(Told(one, other, one, NOW), KNOWN).likeness(Told(other, one, other, None))

    assert 0 <= found.score <= 1
