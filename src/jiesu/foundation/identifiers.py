"""Numbers that carry their own proof: order numbers, credit codes, identity numbers, telephones.

Pure functions. A ``…_problem`` function returns None when all is well, else a full Chinese sentence
that says what is wrong and what to do.
"""

import datetime as dt
import re
import unicodedata

ORDER_NUMBER_LENGTH = 19
_MAX_SEQUENCE = 999_999


def _mod_11_10(digits: str) -> str:
    """The check digit of ISO/IEC 7064:2003 MOD 11,10 (its clause 8, hybrid systems).

    It finds every single wrong digit and nearly every swap of two neighbours.
    """
    carry = 10
    for digit in digits:
        carry = (carry + int(digit)) % 10 or 10
        carry = carry * 2 % 11
    return str((11 - carry) % 10)


def order_number(area: str, day: dt.date, seq: int) -> str:
    """Build a work order's number: area 6, yyMMdd, sequence 6, check digit (domain §3, Numbers).

    Raises ``ValueError`` when the area is not six digits or the day's sequence is used up.
    """
    if not re.fullmatch("[0-9]{6}", area):
        raise ValueError(f"an area is six digits, not {area!r}")
    if not 0 < seq <= _MAX_SEQUENCE:
        raise ValueError(f"a day's sequence runs from 1 to {_MAX_SEQUENCE}, not {seq}")
    body = f"{area}{day:%y%m%d}{seq:06d}"
    return body + _mod_11_10(body)


def is_order_number(text: str) -> bool:
    """Whether this is an order number whose check digit holds."""
    return bool(re.fullmatch("[0-9]{19}", text)) and _mod_11_10(text[:-1]) == text[-1]


_CREDIT_ALPHABET = "0123456789ABCDEFGHJKLMNPQRTUWXY"
_CREDIT_VALUES = {c: i for i, c in enumerate(_CREDIT_ALPHABET)}


def credit_code_problem(text: str) -> str | None:
    """Say what is wrong with a unified social credit code (GB 32100-2015)."""
    code = text.strip().upper()
    if len(code) != 18:
        return f"统一社会信用代码应为 18 位，现在是 {len(code)} 位，请核对后重填。"
    wrong = sorted({c for c in code if c not in _CREDIT_VALUES})
    if wrong:
        return (
            f"统一社会信用代码中不应出现“{''.join(wrong)}”，"
            "只用数字和除 I、O、Z、S、V 外的大写字母，请核对后重填。"
        )
    total = sum(_CREDIT_VALUES[c] * pow(3, i, 31) for i, c in enumerate(code[:17]))
    if _CREDIT_VALUES[code[17]] != (31 - total % 31) % 31:
        return "统一社会信用代码的校验位不对，可能有一位填错，请核对后重填。"
    return None


_ID_WEIGHTS = (7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2)
_ID_CHECKS = "10X98765432"
# GB/T 2260 provinces; 81 to 83 also begin the residence permits of Hong Kong, Macao and Taiwan.
_ID_PROVINCE = re.compile("1[1-5]|2[1-3]|3[1-7]|4[1-6]|5[0-4]|6[1-5]|71|8[1-3]|91")


def id_card_problem(text: str) -> str | None:
    """Say what is wrong with a citizen's identity number (GB 11643-1999)."""
    number = text.strip().upper()
    if len(number) != 18:
        return f"身份证号码应为 18 位，现在是 {len(number)} 位，请核对后重填。"
    if not re.fullmatch("[0-9]{17}[0-9X]", number):
        return "身份证号码前 17 位应为数字，最后一位为数字或 X，请核对后重填。"
    if not _ID_PROVINCE.match(number):
        return "身份证号码开头的地区代码不存在，请核对后重填。"
    try:
        born = dt.date(int(number[6:10]), int(number[10:12]), int(number[12:14]))
    except ValueError:
        return "身份证号码中的出生日期不存在，请核对后重填。"
    if born.year < 1850:
        return "身份证号码中的出生日期过早，请核对后重填。"
    total = sum(int(d) * w for d, w in zip(number[:17], _ID_WEIGHTS, strict=True))
    if number[17] != _ID_CHECKS[total % 11]:
        return "身份证号码的校验位不对，可能有一位填错，请核对后重填。"
    return None


_PHONE_NOISE = re.compile(r"[\s()\-‐-―−·.\u200b-\u200f\u202a-\u202e\ufeff]+")
_MOBILE = re.compile("1[3-9][0-9]{9}")
_LANDLINE = re.compile("0(?:10|2[0-9])[2-9][0-9]{7}|0[3-9][0-9]{2}[2-9][0-9]{6,7}")
_SERVICE = re.compile("[48]00[0-9]{7}")
_ABROAD = re.compile(r"\+[1-9][0-9]{6,14}")


def normalize_phone(text: str) -> str:
    """Bring a telephone number to the one form it is stored and searched in.

    Full-width digits become plain; blanks, dashes, brackets and the prefix +86 go. A number that
    makes no sense comes back cleaned but otherwise as it was.
    """
    phone = _PHONE_NOISE.sub("", unicodedata.normalize("NFKC", text))
    if phone.startswith("00"):
        phone = "+" + phone[2:]
    if phone.startswith("+86"):
        phone = phone[3:]
        if phone[:1] != "0" and not _MOBILE.fullmatch(phone) and not _SERVICE.fullmatch(phone):
            phone = "0" + phone if phone else phone
    elif phone.startswith("86") and _MOBILE.fullmatch(phone[2:]):
        phone = phone[2:]
    return phone


def phone_problem(text: str) -> str | None:
    """Say what is wrong with a telephone number; it may be written with blanks, dashes or +86.

    Accepted: mobiles, landlines with their area code, 400 and 800 numbers, and numbers abroad with
    a plus sign and the country's code.
    """
    phone = normalize_phone(text)
    if not phone:
        return "请填写联系电话。"
    if any(p.fullmatch(phone) for p in (_MOBILE, _LANDLINE, _SERVICE, _ABROAD)):
        return None
    if not re.fullmatch(r"\+?[0-9]+", phone):
        return "联系电话只能由数字组成，请核对后重填；分机号请写在诉求内容里。"
    if phone.startswith("1"):
        if len(phone) != 11:
            return f"手机号码应为 11 位，现在是 {len(phone)} 位，请核对后重填。"
        return "手机号码的号段不存在，请核对后重填。"
    if not phone.startswith(("0", "+")) and len(phone) in (7, 8):
        return "固定电话请加区号，例如 0591-87551234。"
    return "联系电话的格式不对，请填 11 位手机号码，或带区号的固定电话，例如 0591-87551234。"
