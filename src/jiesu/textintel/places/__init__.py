"""Where it is, from free speech: the verbatim span, its parts, and the region it lies in."""

from jiesu.textintel.places.apart import Named, apart, named
from jiesu.textintel.places.find import Place, find
from jiesu.textintel.places.gazetteer import Gazetteer
from jiesu.textintel.places.regions import Candidate, Regions

__all__ = ["Candidate", "Gazetteer", "Named", "Place", "Regions", "apart", "find", "named"]
