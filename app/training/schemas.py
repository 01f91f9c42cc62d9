"""Schemas of `/runs`."""

from typing import Annotated, Literal

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field

from app.http.schemas import Share, whole_number
from model.layers import NetworkName
from model.runs.directory import State
from model.runs.settings import AUGMENTED, BATCHES, EPOCHS, LEARNING_RATES, SEEDS, SHARES
from model.training.recipes import RECIPES, Optimiser

MAX_SECONDS_PER_BATCH = 60.0


class RunRequest(BaseModel):
    """The settings of a new run. Missing ones are taken from the recipe."""

    model_config = ConfigDict(
        extra="forbid", strict=True, json_schema_extra={"examples": [{"recipe": "lesson", "epochs": 3, "seed": 1}]}
    )

    recipe: Annotated[
        Literal[tuple(RECIPES)],  # type: ignore[valid-type]
        Field(description="The recipe: which images, and how they are used.", examples=["lesson"]),
    ] = "lesson"
    epochs: Annotated[
        int | None,
        Field(description="Passes over the training images.", ge=EPOCHS[0], le=EPOCHS[1], examples=[5]),
        BeforeValidator(whole_number),
    ] = None
    batch: Annotated[
        int | None,
        Field(description="Images per step.", ge=BATCHES[0], le=BATCHES[1], examples=[64]),
        BeforeValidator(whole_number),
    ] = None
    learning_rate: Annotated[
        float | None,
        Field(
            description="η, the highest learning rate.",
            ge=LEARNING_RATES[0],
            le=LEARNING_RATES[1],
            allow_inf_nan=False,
            examples=[0.001],
        ),
    ] = None
    optimiser: Annotated[
        Optimiser | None,
        Field(description="`sgd` is w − η·g; `adam` is the lesson's optimiser.", examples=["adam"]),
    ] = None
    seed: Annotated[
        int,
        Field(
            description="Seed of the initial weights and of every shuffle. The same seed gives the same weights.",
            ge=SEEDS[0],
            le=SEEDS[1],
            examples=[0],
        ),
        BeforeValidator(whole_number),
    ] = 0
    augmented: Annotated[
        float | None,
        Field(
            description="Share of the images that are augmented.",
            ge=AUGMENTED[0],
            le=AUGMENTED[1],
            allow_inf_nan=False,
            examples=[0],
        ),
    ] = None
    share: Annotated[
        float | None,
        Field(
            description="Share of MNIST's training images that are used.",
            ge=SHARES[0],
            le=SHARES[1],
            allow_inf_nan=False,
            examples=[1],
        ),
    ] = None
    paused: Annotated[
        bool,
        Field(
            description="Whether to wait before the first batch, until the run is resumed or a step is requested.",
            examples=[False],
        ),
    ] = False


class ResumeRequest(BaseModel):
    """How to continue a run."""

    model_config = ConfigDict(extra="forbid", strict=True, json_schema_extra={"examples": [{"seconds_per_batch": 1}]})

    seconds_per_batch: Annotated[
        float,
        Field(
            description="Slow motion: the time from one batch to the next. Each batch is then followed by an event "
            "`step`. 0 is full speed.",
            ge=0,
            le=MAX_SECONDS_PER_BATCH,
            allow_inf_nan=False,
            examples=[1],
        ),
    ] = 0.0


class StepRequest(BaseModel):
    """How far a step goes."""

    model_config = ConfigDict(extra="forbid", strict=True, json_schema_extra={"examples": [{"unit": "batch"}]})

    unit: Annotated[
        Literal["batch", "epoch"],
        Field(description="One batch, or to the end of the epoch. Then the run is paused.", examples=["batch"]),
    ] = "batch"


class SettingsDescription(BaseModel):
    """The settings that determine the result of a run."""

    recipe: Annotated[str, Field(description="The recipe.", examples=["lesson"])]
    epochs: Annotated[int, Field(description="Passes over the training images.", examples=[5])]
    batch: Annotated[int, Field(description="Images per step.", examples=[64])]
    learning_rate: Annotated[float, Field(description="η, the highest learning rate.", examples=[0.001])]
    optimiser: Annotated[Optimiser, Field(description="The optimiser.", examples=["adam"])]
    seed: Annotated[int, Field(description="Seed of the initial weights and of every shuffle.", examples=[0])]
    augmented: Annotated[Share, Field(description="Share of the images that are augmented.", examples=[0])]
    share: Annotated[Share, Field(description="Share of MNIST's training images that are used.", examples=[1])]
    network: Annotated[
        NetworkName,
        Field(description="`cnn`, or `dense` for the network that the lesson compares it with.", examples=["cnn"]),
    ] = "cnn"
    shuffled: Annotated[bool, Field(description="Whether the pixels are shuffled.", examples=[False])] = False


