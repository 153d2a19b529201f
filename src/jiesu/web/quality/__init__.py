"""The desk of quality inspection 质检: what waits, one inspection beside its order, sheets."""
