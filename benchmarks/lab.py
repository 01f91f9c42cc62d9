"""The time of the lab's computations: a gradient beside a forward pass, and what an edit costs on 2,000 digits.

python -m benchmarks.lab ROUNDS prints the medians of the first two, in seconds. It is a process of its own because the
service limits NumPy to one thread, which must happen before NumPy is imported.
"""

import json
import os
import subprocess
import sys
from dataclasses import dataclass
from statistics import median
from time import perf_counter

import numpy as np

from benchmarks.client import Request, fetch
from benchmarks.drawings import PEN, drawings
from benchmarks.servers import Server
from model.checkpoint import SHIPPED, read
from model.explain.saliency import Explainer, Target
from model.inference.classifier import normalise
from model.inference.engines import OnnxEngine
from model.layers import LAYER_NAMES
from model.preprocess.pipeline import from_strokes

FORWARD_PASSES = 5.0  # target: the time of one gradient with respect to the input, in forward passes
ACCURACY_SECONDS = 0.5  # target: the time of one POST /lab/accuracy
EDITS = 16  # an edit is measured once, because the service keeps its result


@dataclass(frozen=True, slots=True)
class LabTimes:
    """Medians, in seconds: a forward pass with the outputs of all layers, a gradient with its own forward pass, and a
    POST /lab/accuracy."""

    forward: float
    gradient: float
    accuracy: float


def measure(server: Server, rounds: int) -> LabTimes:
    """Measure `rounds` forward passes and gradients in turn, then POST /lab/accuracy with up to EDITS edits."""
    command = [sys.executable, "-m", "benchmarks.lab", str(rounds)]
    environment = os.environ | {"OPENBLAS_NUM_THREADS": "1"}
    done = subprocess.run(command, env=environment, check=True, stdout=subprocess.PIPE, text=True)
    forward, gradient = map(float, done.stdout.split())
    accuracy = [_accuracy(server, unit) for unit in range(min(rounds, EDITS))]
    return LabTimes(forward, gradient, median(accuracy))


def _gradient(rounds: int) -> tuple[float, float]:
    """The medians of a forward pass and of a gradient, in seconds."""
    checkpoint = read(SHIPPED)
    engine = OnnxEngine(checkpoint)
    explainer = Explainer(checkpoint.tensors, engine.run)
    ((digit, strokes),) = drawings(1, first_digit=7)
    image = normalise(from_strokes(strokes, PEN).image[np.newaxis])
    forward, gradient = [], []
    for _ in range(rounds):
        start = perf_counter()
        engine.run(image, LAYER_NAMES[1:])
        middle = perf_counter()
        explainer.explain(image[0, 0], Target(digit), "gradient")
        forward.append(middle - start)
        gradient.append(perf_counter() - middle)
    return median(forward), median(gradient)


def _accuracy(server: Server, unit: int) -> float:
    """The seconds of a request for the accuracy with a filter switched off. Raises LoadError."""
    body = json.dumps({"edits": [f"conv1_{unit}_off"]}).encode()
    start = perf_counter()
    fetch(server.port, Request("POST", "/lab/accuracy", body, "application/json"))
    return perf_counter() - start


if __name__ == "__main__":
    print(*_gradient(int(sys.argv[1])))
