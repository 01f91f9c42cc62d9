"""The preprocessing modes: which steps turn a drawing into the network's 28×28 input.

Query parameters, command line, error texts and pages take the names and descriptions of the modes from this table.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Literal, get_args

Prepare = Literal["mnist", "resize", "none", "uncentred", "own_pen"]


@dataclass(frozen=True, slots=True)
class Mode:
    """How a mode is presented: `label` in two words at most, `summary` in one line, `description` in one sentence."""

    label: str
    summary: str
    description: str


MODES: Mapping[Prepare, Mode] = MappingProxyType(
    {
        "mnist": Mode(
            "as MNIST",
            "Scaled to 20 px, centred by centre of mass.",
            "The ink is scaled to 20 px and centred on its centre of mass, as MNIST's digits were.",
        ),
        "resize": Mode(
            "squashed",
            "The whole pad, scaled down to 28 × 28.",
            "The whole canvas is squashed to 28×28 px; the ink is neither scaled nor centred.",
        ),
        "none": Mode(
            "none",
            "Drawn straight onto the 28 × 28 grid.",
            "Nothing is changed: images must be 28×28 px, and strokes must be in pixels of that size.",
        ),
        "uncentred": Mode(
            "not centred",
            "Scaled to 20 px, bounding box centred.",
            "The ink is scaled to 20 px, but centred on its bounding box instead of its centre of mass.",
        ),
        "own_pen": Mode(
            "own pen",
            "Scaled and centred, the pen included.",
            "As mnist, but strokes keep the width of their pen instead of MNIST's line width.",
        ),
    }
)
PREPARE_NAMES: tuple[Prepare, ...] = get_args(Prepare)
