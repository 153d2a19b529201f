"""Log lines without personal data, whoever wrote them."""

import logging
import re

# A mobile number, an identity card number, an e-mail address. An order number has 19 digits and
# stays readable: it leads to the order, and reading that is audited.
_MOBILE = re.compile(r"(?<![0-9])((?:86)?1[3-9][0-9])[0-9]{4}([0-9]{4})(?![0-9])")
_IDENTITY = re.compile(r"(?<![0-9])([1-9][0-9]{5})[0-9]{8}([0-9]{3}[0-9Xx])(?![0-9Xx])")
_MAIL = re.compile(r"[\w.+-]+@(?=[\w-]+\.)")
_LANDLINE = re.compile(r"(?<![0-9])(0[0-9]{2,3})-[0-9]{7,8}(?![0-9])")


def masked(text: str) -> str:
    """The text with phone numbers, identity numbers and mail addresses made unreadable."""
    text = _IDENTITY.sub(r"\1********\2", text)
    text = _MOBILE.sub(r"\1****\2", text)
    text = _LANDLINE.sub(r"\1-****", text)
    return _MAIL.sub("***@", text)


class MaskingFormatter(logging.Formatter):
    """Masks the finished line, so that arguments and tracebacks are masked too."""

    def format(self, record: logging.LogRecord) -> str:
        return masked(super().format(record))
