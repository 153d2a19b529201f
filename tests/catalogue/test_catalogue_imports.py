"""Sheets into the catalogue: every row judged, all rows or none, and back out unchanged."""

import datetime as dt
import io
import time
from collections.abc import Callable
from typing import Any

import openpyxl
import pytest
from tests.catalogue.conftest import AT, TODAY, Corner

from jiesu.access import SYSTEM, Actor, Role
from jiesu.catalogue import codes, duty, imports, schemes, templates
from jiesu.catalogue.codes import Table
from jiesu.catalogue.imports import Report
from jiesu.catalogue.models import Category, CodeItem, DutyEntry, FallbackUnit, TextTemplate
from jiesu.foundation.errors import Forbidden, Invalid
from jiesu.journal.models import AuditRecord
from jiesu.organizations.models import Region, Unit

DAY = dt.timedelta(1)


def csv(text: str, encoding: str = "gb18030") -> io.BytesIO:
    return io.BytesIO(text.strip().encode(encoding))


def told(report: Report) -> list[tuple[int, str]]:
    return [(error.row, error.column) for error in report.errors]


def take_duty(text: str, actor: Actor = SYSTEM, at: dt.datetime = AT, **options: Any) -> Report:
    return imports.import_duty(csv(text), "权属目录.csv", actor=actor, at=at, **options)


HEAD = "分类编码,分类名称,区划代码,区划名称,单位编码,单位名称,法律依据,启用日期,停用日期,备注\n"


# Duty -----------------------------------------------------------------------------------------


def test_duty_entries_are_taken_from_a_gb18030_sheet_by_code_or_by_name(corner: Corner) -> None:
    by_code = take_duty("分类编码,区划代码,单位编码,法律依据\n0501,350102,GLCG,《噪声法》第八条")
    by_name = take_duty("诉求分类,区域,责任单位\n生态环境 › 社会生活噪声,仓山区,仓山区城市管理局")

    assert (by_code.added, by_code.applied, by_name.added) == (1, True, 1)
    hit = duty.find(corner.category("0501"), corner.street, AT)
    assert hit is not None
    assert hit.basis == "《噪声法》第八条"
    assert duty.find(corner.category("0502"), corner.cangshan, AT)
    record = AuditRecord.objects.filter(kind="catalogue.duty_imported").first()
    assert record is not None
    assert (record.data["file"], record.data["added"]) == ("权属目录.csv", 1)


def test_merged_cells_of_an_xlsx_fill_every_row(corner: Corner) -> None:
    book = openpyxl.Workbook()
    sheet = book.worksheets[0]
    for row in (
        ["鼓楼区职责权属目录"],
        ["分类编码", "区划名称", "承办单位", "法律依据"],
        ["0501", "鼓楼区", "鼓楼区城市管理局", "甲法"],
        ["0502", None, None, None],
        ["0503", None, None, None],
    ):
        sheet.append(row)
    for cells in ("A1:D1", "B3:B5", "C3:C5", "D3:D5"):
        sheet.merge_cells(cells)
    file = io.BytesIO()
    book.save(file)

    report = imports.import_duty(file, "目录.xlsx", actor=SYSTEM, at=AT)

    assert (report.added, told(report)) == (3, [])
    assert set(DutyEntry.objects.values_list("unit__code", "legal_basis")) == {("GLCG", "甲法")}


