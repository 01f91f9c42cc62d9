"""What goes in and what comes out, field by field: the schemas that validate bodies and make the OpenAPI document."""

from typing import Annotated, Any, Literal
from uuid import UUID

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, JsonValue

from model.layers import SIDE
from model.preprocess.pipeline import MAX_COORDINATE, MAX_SIDE
from model.preprocess.source import SMALLEST

Coordinate = Annotated[float, Field(ge=-MAX_COORDINATE, le=MAX_COORDINATE, allow_inf_nan=False)]
Length = Annotated[float, Field(ge=SMALLEST, le=MAX_COORDINATE, allow_inf_nan=False)]
Level = Annotated[float, Field(ge=0, le=255, allow_inf_nan=False)]
LayerName = Literal[
    "input",
    "conv1",
    "relu1",
    "pool1",
    "conv2",
    "relu2",
    "pool2",
    "flatten",
    "dense1",
    "relu3",
    "logits",
    "probabilities",
]

SEVEN: JsonValue = [[[30.0, 40.0], [110.0, 40.0], [60.0, 150.0]]]
_PROBABILITIES: JsonValue = [0.0001, 0.0002, 0.0011, 0.0009, 0.0, 0.0, 0.0, 0.997, 0.0001, 0.0006]
_PREDICTION: dict[str, JsonValue] = {
    "digit": 7,
    "confidence": 0.997,
    "probabilities": _PROBABILITIES,
    "verdict": "digit",
    "reasons": [],
    "familiarity": 0.61,
    "model": "lesson-3f2a91bc",
}


class Drawing(BaseModel):
    """A drawing as JSON: exactly one of `strokes`, `image` and `pixels`."""

    model_config = ConfigDict(
        extra="forbid",
        strict=True,
        json_schema_extra={
            "examples": [{"strokes": SEVEN, "pen": 12}],
            "oneOf": [{"required": ["strokes"]}, {"required": ["image"]}, {"required": ["pixels"]}],
        },
    )

    strokes: Annotated[
        list[Annotated[list[tuple[Coordinate, Coordinate]], Field(min_length=1)]] | None,
        Field(
            description="Lines as lists of [x, y], x to the right and y down, in any unit of your own; a stroke with "
            "one point is a dot. At most 20,000 points in at most 1,000 strokes.",
            min_length=1,
            examples=[SEVEN],
        ),
    ] = None
    pen: Annotated[
        Length | None,
        Field(
            description="The pen's width in the unit of the strokes. Without it the usual width of MNIST's lines.",
            examples=[12],
        ),
    ] = None
    canvas: Annotated[
        tuple[Length, Length] | None,
        Field(
            description="Width and height of the surface that was drawn on, in the unit of the strokes. Only "
            "prepare=resize needs it; without it the square around the ink is taken.",
            examples=[[280, 280]],
        ),
    ] = None
    image: Annotated[
        str | None,
        Field(
            description="A PNG, JPEG or WebP picture in base64, or as a data URL.",
            min_length=1,
            examples=[
                "data:image/png;base64,iVBORw0KGgoAAAANSUhEUgAAAAgAAAAICAAAAADhZOFXAAAAIUlEQVR42mNggAJGhv9QGgL+"
                "I2gmBmTwnwFN5D8DAwMDAK58BQJlTV3PAAAAAElFTkSuQmCC"
            ],
        ),
    ] = None
    pixels: Annotated[
        list[Annotated[list[Level], Field(min_length=1, max_length=MAX_SIDE)]] | None,
        Field(
            description="Rows of numbers from 0 to 255, white ink on black, all of one length, of any size.",
            min_length=1,
            max_length=MAX_SIDE,
            examples=[[[0, 0, 0, 0], [0, 255, 255, 0], [0, 0, 255, 0], [0, 0, 255, 0], [0, 0, 0, 0]]],
        ),
    ] = None


