"""What anyone may read of a published matter: never what names its petitioner."""

import re

from jiesu.access.masking import mask_name
from jiesu.appeals.models import Appeal
from jiesu.textintel.redact import redact

HIDDEN = "（略）"
# Telephone, document and account numbers, however they are grouped; and mail addresses.
_NUMBERS = re.compile(r"(?<![\w.])\+?\d(?:[ -]?\d){6,}[xX]?(?![\w])")
_NUMBERS_IN_WORDS = re.compile(r"\d{7,}[xX]?")
_MAIL = re.compile(r"[\w.+-]+@[\w-]+(?:\.[\w-]+)+")


def scrub(text: str, appeal: Appeal) -> str:
    """The text without the petitioner's name and addresses, without anybody's long numbers."""
    for own in (appeal.enterprise, appeal.home_address, appeal.document_number):
        if len(own) > 1:
            text = text.replace(own, HIDDEN)
    if len(appeal.name) > 1:
        text = text.replace(appeal.name, mask_name(appeal.name))
    return redact(without_numbers(text))


def without_numbers(text: str) -> str:
    """The text without long numbers and mail addresses, whosever they are."""
    text = _MAIL.sub(HIDDEN, text)
    text = _NUMBERS.sub(HIDDEN, text)
    return _NUMBERS_IN_WORDS.sub(HIDDEN, text)
