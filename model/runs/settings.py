"""The settings of a training run and their limits."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields, replace
from typing import Any

from model.layers import NetworkName
from model.training.recipes import LARGEST_SEED, LESSON, RECIPES, Optimiser, Recipe

EPOCHS = (1, 1_000)
BATCHES = (1, 4_096)  # images per step
LEARNING_RATES = (1e-6, 10.0)
AUGMENTED = (0.0, 1.0)  # share of the images that are augmented
SHARES = (0.001, 1.0)  # share of MNIST's training images; the smallest is 60 images
SEEDS = (0, LARGEST_SEED)


@dataclass(frozen=True)
class RunSettings:
    """The settings that determine the result of a run. `model.training.recipes.Recipe` explains those of a recipe.

    share      share of the recipe's MNIST training images that are used: the first ones
    shuffled   whether the pixels of all images are in the order of `model.layers.pixel_order`
    """

    recipe: str
    epochs: int
    batch: int
    learning_rate: float
    optimiser: Optimiser
    seed: int = 0
    augmented: float = 0.0
    share: float = 1.0
    network: NetworkName = "cnn"
    shuffled: bool = False

    @classmethod
    def of_recipe(cls, name: str = LESSON.name, **changes: Any) -> "RunSettings":
        """The settings of a recipe with changes; a change that is None is ignored. Raises KeyError for other names."""
        recipe = RECIPES[name]
        own = cls(
            name, recipe.epochs, recipe.batch, recipe.learning_rate, recipe.optimiser,
            augmented=recipe.augmented, share=recipe.share,
        )  # fmt: skip
        return replace(own, **{key: value for key, value in changes.items() if value is not None})

    @classmethod
    def from_json(cls, values: Mapping[str, Any]) -> "RunSettings":
        """The settings in a dictionary that `asdict` returned. Fields of later versions are ignored."""
        known = {field.name for field in fields(cls)}
        return cls(**{key: value for key, value in values.items() if key in known})

    @property
    def changes(self) -> dict[str, Any]:
        """The fields of the recipe that these settings change, and their values."""
        recipe = RECIPES[self.recipe]
        return {name: value for name in CHANGEABLE if (value := getattr(self, name)) != getattr(recipe, name)}

    def as_json(self) -> dict[str, Any]:
        """The settings as a JSON object."""
        return asdict(self)


# Fields of a recipe that a run can change. The number of epochs and the network are separate options.
CHANGEABLE = ("batch", "learning_rate", "optimiser", "augmented", "share")


def changed(recipe: Recipe, changes: Mapping[str, Any]) -> Recipe:
    """The recipe with other values for some of the fields in CHANGEABLE."""
    return replace(recipe, **changes)
