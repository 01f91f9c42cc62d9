"""Schemas of `/lesson/figures` and `/lesson/step`."""

from typing import Annotated, Literal

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field

from app.http.schemas import Digit, LayerName, Share
from model.layers import SIDE, NetworkName


class ShiftAccuracy(BaseModel):
    """How well a network reads MNIST's test pictures when they are moved, each as far as `shifts` says."""

    name: Annotated[Literal["dense", "lesson", "robust"], Field(description="The weights.", examples=["dense"])]
    network: Annotated[NetworkName, Field(description="Of which network they are.", examples=["dense"])]
    model: Annotated[str, Field(description="Name and first 8 digits of the hash.", examples=["dense-lesson-d1dbfc83"])]
    sha256: Annotated[str, Field(description="SHA-256 of the safetensors file.", examples=["d1dbfc83" + "0" * 56])]
    parameters: Annotated[int, Field(description="Weights and biases.", ge=1, examples=[101770])]
    x: Annotated[
        list[Share],
        Field(
            description="The share read right, moved to the right (positive) or left.", examples=[[0.33, 0.97, 0.33]]
        ),
    ]
    y: Annotated[
        list[Share], Field(description="The same, moved down (positive) or up.", examples=[[0.24, 0.97, 0.31]])
    ]


class RecordedRun(BaseModel):
    """A run of training, epoch by epoch; the first number of each list is of the network before any training."""

    name: Annotated[
        Literal["dense", "lesson", "robust", "dense-shuffled", "lesson-shuffled"],
        Field(description="What it is called here.", examples=["dense-shuffled"]),
    ]
    network: Annotated[NetworkName, Field(description="Which network was trained.", examples=["dense"])]
    shuffled: Annotated[
        bool,
        Field(description="Whether every picture had its pixels in the order `pixel_order` gives.", examples=[True]),
    ]
    recipe: Annotated[str, Field(description="How it was trained.", examples=["lesson"])]
    seed: Annotated[int, Field(description="What decided everything random.", examples=[0])]
    epochs: Annotated[int, Field(description="Times through the training pictures.", ge=1, examples=[5])]
    command: Annotated[
        str,
        Field(
            description="What makes these weights again.",
            examples=["inkling train --network dense --recipe lesson --shuffle-pixels --seed 0 --device cpu"],
        ),
    ]
    shipped: Annotated[bool, Field(description="Whether the weights come with the program.", examples=[False])]
    accuracy: Annotated[
        list[Share], Field(description="The share of the test pictures read right.", examples=[[0.11, 0.961, 0.9746]])
    ]
    loss: Annotated[
        list[float], Field(description="Mean cross-entropy on them, in nats.", examples=[[2.33, 0.13, 0.084]])
    ]
    training_loss: Annotated[
        list[float | None],
        Field(description="The same on the training pictures, while they were shown.", examples=[[None, 0.25, 0.05]]),
    ]


class LessonFigures(BaseModel):
    """What the lesson compares: networks on shifted pictures, and on shuffled ones."""

    pictures: Annotated[int, Field(description="How many test pictures.", ge=1, examples=[10000])]
    shifts: Annotated[
        list[int],
        Field(
            description="By how many pixels they were moved; what leaves the picture is gone.", examples=[[-1, 0, 1]]
        ),
    ]
    shifted: Annotated[list[ShiftAccuracy], Field(description="For each of the weights that ship.", min_length=1)]
    runs: Annotated[list[RecordedRun], Field(description="How training went.", min_length=1)]
    pixel_seed: Annotated[int, Field(description="The seed of the one permutation of pixels.", examples=[784])]
    pixel_order: Annotated[
        list[Annotated[int, Field(ge=0, lt=SIDE * SIDE)]],
        Field(
            description="That permutation: pixel i of a shuffled picture, i = 28·row + column, is pixel pixel_order[i] "
            "of the picture.",
            min_length=SIDE * SIDE,
            max_length=SIDE * SIDE,
            examples=[list(range(SIDE * SIDE))],
        ),
    ]


def _whole_number(value: object) -> object:
    """To JSON, 3.0 is a whole number."""
    return int(value) if isinstance(value, float) and value.is_integer() else value


class StepsRequest(BaseModel):
    """How the untrained network is to be trained, for a few steps, on the 80 sample digits."""

    model_config = ConfigDict(
        extra="forbid",
        strict=True,
        json_schema_extra={"examples": [{"learning_rate": 0.1, "steps": 3, "optimiser": "sgd"}]},
    )

    learning_rate: Annotated[
        float, Field(description="η, how far a step goes.", ge=1e-6, le=10, allow_inf_nan=False, examples=[0.001])
    ] = 0.001
    steps: Annotated[
        int,
        Field(description="How many steps, each on all 80 digits.", ge=1, le=20, examples=[1]),
        BeforeValidator(_whole_number),  # after the field's limits, or they would be left out of its schema
    ] = 1
    optimiser: Annotated[
        Literal["sgd", "adam"],
        Field(description="`sgd` is w − η·g; `adam` is what the lesson trains with.", examples=["adam"]),
    ] = "adam"


