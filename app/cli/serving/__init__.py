"""Server processes for `inkling serve`: several workers and their supervisor.

It may import everything that `app.cli` may import.
"""
