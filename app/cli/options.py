"""What the commands that need PyTorch have in common: two options, a check before they start, a way to say no."""

import argparse
import os
import sys
from importlib.util import find_spec
from pathlib import Path

from model.checkpoint import TRAIN_EXTRA


def add_data(parser: argparse.ArgumentParser) -> None:
    """Add `--data`."""
    parser.add_argument(
        "--data", type=Path, metavar="DIR", help="folder of data sets (default: $INKLING_DATA, else data)"
    )


def add_device(parser: argparse.ArgumentParser) -> None:
    """Add `--device`."""
    parser.add_argument(
        "--device", choices=("auto", "cpu", "cuda"), default="auto", help="auto is cuda if there is one (default: auto)"
    )


def not_ready(*packages: str) -> int | None:
    """Make ready for PyTorch; the exit status if it, or what else the command needs sooner or later, is not there."""
    for package in ("torch", "torchvision", *packages):
        if find_spec(package) is None:
            return fail(f"This needs PyTorch and what belongs to it, and {package} is not installed. {TRAIN_EXTRA}")
    # Threads that wait should sleep, not spin: while anything else uses the cores, spinning makes training ten times
    # slower. OpenMP reads this once, when PyTorch is first imported.
    os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")
    return None


def fail(message: object) -> int:
    """Say what went wrong in a sentence, on stderr; returns the exit status."""
    print(f"inkling: {message}", file=sys.stderr)
    return 1
