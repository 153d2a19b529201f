"""Whether a file that somebody sent may be kept: by its name, its size and its content. Pure.

What a file is, its first bytes say; the name must agree. A picture named ``.jpg`` that is really a
PNG (chat programs do that) gets its right extension; a program named ``.jpg`` is refused. Archives
are not taken, except the document formats that are archives inside, which are checked for bombs.
"""

import io
import re
import unicodedata
import zipfile
import zlib
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import BinaryIO, NoReturn

from jiesu.foundation.errors import invalid

NAME_LENGTH = 128
_MB = 1024 * 1024
_HEAD = 4096


class Group(StrEnum):
    """What a file is for its reader."""

    IMAGE = "image"
    VIDEO = "video"
    AUDIO = "audio"
    DOCUMENT = "document"


GROUP_NAMES: dict[Group, str] = {
    Group.IMAGE: "图片",
    Group.VIDEO: "视频",
    Group.AUDIO: "录音",
    Group.DOCUMENT: "文档",
}
LARGEST: Mapping[Group, int] = {
    Group.IMAGE: 20 * _MB,
    Group.VIDEO: 300 * _MB,
    Group.AUDIO: 100 * _MB,
    Group.DOCUMENT: 50 * _MB,
}


@dataclass(frozen=True)
class CheckedUpload:
    """A file that may be kept, under a name that is safe to show and to download."""

    name: str
    extension: str  # "jpg", as the content says
    content_type: str
    group: Group
    size: int


@dataclass(frozen=True)
class _Kind:
    extensions: tuple[str, ...]  # the first is the one a corrected name gets
    content_type: str
    group: Group
    label: str
    matches: Callable[[bytes], bool]


def _box(head: bytes) -> bytes:
    """The brand of an ISO base media file (MP4 and its family), b"" of anything else."""
    return head[8:12] if head[4:8] == b"ftyp" else b""


_HEIF = {b"heic", b"heix", b"hevc", b"hevx", b"heim", b"heis", b"mif1", b"msf1"}
_AUDIO_BOX = {b"M4A ", b"M4B "}
_OLD_QUICKTIME = {b"moov", b"mdat", b"wide", b"free", b"skip", b"pnot"}


def _is_mp3(head: bytes) -> bool:
    if head[:3] == b"ID3":
        return True
    sync = len(head) > 2 and head[0] == 0xFF and head[1] & 0xE0 == 0xE0
    return sync and head[1] & 0x18 != 0x08 and head[1] & 0x06 != 0 and head[2] & 0xF0 != 0xF0


def _is_video_box(head: bytes) -> bool:
    brand = _box(head)
    if brand:
        return brand not in _HEIF and brand not in _AUDIO_BOX and brand[:3] != b"avi"
    return head[4:8] in _OLD_QUICKTIME


def _is_quicktime(head: bytes) -> bool:
    return _box(head) == b"qt  " or (not _box(head) and _is_video_box(head))


_ZIP = b"PK\x03\x04"
_OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
_OOXML = "application/vnd.openxmlformats-officedocument."


def _starts(*prefixes: bytes) -> Callable[[bytes], bool]:
    return lambda head: head.startswith(prefixes)


def _riff(form: bytes) -> Callable[[bytes], bool]:
    return lambda head: head[:4] == b"RIFF" and head[8:12] == form


def _by_its_members(head: bytes) -> bool:
    return False  # an archive, told apart by what is in it, or plain text