def test_every_wrong_row_is_told_by_row_and_column_and_nothing_is_taken(corner: Corner) -> None:
    Unit.objects.filter(pk=corner.housing.pk).update(valid_to=TODAY)
    schemes.retire_class(corner.category("0599"), actor=SYSTEM, at=AT)
    report = take_duty(
        HEAD
        + "0501,施工噪声,350102,鼓楼区,GLCG,鼓楼区城市管理局,,,,\n"  # 2: good
        + "0588,,350102,,GLCG,,,,,\n"  # 3: unknown class
        + "501,,350102,,GLCG,,,,,\n"  # 4: lost its leading zero
        + "0502,路灯照明,350102,,GLCG,,,,,\n"  # 5: code and name disagree
        + "0503,,999999,,GLCG,,,,,\n"  # 6: unknown region
        + "0504,,350102,仓山区,GLCG,,,,,\n"  # 7: region's name disagrees
        + "0505,,350102,,NOPE,,,,,\n"  # 8: unknown unit
        + "0506,,350102,,GLZJ,,,,,\n"  # 9: ended unit
        + "0507,,350102,,GLCG,,,昨天,,\n"  # 10: no date
        + "0501,,350102,,CSCG,,,,,\n"  # 11: doubled
        + "0599,,350102,,GLCG,,,,,\n"  # 12: retired class
        + "0508,,350102,,GLCG,,,2026-05-01,2026-04-01,\n"  # 13: ends before it begins
        + f"0509,,350102,,GLCG,,{'长' * 501},,,\n"  # 14: too long
        + ",,350102,,GLCG,,,,,\n"  # 15: nothing to go by
    )

    assert told(report) == [
        (3, "分类编码"), (4, "分类编码"), (5, "分类名称"), (6, "区划代码"), (7, "区划名称"),
        (8, "单位编码"), (9, "单位编码"), (10, "启用日期"), (11, ""), (12, "分类编码"),
        (13, "停用日期"), (14, "法律依据"), (15, "分类编码"),
    ]  # fmt: skip
    assert "0501" in report.errors[1].message
    assert "第 2 行" in report.errors[8].message
    assert not report.applied
    assert not DutyEntry.objects.exists()
    assert not AuditRecord.objects.filter(kind="catalogue.duty_imported").exists()


def test_a_dry_run_tells_the_same_and_writes_nothing(corner: Corner) -> None:
    text = "分类编码,区划代码,单位编码\n0501,350102,GLCG\n0502,350102,GLCG"

    trial = take_duty(text, dry_run=True)

    assert (trial.added, trial.ok, trial.applied) == (2, True, False)
    assert not DutyEntry.objects.exists()
    assert take_duty(text).applied


def test_the_same_sheet_twice_changes_nothing(corner: Corner) -> None:
    text = "分类编码,区划代码,单位编码,法律依据\n0501,350102,GLCG,甲法"
    take_duty(text)

    again = take_duty(text)

    assert (again.added, again.changed, again.unchanged) == (0, 0, 1)
    assert DutyEntry.objects.count() == 1


def test_another_unit_replaces_from_today_or_a_later_day_never_in_the_past(corner: Corner) -> None:
    take_duty("分类编码,区划代码,单位编码\n0501,350102,GLCG", at=AT - 30 * DAY)

    past = take_duty("分类编码,区划代码,单位编码,启用日期\n0501,350102,GLZJ,2026-03-01")
    later = take_duty("分类编码,区划代码,单位编码,启用日期\n0501,350102,GLZJ,2026-04-01")

    assert told(past) == [(2, "启用日期")]
    assert later.changed == 1
    old, new = DutyEntry.objects.order_by("valid_from")
    assert (old.unit, old.valid_to) == (corner.gulou_office, dt.date(2026, 4, 1))
    assert (new.unit, new.valid_from, new.valid_to) == (corner.housing, dt.date(2026, 4, 1), None)


def test_a_sheet_ends_entries_and_enters_history_without_overlap(corner: Corner) -> None:
    take_duty("分类编码,区划代码,单位编码\n0501,350102,GLCG", at=AT - 30 * DAY)

    ended = take_duty("分类编码,区划代码,单位编码,停用日期\n0501,350102,GLCG,2026-04-01")
    overlap = take_duty(
        "分类编码,区划代码,单位编码,启用日期,停用日期\n0501,350102,GLZJ,2026-01-01,2026-03-01"
    )
    history = take_duty(
        "分类编码,区划代码,单位编码,启用日期,停用日期\n0501,350102,GLZJ,2025-01-01,2026-01-01"
    )

    assert (ended.ended, history.added) == (1, 1)
    assert told(overlap) == [(2, "启用日期")]
    found = duty.find(corner.category("0501"), corner.gulou, dt.date(2025, 6, 1))
    assert found is not None
    assert found.unit == corner.housing


