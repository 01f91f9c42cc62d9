"""Schemas of `/predict` and `/feature-maps`."""

from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, JsonValue

from app.http.schemas import PROBABILITIES_EXAMPLE, STROKES_EXAMPLE, Coordinate, GreyLevel, LayerName, Length
from model.inference.verdicts import Verdict
from model.layers import Kind
from model.preprocess.modes import Prepare
from model.preprocess.pipeline import MAX_SIDE
from model.preprocess.source import Source

_PREDICTION_EXAMPLE: dict[str, JsonValue] = {
    "digit": 7,
    "confidence": 0.997,
    "probabilities": PROBABILITIES_EXAMPLE,
    "verdict": "digit",
    "reasons": [],
    "familiarity": 0.61,
    "model": "lesson-3f2a91bc",
}


class DrawingRequest(BaseModel):
    """A drawing as JSON: exactly one of `strokes`, `image` and `pixels`."""

    model_config = ConfigDict(
        extra="forbid",
        strict=True,
        json_schema_extra={
            "examples": [{"strokes": STROKES_EXAMPLE, "pen": 12}],
            "oneOf": [{"required": ["strokes"]}, {"required": ["image"]}, {"required": ["pixels"]}],
        },
    )

    strokes: Annotated[
        list[Annotated[list[tuple[Coordinate, Coordinate]], Field(min_length=1)]] | None,
        Field(
            description="Lines as lists of [x, y], x to the right and y down, in any unit of your own; a stroke with "
            "one point is a dot. At most 20,000 points in at most 1,000 strokes.",
            min_length=1,
            examples=[STROKES_EXAMPLE],
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
        list[Annotated[list[GreyLevel], Field(min_length=1, max_length=MAX_SIDE)]] | None,
        Field(
            description="Rows of numbers from 0 to 255, white ink on black, all of one length, of any size.",
            min_length=1,
            max_length=MAX_SIDE,
            examples=[[[0, 0, 0, 0], [0, 255, 255, 0], [0, 0, 255, 0], [0, 0, 255, 0], [0, 0, 0, 0]]],
        ),
    ] = None


class PredictionResponse(BaseModel):
    """What the network says of a drawing."""

    model_config = ConfigDict(json_schema_extra={"examples": [_PREDICTION_EXAMPLE]})

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
            examples=[PROBABILITIES_EXAMPLE],
        ),
    ]
    verdict: Annotated[
        Verdict,
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
            examples=[["It has 2 separate parts, side by side. Are these several digits? Draw one at a time."]],
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


class LayerActivations(BaseModel):
    """What one layer puts out."""

    name: Annotated[LayerName, Field(description="The layer's name.", examples=["pool2"])]
    kind: Annotated[
        Kind,
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


class StageImage(BaseModel):
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


class PreprocessingStages(BaseModel):
    """How the drawing became the network's input."""

    source: Annotated[Source, Field(description="What came in.", examples=["strokes"])]
    prepare: Annotated[
        Prepare,
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
    pictures: Annotated[list[StageImage], Field(description="The pictures, in order.")]


class FeatureMapsResponse(BaseModel):
    """The answer, what every layer put out on the way to it, and on request how the input came about."""

    prediction: Annotated[PredictionResponse, Field(description="The same as /predict gives.")]
    temperature: Annotated[float, Field(description="T in probabilities = softmax(logits / T).", gt=0, examples=[1.25])]
    layers: Annotated[list[LayerActivations], Field(description="The layers asked for, in the order of the network.")]
    stages: Annotated[PreprocessingStages | None, Field(description="Only with stages=true.")] = None
