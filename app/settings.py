"""What can be set from outside, by environment variable; `inkling serve` sets them from its own options."""

import os
from dataclasses import dataclass
from pathlib import Path

from model.checkpoint import SHIPPED
from model.engines import EngineName

ROOT = Path(__file__).resolve().parent.parent
STATIC = ROOT / "static"
TEMPLATES = ROOT / "templates"

MAX_BODY = 1024 * 1024  # bytes
MAX_WAITING = 512  # drawings being worked on at once; one more is told to come back later
BODY_SECONDS = 10.0


@dataclass(frozen=True, slots=True)
class Settings:
    """INKLING_WEIGHTS, a file of weights, and INKLING_ENGINE, auto, onnx or torch."""

    weights: Path = SHIPPED
    engine: EngineName = "auto"

    @classmethod
    def from_environment(cls) -> "Settings":
        """Read the environment; raises ValueError for an engine that does not exist."""
        engine = os.environ.get("INKLING_ENGINE", "auto")
        if engine not in ("auto", "onnx", "torch"):
            raise ValueError(f"INKLING_ENGINE is {engine!r}; it can be auto, onnx or torch.")
        return cls(Path(os.environ.get("INKLING_WEIGHTS") or SHIPPED), engine)  # type: ignore[arg-type]