def test_an_editor_takes_in_their_own_area_only(corner: Corner) -> None:
    local = corner.actor(corner.gulou_office)
    head = "分类编码,区划代码,单位编码\n"

    assert take_duty(head + "0501,350102001,GLCG", actor=local).applied
    outside = take_duty(head + "0501,350102,GLCG\n0501,350104,CSCG", actor=local)

    assert told(outside) == [(3, "区划代码")]
    assert DutyEntry.objects.count() == 1


def test_a_name_several_units_bear_asks_for_the_code(corner: Corner) -> None:
    for n, where in enumerate((corner.gulou, corner.cangshan), start=1):
        Unit.objects.create(
            code=f"ZHS{n}", name="综合执法队", kind="department", region=where, path=f"0001001{n}"
        )
    text = "分类编码,区划代码,单位名称\n0501,350102001,综合执法队"

    assert told(take_duty(text)) == [(2, "单位名称")]
    assert take_duty(text, actor=corner.actor(corner.gulou_office)).applied
    assert DutyEntry.objects.get().unit.code == "ZHS1"


def test_a_draft_schemes_duties_are_prepared_ahead(corner: Corner) -> None:
    draft = schemes.draft("新", "1", copy_of=corner.scheme, actor=SYSTEM, at=AT)

    take_duty("分类编码,区划代码,单位编码\n0501,350102,GLCG", scheme=draft)

    assert DutyEntry.objects.get().category.scheme == draft


def test_a_file_that_cannot_be_read_is_refused_as_a_whole(corner: Corner) -> None:
    with pytest.raises(Invalid) as caught:
        take_duty("甲,乙\n1,2")

    assert caught.value.errors[0].field == "file"


def test_a_failure_while_writing_takes_everything_back(
    corner: Corner, monkeypatch: pytest.MonkeyPatch
) -> None:
    take_duty("分类编码,区划代码,单位编码\n0501,350102,GLCG", at=AT - DAY)

    def fail(*_args: object, **_options: object) -> None:
        raise RuntimeError("the lights went out")

    monkeypatch.setattr("jiesu.catalogue.imports.duty.changed", fail)
    with pytest.raises(RuntimeError):
        take_duty("分类编码,区划代码,单位编码\n0501,350102,GLZJ\n0502,350102,GLCG")

    entry = DutyEntry.objects.get()
    assert (entry.unit, entry.valid_to) == (corner.gulou_office, None)


def test_ten_thousand_entries_are_taken_in_seconds(corner: Corner) -> None:
    regions = Region.objects.bulk_create(
        Region(
            code=f"3501{n:02d}999",
            name=f"第{n}街道",
            level="street",
            parent=corner.city,
            path=f"00010001{100 + n:04d}",
        )
        for n in range(60)
    )
    listed = [c.code for c in corner.scheme.categories.order_by("code")]
    lines = [f"{code},{region.code},GLCG,依据" for region in regions for code in listed]
    text = "分类编码,区划代码,单位编码,法律依据\n" + "\n".join(lines[:10_000])

    started = time.perf_counter()
    first = take_duty(text)
    again = take_duty(text.replace("GLCG", "GLZJ"), at=AT + DAY)

    assert (first.added, again.changed) == (10_000, 10_000)
    assert time.perf_counter() - started < 30


# Round trips ----------------------------------------------------------------------------------