class EpochResults(BaseModel):
    """The results of an epoch on MNIST's test images, and on the training images while it was trained."""

    epoch: Annotated[int, Field(description="The number of the epoch; 0 is the untrained network.", examples=[1])]
    loss: Annotated[float | None, Field(description="Mean cross-entropy in nats; null if infinite.", examples=[0.05])]
    accuracy: Annotated[Share, Field(description="Share of correct predictions.", examples=[0.985])]
    training_loss: Annotated[
        float | None, Field(description="The same for the training images; null for epoch 0.", examples=[0.06])
    ]
    training_accuracy: Annotated[
        float | None, Field(description="The same for the training images; null for epoch 0.", examples=[0.982])
    ]


class SessionDescription(BaseModel):
    """A process that has trained a run. With another device or number of threads, results differ in the last bits."""

    epoch: Annotated[int, Field(description="The complete epochs when it started.", examples=[0])]
    device: Annotated[str, Field(description="`cpu` or `cuda`.", examples=["cpu"])]
    threads: Annotated[int, Field(description="Number of threads on a CPU.", examples=[2])]


class RunDescription(BaseModel):
    """A training run."""

    id: Annotated[str, Field(description="Its name.", examples=["lesson-3f9a"])]
    settings: Annotated[SettingsDescription, Field(description="Its settings.")]
    created: Annotated[str, Field(description="When it started, in UTC.", examples=["2026-11-29T18:00:00+00:00"])]
    state: Annotated[
        State,
        Field(
            description="`interrupted`: its process has died. It can be resumed, like a run that was stopped or has "
            "failed.",
            examples=["training"],
        ),
    ]
    message: Annotated[str | None, Field(description="A sentence about the state.", examples=[None])]
    epochs_done: Annotated[
        int | None,
        Field(description="Number of complete epochs; null before the untrained network is saved.", examples=[2]),
    ]
    accuracy: Annotated[
        float | None,
        Field(description="Accuracy on MNIST's test images after the last complete epoch.", examples=[0.985]),
    ]
    results: Annotated[list[EpochResults], Field(description="The results of each complete epoch.")]
    sessions: Annotated[list[SessionDescription], Field(description="The processes that have trained it.")]
    versions: Annotated[
        dict[str, str], Field(description="Versions of the programs.", examples=[{"torch": "2.14.1", "numpy": "2.4.6"}])
    ]
    files: Annotated[
        list[str],
        Field(description="The files of a finished run: GET /runs/{id}/files/{name}.", examples=[["mnist_cnn.pth"]]),
    ]
    weights: Annotated[
        str | None,
        Field(
            description="The name of its last weights for `?weights=`; null if there are none that can be used. With "
            "`:` and a number, it names those of an epoch.",
            examples=["lesson-3f9a"],
        ),
    ]


class RunsResponse(BaseModel):
    """The training runs."""

    training: Annotated[
        str | None, Field(description="The run that is training or paused; null if none is.", examples=["lesson-3f9a"])
    ]
    runs: Annotated[list[RunDescription], Field(description="All runs, the newest first.")]


class PresetDescription(BaseModel):
    """Settings that demonstrate something. If there are several runs, the page compares them."""

    name: Annotated[str, Field(description="Its name.", examples=["lesson"])]
    title: Annotated[str, Field(description="What the page calls it.", examples=["The lesson’s settings"])]
    text: Annotated[str, Field(description="What it is for.", examples=["Five epochs, as in the lesson’s program."])]
    runs: Annotated[list[SettingsDescription], Field(description="The settings of its runs.", min_length=1)]


class RecipeDescription(SettingsDescription):
    """A recipe: its settings, and what its images are."""

    summary: Annotated[str, Field(description="Its images.", examples=["of MNIST's images, as in the lesson"])]


Reason = Literal["disabled", "token", "no-token", "pytorch-missing"]


class DefaultsResponse(BaseModel):
    """The choices for a new run, and whether this server can train."""

    possible: Annotated[bool, Field(description="Whether this client can start a run.", examples=[True])]
    reason: Annotated[
        Reason | None,
        Field(
            description="Why not. `disabled`: nobody may train here; `token`: the administrator's token is required; "
            "`no-token`: the service can be reached from other machines and has no token; `pytorch-missing`.",
            examples=[None],
        ),
    ]
    detail: Annotated[str | None, Field(description="The reason as a sentence.", examples=[None])]
    data: Annotated[bool, Field(description="Whether MNIST is on this server.", examples=[True])]
    data_detail: Annotated[
        str | None, Field(description="If MNIST is missing: how it gets there, as a sentence.", examples=[None])
    ]
    recipes: Annotated[dict[str, RecipeDescription], Field(description="The recipes by name, with their settings.")]
    optimisers: Annotated[list[Optimiser], Field(description="The optimisers.", examples=[["adam", "sgd"]])]
    limits: Annotated[
        dict[str, list[float]],
        Field(description="The smallest and the largest value of each setting.", examples=[{"epochs": [1, 1000]}]),
    ]
    presets: Annotated[
        list[PresetDescription],
        Field(description="Settings that demonstrate something. The first is the page's default."),
    ]
