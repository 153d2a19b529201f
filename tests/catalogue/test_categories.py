"""Classification: which scheme holds, finding a class while typing, the day a scheme changes."""

import datetime as dt
import time

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from tests.catalogue.conftest import AT, TODAY, Corner

from jiesu.access import SYSTEM
from jiesu.catalogue import categories, duty, local_forms, schemes, switching
from jiesu.catalogue.models import Category, CategoryMap, DutyEntry, Scheme
from jiesu.foundation.errors import ChangedMeanwhile, Forbidden, Invalid, NotAllowedNow

DAY = dt.timedelta(1)


def found(q: str, corner: Corner) -> list[str]:
    return [hit.code for hit in categories.search(q, corner.scheme)]


def new_scheme(corner: Corner, effective: dt.date = TODAY + DAY) -> Scheme:
    """A copy of the default scheme that takes over tomorrow."""
    scheme = schemes.draft("默认诉求分类", "2026", copy_of=corner.scheme, actor=SYSTEM, at=AT)
    return switching.activate(scheme, effective=effective, actor=SYSTEM, at=AT)


# Finding --------------------------------------------------------------------------------------


def test_the_default_scheme_has_its_22_and_196_classes(corner: Corner) -> None:
    levels = [category.level for category in corner.scheme.categories.all()]

    assert (levels.count(1), levels.count(2)) == (22, 196)
    assert corner.category("0501").path_name == "生态环境 › 施工噪声"


@pytest.mark.parametrize(
    ("q", "first"),
    [
        ("0501", "0501"), ("05", "05"), ("sgzs", "0501"), ("SGZS", "0501"), ("施工噪声", "0501"),
        ("路灯", "0207"), ("噪声 工业", "0503"), ("生态 养殖", "0509"), ("stzs 0501", ""),
        ("没有这个", ""),
    ],
)  # fmt: skip
def test_a_class_is_found_by_code_initials_and_words_best_first(
    corner: Corner, q: str, first: str
) -> None:
    assert (found(q, corner) or [""])[0] == first


def test_keywords_find_a_class_too(corner: Corner) -> None:
    schemes.rename_class(
        corner.category("0501"), "施工噪声", keywords="打桩，夜间施工", actor=SYSTEM, at=AT
    )

    assert found("打桩", corner) == ["0501"]


def test_an_empty_query_offers_the_first_level(corner: Corner) -> None:
    hits = categories.search(" ", corner.scheme, limit=30)

    assert len(hits) == 22
    assert all(hit.level == 1 and not hit.is_leaf for hit in hits)


def test_a_search_takes_no_statement_and_no_five_milliseconds(corner: Corner) -> None:
    categories.search("zs", corner.scheme)

    with CaptureQueriesContext(connection) as queries:
        started = time.perf_counter()
        for q in ("0501", "sgzs", "噪声", "生态 养殖", "zz"):
            categories.search(q, corner.scheme)
        taken = time.perf_counter() - started

    assert len(queries) == 0
    assert taken / 5 < 0.005


# What a code means ----------------------------------------------------------------------------


def test_an_unknown_and_a_missing_class_are_refused(corner: Corner) -> None:
    for code, expected in (("0588", "unknown_category"), ("", "required")):
        with pytest.raises(Invalid) as caught:
            categories.get(code, AT)
        assert caught.value.errors[0].code == expected
        assert caught.value.errors[0].field == "category"


def test_a_retired_class_is_refused_from_its_day_on_and_searched_no_more(corner: Corner) -> None:
    schemes.retire_class(corner.category("0501"), actor=SYSTEM, at=AT)

    with pytest.raises(Invalid) as caught:
        categories.get("0501", AT)
    assert (
        caught.value.message == "分类“生态环境 › 施工噪声”已于2026年03月10日停用，请改选其他分类。"
    )
    assert categories.get("0501", AT - DAY).code == "0501"
    assert found("sgzs", corner) == []


