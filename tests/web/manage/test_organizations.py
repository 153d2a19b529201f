"""Units and regions: the tree, reorganisations, sheets."""

import datetime as dt
import io
from collections.abc import Callable

from django.core.files.uploadedfile import SimpleUploadedFile
from django.http import HttpResponse
from django.test import Client
from django.urls import reverse
from tests.factories.world import World

from jiesu.catalogue.sheets import read_rows
from jiesu.organizations.models import Region, Unit, UnitChange
from jiesu.web.form_pages import today

At = Callable[[str], Client]


def words(answer: HttpResponse) -> str:
    return answer.content.decode()


def test_the_tree_opens_level_by_level(at: At, top: World) -> None:
    client = at("top_system")

    first = words(client.get(reverse("manage:units")))
    below = words(client.get(reverse("manage:unit-children", args=[top.units["gulou"].pk])))

    assert "福州市人民政府" in first
    assert "鼓楼区城市管理局" not in first
    assert "鼓楼区城市管理局" in below


def test_a_city_s_administrator_sees_the_city_and_no_other(at: At, top: World) -> None:
    client = at("system_admin")

    tree = words(client.get(reverse("manage:units")))
    other = client.get(reverse("manage:unit", args=[top.units["xiamen"].pk]))

    assert "福州市人民政府" in tree
    assert "厦门市人民政府" not in tree
    assert other.status_code == 404


def test_a_unit_is_found_by_initials_or_words(at: At, top: World) -> None:
    page = words(at("top_system").get(reverse("manage:units"), {"q": "生态"}))

    assert "鼓楼生态环境局" in page
    assert "福州水务集团" not in page


def test_a_new_unit_hangs_where_it_was_asked_for(at: At, top: World) -> None:
    client = at("top_system")
    parent = top.units["gulou"]

    answer = client.post(
        reverse("manage:unit-new"),
        {"name": "鼓楼区教育局", "code": "glj", "kind": "department", "parent": parent.pk,
         "region": "350102", "inner_review_steps": "2", "phone": "0591-87654321"},
    )  # fmt: skip

    unit = Unit.objects.get(code="glj")
    assert answer.status_code == 302
    assert (unit.parent_id, unit.inner_review_steps) == (parent.pk, 2)


def test_wrong_fields_are_said_beside_them_and_nothing_typed_is_lost(at: At, top: World) -> None:
    answer = at("top_system").post(
        reverse("manage:unit-new"),
        {"name": "鼓楼区城市管理局", "code": "urban", "kind": "department",
         "parent": top.units["gulou"].pk, "region": "350102", "inner_review_steps": "1"},
    )  # fmt: skip

    page = words(answer)
    assert answer.status_code == 422
    assert "已被使用" in page or "已有名为" in page
    assert 'value="鼓楼区城市管理局"' in page


def test_a_renaming_of_a_later_day_waits_and_can_be_cancelled(at: At, top: World) -> None:
    client = at("top_system")
    unit = top.units["urban"]
    later = today() + dt.timedelta(days=30)
    client.post(
        reverse("manage:unit-rename", args=[unit.pk]),
        {"name": "鼓楼区城市管理和综合执法局", "short_name": "", "effective": later.isoformat(),
         "document": "鼓政〔2026〕8号", "version": unit.version},
    )  # fmt: skip
    change = UnitChange.objects.get(kind="rename")

    shown = words(client.get(reverse("manage:unit-changes")))
    client.post(reverse("manage:unit-change-cancel", args=[change.pk]))

    unit.refresh_from_db()
    change.refresh_from_db()
    assert "鼓楼区城市管理和综合执法局" in shown
    assert unit.name == "鼓楼区城市管理局"
    assert change.cancelled_at is not None


def test_a_stale_page_changes_nothing(at: At, top: World) -> None:
    unit = top.units["urban"]

    answer = at("top_system").post(
        reverse("manage:unit-rename", args=[unit.pk]),
        {"name": "新名称", "short_name": "", "version": unit.version + 5},
    )

    unit.refresh_from_db()
    assert answer.status_code == 409
    assert "已被他人修改" in words(answer)
    assert unit.name == "鼓楼区城市管理局"


def test_a_merger_into_a_new_unit_ends_both_and_shows_in_their_history(at: At, top: World) -> None:
    client = at("top_system")
    urban, environment = top.units["urban"], top.units["environment"]

    client.post(
        reverse("manage:unit-merge", args=[urban.pk]),
        {"with1": environment.pk, "with2": "", "way": "new", "name": "鼓楼区城管环保局",
         "code": "glcghb", "kind": "department", "short_name": ""},
    )  # fmt: skip

    urban.refresh_from_db()
    page = words(client.get(reverse("manage:unit", args=[urban.pk])))
    assert urban.valid_to == today()
    assert "鼓楼区城管环保局" in page
    assert "合并" in page


