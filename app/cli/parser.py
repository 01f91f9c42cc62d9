"""The parser of the command line: one subcommand for each module."""

import argparse

from app import __version__
from app.cli import calibrate, completion, evaluate, fetch, predict, serve, train


def create_parser() -> argparse.ArgumentParser:
    """The parser of `inkling`. It sets the option `run` to the function that runs the command."""
    parser = argparse.ArgumentParser(
        prog="inkling", description="Draw a digit and see how a convolutional network sees it."
    )
    parser.add_argument("--version", action="version", version=f"inkling {__version__}")
    commands = parser.add_subparsers(title="commands", required=True, metavar="COMMAND")
    for command in (serve, train, calibrate, evaluate, predict, fetch):
        command.add_parser(commands)
    completion.add_parser(commands, parser)
    return parser