@pytest.mark.parametrize("kind", ["xlsx", "csv"])
def test_everything_exported_is_taken_back_as_unchanged(corner: Corner, kind: str) -> None:
    take_duty(
        HEAD + "0501,,350102,,GLCG,,=1+1,2025-01-01,,-备注\n0502,,350102,,GLCG,,,2026-06-01,,\n"
    )
    duty.set_fallback(corner.gulou, corner.housing, actor=SYSTEM, at=AT)
    schemes.retire_class(corner.category("0501"), actor=SYSTEM, at=AT)
    templates.add("unit", "@答复", "第一行\n{称呼}", unit=corner.housing, actor=SYSTEM, at=AT)
    templates.add("seat", "开场", "您好", actor=SYSTEM, at=AT)
    codes.retire_item(
        CodeItem.objects.get(table__key=Table.CHANNEL, code="media"), actor=SYSTEM, at=AT
    )

    def trip(
        export: Callable[[io.BytesIO], int], take: Callable[[io.BytesIO], Report]
    ) -> tuple[int, Report]:
        file = io.BytesIO()
        return export(file), take(file)

    name = f"a.{kind}"
    trips = [
        trip(
            lambda f: imports.export_duty(f, kind, at=AT),
            lambda f: imports.import_duty(f, name, actor=SYSTEM, at=AT),
        ),
        trip(
            lambda f: imports.export_fallbacks(f, kind, at=AT),
            lambda f: imports.import_fallbacks(f, name, actor=SYSTEM, at=AT),
        ),
        trip(
            lambda f: imports.export_classes(f, kind, scheme=corner.scheme),
            lambda f: imports.import_classes(f, name, scheme=corner.scheme, actor=SYSTEM, at=AT),
        ),
        trip(
            lambda f: imports.export_codes(f, kind),
            lambda f: imports.import_codes(f, name, actor=SYSTEM, at=AT),
        ),
        trip(
            lambda f: imports.export_texts(f, kind),
            lambda f: imports.import_texts(f, name, actor=SYSTEM, at=AT),
        ),
    ]

    assert [count for count, _ in trips[:3]] == [2, 1, 218]
    for count, report in trips:
        assert told(report) == []
        assert (report.rows, report.unchanged) == (count, count)


# Fall-back units --------------------------------------------------------------------------------


def test_fallback_units_are_set_by_sheet(corner: Corner) -> None:
    text = "区划名称,单位名称\n鼓楼区,鼓楼区住建局\n仓山区,仓山区城市管理局"
    first = imports.import_fallbacks(csv(text), "a.csv", actor=SYSTEM, at=AT)
    second = imports.import_fallbacks(
        csv(text.replace("鼓楼区住建局", "鼓楼区城市管理局")), "a.csv", actor=SYSTEM, at=AT + DAY
    )
    bad = "区划名称,单位名称\n鼓楼区,没有\n仓山区,仓山区城市管理局\n仓山区,鼓楼区住建局"
    wrong = imports.import_fallbacks(csv(bad), "a.csv", actor=SYSTEM, at=AT)

    assert (first.added, second.changed, second.unchanged) == (2, 1, 1)
    assert FallbackUnit.objects.get(region=corner.gulou, valid_to=None).unit == corner.gulou_office
    assert told(wrong) == [(2, "单位名称"), (4, "区划代码")]


# Classes --------------------------------------------------------------------------------------


def take_classes(corner: Corner, text: str, **options: Any) -> Report:
    options.setdefault("scheme", corner.scheme)
    return imports.import_classes(csv(text), "a.csv", actor=SYSTEM, at=AT, **options)


def test_the_packaged_wide_sheet_fills_an_empty_draft(corner: Corner) -> None:
    from importlib import resources

    draft = schemes.draft("新", "1", actor=SYSTEM, at=AT)
    text = resources.files("jiesu.catalogue.seed").joinpath("categories.csv").read_bytes()

    report = imports.import_classes(
        io.BytesIO(text), "categories.csv", scheme=draft, actor=SYSTEM, at=AT
    )

    assert told(report) == []
    assert (report.rows, report.added, report.applied) == (196, 218, True)
    made = {c.code: c for c in draft.categories.select_related("parent")}
    for old in corner.scheme.categories.select_related("parent"):
        new = made[old.code]
        assert (new.path_name, new.level, new.pinyin) == (old.path_name, old.level, old.pinyin)
        assert (new.parent.code if new.parent else "") == (old.parent.code if old.parent else "")


