"""Presets: settings for training runs that teach something. `/training` offers them, each with a question to answer
before the run starts."""

from dataclasses import dataclass, field


@dataclass(frozen=True)
class Preset:
    """Settings for one run, or for two runs that are compared.

    title  what the page calls it
    text   what the settings are for, in a sentence or two
    asks   the question before the run starts; its answers are `CURVES` in static/js/core/training/guesses.js
    runs   for each run the settings that differ from those of its recipe: the body of POST /runs
    labels what distinguishes the runs, if there are several
    """

    name: str
    title: str
    text: str
    asks: str
    runs: tuple[dict[str, str | int | float], ...] = field(default_factory=tuple)
    labels: tuple[str, ...] = ()


_UP = "Which curve will go up?"

PRESETS: tuple[Preset, ...] = (
    Preset(
        "fast",
        "Fast: a result in half a minute",
        "One pass over 80 % of the images, with settings that were tuned for speed. The learning rate rises at first "
        "and then falls to 0.",
        _UP,
        ({"recipe": "fast"},),
    ),
    Preset(
        "lesson",
        "The lesson’s settings",
        "Five epochs with Adam, a learning rate of 0.001 and batches of 64, as in the lesson’s program.",
        _UP,
        ({"recipe": "lesson"},),
    ),
    Preset(
        "high",
        "Learning rate too high",
        "The lesson’s settings, but each step is 100 times as large: the learning rate is 0.1.",
        _UP,
        ({"recipe": "lesson", "epochs": 1, "learning_rate": 0.1},),
    ),
    Preset(
        "low",
        "Learning rate too low",
        "The lesson’s settings, but each step is 1,000 times smaller: the learning rate is 0.000001.",
        _UP,
        ({"recipe": "lesson", "epochs": 1, "learning_rate": 1e-6},),
    ),
    Preset(
        "overfitting",
        "Over-fitting: 1 % of the images",
        "600 training images, for 30 epochs. The network learns them by heart, but that does not help with new ones.",
        _UP,
        ({"recipe": "lesson", "epochs": 30, "share": 0.01},),
    ),
    Preset(
        "augmentation",
        "With and without augmentation",
        "Two runs with 10 % of the images. In the second one, each image is also shifted, rotated and distorted at "
        "random, so that no image is shown twice.",
        _UP,
        (
            {"recipe": "lesson", "epochs": 8, "share": 0.1, "augmented": 0},
            {"recipe": "lesson", "epochs": 8, "share": 0.1, "augmented": 1},
        ),
        ("no augmentation", "augmentation"),
    ),
    Preset(
        "large-batch",
        "Batches of 1,000 images",
        "The lesson’s settings, but with 1,000 images in each batch. An epoch then has 60 steps instead of 938.",
        _UP,
        ({"recipe": "lesson", "batch": 1000},),
    ),
)
