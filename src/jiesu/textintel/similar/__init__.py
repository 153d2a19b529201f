"""Whether two appeals tell of the same matter, and which earlier one a text speaks of."""
