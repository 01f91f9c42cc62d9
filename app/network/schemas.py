"""Schemas of `/model` and `/model/evaluation`."""

from typing import Annotated

from pydantic import BaseModel, Field

from app.http.schemas import LayerName
from model.layers import SIDE, Kind


class LayerDescription(BaseModel):
    """One layer of the network, with the arithmetic of the lesson."""

    name: Annotated[LayerName, Field(description="The layer's name everywhere.", examples=["conv1"])]
    kind: Annotated[
        Kind,
        Field(description="What the layer does.", examples=["convolution"]),
    ]
    shape: Annotated[list[int], Field(description="Channels, rows, columns; or one length.", examples=[[32, 26, 26]])]
    module: Annotated[str | None, Field(description="Its place in the lesson's state dict.", examples=["features.0"])]
    parameters: Annotated[int, Field(description="Weights and biases.", examples=[320])]
    multiplications: Annotated[int, Field(description="Multiplications for one picture.", examples=[194688])]
    window: Annotated[int | None, Field(description="F, the side of the window it slides.", examples=[3])]
    stride: Annotated[int | None, Field(description="S, how far the window moves at a time.", examples=[1])]
    padding: Annotated[int | None, Field(description="P, rows and columns of zeros added around.", examples=[0])]
    formula: Annotated[
        str | None,
        Field(description="(W − F + 2P)/S + 1, worked out.", examples=["(28 − 3 + 2·0)/1 + 1 = 26"]),
    ]


class InputDescription(BaseModel):
    """What the network is shown."""

    side: Annotated[int, Field(description="Rows and columns.", examples=[28])]
    mean: Annotated[float, Field(description="Subtracted from x/255.", examples=[0.1307])]
    std: Annotated[float, Field(description="Then divided by this.", examples=[0.3081])]


class ModelResponse(BaseModel):
    """The network and the weights that are loaded."""

    model: Annotated[str, Field(description="Name and first 8 digits of the hash.", examples=["lesson-3f2a91bc"])]
    name: Annotated[str, Field(description="The weights' name.", examples=["lesson"])]
    sha256: Annotated[str, Field(description="SHA-256 of the safetensors file.", examples=["3f2a91bc" + "0" * 56])]
    engine: Annotated[str, Field(description="`onnx` or `torch`.", examples=["onnx"])]
    device: Annotated[str, Field(description="`cpu` or `cuda`.", examples=["cpu"])]
    origin: Annotated[
        dict[str, str],
        Field(
            description="Where the weights come from, as their file says: recipe, seed, versions, hashes of the data. "
            "Empty for a plain state dict.",
            examples=[{"recipe": "lesson", "seed": "1"}],
        ),
    ]
    accuracy: Annotated[
        float | None,
        Field(
            description="The share of MNIST's 10,000 test pictures that it reads right, as measured when it was "
            "trained; null where the file does not say.",
            examples=[0.9905],
        ),
    ]
    temperature: Annotated[
        float,
        Field(
            description="T in probabilities = softmax(logits / T), fitted on digits held back; 1 for weights that were "
            "not calibrated.",
            gt=0,
            examples=[1.25],
        ),
    ]
    parameters: Annotated[int, Field(description="All weights and biases.", examples=[225034])]
    multiplications: Annotated[int, Field(description="All multiplications for one picture.", examples=[2631040])]
    input: Annotated[InputDescription, Field(description="What the network is shown.")]
    layers: Annotated[list[LayerDescription], Field(description="The layers, from the ink to the probabilities.")]


class ReliabilityBin(BaseModel):
    """The answers whose confidence lies between two values."""

    low: Annotated[float, Field(description="The least confidence.", ge=0, le=1, examples=[0.9333])]
    high: Annotated[float, Field(description="The largest.", ge=0, le=1, examples=[1.0])]
    count: Annotated[int, Field(description="How many pictures were answered so.", ge=0, examples=[9802])]
    confidence: Annotated[
        float | None, Field(description="Their mean confidence; null where there are none.", examples=[0.9991])
    ]
    accuracy: Annotated[
        float | None, Field(description="The share of them that is right; null likewise.", examples=[0.9969])
    ]


Counts = Annotated[list[Annotated[int, Field(ge=0)]], Field(min_length=10, max_length=10)]


class Misclassification(BaseModel):
    """A test picture that was read as another digit."""

    index: Annotated[int, Field(description="Its place in MNIST's test set, from 0.", ge=0, examples=[2597])]
    label: Annotated[int, Field(description="What it is.", ge=0, le=9, examples=[5])]
    answer: Annotated[int, Field(description="What it was read as.", ge=0, le=9, examples=[3])]
    confidence: Annotated[float, Field(description="How surely.", ge=0, le=1, examples=[0.9942])]
    probabilities: Annotated[
        list[float] | None,
        Field(
            description="The probability of 0, 1, …, 9; null in an evaluation that an older version wrote.",
            min_length=10,
            max_length=10,
            examples=[[0.0, 0.0, 0.0, 0.9942, 0.0, 0.0058, 0.0, 0.0, 0.0, 0.0]],
        ),
    ] = None
    picture: Annotated[
        list[Annotated[list[Annotated[int, Field(ge=0, le=255)]], Field(min_length=SIDE, max_length=SIDE)]] | None,
        Field(
            description="The picture, rows of 0 to 255, white ink on black; null likewise.",
            min_length=SIDE,
            max_length=SIDE,
            examples=[[[255 if column == 14 else 0 for column in range(SIDE)] for _ in range(SIDE)]],
        ),
    ] = None


class EvaluationResponse(BaseModel):
    """What the weights were measured to be worth on MNIST's test pictures."""

    model: Annotated[str, Field(description="The weights that were measured.", examples=["lesson-3f2a91bc"])]
    sha256: Annotated[str, Field(description="Their SHA-256.", examples=["3f2a91bc" + "0" * 56])]
    pictures: Annotated[int, Field(description="How many pictures.", ge=1, examples=[10000])]
    correct: Annotated[int, Field(description="How many of them were read right.", ge=0, examples=[9907])]
    accuracy: Annotated[float, Field(description="The share of them.", ge=0, le=1, examples=[0.9907])]
    calibration_error: Annotated[
        float,
        Field(
            description="Expected calibration error: how far confidence and accuracy lie apart, over all pictures.",
            ge=0,
            le=1,
            examples=[0.0039],
        ),
    ]
    confusion: Annotated[
        list[Counts],
        Field(
            description="Ten rows, one for each digit; in each, how many of its pictures were read as 0, 1, …, 9.",
            min_length=10,
            max_length=10,
            examples=[[[980 if row == column else 0 for column in range(10)] for row in range(10)]],
        ),
    ]
    reliability: Annotated[
        list[ReliabilityBin], Field(description="Bins of confidence, the least first.", min_length=1)
    ]
    mistakes: Annotated[
        list[Misclassification], Field(description="The mistakes it was surest of, at most 100, the surest first.")
    ] = []
