"""Makes or measures the sets: `python -m benchmarks.val_made --help`."""

from benchmarks.val_made.command import main

if __name__ == "__main__":
    main()
