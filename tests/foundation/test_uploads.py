"""Which files may be kept."""

import contextlib
import io
import zipfile
from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from jiesu.foundation.errors import Invalid
from jiesu.foundation.uploads import ALLOWED, Group, check_upload

JPG = b"\xff\xd8\xff\xe0\x00\x10JFIF" + b"\x00" * 64
PNG = b"\x89PNG\r\n\x1a\n" + b"\x00" * 64
EXE = b"MZ\x90\x00\x03\x00\x00\x00" + b"\x00" * 256
OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"\x00" * 512


def box(brand: bytes) -> bytes:
    return b"\x00\x00\x00\x18ftyp" + brand + b"\x00" * 64


def archive(members: dict[str, bytes], method: int = zipfile.ZIP_DEFLATED) -> bytes:
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", method) as out:
        for name, content in members.items():
            out.writestr(name, content)
    return file.getvalue()


def docx(**more: bytes) -> bytes:
    return archive({"[Content_Types].xml": b"<Types/>", "word/document.xml": b"<w/>", **more})


def xlsx(**more: bytes) -> bytes:
    return archive({"[Content_Types].xml": b"<Types/>", "xl/workbook.xml": b"<x/>", **more})


def refusal(content: bytes, name: str, **options: object) -> tuple[str, str]:
    with pytest.raises(Invalid) as refused:
        check_upload(content, name, **options)  # type: ignore[arg-type]  # options vary by test
    error = refused.value.errors[0]
    assert error.field == "file"
    assert error.message.endswith("。")
    return error.code, error.message


@pytest.mark.parametrize(
    ("name", "content", "content_type"),
    [
        ("现场.jpg", JPG, "image/jpeg"),
        ("现场.JPEG", JPG, "image/jpeg"),
        ("图.png", PNG, "image/png"),
        ("动图.gif", b"GIF89a" + b"\x00" * 20, "image/gif"),
        ("图.webp", b"RIFF\x10\x00\x00\x00WEBPVP8 ", "image/webp"),
        ("图.heic", box(b"heic"), "image/heic"),
        ("视频.mp4", box(b"isom"), "video/mp4"),
        ("视频.mov", box(b"qt  "), "video/quicktime"),
        ("旧视频.mov", b"\x00\x00\x00\x08wide\x00\x00\x00\x00mdat", "video/quicktime"),
        ("录音.mp3", b"ID3\x03\x00" + b"\x00" * 20, "audio/mpeg"),
        ("录音.mp3", b"\xff\xfb\x90\x00" + b"\x00" * 20, "audio/mpeg"),
        ("录音.wav", b"RIFF\x10\x00\x00\x00WAVEfmt ", "audio/wav"),
        ("录音.m4a", box(b"M4A "), "audio/mp4"),
        ("录音.m4a", box(b"mp42"), "audio/mp4"),
        ("录音.amr", b"#!AMR\n" + b"\x00" * 20, "audio/amr"),
        ("文件.pdf", b"%PDF-1.7\n%", "application/pdf"),
        ("旧文.doc", OLE, "application/msword"),
        ("旧表.xls", OLE, "application/vnd.ms-excel"),
        ("新文.docx", docx(), "wordprocessingml.document"),
        ("新表.xlsx", xlsx(), "spreadsheetml.sheet"),
        ("公文.ofd", archive({"OFD.xml": b"<ofd/>"}), "application/ofd"),
        ("说明.txt", "停水三天".encode(), "text/plain"),
        ("说明.txt", "停水三天".encode("gb18030"), "text/plain"),
        ("说明.txt", "停水三天".encode("utf-16"), "text/plain"),
    ],
)
def test_files_people_send_are_taken_and_named_for_what_they_are(
    name: str, content: bytes, content_type: str
) -> None:
    file = io.BytesIO(content)

    checked = check_upload(file, name, size=len(content))

    assert checked.name == f"{name.rpartition('.')[0]}.{name.rpartition('.')[2].lower()}"
    assert content_type in checked.content_type
    assert checked.size == len(content)
    assert file.tell() == 0


def test_a_program_named_as_a_picture_is_refused() -> None:
    assert refusal(EXE, "现场照片.jpg") == (
        "content_mismatch",
        "文件“现场照片.jpg”实际是程序，不能上传。",
    )


@pytest.mark.parametrize(
    "name", ["a.exe", "照片.jpg.exe", "照片.exe.jpg", "页.html", "图.svg", "x.js.txt"]
)
def test_programs_and_pages_are_refused_wherever_the_name_hides_it(name: str) -> None:
    assert refusal(JPG, name)[0] == "upload_runnable"


@pytest.mark.parametrize(
    "name", ["../../etc/x.jpg", "C:\\x.jpg", "a\x00.jpg", "a\r\nb.jpg", "照片\u202egpj.jpg"]
)
def test_a_name_that_could_mislead_a_system_or_a_reader_is_refused(name: str) -> None:
    code, message = refusal(JPG, name)

    assert code == "upload_name"
    assert "\u202e" not in message
    assert "\x00" not in message


def test_a_picture_under_another_pictures_name_gets_its_own() -> None:
    checked = check_upload(PNG, "微信图片.jpg")

    assert (checked.name, checked.extension, checked.group) == ("微信图片.png", "png", Group.IMAGE)


def test_a_new_document_under_the_old_name_gets_its_own() -> None:
    assert check_upload(docx(), "报告.doc").name == "报告.docx"


def test_dots_and_dates_in_a_name_do_no_harm() -> None:
    assert check_upload(JPG, "2026.03.09 现场.第1张.jpg").name == "2026.03.09 现场.第1张.jpg"


