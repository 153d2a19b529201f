"""What each step of a plan leaves behind, desk by desk, as ``appeals.actions`` leaves it."""
