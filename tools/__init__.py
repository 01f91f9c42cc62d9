"""What sets a checkout up: the Python packages, and a browser for the tests. The Makefile calls these."""
