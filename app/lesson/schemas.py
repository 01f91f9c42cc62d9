"""Schemas of `/lesson/figures` and `/lesson/step`."""

from typing import Annotated, Literal

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field

from app.http.schemas import Digit, LayerName, Share, whole_number
from app.limits import LEARNING_RATES, MAX_STEPS
from model.layers import SIDE, NetworkName

SAMPLES = 80  # number of digits in static/samples
Optimiser = Literal["sgd", "adam"]


class ShiftAccuracy(BaseModel):
    """A network's accuracy on shifted MNIST test images, one number for each of `shifts`."""

    name: Annotated[Literal["dense", "lesson", "robust"], Field(description="The weights.", examples=["dense"])]
    network: Annotated[NetworkName, Field(description="The network to which the weights belong.", examples=["dense"])]
    model: Annotated[
        str, Field(description="Name and first 8 digits of the weights' hash.", examples=["dense-lesson-d1dbfc83"])
    ]
    sha256: Annotated[str, Field(description="SHA-256 of the safetensors file.", examples=["d1dbfc83" + "0" * 56])]
    parameters: Annotated[int, Field(description="Number of weights and biases.", ge=1, examples=[101770])]
    x: Annotated[
        list[Share],
        Field(description="Accuracy on images shifted to the right (positive) or left.", examples=[[0.33, 0.97, 0.33]]),
    ]
    y: Annotated[
        list[Share],
        Field(description="Accuracy on images shifted down (positive) or up.", examples=[[0.24, 0.97, 0.31]]),
    ]


class RecordedRun(BaseModel):
    """A training run, epoch by epoch. The first number of each list is measured before training."""

    name: Annotated[
        Literal["dense", "lesson", "robust", "dense-shuffled", "lesson-shuffled"],
        Field(description="The run's name.", examples=["dense-shuffled"]),
    ]
    network: Annotated[NetworkName, Field(description="The network that was trained.", examples=["dense"])]
    shuffled: Annotated[
        bool, Field(description="Whether the pixels of all images were reordered by `pixel_order`.", examples=[True])
    ]
    recipe: Annotated[str, Field(description="The training recipe.", examples=["lesson"])]
    seed: Annotated[int, Field(description="The random seed.", examples=[0])]
    epochs: Annotated[int, Field(description="Number of epochs.", ge=1, examples=[5])]
    command: Annotated[
        str,
        Field(
            description="The command that reproduces the run.",
            examples=["inkling train --network dense --recipe lesson --shuffle-pixels --seed 0 --device cpu"],
        ),
    ]
    shipped: Annotated[bool, Field(description="Whether the weights are part of the program.", examples=[False])]
    accuracy: Annotated[
        list[Share], Field(description="Accuracy on the test images.", examples=[[0.11, 0.961, 0.9746]])
    ]
    loss: Annotated[
        list[float],
        Field(description="Mean cross-entropy on the test images, in nats.", examples=[[2.33, 0.13, 0.084]]),
    ]
    training_loss: Annotated[
        list[float | None],
        Field(
            description="Mean cross-entropy on the training images during the epoch, in nats.",
            examples=[[None, 0.25, 0.05]],
        ),
    ]


class LessonFigures(BaseModel):
    """The lesson's comparisons: networks on shifted images, and on images with shuffled pixels."""

    pictures: Annotated[int, Field(description="Number of test images.", ge=1, examples=[10000])]
    shifts: Annotated[
        list[int],
        Field(description="Shifts in pixels; pixels shifted out of the image are lost.", examples=[[-1, 0, 1]]),
    ]
    shifted: Annotated[list[ShiftAccuracy], Field(description="One entry for each of the networks.", min_length=1)]
    runs: Annotated[list[RecordedRun], Field(description="The training runs.", min_length=1)]
    pixel_seed: Annotated[int, Field(description="The seed of the permutation of the pixels.", examples=[784])]
    pixel_order: Annotated[
        list[Annotated[int, Field(ge=0, lt=SIDE * SIDE)]],
        Field(
            description="The permutation: pixel i of a shuffled image, i = 28·row + column, is pixel pixel_order[i] of "
            "the original.",
            min_length=SIDE * SIDE,
            max_length=SIDE * SIDE,
            examples=[list(range(SIDE * SIDE))],
        ),
    ]


class StepsRequest(BaseModel):
    """A request to train the untrained network on the 80 sample digits for a few steps."""

    model_config = ConfigDict(
        extra="forbid",
        strict=True,
        json_schema_extra={"examples": [{"learning_rate": 0.1, "steps": 3, "optimiser": "sgd"}]},
    )

    learning_rate: Annotated[
        float,
        Field(
            description="η, the learning rate.",
            ge=LEARNING_RATES[0],
            le=LEARNING_RATES[1],
            allow_inf_nan=False,
            examples=[0.001],
        ),
    ] = 0.001
    steps: Annotated[
        int,
        Field(description="Number of steps. Each uses all 80 digits as one batch.", ge=1, le=MAX_STEPS, examples=[1]),
        BeforeValidator(whole_number),
    ] = 1
    optimiser: Annotated[
        Optimiser,
        Field(description="`sgd` is w − η·g; `adam` is the lesson's optimiser.", examples=["adam"]),
    ] = "adam"