def test_a_unit_with_people_is_not_closed_without_an_heir(at: At, top: World) -> None:
    unit = top.units["environment"]

    answer = at("top_system").post(
        reverse("manage:unit-close", args=[unit.pk]), {"version": unit.version}
    )

    unit.refresh_from_db()
    assert answer.status_code == 422
    assert "不能撤销" in words(answer)
    assert unit.valid_to is None


def test_a_split_makes_what_was_named_and_gives_the_main_heir_the_rest(at: At, top: World) -> None:
    unit = top.units["urban"]

    answer = at("top_system").post(
        reverse("manage:unit-split", args=[unit.pk]),
        {"keep": "no", "name1": "鼓楼区市容局", "code1": "glsr", "name2": "鼓楼区执法局",
         "code2": "glzf", "main": "2", "version": unit.version},
    )  # fmt: skip

    section = top.units["urban_section"]
    section.refresh_from_db()
    assert answer.status_code == 302
    assert section.parent == Unit.objects.get(code="glzf")


def sheet(text: str) -> SimpleUploadedFile:
    return SimpleUploadedFile("units.csv", text.encode("gb18030"), "text/csv")


def test_a_sheet_is_looked_at_first_and_taken_in_when_confirmed(at: At, top: World) -> None:
    client = at("top_system")
    url = reverse("manage:unit-import")
    file = sheet(
        "单位编码,单位名称,类型,区划代码,上级编码\nnewone,鼓楼区文旅局,部门,350102,gulou\n"
    )

    client.post(url, {"file": file})
    checked = words(client.get(url))
    before = Unit.objects.filter(code="newone").exists()
    answer = client.post(url, {"step": "confirm"}, follow=True)

    assert "检查通过" in checked
    assert "新增" in checked
    assert not before
    assert Unit.objects.get(code="newone").name == "鼓楼区文旅局"
    assert "已导入" in words(answer)


def test_one_wrong_row_keeps_the_whole_sheet_out(at: At, top: World) -> None:
    client = at("top_system")
    url = reverse("manage:unit-import")
    file = sheet(
        "单位编码,单位名称,类型,区划代码,上级编码\n"
        "newone,鼓楼区文旅局,部门,350102,gulou\nnewtwo,某局,部门,999999,gulou\n"
    )

    client.post(url, {"file": file})
    page = words(client.get(url))
    client.post(url, {"step": "confirm"})

    assert "什么都还没有导入" in page
    assert "999999" in page
    assert "确认导入" not in page
    assert not Unit.objects.filter(code="newone").exists()


def test_what_is_no_sheet_is_said_so_and_a_second_confirmation_too(at: At, top: World) -> None:
    client = at("top_system")
    url = reverse("manage:unit-import")

    program = client.post(url, {"file": SimpleUploadedFile("a.exe", b"MZ")})
    client.post(url, {"file": SimpleUploadedFile("a.xlsx", b"MZ not a workbook")})
    broken = client.get(url)
    again = client.post(url, {"step": "confirm"})

    assert "只能导入" in words(program)
    assert broken.status_code == 422
    assert "已损坏" in words(broken)
    assert "请重新上传" in words(again)


def test_what_is_exported_comes_back_unchanged(at: At, top: World) -> None:
    client = at("top_system")
    answer = client.get(reverse("manage:unit-export"))
    taken = SimpleUploadedFile("units.xlsx", answer.content)

    client.post(reverse("manage:unit-import"), {"file": taken})
    page = words(client.get(reverse("manage:unit-import")))

    rows = list(read_rows(io.BytesIO(answer.content), "u.xlsx"))
    assert len(rows) == Unit.objects.count()
    assert "与现有内容完全一致" in page


def test_a_division_is_set_up_renamed_and_abolished(at: At, top: World) -> None:
    client = at("top_system")
    client.post(
        reverse("manage:region-new"),
        {"name": "南街街道", "code": "350102002", "level": "street", "parent": "350102"},
    )
    region = Region.objects.get(code="350102002")

    client.post(reverse("manage:region-rename", args=[region.pk]), {"name": "南街办"})
    client.post(reverse("manage:region-close", args=[region.pk]), {})

    region.refresh_from_db()
    assert region.name == "南街办"
    assert region.valid_to == today()
