"""Writes model/weights/lesson.epochs.safetensors: the weights of the run `lesson` after each epoch.

    inkling train --recipe lesson --seed 0 --device cpu --out runs/lesson
    python -m tools.lesson_epochs runs/lesson

The last epoch of the run must be the shipped lesson.safetensors.
"""

import sys
from pathlib import Path

from model.checkpoint import LESSON, read, replace_file
from model.epochs import FILE, MeasuredEpoch, encode_differences


def content_for(run: Path) -> bytes:
    """The content of the file for a run's folder. Raises ValueError if it is not the shipped run."""
    checkpoints = [read(path) for path in sorted(run.glob("epoch-*.safetensors"))]
    shipped = read(LESSON)
    if not checkpoints or any((checkpoints[-1].tensors[key] != shipped.tensors[key]).any() for key in shipped.tensors):
        raise ValueError(f"the last epoch in {run} is not {LESSON.name}")
    measured = [
        MeasuredEpoch(number, float(each.metadata["accuracy"]), float(each.metadata["loss"]))
        for number, each in enumerate(checkpoints)
    ]
    return encode_differences([each.tensors for each in checkpoints], measured)


if __name__ == "__main__":
    replace_file(FILE, content_for(Path(sys.argv[1])))
