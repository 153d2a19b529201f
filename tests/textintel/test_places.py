"""Places: the verbatim span, its parts, and the region it lies in; ambiguous names are listed."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from jiesu.textintel.places import Gazetteer, Regions, find

TREE = Regions(
    [
        ("350000", "福建省", "0001"), ("350100", "福州市", "00010001"),
        ("350102", "鼓楼区", "000100010001"), ("350102001", "东街街道", "0001000100010001"),
        ("320000", "江苏省", "0002"), ("320100", "南京市", "00020001"),
        ("320106", "鼓楼区", "000200010001"),
    ]
)  # fmt: skip
FUZHOU, NANJING = "00010001", "00020001"


def test_region_road_number_and_landmark_are_told_apart() -> None:
    (place,) = find("你好我要反映鼓楼区五一北路158号东海大厦附近有人占道", TREE, own_path=FUZHOU)

    assert place.text == "鼓楼区五一北路158号东海大厦"
    assert (place.road, place.number, place.site) == ("五一北路", "158号", "东海大厦")
    assert place.landmark == "附近"
    assert place.address == "五一北路158号东海大厦附近"
    assert place.regions[0].path.startswith(FUZHOU)


def test_a_name_of_several_cities_is_the_centres_own_and_the_others_are_listed() -> None:
    (place,) = find("鼓楼区中山北路积水", TREE, own_path=NANJING)

    assert [c.code for c in place.regions] == ["320106", "350102"]
    assert place.regions[0].confidence > place.regions[1].confidence


def test_a_city_named_beside_it_beats_the_centres_own_area() -> None:
    found = TREE.resolve("福州市鼓楼区中山北路积水", NANJING)

    assert found[0].code == "350102"


def test_a_name_past_orders_taught_tells_its_region() -> None:
    street = "0001000100010001"
    known = Gazetteer.learn([("温泉公园", street), ("温泉公园北门", street), ("榕苑小区", street)])

    (place,) = find("我在温泉公园门口等了半天", TREE, known, FUZHOU)

    assert place.text == "温泉公园"
    assert place.regions[0].path == street
    assert "榕苑小区" not in known.names  # told once: not enough


@pytest.mark.parametrize(
    "text",
    ["怎么注销营业执照", "走路被狗咬了", "路上堵车太严重", "小区里没有充电桩", "12345打不通", ""],
)
def test_what_is_no_place_is_not_taken_for_one(text: str) -> None:
    assert find(text, TREE) == []


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("金山大道和浦上大道交叉口路面塌陷", "金山大道和浦上大道交叉口"),
        ("東街街道慶城社區樓道堆滿雜物", "東街街道慶城社區"),
        ("喂那个就是榕苑小区三号楼一单元电梯坏了", "榕苑小区三号楼一单元"),
        ("鼓楼区五一北路１５８号油烟大", "鼓楼区五一北路１５８号"),
    ],
)
def test_crossings_traditional_characters_speech_and_wide_digits(text: str, told: str) -> None:
    assert find(text, TREE)[0].text == told


@settings(max_examples=80, deadline=None)
@given(st.text(max_size=200) | st.text("东路街号区小在的12，\u200b😀", max_size=80))
def test_any_text_is_answered_with_spans_of_its_own(text: str) -> None:
    for place in find(text, TREE, own_path=FUZHOU):
        assert text[place.start : place.end] == place.text
        assert 0 < place.confidence <= 1


@pytest.mark.parametrize("piece", ["金榕路158号", "路", "号", "一", "小区里"])
def test_fifty_thousand_characters_do_not_stall(piece: str) -> None:
    find(piece * (50_000 // len(piece)), TREE)


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("我妈在市第二医院住院", "市第二医院"),
        ("麻烦问下万科小区属于哪个派出所", "万科小区"),
        ("振安路工厂拖欠工资跑路", "振安路工厂"),
    ],
)
def test_a_name_begins_and_ends_where_it_does(text: str, told: str) -> None:
    assert find(text)[0].text == told
