"""Schemas of `/model` and `/model/evaluation`."""

from typing import Annotated, Literal

from fastapi import Query
from pydantic import BaseModel, ConfigDict, Field

from app.http.schemas import Digit, LayerName, Share
from model.layers import CLASSES, MEAN, SIDE, STD, Kind

_IMAGE_EXAMPLE = [[255 if column == SIDE // 2 else 0 for column in range(SIDE)] for _ in range(SIDE)]


WeightsName = Annotated[
    str | None,
    Query(
        description="The weights that answer: a name that GET /weights lists. The default is the served weights.",
        examples=["lesson:0"],
    ),
]


class EpochDescription(BaseModel):
    """An epoch of a training run, and its results on MNIST's test images."""

    name: Annotated[str, Field(description="The name for `?weights=`.", examples=["lesson:1"])]
    epoch: Annotated[int, Field(description="The number of the epoch; 0 is the untrained network.", examples=[1])]
    accuracy: Annotated[Share, Field(description="The share of correct predictions.", examples=[0.9864])]
    loss: Annotated[
        float | None, Field(description="Mean cross-entropy in nats; null if it is infinite.", examples=[0.0422])
    ]


Origin = Literal["served", "shipped", "run", "upload"]


class WeightsDescription(BaseModel):
    """A set of weights."""

    name: Annotated[str, Field(description="The name for `?weights=`.", examples=["lesson"])]
    origin: Annotated[
        Origin,
        Field(
            description="`served`: in service; `shipped`: part of Inkling; `run`: trained here; `upload`: sent here.",
            examples=["shipped"],
        ),
    ]
    model: Annotated[
        str, Field(description="Name and first 8 digits of the hash, as in predictions.", examples=["lesson-6c02201a"])
    ]
    sha256: Annotated[str, Field(description="SHA-256 of the safetensors file.", examples=["6c02201a" + "0" * 56])]
    accuracy: Annotated[
        float | None, Field(description="Accuracy on MNIST's test images, if it is known.", examples=[0.9907])
    ]
    temperature: Annotated[
        float, Field(description="T in probabilities = softmax(logits / T).", gt=0, examples=[1.862])
    ]
    calibrated: Annotated[
        bool,
        Field(description="Whether there is a calibration. Without one, T is 1 and familiarity null.", examples=[True]),
    ]
    epochs: Annotated[
        list[EpochDescription],
        Field(description="The epochs of the training run, if they are available.", examples=[[]]),
    ]


class WeightsResponse(BaseModel):
    """The sets of weights."""

    weights: Annotated[list[WeightsDescription], Field(description="The sets of weights, the served one first.")]


class ServeRequest(BaseModel):
    """Which weights to put into service."""

    model_config = ConfigDict(extra="forbid", strict=True, json_schema_extra={"examples": [{"name": "lesson:2"}]})

    name: Annotated[
        str, Field(min_length=1, max_length=80, description="A name that GET /weights lists.", examples=["lesson:2"])
    ]


class LayerDescription(BaseModel):
    """One layer of the network: its shape, its number of parameters, and the formula of its output size."""

    name: Annotated[LayerName, Field(description="The layer's name.", examples=["conv1"])]
    kind: Annotated[Kind, Field(description="The layer's type.", examples=["convolution"])]
    shape: Annotated[
        list[int],
        Field(description="Shape of the output: channels, rows, columns, or one length.", examples=[[32, 26, 26]]),
    ]
    module: Annotated[str | None, Field(description="Its module in the lesson's state dict.", examples=["features.0"])]
    parameters: Annotated[int, Field(description="Number of weights and biases.", examples=[320])]
    multiplications: Annotated[int, Field(description="Multiplications for one image.", examples=[194688])]
    window: Annotated[int | None, Field(description="F, the side of the sliding window.", examples=[3])]
    stride: Annotated[int | None, Field(description="S, the step of the window.", examples=[1])]
    padding: Annotated[int | None, Field(description="P, rows and columns of zeros added around.", examples=[0])]
    formula: Annotated[
        str | None,
        Field(
            description="(W − F + 2P)/S + 1 with this layer's numbers.",
            examples=["(28 − 3 + 2·0)/1 + 1 = 26"],
        ),
    ]


class InputDescription(BaseModel):
    """The network's input."""

    side: Annotated[int, Field(description="Number of rows and of columns.", examples=[SIDE])]
    mean: Annotated[float, Field(description="The mean, which is subtracted from x/255.", examples=[MEAN])]
    std: Annotated[float, Field(description="The divisor: the input is (x/255 − mean) / std.", examples=[STD])]


class ModelResponse(BaseModel):
    """The network and the loaded weights."""

    model: Annotated[
        str, Field(description="Name and first 8 digits of the weights' hash.", examples=["lesson-3f2a91bc"])
    ]
    name: Annotated[str, Field(description="The weights' name.", examples=["lesson"])]
    sha256: Annotated[str, Field(description="SHA-256 of the safetensors file.", examples=["3f2a91bc" + "0" * 56])]
    engine: Annotated[str, Field(description="`onnx` or `torch`.", examples=["onnx"])]
    device: Annotated[str, Field(description="`cpu` or `cuda`.", examples=["cpu"])]
    origin: Annotated[
        dict[str, str],
        Field(
            description="The metadata of the weights' file: recipe, seed, versions, hashes of the data. Empty for a "
            "plain state dict.",
            examples=[{"recipe": "lesson", "seed": "1"}],
        ),
    ]
    accuracy: Annotated[
        float | None,
        Field(
            description="Accuracy on MNIST's 10,000 test images, as measured after training; null if the file does "
            "not contain it.",
            examples=[0.9905],
        ),
    ]
    temperature: Annotated[
        float,
        Field(
            description="T in probabilities = softmax(logits / T), fitted on held-out digits; 1 for weights that are "
            "not calibrated. Requests with `?calibrated=false` get the plain softmax instead, with T = 1.",
            gt=0,
            examples=[1.25],
        ),
    ]
    parameters: Annotated[int, Field(description="Number of weights and biases.", examples=[225034])]
    multiplications: Annotated[int, Field(description="Multiplications for one image.", examples=[2631040])]
    input: Annotated[InputDescription, Field(description="The network's input.")]
    layers: Annotated[list[LayerDescription], Field(description="The layers, in order.")]


class ReliabilityBin(BaseModel):
    """A bin: the predictions whose confidence is between `low` and `high`."""

    low: Annotated[float, Field(description="The lowest confidence.", ge=0, le=1, examples=[0.9333])]
    high: Annotated[float, Field(description="The highest confidence.", ge=0, le=1, examples=[1.0])]
    count: Annotated[int, Field(description="Number of predictions.", ge=0, examples=[9802])]
    confidence: Annotated[
        float | None,
        Field(description="The mean confidence of these predictions; null if there are none.", examples=[0.9991]),
    ]
    accuracy: Annotated[
        float | None,
        Field(description="The share of these predictions that is correct; null if there are none.", examples=[0.9969]),
    ]


class Misclassification(BaseModel):
    """A test image that was classified as another digit."""

    index: Annotated[int, Field(description="The image's index in MNIST's test set, from 0.", ge=0, examples=[2597])]
    label: Annotated[Digit, Field(description="The correct digit.", examples=[5])]
    answer: Annotated[Digit, Field(description="The predicted digit.", examples=[3])]
    confidence: Annotated[Share, Field(description="The confidence of the prediction.", examples=[0.9942])]
    probabilities: Annotated[
        list[float] | None,
        Field(
            description="The probabilities of 0, 1, …, 9; null in evaluations written by older versions.",
            min_length=CLASSES,
            max_length=CLASSES,
            examples=[[0.0, 0.0, 0.0, 0.9942, 0.0, 0.0058, 0.0, 0.0, 0.0, 0.0]],
        ),
    ] = None
    picture: Annotated[
        list[Annotated[list[Annotated[int, Field(ge=0, le=255)]], Field(min_length=SIDE, max_length=SIDE)]] | None,
        Field(
            description="The image: rows of 0 to 255, white ink on black; null in evaluations written by older "
            "versions.",
            min_length=SIDE,
            max_length=SIDE,
            examples=[_IMAGE_EXAMPLE],
        ),
    ] = None


_Counts = Annotated[list[Annotated[int, Field(ge=0)]], Field(min_length=CLASSES, max_length=CLASSES)]


class EvaluationResponse(BaseModel):
    """How well the weights classify MNIST's test images."""

    model: Annotated[str, Field(description="The evaluated weights.", examples=["lesson-3f2a91bc"])]
    sha256: Annotated[str, Field(description="The SHA-256 of the weights' file.", examples=["3f2a91bc" + "0" * 56])]
    pictures: Annotated[int, Field(description="Number of test images.", ge=1, examples=[10000])]
    correct: Annotated[int, Field(description="Number of correct predictions.", ge=0, examples=[9907])]
    accuracy: Annotated[float, Field(description="Share of correct predictions.", ge=0, le=1, examples=[0.9907])]
    calibration_error: Annotated[
        float,
        Field(
            description="Expected calibration error: the difference between confidence and accuracy in a bin, averaged "
            "over all predictions.",
            ge=0,
            le=1,
            examples=[0.0039],
        ),
    ]
    confusion: Annotated[
        list[_Counts],
        Field(
            description="Ten rows, one for each digit: how many of its images were classified as 0, 1, …, 9.",
            min_length=CLASSES,
            max_length=CLASSES,
            examples=[[[980 if row == column else 0 for column in range(CLASSES)] for row in range(CLASSES)]],
        ),
    ]
    reliability: Annotated[
        list[ReliabilityBin], Field(description="Bins of confidence, in ascending order.", min_length=1)
    ]
    mistakes: Annotated[
        list[Misclassification],
        Field(description="The misclassifications with the highest confidence, at most 100, in descending order."),
    ] = []
