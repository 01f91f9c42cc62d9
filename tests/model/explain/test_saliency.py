"""The methods give what plain PyTorch code gives."""

from functools import cache

import numpy as np
import pytest
import torch
from numpy.typing import NDArray

from model.checkpoint import SHIPPED, read
from model.explain.gradients import Floats
from model.explain.saliency import BLACK, METHODS, STEPS, Explainer, Target
from model.inference.classifier import normalise
from model.inference.engines import OnnxEngine
from model.network import CNN

Mnist = tuple[NDArray[np.uint8], NDArray[np.uint8]]
CHECKPOINT = read(SHIPPED)
EXPLAINER = Explainer(CHECKPOINT.tensors, OnnxEngine(CHECKPOINT).run)
PAIR = Target(7, 1)


@cache
def network() -> CNN:
    cnn = CNN()
    cnn.load_state_dict({key: torch.from_numpy(values.copy()) for key, values in CHECKPOINT.tensors.items()})
    return cnn.eval()


def quantity(image: torch.Tensor, target: Target = PAIR) -> torch.Tensor:
    logits = network()(image.reshape(1, 1, 28, 28))[0]
    value: torch.Tensor = logits[target.digit]
    return value if target.against is None else value - logits[target.against]


def gradient(image: torch.Tensor, target: Target = PAIR) -> torch.Tensor:
    leaf = image.clone().requires_grad_()
    (found,) = torch.autograd.grad(quantity(leaf, target), leaf)
    return found


@pytest.fixture
def images(mnist_test: Mnist) -> Floats:
    return normalise(mnist_test[0][:6])[:, 0]


def assert_close(found: Floats, expected: torch.Tensor) -> None:
    reference = expected.detach().numpy()
    assert np.abs(found - reference).max() <= 1e-4 * np.abs(reference).max()


@pytest.mark.parametrize("target", [PAIR, Target(3)])
def test_gradient_and_gradient_times_input(images: Floats, target: Target) -> None:
    for image in images:
        pixels = torch.from_numpy(image)
        plain = EXPLAINER.explain(image, target, "gradient")
        assert_close(plain.values, gradient(pixels, target))
        assert plain.value == pytest.approx(quantity(pixels, target).item(), abs=1e-4)
        times = EXPLAINER.explain(image, target, "gradient_times_input")
        assert_close(times.values, (pixels - float(BLACK)) * gradient(pixels, target))


def test_the_values_and_the_rest_add_up_to_the_difference_of_the_logits(images: Floats) -> None:
    for image in images:
        for method in ("gradient_times_input", "integrated_gradients"):
            found = EXPLAINER.explain(image, PAIR, method)
            assert found.rest is not None
            assert float(found.values.sum()) + found.rest == pytest.approx(found.value, abs=1e-3)
            assert not found.values[image == BLACK].any()


def test_integrated_gradients_nearly_add_up_to_the_change_from_black(images: Floats) -> None:
    black = quantity(torch.full((28, 28), float(BLACK))).item()
    for image in images[:3]:
        found = EXPLAINER.explain(image, PAIR, "integrated_gradients")
        assert found.rest == pytest.approx(black, abs=0.3)
        pixels = torch.from_numpy(image)
        shares = [(step + 0.5) / STEPS for step in range(STEPS)]
        mean = torch.stack([gradient(float(BLACK) + share * (pixels - float(BLACK))) for share in shares]).mean(dim=0)
        assert_close(found.values, (pixels - float(BLACK)) * mean)


@pytest.mark.parametrize("patch", [1, 2, 5])
def test_occlusion_is_a_plain_loop(images: Floats, patch: int) -> None:
    image = images[0]
    found = EXPLAINER.explain(image, PAIR, "occlusion", patch)
    whole = quantity(torch.from_numpy(image))
    expected = torch.zeros(28, 28)
    with torch.inference_mode():
        for row in range(28):
            for column in range(28):
                changed = torch.from_numpy(image.copy())
                for y in range(row - patch // 2, row - patch // 2 + patch):
                    for x in range(column - patch // 2, column - patch // 2 + patch):
                        if 0 <= y < 28 and 0 <= x < 28:
                            changed[y, x] = float(BLACK)
                expected[row, column] = whole - quantity(changed)
    assert np.abs(found.values - expected.numpy()).max() <= 1e-4 * expected.abs().max().item() + 1e-5


def test_grad_cam_weighs_the_maps_with_their_mean_gradients(images: Floats) -> None:
    for image in images:
        inner = network().features[:5](torch.from_numpy(image).reshape(1, 1, 28, 28)).detach().requires_grad_()
        logits = network().classifier(network().features[5](inner))[0]
        (slope,) = torch.autograd.grad(logits[7] - logits[1], inner)
        cam = torch.relu((slope.mean(dim=(2, 3), keepdim=True) * inner).sum(dim=1))[0].detach().numpy()
        found = EXPLAINER.explain(image, PAIR, "grad_cam").values
        assert (found >= 0).all()
        # Half way between two centres lies the mean of their values: pixels 4 and 5 are around the centre 3.5 + 2·1/2.
        for i in range(10):
            for j in range(10):
                mean = cam[i : i + 2, j : j + 2].mean()
                around = found[4 + 2 * i : 6 + 2 * i, 4 + 2 * j : 6 + 2 * j].mean()
                assert around == pytest.approx(mean, rel=1e-4, abs=1e-5)
        assert found[0, 0] == pytest.approx(cam[0, 0], rel=1e-4, abs=1e-6)


def test_a_patch_has_one_to_nine_pixels(images: Floats) -> None:
    for patch in (0, 10):
        with pytest.raises(ValueError, match="1 to 9"):
            EXPLAINER.explain(images[0], PAIR, "occlusion", patch)


@pytest.mark.parametrize("method", METHODS)
def test_a_blank_image_has_finite_values(method: str) -> None:
    found = EXPLAINER.explain(np.full((28, 28), BLACK), PAIR, method)  # type: ignore[arg-type]
    assert np.isfinite(found.values).all()
