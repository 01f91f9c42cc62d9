"""A few steps of training on the sample digits, with every number that it takes to write them out.

    python -m model.steps static/samples
    {"optimiser": "sgd", "learning_rate": 0.1, "steps": 3}

The folder holds the digits (static/samples/README.md). The process says `ready`, then answers each line of JSON that it
reads with one, until there is no more to read. It is a process of its own so that a service needs no PyTorch.
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
SEED = 0  # of the first weights: those of the shipped run of the recipe `lesson`, before its first epoch
# The weight that is followed: in the middle of the kernel of conv1 that the first step moves most.
LAYER, PARAMETER, INDEX = "conv1", "features.0.weight", (0, 0, 1, 1)
POLITE = 5  # how much lower the priority is than the service's: drawings come first

Optimiser = Literal["sgd", "adam"]
Json = dict[str, Any]


@dataclass(frozen=True)
class Batch:
    """Normalised pictures, N×1×28×28, and what they are, N."""

    pictures: Tensor
    labels: Tensor


def samples(folder: Path) -> Batch:
    """The sample digits, in the order of digits.json."""
    told = json.loads((folder / "digits.json").read_text(encoding="utf-8"))["digits"]
    with Image.open(folder / "digits.png") as image:
        sheet = np.asarray(image.convert("L"))
    cut = [sheet[SIDE * each["row"] :, SIDE * each["column"] :][:SIDE, :SIDE] for each in told]
    pictures = normalised(torch.from_numpy(np.stack(cut))).contiguous(memory_format=torch.channels_last)
    return Batch(pictures, torch.tensor([each["label"] for each in told]))


def take(batch: Batch, optimiser: Optimiser, learning_rate: float, steps: int) -> Json:
    """Train the untrained network on the batch, `steps` times the whole of it, and tell of each step.

    Of each: the loss (mean cross-entropy, nats), the accuracy and the answers after it; the length of the gradient,
    √Σg², of each layer's weights and biases; one weight before and after, its gradient, and for Adam the means m and v
    with m̂ = m/(1 − β₁ᵗ) and v̂ = v/(1 − β₂ᵗ). Stops where a number is no longer finite, which is then `diverged`.
    """
    with torch.random.fork_rng(devices=[]):
        torch.default_generator.manual_seed(SEED)
        network = CNN().to(memory_format=torch.channels_last)
    rule: torch.optim.SGD | torch.optim.Adam
    if optimiser == "sgd":
        rule = torch.optim.SGD(network.parameters(), lr=learning_rate)
    else:
        rule = torch.optim.Adam(network.parameters(), lr=learning_rate)
    # Each pass gives the loss after one step and the gradient of the next.
    loss, seen = _forward(network, batch)
    told: Json = {
        "optimiser": optimiser,
        "learning_rate": learning_rate,
        "seed": SEED,
        "labels": batch.labels.tolist(),
        **seen,
        "weight": {"layer": LAYER, "parameter": PARAMETER, "index": list(INDEX)},
        "adam": _constants(rule),
        "steps": [],
        "diverged": False,
    }
    for number in range(1, steps + 1):
        rule.zero_grad()
        loss.backward()  # type: ignore[no-untyped-call]
        norms = _gradient_norms(network)
        before = _followed(network).item()
        gradient = _gradient(network)
        rule.step()
        weight = {
            "before": before,
            "gradient": gradient,
            **_moments(rule, _parameter(network), number),
            "after": _followed(network).item(),
        }
        loss, seen = _forward(network, batch)
        step = {"step": number, "gradient_norms": norms, "weight": weight, **seen}
        if not all(isfinite(value) for value in _numbers(step)):
            told["diverged"] = True
            break
        told["steps"].append(step)
    short: Json = _short(told)
    return short


def _forward(network: CNN, batch: Batch) -> tuple[Tensor, Json]:
    logits = network.quick(batch.pictures)
    loss = F.cross_entropy(logits, batch.labels)
    answers = logits.argmax(1)
    right = int((answers == batch.labels).sum())
    return loss, {"loss": loss.item(), "accuracy": right / len(batch.labels), "answers": answers.tolist()}


def _parameter(network: CNN) -> Tensor:
    return network.get_parameter(PARAMETER)


def _followed(network: CNN) -> Tensor:
    return _parameter(network).detach()[INDEX]


def _gradient(network: CNN) -> float:
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


def _constants(rule: torch.optim.Optimizer) -> dict[str, float] | None:
    if not isinstance(rule, torch.optim.Adam):
        return None
    beta1, beta2 = rule.defaults["betas"]
    return {"beta1": beta1, "beta2": beta2, "epsilon": rule.defaults["eps"]}


def _moments(rule: torch.optim.Optimizer, parameter: Tensor, number: int) -> dict[str, float | None]:
    if not isinstance(rule, torch.optim.Adam):
        return dict.fromkeys(("m", "v", "m_hat", "v_hat"))
    beta1, beta2 = rule.defaults["betas"]
    m, v = (rule.state[parameter][name][INDEX].item() for name in ("exp_avg", "exp_avg_sq"))
    return {"m": m, "v": v, "m_hat": m / (1 - beta1**number), "v_hat": v / (1 - beta2**number)}


def _numbers(tree: object) -> Iterator[float]:
    if isinstance(tree, dict):
        for branch in tree.values():
            yield from _numbers(branch)
    elif isinstance(tree, float):
        yield tree


def _short(tree: Any) -> Any:
    """Every float with as many digits as it takes to tell one float32 from the next."""
    if isinstance(tree, dict):
        return {key: _short(branch) if key != "learning_rate" else branch for key, branch in tree.items()}
    if isinstance(tree, list):
        return [_short(branch) for branch in tree]
    return float(str(np.float32(tree))) if isinstance(tree, float) else tree


def main(folder: Path) -> None:
    """Answer until there is nothing more to read."""
    with suppress(OSError, AttributeError):  # no such thing on Windows
        os.nice(POLITE)
    torch.set_num_threads(1)  # 80 pictures are too few to be shared out
    batch = samples(folder)
    print(READY, flush=True)
    for line in sys.stdin:
        wanted = json.loads(line)
        told = take(batch, wanted["optimiser"], wanted["learning_rate"], wanted["steps"])
        print(json.dumps(told), flush=True)


if __name__ == "__main__":
    main(Path(sys.argv[1]))
