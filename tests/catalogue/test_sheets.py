"""Reading sheets as people send them, and refusing those that would do harm."""

import datetime as dt
import io
import itertools
import random
import struct
import sys
import zipfile

import openpyxl
import pytest

from jiesu.catalogue import workbook_guard
from jiesu.catalogue.sheets import (
    Column,
    Row,
    as_date,
    csv_safe,
    fold,
    read_rows,
    write_csv,
    write_xlsx,
)
from jiesu.foundation.errors import Invalid

DUTY = (
    Column("code", "分类编码", required=True, aliases=("编码",)),
    Column("unit", "承办单位", required=True),
    Column("basis", "法律依据"),
)


def workbook(*rows: list[object], merge: tuple[str, ...] = ()) -> io.BytesIO:
    book = openpyxl.Workbook()
    sheet = book.worksheets[0]
    for row in rows:
        sheet.append(row)
    for cells in merge:
        sheet.merge_cells(cells)
    return saved(book)


def saved(book: openpyxl.Workbook) -> io.BytesIO:
    file = io.BytesIO()
    book.save(file)
    file.seek(0)
    return file


def rows(file: io.BytesIO, name: str, *layouts: tuple[Column, ...], **options: object) -> list[Row]:
    return list(read_rows(file, name, *layouts, **options))  # type: ignore[arg-type]


def refusal(
    file: io.BytesIO, name: str, *layouts: tuple[Column, ...], **options: object
) -> Invalid:
    with pytest.raises(Invalid) as caught:
        rows(file, name, *layouts, **options)
    assert caught.value.errors[0].field == "file"
    return caught.value


def code(file: io.BytesIO, name: str, *layouts: tuple[Column, ...], **options: object) -> str:
    return refusal(file, name, *layouts, **options).errors[0].code


TEXT = "分类编码,承办单位,法律依据\n0501,鼓楼区城市管理局,《噪声污染防治法》第八条\n"


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gb18030", "utf-16"])
def test_a_csv_reads_the_same_in_every_encoding_people_use(encoding: str) -> None:
    file = io.BytesIO(TEXT.encode(encoding))

    found = rows(file, "目录.csv", DUTY)

    assert found == [
        Row(2, {"code": "0501", "unit": "鼓楼区城市管理局", "basis": "《噪声污染防治法》第八条"})
    ]


def test_a_gb18030_csv_cut_inside_a_character_at_the_chunk_border_still_reads() -> None:
    long = "街" * 400_001
    file = io.BytesIO(("x" + TEXT + f"0502,{long[:90_000]},\n" * 5).encode("gb18030"))

    found = rows(file, "a.csv")

    assert len(found) == 6
    assert found[-1].values["承办单位"] == long[:90_000]


def test_bytes_of_no_known_encoding_are_refused() -> None:
    file = io.BytesIO(b"\xff\xff\x81\x20abc,\xfe\xfe\n")

    assert code(file, "a.csv", DUTY) == "unknown_encoding"


def test_tabs_and_semicolons_part_columns_too() -> None:
    for mark in "\t;":
        file = io.BytesIO(TEXT.replace(",", mark).encode())

        assert rows(file, "a.csv", DUTY)[0].values["unit"] == "鼓楼区城市管理局"


def test_a_quoted_cell_keeps_its_line_breaks_and_commas() -> None:
    file = io.BytesIO(
        '分类编码,承办单位,法律依据\r\n0501,甲,"第一,\r\n第二"\r\n0502,乙,\r\n'.encode()
    )

    found = rows(file, "a.csv", DUTY)

    assert found[0].values["basis"] == "第一,\n第二"
    assert [row.values["code"] for row in found] == ["0501", "0502"]


def test_an_open_quotation_mark_is_told_instead_of_swallowing_the_rest() -> None:
    file = io.BytesIO('分类编码,承办单位\n0501,"甲\n0502,乙\n'.encode())

    problem = refusal(file, "a.csv", DUTY)

    assert problem.errors[0].code == "broken_csv"
    assert "第 2 行" in problem.message


