"""Sets up a checkout (the Makefile calls these modules) and writes measured files again. It is not installed."""