_I, _V, _A, _D = Group.IMAGE, Group.VIDEO, Group.AUDIO, Group.DOCUMENT
_KINDS: tuple[_Kind, ...] = (
    _Kind(("jpg", "jpeg"), "image/jpeg", _I, "JPG 图片", _starts(b"\xff\xd8\xff")),
    _Kind(("png",), "image/png", _I, "PNG 图片", _starts(b"\x89PNG\r\n\x1a\n")),
    _Kind(("gif",), "image/gif", _I, "GIF 图片", _starts(b"GIF87a", b"GIF89a")),
    _Kind(("webp",), "image/webp", _I, "WEBP 图片", _riff(b"WEBP")),
    _Kind(("heic", "heif"), "image/heic", _I, "HEIC 图片", lambda head: _box(head) in _HEIF),
    _Kind(("m4a",), "audio/mp4", _A, "M4A 录音", lambda head: _box(head) in _AUDIO_BOX),
    _Kind(("mov",), "video/quicktime", _V, "MOV 视频", _is_quicktime),
    _Kind(("mp4", "m4v", "3gp"), "video/mp4", _V, "MP4 视频", _is_video_box),
    _Kind(("wav",), "audio/wav", _A, "WAV 录音", _riff(b"WAVE")),
    _Kind(("amr",), "audio/amr", _A, "AMR 录音", _starts(b"#!AMR\n", b"#!AMR-WB\n")),
    _Kind(("mp3",), "audio/mpeg", _A, "MP3 录音", _is_mp3),
    _Kind(("pdf",), "application/pdf", _D, "PDF 文档", lambda head: b"%PDF-" in head[:1024]),
    _Kind(("doc",), "application/msword", _D, "Word 文档", _starts(_OLE)),
    _Kind(("xls",), "application/vnd.ms-excel", _D, "Excel 表格", _starts(_OLE)),
)
_WORD = _OOXML + "wordprocessingml.document"
_SHEET = _OOXML + "spreadsheetml.sheet"
_DOCX = _Kind(("docx",), _WORD, _D, "Word 文档", _by_its_members)
_XLSX = _Kind(("xlsx",), _SHEET, _D, "Excel 表格", _by_its_members)
_OFD = _Kind(("ofd",), "application/ofd", _D, "OFD 文档", _by_its_members)
_TXT = _Kind(("txt",), "text/plain", _D, "文本文件", _by_its_members)
_BY_EXTENSION = {e: k for k in (*_KINDS, _DOCX, _XLSX, _OFD, _TXT) for e in k.extensions}
ALLOWED: frozenset[str] = frozenset(_BY_EXTENSION)

# Extensions a system runs or a browser executes: refused also before the last dot.
_RUNNABLE = frozenset(
    """ade adp apk app appx asp aspx bat cab cer cgi chm cmd com cpl crx dex dll dmg elf exe gadget
    hta htm html inf ins iso jar js jse jsp jspx lib lnk mde mhtml msc msi msix msp mst pif pkg php
    php5 phtml pl ps1 psm1 py pyc rb reg run scf scr sh shtml so svg svgz swf sys url vb vbe vbs
    vxd wsc wsf wsh xhtml xll xml xsl""".split()  # noqa: SIM905 - a list of words reads better so
)
_PROGRAMS = (
    b"MZ", b"\x7fELF", b"\xca\xfe\xba\xbe", b"\xfe\xed\xfa", b"\xcf\xfa\xed\xfe",
    b"\xce\xfa\xed\xfe", b"dex\n", b"L\x00\x00\x00\x01\x14\x02\x00",
)  # fmt: skip
_ARCHIVES = (b"Rar!", b"7z\xbc\xaf\x27\x1c", b"\x1f\x8b", b"BZh", b"\xfd7zXZ", b"MSCF", _ZIP)


def check_upload(
    content: BinaryIO | bytes,
    name: str,
    *,
    size: int | None = None,
    allowed: Collection[str] = ALLOWED,
    largest: Mapping[Group, int] = LARGEST,
    field: str = "file",
) -> CheckedUpload:
    """Decide whether a file may be kept; gives its safe name and what it really is.

    ``content`` is a seekable file, left at its beginning, or all bytes. Raises ``Invalid`` at
    ``field`` with a Chinese sentence for a bad name, a kind that is not allowed, a content that
    belies the name, an empty, too large or locked file, and an archive bomb.
    """
    file = io.BytesIO(content) if isinstance(content, bytes) else content
    try:
        return _check(file, name, size, allowed, largest, field)
    finally:
        file.seek(0)


