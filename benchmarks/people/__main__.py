"""Runs the benchmark: `python -m benchmarks.people --help`."""

from benchmarks.people.command import main

if __name__ == "__main__":
    main()
