"""The optimiser of the calibration computes what PyTorch's computes."""

from collections.abc import Callable, Sequence

import pytest
import torch
from torch import Tensor, nn
from torch.nn import functional as F

from model.training.score.adamw import OneCycleAdamW

RATE, DECAY, STEPS = 1e-3, 1e-2, 100
Step = Callable[[Sequence[Tensor]], None]


def own(parameters: list[Tensor]) -> Step:
    return OneCycleAdamW(parameters, RATE, STEPS + 1, DECAY).step


def pytorch(parameters: list[Tensor]) -> Step:
    optimiser = torch.optim.AdamW(parameters, lr=RATE, weight_decay=DECAY)
    schedule = torch.optim.lr_scheduler.OneCycleLR(optimiser, RATE, total_steps=STEPS + 1)

    def step(gradients: Sequence[Tensor]) -> None:
        for parameter, gradient in zip(parameters, gradients, strict=True):
            parameter.grad = gradient
        optimiser.step()
        schedule.step()

    return step


def trained(optimiser: Callable[[list[Tensor]], Step]) -> list[Tensor]:
    """The parameters of a small network after each step."""
    rng = torch.Generator().manual_seed(0)
    torch.manual_seed(0)
    network = nn.Sequential(nn.Linear(20, 8), nn.ReLU(), nn.Linear(8, 1))
    parameters: list[Tensor] = list(network.parameters())
    step, after = optimiser(parameters), []
    for _ in range(STEPS):
        inputs = torch.rand(32, 20, generator=rng)
        loss = F.binary_cross_entropy_with_logits(network(inputs)[:, 0], (inputs[:, 0] > 0.5).float())
        step(torch.autograd.grad(loss, parameters))
        after.append(torch.cat([parameter.detach().flatten() for parameter in parameters]))
    return after


@pytest.mark.filterwarnings("ignore")
def test_every_step_gives_the_weights_that_pytorch_gives() -> None:
    for expected, found in zip(trained(pytorch), trained(own), strict=True):
        assert torch.equal(expected, found)