def test_a_long_name_is_shortened_and_keeps_its_extension() -> None:
    name = check_upload(JPG, "长" * 300 + ".jpg").name

    assert len(name) == 128
    assert name.endswith("长.jpg")


def test_hidden_characters_in_a_name_go() -> None:
    assert check_upload(JPG, "\ufeff现\u200b场 .jpg. ").name == "现场.jpg"
    assert check_upload(JPG, ".jpg").name == "附件.jpg"


@pytest.mark.parametrize(
    ("name", "content", "code", "said"),
    [
        ("a.jpg", b"", "upload_empty", "空的"),
        ("没有扩展名", JPG, "upload_name", "扩展名"),
        ("a.zip", archive({"a": b"b"}), "upload_kind", "不能上传，可以上传：图片（jpg、"),
        ("a.pdf", JPG, "content_mismatch", "JPG 图片"),
        ("a.txt", JPG, "content_mismatch", "JPG 图片"),
        ("a.jpg", b"just text", "content_mismatch", "不是JPG 图片"),
        ("a.txt", b"\x00\x01\x02", "content_mismatch", "不是文本文件"),
        ("a.docx", archive({"a": b"b"}), "content_mismatch", "压缩包"),
        ("a.docx", OLE, "content_mismatch", "打开密码"),
        ("a.docx", docx()[:-30], "content_mismatch", "压缩包"),
        ("a.jpg", b"Rar!\x1a\x07\x00", "content_mismatch", "压缩包"),
    ],
)
def test_what_may_not_be_kept_is_told_why(name: str, content: bytes, code: str, said: str) -> None:
    refused = refusal(content, name)

    assert refused[0] == code
    assert said in refused[1]


def test_too_large_a_file_is_refused_with_its_size_and_the_limit() -> None:
    code, message = refusal(JPG + b"\x00" * 21 * 1024 * 1024, "a.jpg")

    assert code == "upload_too_large"
    assert "21.0 MB，图片最大 20 MB" in message


def test_a_file_that_arrived_in_part_is_refused() -> None:
    assert refusal(JPG, "a.jpg", size=len(JPG) + 1)[0] == "upload_broken"


def test_a_caller_may_allow_less() -> None:
    assert refusal(JPG, "a.jpg", allowed={"pdf"})[0] == "upload_kind"
    assert refusal(PNG, "a.jpg", allowed={"jpg", "jpeg"})[0] == "upload_kind"


def test_a_zip_bomb_in_a_sheet_is_refused() -> None:
    bomb = xlsx(**{"xl/worksheets/sheet1.xml": b"\x00" * 60 * 1024 * 1024})

    assert len(bomb) < 100_000
    assert refusal(bomb, "表.xlsx")[0] == "archive_bomb"


def test_a_bomb_inside_an_archive_inside_the_document_is_refused() -> None:
    inner = archive({"a.xml": b"\x00" * 30 * 1024 * 1024})
    middle = archive({"inner.xlsx": inner}, zipfile.ZIP_STORED)

    assert refusal(docx(**{"word/embeddings/m.xlsx": middle}), "文.docx")[0] == "archive_bomb"


def test_archives_nested_without_end_are_refused() -> None:
    nested = archive({"a": b"b"})
    for _ in range(4):
        nested = archive({"n.zip": nested})

    assert refusal(docx(**{"word/n.bin": nested}), "文.docx")[0] == "archive_bomb"


def test_a_document_of_too_many_parts_is_refused() -> None:
    many = docx(**{f"word/{n}": b"" for n in range(10_001)})

    assert refusal(many, "文.docx")[0] == "archive_bomb"


def test_an_archive_that_lies_about_its_weight_is_still_weighed() -> None:
    file = bytearray(xlsx(**{"xl/big.xml": b"\x00" * 60 * 1024 * 1024}))
    place = file.rindex(b"PK\x01\x02")  # the last entry of the central directory: big.xml
    file[place + 20 : place + 24] = (60 * 1024 * 1024).to_bytes(4, "little")  # "packed: 60 MB"

    assert refusal(bytes(file), "表.xlsx")[0] == "archive_bomb"


def test_a_chart_embedded_in_a_document_is_fine() -> None:
    assert (
        check_upload(docx(**{"word/embeddings/chart.xlsx": xlsx()}), "文.docx").extension == "docx"
    )


def test_a_large_but_honest_sheet_is_fine() -> None:
    rows = b"".join(b"<c r='A%d'><v>%d</v></c>" % (n, n * 7919) for n in range(900_000))

    assert check_upload(xlsx(**{"xl/worksheets/sheet1.xml": rows}), "表.xlsx").extension == "xlsx"


def test_macros_and_locked_documents_are_refused_by_their_name() -> None:
    assert refusal(docx(**{"word/vbaProject.bin": b"x"}), "文.docx")[0] == "upload_macros"
    locked = bytearray(docx())
    for sign, offset in ((b"PK\x01\x02", 8), (b"PK\x03\x04", 6)):
        place = locked.index(sign) + offset
        locked[place] |= 1

    assert refusal(bytes(locked), "文.docx")[0] == "upload_locked"


@given(st.binary(max_size=300), st.sampled_from(sorted(ALLOWED)))
def test_any_bytes_under_any_name_are_taken_or_refused_but_never_break(
    content: bytes, extension: str
) -> None:
    heads: list[Callable[[bytes], bytes]] = [
        lambda b: b,
        lambda b: b"PK\x03\x04" + b,
        lambda b: JPG + b,
    ]

    for head in heads:
        with contextlib.suppress(Invalid):
            assert check_upload(head(content), f"a.{extension}").extension in ALLOWED
