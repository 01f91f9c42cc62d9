"""Compares Inkling with other ways to serve the same network: `make bench-peers`, or `python -m benchmarks.peers`."""
