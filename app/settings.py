"""What can be set from outside, by environment variable; `inkling serve` sets them from its own options."""

import os
from dataclasses import dataclass
from pathlib import Path

from model.checkpoint import SHIPPED, find
from model.inference.engines import EngineName

ROOT = Path(__file__).resolve().parent.parent  # holds the packages `app` and `model`


def _folder(name: str) -> Path:
    """A folder of the service: in a checkout beside `app`, in an installed wheel inside it (see pyproject.toml)."""
    inside = ROOT / "app" / name
    return inside if inside.is_dir() else ROOT / name


STATIC = _folder("static")
TEMPLATES = _folder("templates")
EXAMPLES = _folder("examples")

MOST_WORKERS = 256
MAX_BODY = 1024 * 1024  # bytes
MAX_WAITING = 512  # drawings being worked on at once; one more is told to come back later
MAX_LARGE = 64  # drawings that take time to read, being read or waiting for it; likewise
BODY_SECONDS = 10.0
HEAD_SECONDS = 10.0  # without a word before a request's head is whole, after which a connection is closed


COLLECT_FILE = Path("corrections.sqlite")  # in the working folder
COLLECT_MOST = 10_000


@dataclass(frozen=True, slots=True)
class Settings:
    """INKLING_WEIGHTS, a file of weights or the name of shipped ones; INKLING_ENGINE, auto, onnx or torch;
    INKLING_WORKERS, how many processes share the machine's cores; and whether corrections are kept: INKLING_COLLECT, 1
    or 0, in the file INKLING_COLLECT_FILE, at most INKLING_COLLECT_MOST."""

    weights: Path = SHIPPED
    engine: EngineName = "auto"
    workers: int = 1
    collect: bool = False
    collect_file: Path = COLLECT_FILE
    collect_most: int = COLLECT_MOST

    @classmethod
    def from_environment(cls) -> "Settings":
        """Read the environment; raises ValueError, with a sentence, for a value that cannot be."""
        engine = os.environ.get("INKLING_ENGINE", "auto")
        if engine not in ("auto", "onnx", "torch"):
            raise ValueError(f"INKLING_ENGINE is {engine!r}; it can be auto, onnx or torch.")
        workers = os.environ.get("INKLING_WORKERS") or "1"
        if not (workers.isascii() and workers.isdecimal() and len(workers) <= 4 and 1 <= int(workers) <= MOST_WORKERS):
            raise ValueError(f"INKLING_WORKERS is {workers!r}; it can be a whole number from 1 to {MOST_WORKERS}.")
        # Nothing but a plain 1 switches it on: nobody's drawing is kept because of a misunderstanding.
        collect = os.environ.get("INKLING_COLLECT") or "0"
        if collect not in ("0", "1"):
            raise ValueError(f"INKLING_COLLECT is {collect!r}; it can be 1, to keep corrections, or 0.")
        most = os.environ.get("INKLING_COLLECT_MOST") or str(COLLECT_MOST)
        if not (most.isascii() and most.isdecimal() and 1 <= len(most) <= 9 and int(most)):
            raise ValueError(f"INKLING_COLLECT_MOST is {most!r}; it can be a whole number from 1.")
        return cls(
            weights=find(os.environ.get("INKLING_WEIGHTS") or SHIPPED),
            engine=engine,  # type: ignore[arg-type]
            workers=int(workers),
            collect=collect == "1",
            collect_file=Path(os.environ.get("INKLING_COLLECT_FILE") or COLLECT_FILE),
            collect_most=int(most),
        )
