"""Benchmarks: ratios in one run, see README.md."""
