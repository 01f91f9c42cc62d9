"""The convolutional network has the lesson's layers, keys and outputs."""

import pytest
import torch
from torch import nn
from torch.nn import functional as F

from model.layers import LAYER_NAMES, LAYERS, PARAMETERS, used_side
from model.network import CNN, USED

LAYOUTS = [torch.contiguous_format, torch.channels_last]


def lesson() -> nn.Sequential:
    """The convolutional network as the lesson defines it."""
    features = nn.Sequential(
        nn.Conv2d(1, 32, 3), nn.ReLU(), nn.MaxPool2d(2), nn.Conv2d(32, 64, 3), nn.ReLU(), nn.MaxPool2d(2)
    )
    classifier = nn.Sequential(nn.Flatten(), nn.Linear(1600, 128), nn.ReLU(), nn.Linear(128, 10))
    whole = nn.Sequential()
    whole.add_module("features", features)
    whole.add_module("classifier", classifier)
    return whole


@pytest.fixture
def images() -> torch.Tensor:
    return torch.randn(5, 1, 28, 28, generator=torch.Generator().manual_seed(1))


def test_the_network_computes_what_the_lessons_network_computes(images: torch.Tensor) -> None:
    theirs, ours = lesson(), CNN()
    assert not torch.equal(ours(images), theirs(images))
    ours.load_state_dict(theirs.state_dict())
    assert torch.equal(ours(images), theirs(images))


def test_the_lesson_can_load_the_networks_state_dict(images: torch.Tensor) -> None:
    theirs, ours = lesson(), CNN()
    theirs.load_state_dict(ours.state_dict())
    assert torch.equal(ours(images), theirs(images))


def test_the_state_dict_has_the_lessons_keys_in_the_lessons_order() -> None:
    ours = {key: tuple(values.shape) for key, values in CNN().state_dict().items()}
    assert list(ours) == list(lesson().state_dict())
    assert list(ours.items()) == list(PARAMETERS.items())


def test_the_network_has_225034_parameters() -> None:
    assert sum(values.numel() for values in CNN().parameters()) == 225_034
    assert sum(layer.parameters for layer in LAYERS) == 225_034


def test_activations_have_the_twelve_layers_by_name_in_order_and_with_their_shapes(images: torch.Tensor) -> None:
    activations = CNN().activations(images)
    assert tuple(activations) == LAYER_NAMES
    for layer in LAYERS:
        assert tuple(activations[layer.name].shape) == (5, *layer.shape), layer.name


def test_activations_are_the_outputs_of_the_lessons_modules(images: torch.Tensor) -> None:
    network = CNN()
    seen: list[torch.Tensor] = []
    for module in [*network.features, *network.classifier]:
        module.register_forward_hook(lambda _module, _inputs, output: seen.append(output))
    logits = network(images)
    hooked, seen = seen, []
    activations = network.activations(images)
    assert len(hooked) == 10
    for expected, name in zip(hooked, LAYER_NAMES[1:-1], strict=True):
        assert torch.equal(activations[name], expected), name
    assert torch.equal(activations["input"], images)
    assert torch.equal(activations["probabilities"], logits.softmax(1))


def test_flatten_orders_its_values_by_channel_then_row_then_column(images: torch.Tensor) -> None:
    activations = CNN().to(memory_format=torch.channels_last).activations(images)
    channel, row, column = 7, 3, 2
    assert torch.equal(
        activations["flatten"][:, 25 * channel + 5 * row + column], activations["pool2"][:, channel, row, column]
    )


def test_the_last_two_rows_and_columns_of_an_image_change_no_logit(images: torch.Tensor) -> None:
    torch.manual_seed(1)
    network = CNN()
    images.requires_grad_()
    gradient = torch.autograd.grad(network(images).square().sum(), images)[0].abs().sum((0, 1))
    assert gradient[USED:].sum() == gradient[:, USED:].sum() == 0
    assert (gradient[:USED, :USED] > 0).all()
    assert USED == used_side() == 26


@pytest.mark.parametrize("layout", LAYOUTS)
def test_pooling_before_relu_and_cropping_change_neither_the_logits_nor_any_gradient(
    layout: torch.memory_format, images: torch.Tensor
) -> None:
    images = images.contiguous(memory_format=layout)
    labels = torch.tensor([3, 1, 4, 1, 5])
    network = CNN().to(memory_format=layout)
    gradients: list[list[torch.Tensor]] = []
    for forward in (network.forward, network.fast_logits):
        network.zero_grad(set_to_none=True)
        logits = forward(images)
        F.cross_entropy(logits, labels).backward()  # type: ignore[no-untyped-call]
        gradients.append(
            [logits.detach(), *(values.grad for values in network.parameters() if values.grad is not None)]
        )
    assert len(gradients[0]) == len(gradients[1]) == 9
    assert all(gradient.abs().sum() > 0 for gradient in gradients[0])
    for plain, quick in zip(*gradients, strict=True):
        # Without some of the zeros, the terms may be added in another order.
        assert torch.allclose(plain, quick, rtol=0, atol=1e-6)
