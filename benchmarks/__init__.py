"""The benchmarks of the service and of training: `make bench`, or `python -m benchmarks --help`."""