def test_a_flat_sheet_adds_rewords_retires_and_restores(corner: Corner) -> None:
    schemes.retire_class(corner.category("0510"), actor=SYSTEM, at=AT)

    report = take_classes(
        corner,
        "分类编码,分类名称,上级编码,关键词,状态\n"
        "05,环境保护,,,\n"
        "050101,夜间施工,0501,打桩 渣土车,\n"
        "88,新一级,,,\n"
        "8801,新二级,88,,启用\n"
        "0509,养殖污染,05,,停用\n"
        "0510,环保审批,05,,启用\n",
    )

    assert told(report) == []
    assert (report.added, report.changed, report.ended) == (3, 2, 1)
    leaf = corner.category("050101")
    assert (leaf.path_name, leaf.level) == ("环境保护 › 施工噪声 › 夜间施工", 3)
    assert corner.category("0509").is_retired
    assert not corner.category("0510").is_retired


def test_without_a_parent_column_the_code_says_what_is_above(corner: Corner) -> None:
    report = take_classes(corner, "编码,名称\n050101,夜间施工\n77,新\n7701,新二级\n770101,新三级")

    assert report.added == 4
    assert corner.category("770101").path_name == "新 › 新二级 › 新三级"
    parent = corner.category("050101").parent
    assert parent is not None
    assert parent.code == "0501"


def test_wrong_classes_are_told_and_none_is_taken(corner: Corner) -> None:
    report = take_classes(
        corner,
        "分类编码,分类名称,上级编码,关键词,状态\n"
        "8801,二级,88,,\n"  # 2: no such parent
        "501,施工噪声,05,,\n"  # 3: lost its zero
        "0502,社会生活噪声,06,,\n"  # 4: moved
        "77,七,7701,,\n"  # 5: a ring …
        "7701,七一,77,,\n"  # 6: … of two
        "66-1,六,,,\n"  # 7: odd code
        "6601,六一,66-1,,\n"  # 8: below a wrong one
        "55,,,,\n"  # 9: no name
        "44,四,,,关闭\n"  # 10: unknown state
        "33,三,,,\n"  # 11
        "33,三三,,,\n",  # 12: doubled
    )

    assert told(report) == [
        (2, "上级编码"), (3, "分类编码"), (4, "上级编码"), (5, "上级编码"), (6, "上级编码"),
        (7, "分类编码"), (8, "上级编码"), (9, "分类名称"), (10, "状态"), (12, "分类编码"),
    ]  # fmt: skip
    assert not report.applied
    assert Category.objects.count() == 218


def test_namesakes_and_a_retired_heading_with_live_classes_are_told(corner: Corner) -> None:
    namesake = take_classes(corner, "编码,名称\n0588,施工噪声")
    heading = take_classes(corner, "编码,名称,状态\n05,生态环境,停用")

    assert told(namesake) == [(2, "分类名称")]
    assert heading.errors
    assert {column for _, column in told(heading)} == {"状态"}
    assert not corner.category("05").is_retired


def test_wide_rows_that_disagree_are_told_at_their_column(corner: Corner) -> None:
    report = take_classes(
        corner,
        "一级编码,一级分类,二级编码,二级分类,三级编码,三级分类\n"
        "77,七,7701,甲,770101,子\n"
        "77,柒,7702,乙,,\n"
        "77,七,7701,甲,770101,丑\n"
        "77,七,7703,,,\n",
    )

    assert told(report) == [(3, "一级分类"), (4, "三级分类"), (5, "二级分类")]


def test_only_the_top_takes_classes_and_codes_in(corner: Corner) -> None:
    local = corner.actor(corner.gulou_office)

    with pytest.raises(Forbidden):
        imports.import_classes(
            csv("编码,名称\n77,七"), "a.csv", scheme=corner.scheme, actor=local, at=AT
        )
    with pytest.raises(Forbidden):
        imports.import_codes(
            csv("代码表,代码,名称\n来源渠道,fax,传真"), "a.csv", actor=local, at=AT
        )


