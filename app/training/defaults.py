"""What a new run can be: recipes, presets, limits, and whether this server can train."""

from collections.abc import Mapping
from typing import Any

from app.access import changes_are_possible
from app.settings import Settings
from app.training.launcher import can_train
from app.training.presets import PRESETS
from app.training.schemas import (
    MAX_SECONDS_PER_BATCH,
    Availability,
    DefaultsResponse,
    Limits,
    PresetDescription,
    RecipeDescription,
    SettingsDescription,
)
from model import hints
from model.runs.settings import BATCHES, EPOCHS, LEARNING_RATES, SEEDS, SHARES, RunSettings
from model.training.recipes import OPTIMISERS, RECIPES

LIMITS = {
    "epochs": EPOCHS,
    "batch": BATCHES,
    "learning_rate": LEARNING_RATES,
    "seed": SEEDS,
    "augmented": (0, 1),
    "share": SHARES,
    "seconds_per_batch": (0, MAX_SECONDS_PER_BATCH),
}


def presets() -> list[PresetDescription]:
    """The presets of the page, with all settings of their runs."""
    return [
        PresetDescription(
            name=preset.name,
            title=preset.title,
            text=preset.text,
            runs=[describe(RunSettings.of_recipe(**run)) for run in map(_arguments, preset.runs)],
        )
        for preset in PRESETS
    ]


def _arguments(run: Mapping[str, Any]) -> dict[str, Any]:
    return {"name" if key == "recipe" else key: value for key, value in run.items()}


def describe(settings: RunSettings) -> SettingsDescription:
    """The settings for a response."""
    return SettingsDescription.model_validate(settings.as_json())


def availability(settings: Settings) -> Availability:
    """Whether this server can train, and if not, why."""
    from model.data import mnist  # it does not import PyTorch

    reason, message = None, None
    if not settings.training:
        reason, message = "disabled", "Training is disabled on this server."
    elif not can_train():
        reason, message = "pytorch-missing", f"PyTorch is not installed here. {hints.install_for_training()}"
    elif not changes_are_possible(settings):
        reason, message = "unauthorised", "On this server, only the administrator may train."
    raw = mnist.raw()
    data = all((raw / name).is_file() for name in mnist.SHA256)
    fetch = hints.command("fetch", "--data", str(mnist.root()))
    return Availability(
        possible=reason is None,
        reason=reason,  # type: ignore[arg-type]  # mypy infers str
        token=settings.admin_token is not None,
        message=message,
        data=data,
        data_message=None
        if data
        else f"MNIST is not on this server. A run downloads it first (11.5 MB). This command does it now: {fetch}",
    )


def defaults(settings: Settings) -> DefaultsResponse:
    """The response of GET /runs/defaults."""
    return DefaultsResponse(
        training=availability(settings),
        recipes=[
            RecipeDescription(name=name, summary=recipe.summary, settings=describe(RunSettings.of_recipe(name)))
            for name, recipe in RECIPES.items()
        ],
        optimisers=list(OPTIMISERS),
        limits={name: Limits(smallest=low, largest=high) for name, (low, high) in LIMITS.items()},
        presets=presets(),
    )