def _check(
    file: BinaryIO,
    raw_name: str,
    size: int | None,
    allowed: Collection[str],
    largest: Mapping[Group, int],
    field: str,
) -> CheckedUpload:
    stem, extension = _checked_name(raw_name, allowed, field)
    shown = _shortened(f"{stem}.{extension}")

    def refuse(code: str, reason: str) -> NoReturn:
        raise invalid(field, f"文件“{shown}”{reason}", code)

    real_size = file.seek(0, io.SEEK_END)
    if size is not None and size != real_size:
        refuse("upload_broken", "没有传完整，请重新上传。")
    if real_size == 0:
        refuse("upload_empty", "是空的，请重新选择。")
    named = _BY_EXTENSION[extension]
    limit = max(largest.get(named.group, 0), 0)
    if real_size > limit:
        refuse(
            "upload_too_large",
            f"有 {real_size / _MB:.1f} MB，{GROUP_NAMES[named.group]}最大 {limit // _MB} MB，"
            "请压缩或分段后再上传。",
        )
    file.seek(0)
    head = file.read(_HEAD)
    try:
        real = _kind_of(file, head, extension)
    except _Bomb:
        refuse("archive_bomb", "解压后过大，疑似压缩炸弹，不能上传。请另存为普通文档后再试。")
    except _Locked:
        refuse("upload_locked", "设有打开密码，无法检查，请去掉密码后再上传。")
    except _Macros:
        refuse("upload_macros", "带有宏程序，不能上传，请另存为不含宏的文档后再试。")
    if real is None:
        refuse("content_mismatch", _what_it_is(head, named))
    if real is not named and real.group is not named.group:
        refuse(
            "content_mismatch",
            f"的内容是{real.label}，与扩展名不符。请改正扩展名或换一个文件。",
        )
    if real.extensions[0] not in allowed and not set(real.extensions) & set(allowed):
        refuse("upload_kind", f"的内容是{real.label}，这里不能上传这种文件。")
    if extension not in real.extensions:
        extension = real.extensions[0]
    room = NAME_LENGTH - len(extension) - 1
    return CheckedUpload(
        name=f"{stem[:room].rstrip()}.{extension}",
        extension=extension,
        content_type=real.content_type,
        group=real.group,
        size=real_size,
    )


_FORBIDDEN = re.compile(
    "[\x00-\x1f\x7f-\x9f/\\\\\u2028\u2029\u202a-\u202e\u2066-\u2069\ud800-\udfff]"
)
_HIDDEN = re.compile("[\xad\u200b-\u200f\u2060-\u2064\ufeff]")


def _checked_name(raw: str, allowed: Collection[str], field: str) -> tuple[str, str]:
    if _FORBIDDEN.search(raw):
        shown = _shortened(_FORBIDDEN.sub("□", raw))
        raise invalid(
            field,
            f"文件名“{shown}”中有路径符号或看不见的控制字符，请改名后再上传。",
            "upload_name",
        )
    name = unicodedata.normalize("NFC", _HIDDEN.sub("", raw)).strip().rstrip(". ")
    stem, dot, extension = name.rpartition(".")
    extension = extension.strip().lower()
    shown = _shortened(name)
    if not dot or not extension:
        raise invalid(
            field, f"文件“{shown}”没有扩展名，看不出是什么文件，请改名后再上传。", "upload_name"
        )
    inner = {part.strip().lower() for part in stem.split(".")[1:]}
    if extension in _RUNNABLE or inner & _RUNNABLE:
        raise invalid(field, f"文件“{shown}”是程序或网页，不能上传。", "upload_runnable")
    if extension not in allowed or extension not in _BY_EXTENSION:
        groups = [
            GROUP_NAMES[g]
            + "（"
            + "、".join(e for e, k in _BY_EXTENSION.items() if k.group is g and e in allowed)
            + "）"
            for g in Group
            if any(k.group is g and e in allowed for e, k in _BY_EXTENSION.items())
        ]
        raise invalid(
            field,
            f"文件“{shown}”的类型（{extension}）不能上传，可以上传：{'，'.join(groups)}。",
            "upload_kind",
        )
    stem = stem.strip().strip(".").strip()
    return stem or "附件", extension


def _shortened(name: str) -> str:
    return name if len(name) <= 40 else f"{name[:24]}…{name[-12:]}"


def _what_it_is(head: bytes, named: _Kind) -> str:
    if head.startswith(_PROGRAMS):
        return "实际是程序，不能上传。"
    if head[:8] == _OLE:
        return "设有打开密码，或实际是旧版 Office 文件，请去掉密码或另存为新格式后再上传。"
    if head.startswith(_ARCHIVES):
        return f"实际是压缩包，不是{named.label}，请解压后逐个上传。"
    return f"的内容不是{named.label}，可能已损坏或改过扩展名，请检查后重新上传。"


