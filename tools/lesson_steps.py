"""Records training steps for services without PyTorch: python -m tools.lesson_steps

It writes model/weights/lesson-steps.json: the reports of model/training/demo_worker.py for 20 steps with each optimiser
and with learning rates from far too small to far too large.
"""

import json
import sys
from pathlib import Path
from typing import get_args

import torch

from model.checkpoint import WEIGHTS, replace_file
from model.training.demo_worker import Optimiser, samples, train_steps

RATES = (0.00001, 0.0001, 0.001, 0.003, 0.01, 0.03, 0.1, 0.3, 1.0)
STEPS = 20
FILE = WEIGHTS / "lesson-steps.json"
SAMPLES = Path(__file__).resolve().parent.parent / "static" / "samples"


def main() -> int:
    """Compute the steps and write the file."""
    torch.set_num_threads(1)
    batch = samples(SAMPLES)
    reports = [train_steps(batch, optimiser, rate, STEPS) for optimiser in get_args(Optimiser) for rate in RATES]
    lines = ",\n".join(json.dumps(each, separators=(",", ":")) for each in reports)
    replace_file(FILE, f'{{"recordings": [\n{lines}\n]}}\n'.encode())
    print(FILE)
    return 0


if __name__ == "__main__":
    sys.exit(main())