class Prediction(BaseModel):
    """What the network says of a drawing."""

    model_config = ConfigDict(json_schema_extra={"examples": [_PREDICTION]})

    digit: Annotated[
        int | None, Field(description="The likeliest digit; null on a blank drawing.", ge=0, le=9, examples=[7])
    ]
    confidence: Annotated[
        float | None, Field(description="Its probability; null on a blank drawing.", ge=0, le=1, examples=[0.997])
    ]
    probabilities: Annotated[
        list[float],
        Field(
            description="softmax(logits / T): the probability of 0, 1, …, 9, in this order. GET /model says the "
            "temperature T to which the weights were calibrated.",
            min_length=10,
            max_length=10,
            examples=[_PROBABILITIES],
        ),
    ]
    verdict: Annotated[
        Literal["digit", "unsure", "not_a_digit", "blank"],
        Field(
            description="`not_a_digit` when the drawing is less familiar than 99 of 100 real digits; `unsure` when it "
            "is odd, or no digit is much likelier than all others; `blank` when there is no ink; else `digit`.",
            examples=["digit"],
        ),
    ]
    reasons: Annotated[
        list[str],
        Field(
            description="Why the verdict is `unsure` or `not_a_digit`: sentences, the most telling first; else empty.",
            examples=[["It is in 2 separate parts, side by side: several digits? Draw one at a time."]],
        ),
    ]
    familiarity: Annotated[
        float | None,
        Field(
            description="The share of real digits that look no more like digits than this drawing: a real digit falls "
            "below 0.01 one time in a hundred. Null on a blank drawing, and for weights that were not calibrated.",
            ge=0,
            le=1,
            examples=[0.61],
        ),
    ]
    model: Annotated[
        str,
        Field(
            description="The weights that answered: their name and the first 8 digits of their SHA-256.",
            examples=["lesson-3f2a91bc"],
        ),
    ]


class LayerMaps(BaseModel):
    """What one layer puts out."""

    name: Annotated[LayerName, Field(description="The layer's name.", examples=["pool2"])]
    kind: Annotated[
        Literal["input", "convolution", "relu", "max_pool", "flatten", "linear", "softmax"],
        Field(description="What the layer does.", examples=["max_pool"]),
    ]
    shape: Annotated[
        list[int],
        Field(description="Channels, rows, columns; or one length.", examples=[[64, 5, 5]]),
    ]
    min: Annotated[float, Field(description="The smallest value of the layer.", examples=[0.0])]
    max: Annotated[float, Field(description="The largest value of the layer.", examples=[9.418])]
    values: Annotated[
        list[Any],
        Field(description="The values in float32, nested as `shape` says.", examples=[[[[0.0, 1.25], [0.5, 0.0]]]]),
    ]


class StagePicture(BaseModel):
    """One picture on the way from what came in to the network's input."""

    name: Annotated[
        Literal["grey", "ink", "fitted", "shifted"],
        Field(
            description="`grey`: as it arrived; `ink`: white on black (both at most 112 pixels long); `fitted`: the "
            "ink, its longer side 20 pixels; `shifted`: 28×28, what the network is shown.",
            examples=["fitted"],
        ),
    ]
    shape: Annotated[list[int], Field(description="Rows, columns.", examples=[[20, 12]])]
    values: Annotated[list[list[int]], Field(description="Rows of 0 to 255.", examples=[[[0, 128], [255, 64]]])]


class Stages(BaseModel):
    """How the drawing became the network's input."""

    source: Annotated[Literal["strokes", "image", "pixels"], Field(description="What came in.", examples=["strokes"])]
    prepare: Annotated[
        Literal["mnist", "resize", "none", "uncentred", "own_pen"],
        Field(description="How it was prepared.", examples=["mnist"]),
    ]
    size: Annotated[
        list[float],
        Field(description="Width and height of what came in, in its own unit.", examples=[[280.0, 280.0]]),
    ]
    box: Annotated[
        list[float] | None,
        Field(
            description="Left, top, right, bottom of the ink, in the same unit; null when there is none.",
            examples=[[24.0, 34.0, 116.0, 156.0]],
        ),
    ]
    scale: Annotated[float, Field(description="Pixels of the input for each of those units.", examples=[0.1639])]
    shift: Annotated[
        list[int],
        Field(
            description="Whole pixels, right and down, from the middle of the field to where the centre of mass put "
            "the ink.",
            examples=[[1, -2]],
        ),
    ]
    inverted: Annotated[
        bool, Field(description="Whether the picture was dark on light and was inverted.", examples=[False])
    ]
    pen: Annotated[
        float | None, Field(description="The pen's width in the caller's unit; null for pictures.", examples=[12.0])
    ]
    line: Annotated[
        float | None,
        Field(description="The width of the lines in pixels of the input; null for pictures.", examples=[2.4]),
    ]
    pictures: Annotated[list[StagePicture], Field(description="The pictures, in order.")]


class FeatureMaps(BaseModel):
    """The answer, what every layer put out on the way to it, and on request how the input came about."""

    prediction: Annotated[Prediction, Field(description="The same as /predict gives.")]
    temperature: Annotated[float, Field(description="T in probabilities = softmax(logits / T).", gt=0, examples=[1.25])]
    layers: Annotated[list[LayerMaps], Field(description="The layers asked for, in the order of the network.")]
    stages: Annotated[Stages | None, Field(description="Only with stages=true.")] = None