def _kind_of(file: BinaryIO, head: bytes, extension: str) -> _Kind | None:
    """What the content is; among kinds that look alike, the one the name says."""
    if head.startswith(_ZIP):
        return _document_in_zip(file)
    if extension == "txt" and _is_text(file, head):
        return _TXT
    fitting = [kind for kind in _KINDS if kind.matches(head)]
    for kind in fitting:
        if extension in kind.extensions:
            return kind
    if fitting:
        is_old_office = head[:8] == _OLE and extension in ("docx", "xlsx", "ofd")
        is_recording = extension == "m4a" and _is_video_box(head)
        if is_recording:  # recorders write their sound into a general MP4
            return _BY_EXTENSION["m4a"]
        return None if is_old_office else fitting[0]
    return None


def _is_text(file: BinaryIO, head: bytes) -> bool:
    if head.startswith((b"\xff\xfe", b"\xfe\xff")):
        encodings: tuple[str, ...] = ("utf-16",)
    elif b"\x00" in head:
        return False
    else:
        encodings = ("utf-8", "gb18030")
    file.seek(0)
    whole = file.read()
    for encoding in encodings:
        try:
            return "\x00" not in whole.decode(encoding)
        except UnicodeDecodeError:
            continue
    return False


# --- documents that are archives ------------------------------------------------------------------

_MOST_MEMBERS = 10_000
_MOST_UNPACKED = 300 * _MB
_SUSPECT_UNPACKED = 20 * _MB  # below it, no ratio is a danger
_MOST_RATIO = 100
_MOST_DEPTH = 2
_LARGEST_NESTED = 50 * _MB


class _Bomb(Exception):
    """Unpacks to far more than it weighs."""


class _Locked(Exception):
    """Cannot be looked into without a password."""


class _Macros(Exception):
    """Carries a program."""


@dataclass
class _Budget:
    """What may still be unpacked, against the real file's weight: an archive can lie of itself."""

    weight: int
    members: int = 0
    unpacked: int = 0

    def spend(self, member: zipfile.ZipInfo) -> None:
        self.members += 1
        self.unpacked += member.file_size
        is_heavy = self.unpacked > _SUSPECT_UNPACKED
        if (
            self.members > _MOST_MEMBERS
            or self.unpacked > _MOST_UNPACKED
            or (is_heavy and self.unpacked > _MOST_RATIO * self.weight)
        ):
            raise _Bomb


def _document_in_zip(file: BinaryIO) -> _Kind | None:
    """Which document this archive is, None when it is none; bombs and programs are refused."""
    try:
        names = _walk(file, _Budget(file.seek(0, io.SEEK_END)), 0)
    except (zipfile.BadZipFile, NotImplementedError, EOFError, OSError, ValueError, zlib.error):
        return None
    if "OFD.xml" in names:
        return _OFD
    if "[Content_Types].xml" not in names:
        return None
    if "word/document.xml" in names:
        return _DOCX
    return _XLSX if "xl/workbook.xml" in names or "xl/workbook.bin" in names else None


def _walk(file: BinaryIO, budget: _Budget, depth: int) -> set[str]:
    """Look at every member, and into archives in the archive; gives the names at this level."""
    with zipfile.ZipFile(file) as archive:
        members = archive.infolist()
        for member in members:  # all are counted before any is unpacked
            budget.spend(member)
            if member.flag_bits & 0x1:
                raise _Locked
            if member.filename.lower().endswith("vbaproject.bin"):
                raise _Macros
        for member in members:
            if member.file_size < len(_ZIP):
                continue
            with archive.open(member) as opened:
                if opened.read(len(_ZIP)) != _ZIP:
                    continue
                if depth + 1 > _MOST_DEPTH or member.file_size > _LARGEST_NESTED:
                    raise _Bomb
                nested = io.BytesIO(_ZIP + opened.read(member.file_size - len(_ZIP)))
            _walk(nested, budget, depth + 1)
        return {member.filename for member in members}