def test_a_class_retired_for_another_says_which_to_take(corner: Corner) -> None:
    schemes.retire_class(
        corner.category("0501"), successor=corner.category("0502"), actor=SYSTEM, at=AT
    )

    with pytest.raises(Invalid) as caught:
        categories.get("0501", AT)

    assert "请改选“生态环境 › 社会生活噪声”（0502）" in caught.value.message


def test_without_a_scheme_the_refusal_says_so(corner: Corner) -> None:
    Scheme.objects.update(valid_from=TODAY + DAY)

    with pytest.raises(categories.NoScheme):
        categories.active(AT)


# Editing --------------------------------------------------------------------------------------


def test_a_class_is_added_below_another_and_renaming_carries_down(corner: Corner) -> None:
    leaf = schemes.add_class(
        corner.scheme, "050101", "夜间施工", parent=corner.category("0501"), actor=SYSTEM, at=AT
    )

    schemes.rename_class(corner.category("05"), "环境保护", actor=SYSTEM, at=AT)

    leaf.refresh_from_db()
    assert (leaf.level, leaf.pinyin) == (3, "yjsg")
    assert leaf.path_name == "环境保护 › 施工噪声 › 夜间施工"


def test_codes_namesakes_and_a_fourth_level_are_refused_at_their_fields(corner: Corner) -> None:
    leaf = schemes.add_class(
        corner.scheme, "050101", "夜间施工", parent=corner.category("0501"), actor=SYSTEM, at=AT
    )

    def refused(code: str, name: str, parent: Category | None) -> set[str]:
        with pytest.raises(Invalid) as caught:
            schemes.add_class(corner.scheme, code, name, parent=parent, actor=SYSTEM, at=AT)
        return {error.field for error in caught.value.errors}

    assert refused("0501", "施工噪声", corner.category("05")) == {"code", "name"}
    assert refused("05010101", "四级", leaf) == {"parent"}
    assert refused("05-1", "", None) == {"code", "name"}


def test_a_class_with_classes_below_is_not_retired_and_two_do_not_retire_it_twice(
    corner: Corner,
) -> None:
    with pytest.raises(NotAllowedNow):
        schemes.retire_class(corner.category("05"), actor=SYSTEM, at=AT)
    stale = corner.category("0501")
    schemes.retire_class(corner.category("0501"), actor=SYSTEM, at=AT)
    with pytest.raises(ChangedMeanwhile):
        schemes.retire_class(stale, actor=SYSTEM, at=AT)

    schemes.restore_class(corner.category("0501"), actor=SYSTEM, at=AT)
    assert categories.get("0501", AT).code == "0501"


def test_a_published_scheme_is_not_discarded_a_draft_is(corner: Corner) -> None:
    draft = schemes.draft("新", "1", copy_of=corner.scheme, actor=SYSTEM, at=AT)
    schemes.remove_class(draft.categories.get(code="05"), actor=SYSTEM, at=AT)
    assert draft.categories.filter(code__startswith="05").count() == 0

    schemes.discard(draft, actor=SYSTEM, at=AT)

    assert not Scheme.objects.filter(pk=draft.pk).exists()
    with pytest.raises(NotAllowedNow):
        schemes.discard(corner.scheme, actor=SYSTEM, at=AT)
    with pytest.raises(NotAllowedNow):
        schemes.remove_class(corner.category("0501"), actor=SYSTEM, at=AT)


def test_schemes_are_edited_at_the_top_only(corner: Corner) -> None:
    local = corner.actor(corner.gulou_office)

    with pytest.raises(Forbidden):
        schemes.draft("新", "1", actor=local, at=AT)
    with pytest.raises(Forbidden):
        schemes.add_class(corner.scheme, "88", "新", actor=local, at=AT)
    schemes.draft("新", "1", actor=corner.editor, at=AT)


