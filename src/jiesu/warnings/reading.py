"""A text read with the word lists that hold in its area on that day."""

import datetime as dt

from jiesu.catalogue.wordlists import harmless_in_force, in_force
from jiesu.textintel.warnings import Reading, read_warnings
from jiesu.textintel.warnings.sensitive import sensitive_classes
from jiesu.textintel.wordlists import Use


def warnings_in(text: str, region_path: str, at: dt.datetime) -> Reading:
    """What warns in ``text``."""
    return read_warnings(
        text, lists=in_force(Use.WARNING, region_path, at),
        harmless=harmless_in_force(region_path, at),
    )  # fmt: skip


def sensitive_in(text: str, region_path: str, at: dt.datetime) -> dict[str, str]:
    """The sensitive classes of ``text`` with the first words that put it there."""
    return sensitive_classes(
        text, in_force(Use.SENSITIVE, region_path, at), harmless_in_force(region_path, at)
    )
