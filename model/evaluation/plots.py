"""Plots of an evaluation as PNG files with a white background. Needs matplotlib."""

import io
import math
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from model.layers import CLASSES
from model.preprocess.ink import Grey

if TYPE_CHECKING:
    from model.evaluation.accuracy import Evaluation, Mistake
    from model.evaluation.robustness import Curve

BLUE, ORANGE, GREY = "#2f6db3", "#c9601a", "#6b7280"
COLUMNS = 8  # images per row in the plot of mistakes
NAMES = {
    "shift": "shift (px)",
    "rotation": "clockwise rotation (degrees)",
    "scale": "scale factor",
    "stroke width": "change of the stroke width (px)",
    "noise": "standard deviation of the noise (white is 1)",
}


def confusion(name: str, result: "Evaluation") -> bytes:
    """The confusion matrix with all counts, as a PNG. Only cells with mistakes have a coloured background."""
    counts = result.confusion
    wrong = np.ma.masked_array(counts, np.eye(CLASSES, dtype=bool) | (counts == 0))
    figure = _figure(7.6, 7.2)
    axes = figure.subplots()
    # The upper limit is twice the maximum, so that the colours stay light and the text is readable.
    axes.imshow(wrong, cmap="YlOrBr", vmin=0, vmax=max(2 * int(wrong.filled(0).max()), 1))
    for digit, row in enumerate(counts.tolist()):
        for predicted, count in enumerate(row):
            same = digit == predicted
            axes.text(
                predicted, digit, str(count), ha="center", va="center", fontsize=10,
                color=BLUE if same else "black" if count else "#c4c8cf", weight="bold" if same else "normal",
            )  # fmt: skip
    axes.set_xticks(range(CLASSES))
    axes.set_yticks(range(CLASSES))
    axes.tick_params(length=0)
    axes.set_xlabel("predicted digit")
    axes.set_ylabel("true digit")
    axes.set_title(f"{name}: {result.correct:,} of {result.total:,} correct ({result.accuracy:.2%})", parse_math=False)
    return _png(figure)


def reliability(name: str, result: "Evaluation") -> bytes:
    """The reliability diagram as a PNG: accuracy against mean confidence, and the number of images, for each bin."""
    bins = [each for each in result.reliability if each.count]
    figure = _figure(6.4, 7.2)
    upper, lower = figure.subplots(2, 1, sharex=True, height_ratios=(3, 1))
    upper.plot((0, 1), (0, 1), color=GREY, linestyle="--", linewidth=1, label="perfectly calibrated")
    at, shares = [each.confidence for each in bins], [each.accuracy for each in bins]
    ends = [_interval(each.accuracy or 0.0, each.count) for each in bins]
    upper.vlines(at, [low for low, _ in ends], [high for _, high in ends], color=BLUE, alpha=0.45, linewidth=2)
    upper.plot(
        at, shares, marker="o", linestyle="none", color=BLUE, clip_on=False, label="this network (bar: 95 % interval)"
    )
    upper.set(xlim=(0, 1), ylim=(0, 1.02), ylabel="accuracy")
    upper.set_title(f"{name}: expected calibration error {result.calibration_error:.4f}", parse_math=False)
    upper.legend(loc="lower right", frameon=False)
    width = bins[0].high - bins[0].low
    lower.bar([each.low for each in bins], [each.count for each in bins], width, align="edge", color=BLUE, ec="white")
    lower.set(yscale="log", ylim=(0.7, 6 * max(each.count for each in bins)), ylabel="images")
    lower.set_xlabel("confidence (probability of the predicted digit)")
    for each in bins:
        lower.annotate(
            f"{each.count:,}",
            (each.low + width / 2, each.count),
            xytext=(0, 3),
            textcoords="offset points",
            ha="center",
            fontsize=8,
            color="#374151",
        )
    for axes in (upper, lower):
        axes.xaxis.set_major_formatter(_percent())
        axes.grid(alpha=0.3)
        axes.set_axisbelow(True)
    upper.yaxis.set_major_formatter(_percent())
    lower.yaxis.set_major_formatter("{x:,.0f}")
    return _png(figure)


