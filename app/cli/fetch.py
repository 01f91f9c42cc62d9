"""`inkling fetch`: download MNIST and verify it."""

import argparse

from app.cli import interrupts
from app.cli.options import Commands, add_data, fail


def add_parser(commands: Commands) -> None:
    """Add `inkling fetch`."""
    parser = commands.add_parser(
        "fetch",
        help="download MNIST",
        description="Download MNIST (11.5 MB, 55 MB unpacked) and verify it. Existing files are only verified.",
    )
    add_data(parser)
    parser.set_defaults(run=run)


def run(options: argparse.Namespace) -> int:
    """Run the command and return its exit status."""
    from model.data import mnist

    try:
        with interrupts.raise_error():
            fetched = mnist.fetch(options.data)
        if not fetched:
            print(f"MNIST is in {mnist.raw(options.data)}; its four files are verified.")
    except mnist.DatasetError as error:
        return fail(error)
    return 0
