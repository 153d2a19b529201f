"""The tables of an appeal's life. Only ``appeals.actions`` writes them."""

from jiesu.appeals.models.appeal import Appeal, IntakeDraft, NumberSequence
from jiesu.appeals.models.assignment import (
    Application,
    Assignment,
    Consultation,
    Contact,
    Opinion,
)
from jiesu.appeals.models.clock import Clock
from jiesu.appeals.models.event import Attachment, Event, ProcessRule, Suggestion
from jiesu.appeals.models.reply import Callback, Reply

__all__ = [
    "Appeal",
    "Application",
    "Assignment",
    "Attachment",
    "Callback",
    "Clock",
    "Consultation",
    "Contact",
    "Event",
    "IntakeDraft",
    "NumberSequence",
    "Opinion",
    "ProcessRule",
    "Reply",
    "Suggestion",
]
