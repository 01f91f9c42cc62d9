"""What is measured, against what, runnable by anyone: `make bench`, or `python -m benchmarks --help`."""