def test_invisible_characters_are_dropped_from_cells() -> None:
    file = io.BytesIO("分类编码,承办单位\n\u200b0501\x00,\ufeff甲 \n".encode())

    assert rows(file, "a.csv", DUTY)[0].values == {"code": "0501", "unit": "甲"}


def test_the_header_is_found_below_titles_and_notes_by_names_and_aliases() -> None:
    file = workbook(
        ["鼓楼区职责权属目录"],
        [],
        ["填表说明：带*为必填"],
        ["序号", "编码 *（必填）", "承办单位", "备注"],
        [1, "0501", "城管局", "x"],
        [],
        [2, "0502", "住建局", ""],
        merge=("A1:D1",),
    )

    found = rows(file, "a.xlsx", DUTY)

    assert found == [
        Row(5, {"code": "0501", "unit": "城管局"}),
        Row(7, {"code": "0502", "unit": "住建局"}),
    ]


def test_missing_and_doubled_columns_are_named() -> None:
    missing = refusal(workbook(["分类编码", "名称"], ["0501", "x"]), "a.xlsx", DUTY)
    doubled = refusal(workbook(["编码", "分类编码", "承办单位"], [1, 2, 3]), "a.xlsx", DUTY)
    nothing = refusal(workbook(["甲", "乙"], ["丙", "丁"]), "a.xlsx", DUTY)

    assert "“承办单位”" in missing.message
    assert "“分类编码”" in doubled.message
    assert "分类编码、承办单位" in nothing.message


def test_every_cell_of_a_merge_gets_the_value_shown_in_it() -> None:
    file = workbook(
        ["分类编码", "承办单位", "法律依据"],
        ["0501", "城管局", "甲法"],
        ["0502", None, None],
        ["0503", None, None],
        ["0504", "住建局", None],
        merge=("B2:B4", "C2:C3", "B5:C5"),
    )

    found = rows(file, "a.xlsx", DUTY)

    assert [row.values["unit"] for row in found] == ["城管局", "城管局", "城管局", "住建局"]
    assert [row.values["basis"] for row in found] == ["甲法", "甲法", "", "住建局"]


def test_a_merge_in_a_sheet_that_begins_further_right_and_down_is_filled_in_place() -> None:
    book = openpyxl.Workbook()
    sheet = book.worksheets[0]
    for at, row in enumerate([["编码", "承办单位"], ["0501", "甲"], ["0502", None]], start=4):
        sheet.cell(at, 3, row[0])
        sheet.cell(at, 4, row[1])
    sheet.merge_cells("D5:D6")

    found = rows(saved(book), "a.xlsx", DUTY)

    assert [(r.number, r.values["unit"]) for r in found] == [(5, "甲"), (6, "甲")]


def test_numbers_dates_and_yes_come_out_as_people_read_them() -> None:
    moment = dt.datetime.fromisoformat("2025-01-02T03:04")
    file = workbook(
        ["a", "b", "c", "d", "e", "f"],
        [350102, 1.5, dt.date(2025, 1, 2), moment, True, "0501"],
    )

    (row,) = rows(file, "a.xlsx")

    assert list(row.values.values()) == [
        "350102", "1.5", "2025-01-02", "2025-01-02 03:04:00", "是", "0501",
    ]  # fmt: skip


def test_a_number_the_spreadsheet_has_rounded_is_a_problem_of_its_row() -> None:
    file = workbook(["a", "b"], ["x", 350102199001011234], ["y", 1])

    first, second = rows(file, "a.xlsx")

    assert first.problems[0][0] == "b"
    assert "文本" in first.problems[0][1]
    assert not second.problems


def test_only_values_of_formulas_are_read() -> None:
    file = workbook(["a", "b"], ["x", '=HYPERLINK("http://evil","x")'])

    assert rows(file, "a.xlsx")[0].values == {"a": "x", "b": ""}


