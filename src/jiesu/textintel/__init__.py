"""What the system reads in a text: pure, no Django, suggestions only."""