class LayerCard(BaseModel):
    """One layer of the network, with the arithmetic of the lesson."""

    name: Annotated[LayerName, Field(description="The layer's name everywhere.", examples=["conv1"])]
    kind: Annotated[
        Literal["input", "convolution", "relu", "max_pool", "flatten", "linear", "softmax"],
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


class InputCard(BaseModel):
    """What the network is shown."""

    side: Annotated[int, Field(description="Rows and columns.", examples=[28])]
    mean: Annotated[float, Field(description="Subtracted from x/255.", examples=[0.1307])]
    std: Annotated[float, Field(description="Then divided by this.", examples=[0.3081])]


class ModelCard(BaseModel):
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
    input: Annotated[InputCard, Field(description="What the network is shown.")]
    layers: Annotated[list[LayerCard], Field(description="The layers, from the ink to the probabilities.")]


class Answer(BaseModel):
    """What `/predict` said of a drawing. It may be sent as it came: what else is in it is not kept."""

    model_config = ConfigDict(strict=True)

    digit: Annotated[
        int | None, Field(description="The digit that it read; null on a blank drawing.", ge=0, le=9, examples=[1])
    ]
    probabilities: Annotated[
        list[Annotated[float, Field(ge=0, le=1, allow_inf_nan=False)]],
        Field(
            description="The probability of 0, 1, …, 9, in this order.",
            min_length=10,
            max_length=10,
            examples=[_PROBABILITIES],
        ),
    ]
    verdict: Annotated[
        Literal["digit", "unsure", "not_a_digit", "blank"] | None, Field(description="Its verdict.", examples=["digit"])
    ] = None
    familiarity: Annotated[
        float | None,
        Field(description="Its familiarity.", ge=0, le=1, allow_inf_nan=False, examples=[0.61]),
    ] = None


CORRECTION: dict[str, JsonValue] = {
    "id": "0b5f8a54-94c8-4d3c-9d0e-3f6f0c6a7e11",
    "strokes": [[[100.0, 60.0], [150.0, 40.0], [150.0, 220.0]]],
    "pen": 20,
    "prepare": "mnist",
    "answer": {"digit": 7, "probabilities": _PROBABILITIES, "verdict": "digit"},
    "label": 1,
    "model": "lesson-3f2a91bc",
}


class Correction(BaseModel):
    """A drawing, what the network said of it, and what it is: exactly one of `strokes` and `pixels`."""

    model_config = ConfigDict(
        extra="forbid",
        strict=True,
        json_schema_extra={
            "examples": [CORRECTION],
            "oneOf": [{"required": ["strokes"]}, {"required": ["pixels"]}],
        },
    )

    id: Annotated[
        UUID,
        Field(
            description="A UUID that the sender makes for this correction. Sent again with the same one, for example "
            "because the answer got lost, it is kept once, as it came first.",
            examples=["0b5f8a54-94c8-4d3c-9d0e-3f6f0c6a7e11"],
        ),
    ]
    strokes: Annotated[
        list[Annotated[list[tuple[Coordinate, Coordinate]], Field(min_length=1)]] | None,
        Field(
            description="The drawing as it was sent to `/predict`. It is kept in float32.",
            min_length=1,
            examples=[SEVEN],
        ),
    ] = None
    pen: Annotated[
        Length | None, Field(description="The pen's width in the unit of the strokes, if it was sent.", examples=[12])
    ] = None
    canvas: Annotated[
        tuple[Length, Length] | None,
        Field(description="Width and height of the surface, if they were sent.", examples=[[280, 280]]),
    ] = None
    pixels: Annotated[
        list[Annotated[list[Level], Field(min_length=SIDE, max_length=SIDE)]] | None,
        Field(
            description="Of an uploaded picture the 28×28 pixels that the network was shown: rows of numbers from 0 to "
            "255, white ink on black.",
            min_length=SIDE,
            max_length=SIDE,
            examples=[[[255 if column == 14 else 0 for column in range(SIDE)] for _ in range(SIDE)]],
        ),
    ] = None
    prepare: Annotated[
        Literal["mnist", "resize", "none"], Field(description="How it was prepared.", examples=["mnist"])
    ] = "mnist"
    answer: Annotated[Answer, Field(description="What the network said.")]
    label: Annotated[
        int | None, Field(description="What it is: the digit, or null for what is no digit.", ge=0, le=9, examples=[1])
    ]
    model: Annotated[
        str,
        Field(
            description="The weights that answered, as the answer names them.",
            min_length=1,
            max_length=200,
            examples=["lesson-3f2a91bc"],
        ),
    ]


class Kept(BaseModel):
    """That a correction is kept."""

    kept: Annotated[Literal[True], Field(description="Always true; anything else is a problem.", examples=[True])]


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


class MistakeMade(BaseModel):
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


class Evaluation(BaseModel):
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
        list[MistakeMade], Field(description="The mistakes it was surest of, at most 100, the surest first.")
    ] = []


