"""Where it is, from free speech: the verbatim span, its parts, and the region it lies in."""

from jiesu.textintel.places.find import Place, find
from jiesu.textintel.places.gazetteer import Gazetteer
from jiesu.textintel.places.regions import Candidate, Regions

__all__ = ["Candidate", "Gazetteer", "Place", "Regions", "find"]
