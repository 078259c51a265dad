"""Runs the benchmark: `python -m benchmarks.speed --help`."""

from benchmarks.speed.command import main

if __name__ == "__main__":
    main()