Share = Annotated[float, Field(ge=0, le=1)]


class Shifted(BaseModel):
    """How well a network reads MNIST's test pictures when they are moved, each as far as `shifts` says."""

    name: Annotated[Literal["dense", "lesson", "robust"], Field(description="The weights.", examples=["dense"])]
    network: Annotated[Literal["cnn", "dense"], Field(description="Of which network they are.", examples=["dense"])]
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


class Run(BaseModel):
    """A run of training, epoch by epoch; the first number of each list is of the network before any training."""

    name: Annotated[
        Literal["dense", "lesson", "robust", "dense-shuffled", "lesson-shuffled"],
        Field(description="What it is called here.", examples=["dense-shuffled"]),
    ]
    network: Annotated[Literal["cnn", "dense"], Field(description="Which network was trained.", examples=["dense"])]
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
    shifted: Annotated[list[Shifted], Field(description="For each of the weights that ship.", min_length=1)]
    runs: Annotated[list[Run], Field(description="How training went.", min_length=1)]
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


def _whole(value: object) -> object:
    """To JSON, 3.0 is a whole number."""
    return int(value) if isinstance(value, float) and value.is_integer() else value


class StepsWanted(BaseModel):
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
        BeforeValidator(_whole),  # after the field's limits, or they would be left out of its schema
    ] = 1
    optimiser: Annotated[
        Literal["sgd", "adam"],
        Field(description="`sgd` is w − η·g; `adam` is what the lesson trains with.", examples=["adam"]),
    ] = "adam"


Digit = Annotated[int, Field(ge=0, le=9)]
Answers = Annotated[list[Digit], Field(min_length=80, max_length=80)]


class FollowedWeight(BaseModel):
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


class WeightMoved(BaseModel):
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


class StepTaken(BaseModel):
    """One step: the gradient at where the network was, one weight's move, and how the digits are read after it."""

    step: Annotated[int, Field(description="t, from 1.", ge=1, le=20, examples=[1])]
    gradient_norms: Annotated[GradientNorms, Field(description="How long each layer's gradient is.")]
    weight: Annotated[WeightMoved, Field(description="The followed weight.")]
    loss: Annotated[float, Field(description="Mean cross-entropy after it, in nats.", examples=[2.206])]
    accuracy: Annotated[Share, Field(description="The share of the digits read right after it.", examples=[0.475])]
    answers: Annotated[Answers, Field(description="What they are read as after it.", examples=[[7] * 80])]


class StepsTaken(BaseModel):
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
        Answers,
        Field(
            description="What the digits are, in the order of static/samples/digits.json.", examples=[[*range(10)] * 8]
        ),
    ]
    loss: Annotated[float, Field(description="Mean cross-entropy before any step, in nats.", examples=[2.3177])]
    accuracy: Annotated[Share, Field(description="The share of the digits read right before any.", examples=[0.1])]
    answers: Annotated[Answers, Field(description="What they are read as before any.", examples=[[3] * 80])]
    weight: Annotated[FollowedWeight, Field(description="Which weight is followed.")]
    adam: Annotated[AdamConstants | None, Field(description="Adam's constants; null with sgd.")]
    steps: Annotated[
        list[StepTaken], Field(description="The steps, as many as asked for unless it diverged.", max_length=20)
    ]
    diverged: Annotated[
        bool,
        Field(description="Whether a number was no longer finite, so that there are fewer steps.", examples=[False]),
    ]


class Health(BaseModel):
    """Whether the service is there."""

    status: Annotated[Literal["ok"], Field(description="Always `ok`; anything else is a problem.", examples=["ok"])]


class ProblemPart(BaseModel):
    """One thing that is wrong with a body."""

    where: Annotated[str, Field(description="Which part of the body.", examples=["strokes[0][3][1]"])]
    what: Annotated[str, Field(description="What is wrong with it.", examples=["must be a finite number"])]


class ProblemDetails(BaseModel):
    """An error (RFC 9457). `type` is the address of its explanation."""

    type: Annotated[str, Field(description="The kind of error, as an address.", examples=["/problems/invalid-drawing"])]
    title: Annotated[
        str, Field(description="The kind of error, in words.", examples=["The drawing has a wrong shape or value"])
    ]
    status: Annotated[int, Field(description="The HTTP status.", examples=[422])]
    detail: Annotated[
        str, Field(description="What is wrong this time.", examples=["strokes[0][3][1] must be a finite number."])
    ]
    errors: Annotated[
        list[ProblemPart] | None,
        Field(description="Piece by piece, at most five; absent where there is but one.", examples=[None]),
    ] = None
