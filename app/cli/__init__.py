"""The `inkling` command: one module for each subcommand, and helpers that the subcommands share.

It may import every other package; nothing imports it.
"""
