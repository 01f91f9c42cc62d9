"""The plot of a training run: accuracy on the test set after each epoch."""

import io
from collections.abc import Sequence

from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator, PercentFormatter


def accuracy_plot(accuracy: Sequence[float]) -> bytes:
    """A plot of the test accuracy after each epoch, as a PNG.

    `accuracy` holds the accuracies as shares, 0 to 1. The first is the accuracy of the untrained network, epoch 0. It
    appears only in the title.
    """
    figure = Figure(figsize=(7, 4), dpi=150, layout="constrained")
    axes = figure.subplots()
    epochs = range(1, len(accuracy))
    axes.plot(epochs, accuracy[1:], marker="o", color="#2f6db3")
    for epoch in epochs:
        axes.annotate(
            f"{accuracy[epoch]:.2%}",
            (epoch, accuracy[epoch]),
            xytext=(0, 9),
            textcoords="offset points",
            ha="center",
            bbox={"facecolor": "white", "edgecolor": "none", "pad": 1},  # hides the line behind the number
        )
    axes.margins(x=0.08, y=0.2)
    axes.set_title(f"Test accuracy (untrained: {accuracy[0]:.2%})")
    axes.set_xlabel("Epoch")
    axes.set_ylabel("Accuracy")
    axes.xaxis.set_major_locator(MaxNLocator(integer=True))
    axes.yaxis.set_major_formatter(PercentFormatter(1.0))
    axes.grid(alpha=0.3)
    file = io.BytesIO()
    figure.savefig(file, format="png", metadata={"Software": None})
    return file.getvalue()