# The switch -----------------------------------------------------------------------------------


def test_a_new_scheme_holds_from_its_day_and_old_classes_stay_as_they_are(corner: Corner) -> None:
    new = new_scheme(corner)

    assert categories.active(AT) == corner.scheme
    assert categories.active(AT + DAY) == new
    assert categories.get("0501", AT).scheme == corner.scheme
    assert categories.get("0501", AT + DAY).scheme == new
    assert corner.category("0501").is_retired is False


def test_a_class_only_the_old_scheme_had_says_which_new_one_to_take(corner: Corner) -> None:
    draft = schemes.draft("默认诉求分类", "2026", copy_of=corner.scheme, actor=SYSTEM, at=AT)
    gone = draft.categories.get(code="0501")
    heir = draft.categories.get(code="0502")
    schemes.remove_class(gone, actor=SYSTEM, at=AT)
    schemes.map_class(corner.category("0501"), [heir], actor=SYSTEM, at=AT)
    switching.activate(draft, effective=TODAY + DAY, actor=SYSTEM, at=AT)

    with pytest.raises(Invalid) as caught:
        categories.get("0501", AT + DAY)

    assert "该分类已停用，请改选“生态环境 › 社会生活噪声”（0502）" in caught.value.message


def test_duty_entries_and_forms_are_carried_over_along_the_map(corner: Corner) -> None:
    old = corner.category("0501")
    duty.add_entry(old, corner.gulou, corner.gulou_office, legal_basis="依据", actor=SYSTEM, at=AT)
    question = {"key": "site", "label": "工地名称", "type": "text"}
    local_forms.add("工地", [question], category=old, region=None, actor=SYSTEM, at=AT)

    new_scheme(corner)

    tomorrow = AT + DAY
    fresh = categories.get("0501", tomorrow)
    hit = duty.find(fresh, corner.street, tomorrow)
    assert hit is not None
    assert (hit.unit, hit.basis) == (corner.gulou_office, "依据")
    assert len(local_forms.for_(fresh, corner.gulou, tomorrow)) == 1
    # a work order that kept its old class is dispatched by what continues it
    kept = duty.find(old, corner.gulou, tomorrow)
    assert kept is not None
    assert kept.entry is not None
    assert kept.entry.category == fresh
    assert "接续分类" in kept.reason
    assert duty.find(old, corner.gulou, AT)


def test_an_old_class_keeps_its_way_over_several_schemes_and_retirements(corner: Corner) -> None:
    first = corner.category("0501")
    schemes.retire_class(first, successor=corner.category("0502"), actor=SYSTEM, at=AT)
    duty.add_entry(corner.category("0502"), corner.gulou, corner.housing, actor=SYSTEM, at=AT)
    second = new_scheme(corner)
    third = schemes.draft("默认诉求分类", "2027", copy_of=second, actor=SYSTEM, at=AT)
    switching.activate(third, effective=TODAY + 2 * DAY, actor=SYSTEM, at=AT)

    hit = duty.find(first, corner.gulou, AT + 3 * DAY)

    assert hit is not None
    assert hit.unit == corner.housing


def test_a_switch_that_would_lose_a_duty_is_refused_by_name(corner: Corner) -> None:
    duty.add_entry(corner.category("0501"), corner.gulou, corner.housing, actor=SYSTEM, at=AT)
    draft = schemes.draft("新", "1", copy_of=corner.scheme, actor=SYSTEM, at=AT)
    schemes.remove_class(draft.categories.get(code="0501"), actor=SYSTEM, at=AT)

    assert [c.code for c in switching.unmapped(corner.scheme, draft)] == ["0501"]
    with pytest.raises(NotAllowedNow) as caught:
        switching.activate(draft, effective=TODAY + DAY, actor=SYSTEM, at=AT)

    assert "生态环境 › 施工噪声" in caught.value.message
    draft.refresh_from_db()
    assert not draft.is_active
    assert DutyEntry.objects.get().valid_to is None


