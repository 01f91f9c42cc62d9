"""The alterations of images (shift, rotation, scale, stroke width, noise) and the curves of accuracy over strength."""

import pytest
import torch

from model.data.mnist import Digits
from model.evaluation import robustness
from model.evaluation.accuracy import evaluate
from model.network import Network


def vertical_bar() -> torch.Tensor:
    """Four images of a vertical bar, four pixels wide and twelve high, in the centre."""
    bar = torch.zeros(4, 28, 28, dtype=torch.uint8)
    bar[:, 8:20, 12:16] = 255
    return bar


def test_a_shift_goes_in_all_four_directions_and_does_not_wrap() -> None:
    bar = vertical_bar()
    right, down, left, up = robustness.shifted(bar, 3)
    for shifted, step, axis in ((right, 3, 1), (down, 3, 0), (left, -3, 1), (up, -3, 0)):
        assert torch.equal(shifted, bar[0].roll(step, axis))
    assert [int((one > 0).sum()) for one in robustness.shifted(bar, 14)] == [2 * 12, 4 * 6, 2 * 12, 4 * 6]


def test_a_rotation_is_clockwise_and_a_quarter_turn_is_exact() -> None:
    corner = torch.zeros(1, 28, 28, dtype=torch.uint8)
    corner[0, 2:5, 2:5] = 255
    assert torch.equal(robustness.rotated(corner, 90)[0], corner[0].rot90(-1))
    assert robustness.rotated(corner, 15)[0, :, 14:].sum() == 0
    assert torch.equal(robustness.rotated(vertical_bar(), 0), vertical_bar())


def test_a_scale_multiplies_the_ink_by_its_square() -> None:
    bar = vertical_bar()
    for factor in (0.5, 0.7, 1.2, 1.4):
        assert int(robustness.scaled(bar, factor)[0].sum()) == pytest.approx(factor**2 * int(bar[0].sum()), rel=0.03)


@pytest.mark.parametrize("pixels", [-1.5, -1.0, -0.5, 0.5, 1.0, 2.0, 3.0])
def test_a_line_is_widened_by_the_given_number_of_pixels(pixels: float) -> None:
    widened = robustness.widened(vertical_bar(), pixels)[0]
    assert widened[13].sum().item() / 255 == pytest.approx(4 + pixels, abs=0.02)  # a row through the middle of the bar


def test_noise_has_the_given_standard_deviation_and_is_reproducible() -> None:
    grey = torch.full((50, 28, 28), 128, dtype=torch.uint8)
    noisy = robustness.noisy(grey, 0.1)
    assert noisy.float().std().item() == pytest.approx(25.5, rel=0.02)
    assert torch.equal(noisy, robustness.noisy(grey, 0.1))


def test_a_curve_falls_from_the_accuracy_of_unchanged_digits(network: Network, few: Digits) -> None:
    unchanged = evaluate(network, few)
    lines: list[str] = []
    curves = {curve.name: curve for curve in robustness.curves(network, few, unchanged, progress=lines.append)}
    assert list(curves) == ["shift", "rotation", "scale", "stroke width", "noise"]
    assert len(lines) == sum(len(kind.strengths) - 1 for kind in robustness.KINDS.values())
    for name, curve in curves.items():
        kind = robustness.KINDS[name]
        assert tuple(point.strength for point in curve.points) == kind.strengths == tuple(sorted(kind.strengths))
        at = {point.strength: point for point in curve.points}
        assert at[kind.unchanged].accuracy == unchanged.accuracy
        assert at[kind.unchanged].confidence == pytest.approx(float(unchanged.confidence.mean()))
        assert min(at[curve.points[0].strength].accuracy, at[curve.points[-1].strength].accuracy) < unchanged.accuracy
