"""Runs it: `python -m benchmarks.robustness --help`."""

from benchmarks.robustness.command import main

if __name__ == "__main__":
    main()
