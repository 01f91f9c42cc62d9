"""The `inkling` command: one module per subcommand, and what the subcommands share.

It may import every other package; nothing imports it.
"""
