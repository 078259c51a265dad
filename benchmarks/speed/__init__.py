"""Benchmark of speed, beside what people would use instead: `python -m benchmarks.speed`; see README.md."""
