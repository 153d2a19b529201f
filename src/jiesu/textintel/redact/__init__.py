"""Personal data in a text, found and covered: a view; the original stays where it is kept.

Names by what stands beside them, telephones, identity numbers (with their check digit), plates,
bank cards (with their check digit), home addresses to the door.
"""

import enum
import re
from dataclasses import dataclass

from jiesu.textintel.normalize import normalize

_MOBILE = re.compile(r"(?<![\d.])(?:\+?86[- ]?)?1[3-9]\d(?:[- ]?\d{4}){2}(?!\d)")
_LANDLINE = re.compile(r"(?<![\d-])0\d{2,3}[- ]?[2-9]\d{6,7}(?!\d)")
_IDENTITY = re.compile(r"(?<!\d)[1-9]\d{5}(?:19|20)\d{2}[01]\d[0-3]\d\d{3}[\dXx](?!\d)")
_CARD = re.compile(r"(?<![\d-])[3-6]\d{3}(?:[ -]?\d{4}){2,3}(?:[ -]?\d{1,3})?(?!\d)")
_PLATE = re.compile(
    r"[京津沪渝冀豫云辽黑湘皖鲁新苏浙赣鄂桂甘晋蒙陕吉闽贵粤青藏川宁琼]"
    r"[A-HJ-NP-Z][·. ]?[A-HJ-NP-Z0-9]{4,5}[A-HJ-NP-Z0-9挂学警港澳](?![A-Za-z0-9])"
)
_DOOR = re.compile(
    r"(?:[\d一二三四五六七八九十]{1,4}(?:号楼|栋|幢|座|号院|期))?"
    r"(?:[\d一二三四五六七八九十]{1,3}单元)?[-—]?"
    r"(?:[\d一二三四五六七八九十]{1,2}层|[\d一二三四五六七八九十]{1,2}楼)?"
    r"\d{2,4}(?:室|房|号房)"
    r"|\d{1,4}(?:号楼|栋|幢|座)\d{1,2}单元\d{2,4}(?:室|号)?"
    r"|\d{1,4}(?:号楼|栋|幢|座)-?\d{3,4}(?:室|号)?"
)
_SURNAMES = (
    "王李张刘陈杨黄赵吴周徐孙马朱胡郭何林高罗郑梁谢宋唐许韩冯邓曹彭曾肖田董袁潘蔡蒋余于杜叶程苏魏吕丁任"
    "沈姚卢姜崔钟谭陆汪范金石廖贾夏韦付方白邹孟熊秦邱江尹薛闫段雷侯龙史陶黎贺顾毛郝龚邵万钱严覃武戴莫孔向"
    "汤符邢蒙云吉欧阳上官司马诸葛"
)
_GIVEN = r"[\u4e00-\u9fa5]{1,2}"
_NAME = re.compile(
    rf"(?:(?:投诉人|举报人|诉求人|来电人|反映人|当事人|申请人|联系人|居民|业主|村民|市民|姓名|本人|我叫|名叫|户主|患者|学生|职工)"
    rf"[:：为是]?\s*(?P<a>(?:欧阳|上官|司马|诸葛|[{_SURNAMES}]){_GIVEN})(?=[，,。；;、：:（( \n]|$|先生|女士|的|电话|身份证|反映|投诉|住|说|称|家)"
    rf"|(?P<b>(?:欧阳|上官|司马|诸葛|[{_SURNAMES}]){_GIVEN})(?=先生|女士|同志|（(?:身份证|电话|手机)|\((?:身份证|电话|手机)|，?(?:身份证号|身份证号码|手机号)))"
)
_NOT_NAMES = re.compile(r"[某×xX*]|(?:相关|有关|广大|各位|全体)")


class Personal(enum.StrEnum):
    """What kind of personal data; the value is what stands in its place."""

    NAME = "姓名"
    PHONE = "电话"
    IDENTITY = "证件号"
    CARD = "银行卡号"
    PLATE = "车牌"
    ADDRESS = "住址"


@dataclass(frozen=True)
class Piece:
    """Personal data at ``start``–``end`` of the text as written."""

    kind: Personal
    start: int
    end: int


def _identity_holds(number: str) -> bool:
    weights = (7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2)
    total = sum(int(digit) * weight for digit, weight in zip(number, weights, strict=False))
    return "10X98765432"[total % 11] == number[-1].upper()


def _card_holds(number: str) -> bool:
    digits = [int(one) for one in number if one.isdigit()]
    if not 15 <= len(digits) <= 19:
        return False
    total = 0
    for place, digit in enumerate(reversed(digits)):
        doubled = digit * 2 if place % 2 else digit
        total += doubled - 9 if doubled > 9 else doubled
    return total % 10 == 0


def find(text: str, *, landlines: bool = False) -> list[Piece]:
    """All personal data of ``text`` in order, none overlapping; ``landlines`` finds offices' numbers
    too. A number that only looks like an identity or card number (a wrong check digit) is taken
    for one when a word beside it says so."""
    read = normalize(text)
    plain = read.text
    found: list[tuple[int, int, Personal]] = []
    for match in _IDENTITY.finditer(plain):
        near = plain[max(0, match.start() - 8) : match.start()]
        if _identity_holds(match[0]) or "身份证" in near or "证件" in near:
            found.append((*match.span(), Personal.IDENTITY))
    for match in _CARD.finditer(plain):
        near = plain[max(0, match.start() - 8) : match.start()]
        if _card_holds(match[0]) or "卡号" in near or "银行卡" in near or "账号" in near:
            found.append((*match.span(), Personal.CARD))
    phones = (_MOBILE, _LANDLINE) if landlines else (_MOBILE,)
    for pattern, kind in [*((one, Personal.PHONE) for one in phones), (_PLATE, Personal.PLATE),
                          (_DOOR, Personal.ADDRESS)]:  # fmt: skip
        found += [(*match.span(), kind) for match in pattern.finditer(plain)]
    for match in _NAME.finditer(plain):
        group = "a" if match["a"] else "b"
        if not _NOT_NAMES.search(match[group]):
            found.append((*match.span(group), Personal.NAME))
    pieces: list[Piece] = []
    for start, end, kind in sorted(found, key=lambda one: (one[0], -one[1])):
        first, last = read.span(start, end)
        if not pieces or first >= pieces[-1].end:
            pieces.append(Piece(kind, first, last))
    return pieces


def redact(text: str, *, landlines: bool = False) -> str:
    """``text`` with every piece of personal data covered by its kind in 〔〕."""
    out: list[str] = []
    at = 0
    for piece in find(text, landlines=landlines):
        out += [text[at : piece.start], f"〔{piece.kind}〕"]
        at = piece.end
    # What normalize does not read (beyond its limit) is not shown unread.
    rest = text[at:50_000] if len(text) > 50_000 else text[at:]
    return "".join(out) + rest
