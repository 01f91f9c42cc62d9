"""The plots are readable PNG images on white."""

import numpy as np

from model.data.mnist import Digits
from model.evaluation import plots, robustness
from model.evaluation.accuracy import Evaluation
from tests.support.png import grey_levels


def test_plots_are_on_white_and_large_enough(few: Digits) -> None:
    result = Evaluation(
        0.1, 0.1, np.array([1, 2, 3, 4]), np.array([1, 2, 5, 9]), np.array([0.95, 0.4, 0.7, 1.0], np.float32)
    )
    mistakes = result.mistakes(40)
    images = [few.images[mistake.index].numpy() for mistake in mistakes]
    points = (robustness.Point(0, 0.99, 0.99), robustness.Point(4, 0.5, 0.9))
    curves = [robustness.Curve(name, kind.unit, points) for name, kind in robustness.KINDS.items()]
    for png in (
        plots.confusion("a", result),
        plots.reliability("a", result),
        plots.robustness("a", curves),
        plots.mistakes("a", mistakes, images, 2),
    ):
        levels = grey_levels(png)
        assert 250 <= levels.shape[0] <= 2000
        assert 700 <= levels.shape[1] <= 2000
        assert np.median(levels) == 255
        assert levels.min() < 100


def test_the_plot_of_no_mistakes_has_a_title() -> None:
    assert (grey_levels(plots.mistakes("a", [], [], 0)) < 255).any()