SamplePredictions = Annotated[list[Digit], Field(min_length=SAMPLES, max_length=SAMPLES)]


class TrackedWeight(BaseModel):
    """The weight that is shown before and after each step."""

    layer: Annotated[LayerName, Field(description="Its layer.", examples=["conv1"])]
    parameter: Annotated[str, Field(description="Its tensor in the state dict.", examples=["features.0.weight"])]
    index: Annotated[
        list[int], Field(description="Its index in the tensor: filter, channel, row, column.", examples=[[0, 0, 1, 1]])
    ]


class AdamConstants(BaseModel):
    """The constants of Adam, with PyTorch's defaults."""

    beta1: Annotated[float, Field(description="β₁, for the mean of the gradients.", examples=[0.9])]
    beta2: Annotated[float, Field(description="β₂, for the mean of the squared gradients.", examples=[0.999])]
    epsilon: Annotated[float, Field(description="ε, which prevents a division by zero.", examples=[1e-08])]


class WeightUpdate(BaseModel):
    """The tracked weight in one step. With `sgd`, after = before − η·gradient; with `adam`,
    after = before − η·m̂/(√v̂ + ε)."""

    before: Annotated[float, Field(description="w before the step.", examples=[-0.1284])]
    gradient: Annotated[float, Field(description="g, the derivative of the loss with respect to w.", examples=[0.006])]
    m: Annotated[float | None, Field(description="Adam's m = β₁·m + (1 − β₁)·g; null with sgd.", examples=[0.0006])]
    v: Annotated[float | None, Field(description="Adam's v = β₂·v + (1 − β₂)·g²; null with sgd.", examples=[3.6e-08])]
    m_hat: Annotated[float | None, Field(description="m̂ = m/(1 − β₁ᵗ) at step t; null with sgd.", examples=[0.006])]
    v_hat: Annotated[float | None, Field(description="v̂ = v/(1 − β₂ᵗ) at step t; null with sgd.", examples=[3.6e-05])]
    after: Annotated[float, Field(description="w after the step.", examples=[-0.1294])]


class GradientNorms(BaseModel):
    """The norm of each layer's gradient: √Σg² over its weights and biases."""

    conv1: Annotated[float, Field(description="Of the first convolution.", examples=[0.09])]
    conv2: Annotated[float, Field(description="Of the second convolution.", examples=[0.21])]
    dense1: Annotated[float, Field(description="Of the first dense layer.", examples=[0.24])]
    logits: Annotated[float, Field(description="Of the last layer.", examples=[0.31])]


class TrainingStep(BaseModel):
    """One step: the gradient before the step, the update of one weight, and the predictions after the step."""

    step: Annotated[int, Field(description="t, from 1.", ge=1, le=MAX_STEPS, examples=[1])]
    gradient_norms: Annotated[GradientNorms, Field(description="The norm of each layer's gradient.")]
    weight: Annotated[WeightUpdate, Field(description="The tracked weight.")]
    loss: Annotated[float, Field(description="Mean cross-entropy after the step, in nats.", examples=[2.206])]
    accuracy: Annotated[Share, Field(description="Accuracy on the digits after the step.", examples=[0.475])]
    answers: Annotated[
        SamplePredictions, Field(description="The predicted digits after the step.", examples=[[7] * SAMPLES])
    ]


class StepsResponse(BaseModel):
    """A few training steps of an untrained network on the 80 sample digits."""

    recorded: Annotated[
        bool,
        Field(
            description="False: PyTorch has just computed the steps. True: it is not installed here; the steps were "
            "computed earlier, with the recorded learning rate that is nearest to the requested one.",
            examples=[False],
        ),
    ]
    optimiser: Annotated[Optimiser, Field(description="The optimiser.", examples=["adam"])]
    learning_rate: Annotated[float, Field(description="η of these steps.", examples=[0.001])]
    seed: Annotated[int, Field(description="The seed of the initial weights.", examples=[0])]
    labels: Annotated[
        SamplePredictions,
        Field(
            description="The digits' labels, in the order of static/samples/digits.json.", examples=[[*range(10)] * 8]
        ),
    ]
    loss: Annotated[float, Field(description="Mean cross-entropy before the first step, in nats.", examples=[2.3177])]
    accuracy: Annotated[Share, Field(description="Accuracy on the digits before the first step.", examples=[0.1])]
    answers: Annotated[
        SamplePredictions, Field(description="The predicted digits before the first step.", examples=[[3] * SAMPLES])
    ]
    weight: Annotated[TrackedWeight, Field(description="The tracked weight.")]
    adam: Annotated[AdamConstants | None, Field(description="Adam's constants; null with sgd.")]
    steps: Annotated[
        list[TrainingStep],
        Field(description="The steps: as many as requested, or fewer if training diverged.", max_length=MAX_STEPS),
    ]
    diverged: Annotated[
        bool,
        Field(description="Whether training stopped early because a number was no longer finite.", examples=[False]),
    ]