def test_the_first_visible_sheet_with_the_header_is_read() -> None:
    book = openpyxl.Workbook()
    book.worksheets[0].append(["说明", "见下页"])
    hidden = book.create_sheet("旧")
    hidden.sheet_state = "hidden"
    hidden.append(["分类编码", "承办单位"])
    hidden.append(["9999", "旧"])
    real = book.create_sheet("目录")
    real.append(["分类编码", "承办单位"])
    real.append(["0501", "新"])
    file = saved(book)

    assert rows(file, "a.xlsx", DUTY)[0].values["unit"] == "新"
    assert rows(file, "a.xlsx", DUTY, sheet="旧")[0].values["unit"] == "旧"
    assert code(file, "a.xlsx", DUTY, sheet="无") == "no_sheet"


@pytest.mark.parametrize(
    ("content", "name", "expected"),
    [
        (b"", "a.csv", "empty_file"),
        (b"", "a.xlsx", "empty_file"),
        (b"MZ\x90\x00 program", "a.exe", "wrong_kind"),
        (b"MZ\x90\x00 program", "a.xlsx", "broken_xlsx"),
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"\0" * 600, "a.xlsx", "old_or_encrypted"),
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"\0" * 600, "a.xls", "old_or_encrypted"),
        (b"PK\x03\x04garbage", "a.xlsx", "broken_xlsx"),
        (b"\n\n,,\n", "a.csv", "empty_file"),
    ],
)
def test_what_is_no_sheet_is_refused(content: bytes, name: str, expected: str) -> None:
    assert code(io.BytesIO(content), name, DUTY) == expected


def test_a_zip_of_something_else_and_an_empty_workbook_are_refused() -> None:
    other = io.BytesIO()
    with zipfile.ZipFile(other, "w") as archive:
        archive.writestr("word/document.xml", "<x/>")

    assert code(other, "a.xlsx", DUTY) == "broken_xlsx"
    assert code(saved(openpyxl.Workbook()), "a.xlsx", DUTY) == "empty_file"


def test_too_many_rows_and_too_many_columns_are_refused() -> None:
    tall = io.BytesIO(("a,b\n" + "1,2\n" * 11).encode())
    wide = workbook(["x"] * 501)

    assert code(tall, "a.csv", max_rows=10) == "too_many_rows"
    assert code(wide, "a.xlsx") == "too_many_columns"
    assert code(io.BytesIO(b"," * 600 + b"\n"), "a.csv") == "too_many_columns"