def test_merging_classes_of_different_units_is_refused_until_the_new_class_is_prepared(
    corner: Corner,
) -> None:
    for code, unit in (("0501", corner.housing), ("0502", corner.gulou_office)):
        duty.add_entry(corner.category(code), corner.gulou, unit, actor=SYSTEM, at=AT)
    draft = schemes.draft("新", "1", copy_of=corner.scheme, actor=SYSTEM, at=AT)
    merged = draft.categories.get(code="0502")
    schemes.remove_class(draft.categories.get(code="0501"), actor=SYSTEM, at=AT)
    schemes.map_class(corner.category("0501"), [merged], actor=SYSTEM, at=AT)

    with pytest.raises(NotAllowedNow) as caught:
        switching.activate(draft, effective=TODAY + DAY, actor=SYSTEM, at=AT)
    assert "社会生活噪声 × 鼓楼区" in caught.value.message
    duty.add_entry(merged, corner.gulou, corner.housing, actor=SYSTEM, at=AT)
    switching.activate(draft, effective=TODAY + DAY, actor=SYSTEM, at=AT)

    hit = duty.find(categories.get("0502", AT + DAY), corner.gulou, AT + DAY)
    assert hit is not None
    assert hit.unit == corner.housing


def test_a_unit_that_takes_over_after_the_switch_is_no_clash_and_is_carried_over_too(
    corner: Corner,
) -> None:
    entry = duty.add_entry(
        corner.category("0501"), corner.gulou, corner.housing, actor=SYSTEM, at=AT
    )
    duty.replace_entry(entry, corner.gulou_office, effective=TODAY + 30 * DAY, actor=SYSTEM, at=AT)

    new_scheme(corner)

    for days, unit in ((1, corner.housing), (29, corner.housing), (30, corner.gulou_office)):
        later = AT + days * DAY
        hit = duty.find(categories.get("0501", later), corner.gulou, later)
        assert hit is not None
        assert hit.unit == unit


def test_a_takeover_that_was_given_up_before_its_day_is_not_carried_over(corner: Corner) -> None:
    entry = duty.add_entry(
        corner.category("0501"), corner.gulou, corner.housing, actor=SYSTEM, at=AT
    )
    coming = duty.replace_entry(
        entry, corner.gulou_office, effective=TODAY + 30 * DAY, actor=SYSTEM, at=AT
    )
    duty.end_entry(coming, actor=SYSTEM, at=AT)

    new_scheme(corner)

    carried = DutyEntry.objects.get(category=categories.get("0501", AT + DAY))
    assert (carried.unit, carried.valid_to) == (corner.housing, TODAY + 30 * DAY)


def test_an_empty_or_published_scheme_and_a_past_day_are_refused(corner: Corner) -> None:
    empty = schemes.draft("空", "1", actor=SYSTEM, at=AT)
    full = schemes.draft("满", "1", copy_of=corner.scheme, actor=SYSTEM, at=AT)

    with pytest.raises(NotAllowedNow):
        switching.activate(empty, actor=SYSTEM, at=AT)
    with pytest.raises(NotAllowedNow):
        switching.activate(corner.scheme, actor=SYSTEM, at=AT)
    with pytest.raises(Invalid):
        switching.activate(full, effective=TODAY - DAY, actor=SYSTEM, at=AT)
    with pytest.raises(Invalid):
        schemes.draft("满", "1", actor=SYSTEM, at=AT)


def test_a_copy_maps_every_class_to_its_original(corner: Corner) -> None:
    draft = schemes.draft("新", "1", copy_of=corner.scheme, actor=SYSTEM, at=AT)

    assert draft.categories.count() == 218
    assert CategoryMap.objects.filter(old__scheme=corner.scheme, new__scheme=draft).count() == 218
    assert switching.unmapped(corner.scheme, draft) == []
