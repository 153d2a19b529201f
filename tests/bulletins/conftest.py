"""October published under four rates, as scoring's own tests have it."""

from tests.scoring.conftest import office

__all__ = ["office"]
