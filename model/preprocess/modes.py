"""The preprocessing modes: the ways to turn a drawing into the network's 28×28 input.

The API, the command line, the error texts and the pages take the modes' names and descriptions from this table.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Literal, get_args

Prepare = Literal["mnist", "resize", "none", "uncentred", "own_pen"]


@dataclass(frozen=True, slots=True)
class Mode:
    """How a mode is presented: `label` is at most two words, `summary` one line, `description` one or two sentences."""

    label: str
    summary: str
    description: str


MODES: Mapping[Prepare, Mode] = MappingProxyType(
    {
        "mnist": Mode(
            "as MNIST",
            "Scaled to 20 px, centre of mass in middle.",
            "The ink is scaled to 20 px, and its centre of mass is moved to the middle, as in MNIST. Strokes are drawn "
            "2 to 2.8 px wide; in images, lines too thin to see are thickened, and lines wider than 4 px are thinned.",
        ),
        "resize": Mode(
            "squashed",
            "The whole pad is scaled to 28 × 28 px.",
            "The whole canvas is scaled to 28×28 px; the ink is not cut out and not centred.",
        ),
        "none": Mode(
            "none",
            "Drawn directly on the 28 × 28 grid.",
            "Nothing is changed: images must be 28×28 px, and strokes must be in pixels of that size.",
        ),
        "uncentred": Mode(
            "not centred",
            "Scaled to 20 px, bounding box in middle.",
            "The ink is scaled to 20 px, but the middle of its bounding box is placed at the centre, not its "
            "centre of mass.",
        ),
        "own_pen": Mode(
            "own pen",
            "Scaled (with the pen width) and centred.",
            "Like mnist, but the pen width is scaled with the ink, and MNIST's line width is not used.",
        ),
    }
)
PREPARE_NAMES: tuple[Prepare, ...] = get_args(Prepare)