def test_a_file_over_the_limit_is_not_read_at_all(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("jiesu.catalogue.sheets.MAX_FILE", 10)

    assert code(io.BytesIO(TEXT.encode()), "a.csv", DUTY) == "file_too_large"


# Bombs ----------------------------------------------------------------------------------------


def rebuilt(file: io.BytesIO, **parts: bytes) -> io.BytesIO:
    """The workbook with other bytes in its first sheet or its shared strings."""
    names = {"sheet": "xl/worksheets/sheet1.xml", "strings": "xl/sharedStrings.xml"}
    out = io.BytesIO()
    with zipfile.ZipFile(file) as old, zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as new:
        for name in old.namelist():
            if name not in [names[part] for part in parts]:
                new.writestr(name, old.read(name))
        for part, content in parts.items():
            new.writestr(names[part], content)
    out.seek(0)
    return out


def sheet_xml(cells: str) -> bytes:
    return (
        '<worksheet xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main">'
        f"<sheetData>{cells}</sheetData></worksheet>"
    ).encode()


PLAIN = ["分类编码", "承办单位"], ["0501", "甲"]


def test_a_zip_bomb_is_refused_by_what_it_declares() -> None:
    bomb = rebuilt(workbook(*PLAIN), sheet=b" " * 30_000_000)

    assert len(bomb.getvalue()) < 100_000
    assert code(bomb, "a.xlsx", DUTY) == "zip_bomb"


def test_a_zip_bomb_that_lies_about_its_size_unfolds_no_further_than_it_says() -> None:
    bomb = rebuilt(workbook(*PLAIN), sheet=sheet_xml("<row/>" + " " * 30_000_000))
    content = bytearray(bomb.getvalue())
    real = struct.pack("<I", len(sheet_xml("<row/>" + " " * 30_000_000)))
    assert content.count(real) == 2
    lying = bytes(content).replace(real, struct.pack("<I", 1000))

    assert code(io.BytesIO(lying), "a.xlsx", DUTY) == "broken_xlsx"


def test_parts_are_counted_as_they_unfold(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(workbook_guard, "MAX_UNFOLDED", 3000)

    assert code(workbook(*PLAIN), "a.xlsx", DUTY) == "zip_bomb"


@pytest.mark.parametrize(
    "cells",
    [
        '<row><c r="A1"><v>1</v></c></row><row r="1048576"><c r="SF1048576"><v>1</v></c></row>',
        '<row r="1"><c r="A1"><v>1</v></c><c a=">" r="SF1048576"><v>1</v></c></row>',
        '<row r="1"><c r="A1"><v>1</v></c><c r="&#83;F1048576"><v>1</v></c></row>',
        '<row r="1"><c r="SE1"><v>1</v></c></row><row r="1048576"><c><v>1</v></c></row>',
    ],
)
def test_one_cell_in_the_last_corner_makes_nobody_reserve_the_sheet(cells: str) -> None:
    bomb = rebuilt(workbook(*PLAIN), sheet=sheet_xml(cells))

    assert code(bomb, "a.xlsx", DUTY) in {"too_many_rows", "too_many_columns"}


def test_a_long_string_shown_in_many_cells_is_refused() -> None:
    letters = "".join(random.Random(1).choices("abcdefghijkl", k=1_000_000))
    strings = f"<sst><si><t>{letters}</t></si></sst>".encode()
    cells = "".join(f'<row r="{n}"><c r="A{n}" t="s"><v>0</v></c></row>' for n in range(1, 1000))
    bomb = rebuilt(workbook(*PLAIN), sheet=sheet_xml(cells), strings=strings)

    assert code(bomb, "a.xlsx", DUTY) == "zip_bomb"


def test_entities_are_not_unfolded() -> None:
    laughs = b'<!DOCTYPE x [<!ENTITY a "aaaaaaaaaa">]>' + sheet_xml("<row><c><v>&a;</v></c></row>")

    assert code(rebuilt(workbook(*PLAIN), sheet=laughs), "a.xlsx", DUTY) == "broken_xlsx"


def test_a_merge_over_the_whole_sheet_fills_only_what_is_there() -> None:
    xml = sheet_xml(
        '<row r="1"><c r="A1" t="inlineStr"><is><t>分类编码</t></is></c>'
        '<c r="B1" t="inlineStr"><is><t>承办单位</t></is></c></row>'
        '<row r="2"><c r="A2"><v>1</v></c></row><row r="3"><c r="B3"><v>2</v></c></row>'
    ).replace(
        b"</worksheet>",
        b'<mergeCells count="1"><mergeCell ref="A2:XFD1048576"/></mergeCells></worksheet>',
    )

    found = rows(rebuilt(workbook(*PLAIN), sheet=xml), "a.xlsx", DUTY)

    assert [row.values for row in found] == [{"code": "1", "unit": "1"}, {"code": "1", "unit": "2"}]


# Writing --------------------------------------------------------------------------------------

NASTY = ["=1+1", "+86 591", "-cmd", "@SUM(A1)", "0501", "-5", "'quoted", "第一行\n第二行"]


def test_nothing_written_to_xlsx_is_ever_a_formula_or_a_link() -> None:
    file = io.BytesIO()

    write_xlsx(file, [Column(c, c) for c in "abcdefgh"], [[*NASTY[:7], "http://x.cn"]], "测/试")

    sheet = openpyxl.load_workbook(file).worksheets[0]
    cells = [cell for row in sheet.iter_rows(min_row=2) for cell in row]
    assert {cell.data_type for cell in cells} == {"s"}
    assert all(cell.hyperlink is None for cell in cells)


def test_csv_guards_formulas_and_leaves_plain_numbers() -> None:
    guarded = [csv_safe(text) for text in NASTY]

    assert guarded == [
        "'=1+1", "'+86 591", "'-cmd", "'@SUM(A1)", "0501", "-5", "'quoted", "第一行\n第二行",
    ]  # fmt: skip


@pytest.mark.parametrize("kind", ["xlsx", "csv"])
def test_what_is_written_reads_back(kind: str) -> None:
    columns = [Column(c, f"列{c}", required=c == "a") for c in "abcdefgh"]
    file = io.BytesIO()

    if kind == "xlsx":
        count = write_xlsx(file, columns, [NASTY, ["x"] * 8], "表")
    else:
        count = write_csv(file, columns, [NASTY, ["x"] * 8])

    assert count == 2
    assert list(rows(file, f"a.{kind}", tuple(columns))[0].values.values()) == NASTY


def test_times_are_written_in_beijing_time_and_numbers_as_numbers() -> None:
    row = [dt.datetime(2025, 1, 1, 20, tzinfo=dt.UTC), dt.date(2025, 1, 2), 12, 1.5, None, False]
    book, text = io.BytesIO(), io.BytesIO()
    columns = tuple(Column(c, c) for c in "abcdef")

    write_xlsx(book, columns, [row], "表")
    write_csv(text, columns, [row])

    for file, name in ((book, "a.xlsx"), (text, "a.csv")):
        assert list(rows(file, name, columns)[0].values.values()) == [
            "2025-01-02 04:00:00", "2025-01-02", "12", "1.5", "", "否",
        ]  # fmt: skip


@pytest.mark.parametrize(
    ("text", "day"),
    [
        ("", None),
        ("2025-1-2", dt.date(2025, 1, 2)),
        ("2025/01/02", dt.date(2025, 1, 2)),
        ("2025年1月2日", dt.date(2025, 1, 2)),
        ("20250102", dt.date(2025, 1, 2)),
        ("2025.1.2", dt.date(2025, 1, 2)),
        ("2025-01-02 00:00:00", dt.date(2025, 1, 2)),
    ],
)
def test_days_are_understood_as_people_write_them(text: str, day: dt.date | None) -> None:
    assert as_date(text) == day


@pytest.mark.parametrize("text", ["2025-02-30", "昨天", "2025-01-02 03:04:05", "45658"])
def test_what_is_no_day_is_not_guessed(text: str) -> None:
    with pytest.raises(ValueError, match=r".*"):
        as_date(text)


def test_headers_fold_to_their_name() -> None:
    assert fold(" 分类 编码*（必填） ：") == "分类编码"


def calls_to_read(rows: int) -> int:
    """How many calls it takes to read a sheet of so many rows."""
    file = io.BytesIO()
    columns = [Column(c, c) for c in ("编码", "承办单位", "a", "b", "c", "d")]
    write_xlsx(file, columns, ([f"{n:06d}", f"单位{n}", *"uvwx"] for n in range(rows)), "表")
    calls = itertools.count()

    def note(frame: object, event: str, argument: object) -> None:
        if event in ("call", "c_call"):
            next(calls)

    sys.setprofile(note)
    try:
        count = sum(1 for _ in read_rows(file, "a.xlsx", DUTY))
    finally:
        sys.setprofile(None)
    assert count == rows
    return next(calls)


def test_ten_times_the_rows_are_ten_times_the_work() -> None:
    few, many = calls_to_read(1_000), calls_to_read(10_000)

    assert many < 10.5 * few
    assert many < 200 * 10_000
