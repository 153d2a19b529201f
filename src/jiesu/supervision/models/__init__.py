"""What supervision keeps: instruments, trigger rules and their hits, ledgers, leaders' notes."""

from jiesu.supervision.models.instrument import (
    Elsewhere,
    Instrument,
    LetterHead,
    NumberSequence,
    Step,
    SupervisionFile,
)
from jiesu.supervision.models.ledger import Closing, LedgerEntry, Progress
from jiesu.supervision.models.note import Note, NoteTask
from jiesu.supervision.models.trigger import Hit, TriggerMark, TriggerRule

__all__ = [
    "Closing", "Elsewhere", "Hit", "Instrument", "LedgerEntry", "LetterHead", "Note", "NoteTask",
    "NumberSequence", "Progress", "Step", "SupervisionFile", "TriggerMark", "TriggerRule",
]  # fmt: skip
