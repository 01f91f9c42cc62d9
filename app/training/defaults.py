"""The choices for a new run: recipes, presets and limits, and whether this server can train."""

import asyncio
from collections.abc import Mapping
from typing import Any

from fastapi import Request

from app.access import changes_are_possible, may_change
from app.settings import Settings
from app.training.launcher import can_train
from app.training.presets import PRESETS
from app.training.schemas import (
    MAX_SECONDS_PER_BATCH,
    DefaultsResponse,
    PresetDescription,
    Reason,
    RecipeDescription,
    SettingsDescription,
)
from model import hints
from model.runs.directory import current_run
from model.runs.settings import AUGMENTED, BATCHES, EPOCHS, LEARNING_RATES, SEEDS, SHARES, RunSettings
from model.training.recipes import OPTIMISERS, RECIPES

LIMITS = {
    "epochs": EPOCHS,
    "batch": BATCHES,
    "learning_rate": LEARNING_RATES,
    "seed": SEEDS,
    "augmented": AUGMENTED,
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


def defaults(settings: Settings, *, allowed: bool) -> DefaultsResponse:
    """The response of GET /runs/defaults. `allowed` says whether the client may start a run."""
    from model.data import mnist  # it does not import PyTorch

    reason, detail = _reason(settings, allowed=allowed)
    data = all((mnist.raw() / name).is_file() for name in mnist.SHA256)
    fetch = hints.command("fetch", "--data", str(mnist.root()))
    missing = f"MNIST is not on this server. A run downloads it first (11.5 MB). This command does it now: {fetch}"
    return DefaultsResponse(
        possible=reason is None,
        reason=reason,
        detail=detail,
        data=data,
        data_detail=None if data else missing,
        recipes={
            name: RecipeDescription(summary=recipe.summary, **RunSettings.of_recipe(name).as_json())
            for name, recipe in RECIPES.items()
        },
        optimisers=list(OPTIMISERS),
        limits={name: list(limits) for name, limits in LIMITS.items()},
        presets=presets(),
    )


async def can_start(request: Request) -> bool:
    """Whether this client could start a run now."""
    settings: Settings = request.app.state.settings
    if _reason(settings, allowed=may_change(request))[0] is not None:
        return False
    return await asyncio.to_thread(current_run, settings.runs) is None


def _reason(settings: Settings, *, allowed: bool) -> tuple[Reason | None, str | None]:
    """Why a client cannot start a run, as a word and as a sentence; (None, None) if it can."""
    if not settings.training:
        return "disabled", "Training is disabled on this server."
    if not can_train():
        return "pytorch-missing", f"PyTorch is not installed here. {hints.install_for_training()}"
    if not changes_are_possible(settings):
        return "no-token", "On this server, only an administrator may train, but no administrator’s token is set."
    if not allowed:
        return "token", "On this server, training needs the administrator’s token."
    return None, None
