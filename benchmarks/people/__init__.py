"""Benchmark of following, voting and counting people: `python -m benchmarks.people`; see README.md."""
