"""A second validation set, made from validation pictures: `python -m benchmarks.val_made`; see README.md."""
