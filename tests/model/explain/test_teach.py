"""Fine-tuning the last layer gives what PyTorch gives."""

import numpy as np
import torch
from torch import nn

from model.checkpoint import LESSON, read
from model.digit_sheets import digit_sheet
from model.explain.accuracy import inputs_of
from model.explain.teach import LastLayer, held_out, teach, teach_all
from model.inference.engines import run_weights
from model.network import CNN


def test_the_steps_are_those_of_pytorch() -> None:
    random = np.random.default_rng(3)
    features = np.maximum(random.standard_normal((14, 128)), 0).astype(np.float32)
    labels = random.integers(0, 10, 14)
    start = LastLayer(
        (0.1 * random.standard_normal((10, 128))).astype(np.float32), random.standard_normal(10).astype(np.float32)
    )
    found = teach(start, features, labels, 0.05, 40)
    layer = nn.Linear(128, 10)
    with torch.no_grad():
        layer.weight.copy_(torch.from_numpy(start.weights))
        layer.bias.copy_(torch.from_numpy(start.biases))
    optimiser = torch.optim.SGD(layer.parameters(), 0.05)
    for _ in range(40):
        optimiser.zero_grad()
        nn.functional.cross_entropy(layer(torch.from_numpy(features)), torch.from_numpy(labels)).backward()  # type: ignore[no-untyped-call]
        optimiser.step()
    np.testing.assert_allclose(found.weights, layer.weight.detach().numpy(), atol=2e-5)
    np.testing.assert_allclose(found.biases, layer.bias.detach().numpy(), atol=2e-5)
    np.testing.assert_allclose(found.logits(features), layer(torch.from_numpy(features)).detach().numpy(), atol=1e-3)


def test_the_steps_of_all_layers_are_those_of_pytorch() -> None:
    inputs, labels = inputs_of("test")[:6], digit_sheet("test").labels[:6].astype(np.int64)[::-1].copy()
    start = read(LESSON).tensors
    found = teach_all(start, inputs, labels, 0.01, 5, run_weights)
    network = CNN()
    network.load_state_dict({key: torch.from_numpy(values.copy()) for key, values in start.items()})
    network.eval()  # no dropout
    optimiser = torch.optim.SGD(network.parameters(), 0.01)
    for _ in range(5):
        optimiser.zero_grad()
        nn.functional.cross_entropy(network(torch.from_numpy(inputs.copy())), torch.from_numpy(labels)).backward()  # type: ignore[no-untyped-call]
        optimiser.step()
    for key, values in network.state_dict().items():
        assert np.abs(found[key] - start[key]).max() > 0
        np.testing.assert_allclose(found[key], values.numpy(), atol=2e-4)


def test_the_start_is_not_changed_and_only_the_last_layer_is_replaced() -> None:
    start = LastLayer(np.zeros((10, 128), np.float32), np.zeros(10, np.float32))
    found = teach(start, np.ones((1, 128), np.float32), np.array([4]), 1.0, 1)
    assert not start.weights.any()
    assert found.biases.argmax() == 4
    tensors = {"features.0.bias": np.ones(32, np.float32), "classifier.3.bias": start.biases}
    assert found.into(tensors)["features.0.bias"] is tensors["features.0.bias"]
    assert LastLayer.of(found.into(tensors)).biases is found.biases


def test_every_third_drawing_of_each_digit_is_held_out() -> None:
    assert held_out([7, 4, 7, 4, 7, 4, 7, 7, 7]) == [False, False, False, False, True, True, False, False, True]
    assert held_out([]) == []
