"""The tables of scoring: schemes, periods with their frozen facts and revisions, what units ask."""

from jiesu.scoring.models.period import FactBlock, Period, Revision, UnitScore
from jiesu.scoring.models.pleas import Exclusion, Fault, Remedy
from jiesu.scoring.models.scheme import SchemeVersion, ScoreScheme

__all__ = [
    "Exclusion",
    "FactBlock",
    "Fault",
    "Period",
    "Remedy",
    "Revision",
    "SchemeVersion",
    "ScoreScheme",
    "UnitScore",
]