SamplePredictions = Annotated[list[Digit], Field(min_length=80, max_length=80)]


class TrackedWeight(BaseModel):
    """Which weight is followed."""

    layer: Annotated[LayerName, Field(description="Its layer.", examples=["conv1"])]
    parameter: Annotated[str, Field(description="Its tensor in the state dict.", examples=["features.0.weight"])]
    index: Annotated[
        list[int], Field(description="Its place in that: filter, channel, row, column.", examples=[[0, 0, 1, 1]])
    ]


class AdamConstants(BaseModel):
    """The constants of Adam's rule, PyTorch's own."""

    beta1: Annotated[float, Field(description="β₁, of the mean of gradients.", examples=[0.9])]
    beta2: Annotated[float, Field(description="β₂, of the mean of their squares.", examples=[0.999])]
    epsilon: Annotated[float, Field(description="ε, against a division by zero.", examples=[1e-08])]


class WeightUpdate(BaseModel):
    """The followed weight in one step. With `sgd`, after = before − η·gradient; with `adam`,
    after = before − η·m̂/(√v̂ + ε)."""

    before: Annotated[float, Field(description="w before the step.", examples=[-0.1284])]
    gradient: Annotated[float, Field(description="g, the loss's derivative with respect to it.", examples=[0.006])]
    m: Annotated[
        float | None, Field(description="Adam's m = β₁·m + (1 − β₁)·g; null with sgd, as the next.", examples=[0.0006])
    ]
    v: Annotated[float | None, Field(description="v = β₂·v + (1 − β₂)·g².", examples=[3.6e-08])]
    m_hat: Annotated[float | None, Field(description="m̂ = m/(1 − β₁ᵗ), at step t.", examples=[0.006])]
    v_hat: Annotated[float | None, Field(description="v̂ = v/(1 − β₂ᵗ).", examples=[3.6e-05])]
    after: Annotated[float, Field(description="w after the step.", examples=[-0.1294])]


class GradientNorms(BaseModel):
    """How long each layer's gradient is: √Σg² over its weights and biases."""

    conv1: Annotated[float, Field(description="Of the first convolution.", examples=[0.09])]
    conv2: Annotated[float, Field(description="Of the second convolution.", examples=[0.21])]
    dense1: Annotated[float, Field(description="Of the first dense layer.", examples=[0.24])]
    logits: Annotated[float, Field(description="Of the last layer.", examples=[0.31])]


class TrainingStep(BaseModel):
    """One step: the gradient at where the network was, one weight's move, and how the digits are read after it."""

    step: Annotated[int, Field(description="t, from 1.", ge=1, le=20, examples=[1])]
    gradient_norms: Annotated[GradientNorms, Field(description="How long each layer's gradient is.")]
    weight: Annotated[WeightUpdate, Field(description="The followed weight.")]
    loss: Annotated[float, Field(description="Mean cross-entropy after it, in nats.", examples=[2.206])]
    accuracy: Annotated[Share, Field(description="The share of the digits read right after it.", examples=[0.475])]
    answers: Annotated[SamplePredictions, Field(description="What they are read as after it.", examples=[[7] * 80])]


class StepsResponse(BaseModel):
    """A few steps of training on the 80 sample digits, from a network that was never trained."""

    recorded: Annotated[
        bool,
        Field(
            description="False: PyTorch has just computed it. True: it is not installed here, and these steps were "
            "computed earlier, at the recorded learning rate nearest to the one asked for.",
            examples=[False],
        ),
    ]
    optimiser: Annotated[Literal["sgd", "adam"], Field(description="The rule.", examples=["adam"])]
    learning_rate: Annotated[float, Field(description="η of these steps.", examples=[0.001])]
    seed: Annotated[int, Field(description="What decided the first weights.", examples=[0])]
    labels: Annotated[
        SamplePredictions,
        Field(
            description="What the digits are, in the order of static/samples/digits.json.", examples=[[*range(10)] * 8]
        ),
    ]
    loss: Annotated[float, Field(description="Mean cross-entropy before any step, in nats.", examples=[2.3177])]
    accuracy: Annotated[Share, Field(description="The share of the digits read right before any.", examples=[0.1])]
    answers: Annotated[SamplePredictions, Field(description="What they are read as before any.", examples=[[3] * 80])]
    weight: Annotated[TrackedWeight, Field(description="Which weight is followed.")]
    adam: Annotated[AdamConstants | None, Field(description="Adam's constants; null with sgd.")]
    steps: Annotated[
        list[TrainingStep], Field(description="The steps, as many as asked for unless it diverged.", max_length=20)
    ]
    diverged: Annotated[
        bool,
        Field(description="Whether a number was no longer finite, so that there are fewer steps.", examples=[False]),
    ]
