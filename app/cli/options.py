"""Helpers that several commands share: options, the check for the train extra, error messages."""

import argparse
import os
import sys
from importlib.util import find_spec
from pathlib import Path
from typing import Any, Protocol, get_args

from model import hints
from model.checkpoint import NAMES, SHIPPED, Checkpoint, find
from model.inference.engines import EngineName

UNUSABLE = 2  # exit status if the weights cannot be used


class Commands(Protocol):
    """The type that `ArgumentParser.add_subparsers` returns; argparse has no public name for it."""

    def add_parser(self, name: str, **options: Any) -> argparse.ArgumentParser:
        """Add a command and return its parser."""


class PathAction(argparse.Action):
    """Stores a path, like argparse's own action, and lets shells complete it."""

    def __call__(self, _parser: object, namespace: argparse.Namespace, values: Any, _option: str | None = None) -> None:
        setattr(namespace, self.dest, values)

    @property
    def complete(self) -> Any:
        """What shtab inserts into its scripts. The name of the attribute is shtab's."""
        import shtab

        return shtab.DIRECTORY if self.metavar == "DIR" else shtab.FILE


def add_weights(parser: argparse.ArgumentParser, *, variable: str | None = None) -> None:
    """Add `--weights`. With a `variable` of the environment that has the default, the default here is None."""
    others = " or ".join(name for name in NAMES if name != SHIPPED.stem)
    default = SHIPPED.stem if variable is None else f"${variable}, otherwise {SHIPPED.stem}"
    parser.add_argument(
        "--weights",
        action=PathAction,
        type=find,
        metavar="FILE",
        default=None if variable else SHIPPED,
        help=f"{SHIPPED.stem} or {others}, which are included; or a .safetensors or .pth file (default: {default})",
    )


def add_engine(parser: argparse.ArgumentParser, *, variable: str | None = None) -> None:
    """Add `--engine`. With a `variable` of the environment that has the default, the default here is None."""
    default = "auto" if variable is None else f"${variable}, otherwise auto"
    parser.add_argument(
        "--engine",
        choices=get_args(EngineName),
        default="auto" if variable is None else None,
        help=f"auto takes torch if it finds a GPU, otherwise onnx (default: {default})",
    )


def add_data(parser: argparse.ArgumentParser) -> None:
    """Add `--data`."""
    parser.add_argument(
        "--data",
        action=PathAction,
        type=Path,
        metavar="DIR",
        help="folder of the data sets (default: $INKLING_DATA, otherwise data)",
    )


def add_device(parser: argparse.ArgumentParser) -> None:
    """Add `--device`."""
    parser.add_argument(
        "--device",
        choices=("auto", "cpu", "cuda"),
        default="auto",
        help="auto takes cuda if there is one, otherwise cpu (default: %(default)s)",
    )


def train_extra_missing(*packages: str) -> int | None:
    """Check that PyTorch and `packages` are installed, and configure PyTorch's threads.

    Returns None if they are; otherwise prints an error message and returns the exit status.
    """
    for package in ("torch", *packages):
        if find_spec(package) is None:
            return fail(
                f"This command needs PyTorch and other packages, but {package} is not installed. "
                f"{hints.install_for_training()}"
            )
    # Waiting threads should sleep, not spin: if other processes use the cores, spinning makes training ten times
    # slower. OpenMP reads this variable once, when PyTorch is first imported.
    os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")
    return None


def fail(message: object, status: int = 1) -> int:
    """Print an error message on stderr. Returns the exit status."""
    print(f"inkling: {message}", file=sys.stderr)
    return status


def print_notes(checkpoint: Checkpoint) -> None:
    """Print on stderr how the file of weights was interpreted, if it differs from the files that Inkling writes."""
    for note in checkpoint.notes:
        print(f"inkling: {note}", file=sys.stderr)
