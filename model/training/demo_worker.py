"""Trains the network for a few steps on the sample digits and returns all numbers that the lesson shows.

    python -m model.training.demo_worker static/samples
    {"optimiser": "sgd", "learning_rate": 0.1, "steps": 3}

The folder contains the digits (static/samples/README.md). When the process is ready, it prints `ready`. Then each line
of its input is a request in JSON, and it answers each request with one line of JSON. It exits when its input ends.
Training runs in this separate process, so that the service does not load PyTorch.
"""

import json
import os
import sys
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from math import isfinite
from pathlib import Path
from typing import Any, Literal

import numpy as np
import torch
from PIL import Image
from torch import Tensor
from torch.nn import functional as F

from model.data.mnist import normalised
from model.layers import LAYERS, SIDE
from model.network import CNN

READY = "ready"
SEED = 0  # seed of the initial weights; the shipped weights `lesson` were trained from the same initial weights
# The one weight whose numbers are returned: the centre of the conv1 kernel that the first step changes most.
LAYER, PARAMETER, INDEX = "conv1", "features.0.weight", (0, 0, 1, 1)
NICENESS = 5  # gives the process a lower priority than the service, which computes predictions

Optimiser = Literal["sgd", "adam"]
Json = dict[str, Any]


@dataclass(frozen=True)
class Batch:
    """Normalised images, N×1×28×28, and their labels, N."""

    images: Tensor
    labels: Tensor


def samples(folder: Path) -> Batch:
    """Read the sample digits in the order of digits.json."""
    digits = json.loads((folder / "digits.json").read_text(encoding="utf-8"))["digits"]
    with Image.open(folder / "digits.png") as image:
        sheet = np.asarray(image.convert("L"))
    cut = [sheet[SIDE * each["row"] :, SIDE * each["column"] :][:SIDE, :SIDE] for each in digits]
    images = normalised(torch.from_numpy(np.stack(cut))).contiguous(memory_format=torch.channels_last)
    return Batch(images, torch.tensor([each["label"] for each in digits]))


def train_steps(batch: Batch, optimiser: Optimiser, learning_rate: float, steps: int) -> Json:
    """Train the untrained network for `steps` steps, each on the whole batch.

    The result contains for each step:
    - the loss (mean cross-entropy, nats), the accuracy and the predictions after the step;
    - for each layer, the norm √Σg² of the gradient of its weights and biases;
    - one weight before and after the step, and its gradient;
    - for Adam, the moving averages m and v of this weight, m̂ = m/(1 − β₁ᵗ) and v̂ = v/(1 − β₂ᵗ).

    If a number of a step is not finite, training stops, the step is left out, and `diverged` is True.
    """
    with torch.random.fork_rng(devices=[]):
        torch.default_generator.manual_seed(SEED)
        network = CNN().to(memory_format=torch.channels_last)
    torch_optimiser: torch.optim.SGD | torch.optim.Adam
    if optimiser == "sgd":
        torch_optimiser = torch.optim.SGD(network.parameters(), lr=learning_rate)
    else:
        torch_optimiser = torch.optim.Adam(network.parameters(), lr=learning_rate)
    # Each forward pass has two uses: it gives the loss after a step, and its backward pass gives the next gradient.
    loss, results = _forward(network, batch)
    report: Json = {
        "optimiser": optimiser,
        "learning_rate": learning_rate,
        "seed": SEED,
        "labels": batch.labels.tolist(),
        **results,
        "weight": {"layer": LAYER, "parameter": PARAMETER, "index": list(INDEX)},
        "adam": _constants(torch_optimiser),
        "steps": [],
        "diverged": False,
    }
    for number in range(1, steps + 1):
        torch_optimiser.zero_grad()
        loss.backward()  # type: ignore[no-untyped-call]
        norms = _gradient_norms(network)
        before = _followed_weight(network).item()
        gradient = _followed_gradient(network)
        torch_optimiser.step()
        weight = {
            "before": before,
            "gradient": gradient,
            **_moments(torch_optimiser, _parameter(network), number),
            "after": _followed_weight(network).item(),
        }
        loss, results = _forward(network, batch)
        step = {"step": number, "gradient_norms": norms, "weight": weight, **results}
        if not all(isfinite(value) for value in _numbers(step)):
            report["diverged"] = True
            break
        report["steps"].append(step)
    rounded: Json = _as_float32(report)
    return rounded


def _forward(network: CNN, batch: Batch) -> tuple[Tensor, Json]:
    logits = network.fast_logits(batch.images)
    loss = F.cross_entropy(logits, batch.labels)
    predictions = logits.argmax(1)
    correct = int((predictions == batch.labels).sum())
    return loss, {"loss": loss.item(), "accuracy": correct / len(batch.labels), "answers": predictions.tolist()}


def _parameter(network: CNN) -> Tensor:
    return network.get_parameter(PARAMETER)


def _followed_weight(network: CNN) -> Tensor:
    return _parameter(network).detach()[INDEX]


def _followed_gradient(network: CNN) -> float:
    gradient = _parameter(network).grad
    assert gradient is not None
    return gradient[INDEX].item()


def _gradient_norms(network: CNN) -> dict[str, float]:
    norms = {}
    for layer in LAYERS:
        if layer.parameters:
            assert layer.module is not None
            gradients = [each.grad for each in network.get_submodule(layer.module).parameters()]
            norms[layer.name] = torch.cat([each.flatten() for each in gradients if each is not None]).norm().item()
    return norms


def _constants(torch_optimiser: torch.optim.Optimizer) -> dict[str, float] | None:
    if not isinstance(torch_optimiser, torch.optim.Adam):
        return None
    beta1, beta2 = torch_optimiser.defaults["betas"]
    return {"beta1": beta1, "beta2": beta2, "epsilon": torch_optimiser.defaults["eps"]}


def _moments(torch_optimiser: torch.optim.Optimizer, parameter: Tensor, number: int) -> dict[str, float | None]:
    if not isinstance(torch_optimiser, torch.optim.Adam):
        return dict.fromkeys(("m", "v", "m_hat", "v_hat"))
    beta1, beta2 = torch_optimiser.defaults["betas"]
    m, v = (torch_optimiser.state[parameter][name][INDEX].item() for name in ("exp_avg", "exp_avg_sq"))
    return {"m": m, "v": v, "m_hat": m / (1 - beta1**number), "v_hat": v / (1 - beta2**number)}


def _numbers(tree: object) -> Iterator[float]:
    if isinstance(tree, dict):
        for branch in tree.values():
            yield from _numbers(branch)
    elif isinstance(tree, float):
        yield tree


def _as_float32(tree: Any) -> Any:
    """Replace each float by the shortest decimal number for its float32 value. The learning rate is not changed."""
    if isinstance(tree, dict):
        return {key: _as_float32(branch) if key != "learning_rate" else branch for key, branch in tree.items()}
    if isinstance(tree, list):
        return [_as_float32(branch) for branch in tree]
    return float(str(np.float32(tree))) if isinstance(tree, float) else tree


def main(folder: Path) -> None:
    """Answer the requests on the standard input until the input ends."""
    with suppress(OSError, AttributeError):  # Windows has no os.nice
        os.nice(NICENESS)
    torch.set_num_threads(1)  # for a batch of 80 images, more threads are not faster
    batch = samples(folder)
    print(READY, flush=True)
    for line in sys.stdin:
        request = json.loads(line)
        report = train_steps(batch, request["optimiser"], request["learning_rate"], request["steps"])
        print(json.dumps(report), flush=True)


if __name__ == "__main__":
    main(Path(sys.argv[1]))