def robustness(name: str, curves: Sequence["Curve"]) -> bytes:
    """Accuracy and mean confidence against the strength of each alteration, as a PNG with a panel per alteration."""
    figure = _figure(11, 6.6)
    panels = figure.subplots(2, 3, sharey=True).ravel()
    for axes, curve in zip(panels, curves, strict=False):
        at = [point.strength for point in curve.points]
        accuracies = [point.accuracy for point in curve.points]
        confidences = [point.confidence for point in curve.points]
        (accuracy,) = axes.plot(at, accuracies, marker="o", color=BLUE)
        (confidence,) = axes.plot(at, confidences, marker=".", color=ORANGE, linestyle="--")
        axes.set_xlabel(NAMES.get(curve.name, f"{curve.name} ({curve.unit})"))
        axes.set_ylim(0, 1.02)
        axes.yaxis.set_major_formatter(_percent())
        axes.tick_params(labelleft=True)
        axes.grid(alpha=0.3)
    spare = panels[len(curves)]
    spare.axis("off")
    spare.legend((accuracy, confidence), ("accuracy", "mean confidence"), loc="center", frameon=False, fontsize=12)
    figure.suptitle(f"{name}: accuracy on altered MNIST test images", parse_math=False)
    return _png(figure)


def mistakes(name: str, shown: Sequence["Mistake"], images: Sequence[Grey], wrong: int) -> bytes:
    """The images of some mistakes, each with its label and its prediction, as a PNG.

    `shown` are the mistakes with the highest confidence, and `wrong` is the total number of mistakes.
    """
    rows = max(1, -(-len(shown) // COLUMNS))
    figure = _figure(1.35 * COLUMNS, 0.6 + 1.75 * rows)
    panels = figure.subplots(rows, COLUMNS, squeeze=False).ravel()
    for axes in panels:
        axes.axis("off")
    for axes, mistake, image in zip(panels, shown, images, strict=False):
        axes.imshow(image, cmap="gray_r", vmin=0, vmax=255, interpolation="nearest")
        axes.add_patch(_frame())
        axes.set_title(
            f"{mistake.label}, predicted {mistake.answer}\n{mistake.confidence:.2%}, no. {mistake.index}", size=9
        )
    if len(shown) < wrong:
        title = f"{name}: the {len(shown)} most confident of {wrong} mistakes"
    else:
        title = f"{name}: all mistakes, the most confident first" if wrong else f"{name}: no mistakes"
    figure.suptitle(title, parse_math=False)
    return _png(figure)


def _figure(width: float, height: float) -> Any:
    from matplotlib.figure import Figure

    return Figure(figsize=(width, height), dpi=120, layout="constrained", facecolor="white")


def _interval(share: float, count: int) -> tuple[float, float]:
    """Wilson's 95 % confidence interval for a share that was measured on `count` observations."""
    z2 = 1.96**2
    middle = (share + z2 / (2 * count)) / (1 + z2 / count)
    half = math.sqrt(z2 * share * (1 - share) / count + (z2 / (2 * count)) ** 2) / (1 + z2 / count)
    return middle - half, middle + half


def _percent() -> Any:
    from matplotlib.ticker import PercentFormatter

    return PercentFormatter(1.0, decimals=0)


def _frame() -> Any:
    """A thin frame around a 28×28 image. Without it, the white background of the image would not be visible."""
    from matplotlib.patches import Rectangle

    return Rectangle((-0.5, -0.5), 28, 28, fill=False, edgecolor="#d1d5db", linewidth=1)


def _png(figure: Any) -> bytes:
    file = io.BytesIO()
    figure.savefig(file, format="png", metadata={"Software": None})
    return file.getvalue()