# Codes and texts ------------------------------------------------------------------------------


def test_codes_are_added_reworded_and_retired_by_sheet(corner: Corner) -> None:
    report = imports.import_codes(
        csv(
            "代码表,代码,名称,排序,状态\n"
            "来源渠道,fax,传真,,\n"
            "channel,media,新闻媒体,5,\n"
            "来源渠道,alipay,支付宝,,停用\n"
            "紧急程度,1,特急,,\n"
        ),
        "a.csv",
        actor=SYSTEM,
        at=AT,
    )

    assert told(report) == []
    assert (report.added, report.changed, report.ended, report.unchanged) == (1, 1, 1, 1)
    labels = [item.label for item in codes.items(Table.CHANNEL, AT)]
    assert labels[0] == "新闻媒体"
    assert labels[-1] == "传真"
    assert "支付宝" not in labels


def test_wrong_codes_are_told_and_none_is_taken(corner: Corner) -> None:
    report = imports.import_codes(
        csv(
            "代码表,代码,名称,排序,状态\n"
            "来源渠道,fax,传真,,\n"
            "没有,x,x,,\n"
            "诉求类型,1,咨询,,\n"
            "紧急程度,1,特急,,停用\n"
            "来源渠道,tel,电话,,\n"
            "来源渠道,fax,电传,,\n"
            "来源渠道,kiosk,自助,第一,\n"
        ),
        "a.csv",
        actor=SYSTEM,
        at=AT,
    )

    assert told(report) == [
        (3, "代码表"), (4, "代码"), (5, "状态"), (6, "名称"), (7, "代码"), (8, "排序"),
    ]  # fmt: skip
    assert "01" in report.errors[1].message
    assert not CodeItem.objects.filter(code="fax").exists()


def test_texts_are_taken_for_ones_own_unit_only(corner: Corner) -> None:
    clerk = corner.actor(corner.gulou_office, Role.CLERK)
    good = imports.import_texts(
        csv("使用环节,标题,正文,单位编码\n承办,答复,{称呼}您好,GLCG"), "a.csv", actor=clerk, at=AT
    )
    bad = imports.import_texts(
        csv(
            "使用环节,标题,正文,单位编码\n"
            "承办,答复,您好,\n"
            "承办,答复,您好,GLZJ\n"
            "厨房,答复,您好,GLCG\n"
            "承办,答复,{姓名},GLCG\n"
        ),
        "a.csv",
        actor=clerk,
        at=AT,
    )

    assert good.applied
    assert TextTemplate.objects.get().body == "{称呼}您好"
    assert told(bad) == [(2, "单位编码"), (3, "单位编码"), (4, "使用环节"), (5, "正文")]


# Blank sheets and reports ---------------------------------------------------------------------


@pytest.mark.parametrize("what", list(imports.BLANKS))
def test_a_blank_sheet_explains_itself_and_is_read_as_its_own_kind(
    corner: Corner, what: str
) -> None:
    file = io.BytesIO()

    imports.write_blank(file, what)

    book = openpyxl.load_workbook(file)
    assert book.sheetnames[1] == "填写说明"
    options: dict[str, Any] = {"actor": SYSTEM, "at": AT}
    if what == "classes":
        options["scheme"] = corner.scheme
    report = getattr(imports, f"import_{what}")(file, "空表.xlsx", **options)
    assert (report.rows, report.ok) == (0, True)


def test_what_is_wrong_can_be_taken_along_as_a_sheet(corner: Corner) -> None:
    report = take_duty("分类编码,区划代码,单位编码\n0588,350102,GLCG")
    file = io.BytesIO()

    count = imports.export_errors(file, "csv", report)

    assert count == 1
    assert "2,分类编码,没有编码为“0588”的分类" in file.getvalue().decode("utf-8-sig")
