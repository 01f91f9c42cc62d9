"""Schemas of `/predict` and `/feature-maps`."""

from typing import Annotated, Any, Literal

from pydantic import AfterValidator, BaseModel, ConfigDict, FailFast, Field, JsonValue

from app.http.schemas import PROBABILITIES_EXAMPLE, STROKES_EXAMPLE, GreyLevel, LayerName, Length, Stroke
from model.inference.verdicts import NOT_A_DIGIT_BELOW, SIDE_BY_SIDE, UNSURE_BELOW, Verdict
from model.layers import CLASSES, SIDE, Kind
from model.preprocess.canvas import Source
from model.preprocess.modes import Prepare
from model.preprocess.pipeline import MAX_POINTS, MAX_SIDE, MAX_STROKES

_PREDICTION_EXAMPLE: dict[str, JsonValue] = {
    "digit": 7,
    "confidence": 0.997,
    "probabilities": PROBABILITIES_EXAMPLE,
    "verdict": "digit",
    "reasons": [],
    "familiarity": 0.61,
    "model": "lesson-3f2a91bc",
}


def _row(row: list[float]) -> list[float]:
    """Return the same row. The call lets Python switch to the event loop, which the parser alone would block."""
    return row


_Row = Annotated[list[GreyLevel], Field(min_length=1, max_length=MAX_SIDE), FailFast(), AfterValidator(_row)]


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
        list[Stroke] | None,
        Field(
            description="Each stroke is a list of points [x, y], x to the right and y down, in any unit; a stroke of "
            f"one point is a dot. At most {MAX_POINTS:,} points in at most {MAX_STROKES:,} strokes.",
            min_length=1,
            examples=[STROKES_EXAMPLE],
        ),
        FailFast(),
    ] = None
    pen: Annotated[
        Length | None,
        Field(
            description="The pen's width in the unit of the strokes. The default is the usual line width of MNIST.",
            examples=[12],
        ),
    ] = None
    canvas: Annotated[
        tuple[Length, Length] | None,
        Field(
            description="The canvas's width and height in the unit of the strokes. Only prepare=resize needs it; the "
            "default is the square around the ink.",
            examples=[[280, 280]],
        ),
        FailFast(),
    ] = None
    image: Annotated[
        str | None,
        Field(
            description="A PNG, JPEG or WebP image in standard base64 (with + and /, and with padding), or as a data "
            "URL. White space is ignored.",
            min_length=1,
            examples=[
                "data:image/png;base64,iVBORw0KGgoAAAANSUhEUgAAAAgAAAAICAAAAADhZOFXAAAAIUlEQVR42mNggAJGhv9QGgL+"
                "I2gmBmTwnwFN5D8DAwMDAK58BQJlTV3PAAAAAElFTkSuQmCC"
            ],
        ),
    ] = None
    pixels: Annotated[
        list[_Row] | None,
        Field(
            description="Rows of numbers from 0 to 255 (not from 0 to 1), white ink on black. All rows have the same "
            f"length, at most {MAX_SIDE:,}.",
            min_length=1,
            max_length=MAX_SIDE,
            examples=[[[0, 0, 0, 0], [0, 255, 255, 0], [0, 0, 255, 0], [0, 0, 255, 0], [0, 0, 0, 0]]],
        ),
        FailFast(),
    ] = None


class PredictionResponse(BaseModel):
    """The network's prediction for a drawing."""

    model_config = ConfigDict(json_schema_extra={"examples": [_PREDICTION_EXAMPLE]})

    digit: Annotated[
        int | None, Field(description="The most likely digit; null for a blank drawing.", ge=0, le=9, examples=[7])
    ]
    confidence: Annotated[
        float | None,
        Field(description="The probability of this digit; null for a blank drawing.", ge=0, le=1, examples=[0.997]),
    ]
    probabilities: Annotated[
        list[float],
        Field(
            description="softmax(logits / T): the probabilities of 0, 1, …, 9, in this order. GET /model gives the "
            "temperature T with which the weights are calibrated; with calibrated=false, T is 1.",
            min_length=CLASSES,
            max_length=CLASSES,
            examples=[PROBABILITIES_EXAMPLE],
        ),
    ]
    verdict: Annotated[
        Verdict,
        Field(
            description=f"`not_a_digit` if familiarity is below {NOT_A_DIGIT_BELOW:g}; `unsure` if it is below "
            f"{UNSURE_BELOW:g}, or if no digit is much more likely than the others; `blank` if there is no ink; "
            "otherwise `digit`. The shape of the ink can also lead to `not_a_digit` or `unsure`. The calibrated "
            "probabilities decide, even with calibrated=false.",
            examples=["digit"],
        ),
    ]
    reasons: Annotated[
        list[str],
        Field(
            description="Why the verdict is `unsure` or `not_a_digit`: sentences, the most important first. Empty for "
            "`digit`, and for `blank` unless strokes lie outside the canvas or pixels seem to be scaled to 0 to 1.",
            examples=[[SIDE_BY_SIDE.format(count=2)]],
        ),
    ]
    familiarity: Annotated[
        float | None,
        Field(
            description="The in-distribution score: the share of real digits that are no more typical than this "
            f"drawing. {NOT_A_DIGIT_BELOW:.0%} of real digits score below {NOT_A_DIGIT_BELOW:g}. Null for a blank "
            "drawing, and for weights that are not calibrated.",
            ge=0,
            le=1,
            examples=[0.61],
        ),
    ]
    model: Annotated[
        str,
        Field(
            description="The weights that made the prediction: name and first 8 digits of the SHA-256.",
            examples=["lesson-3f2a91bc"],
        ),
    ]


class LayerActivations(BaseModel):
    """The output of one layer."""

    name: Annotated[LayerName, Field(description="The layer's name.", examples=["pool2"])]
    kind: Annotated[Kind, Field(description="The layer's type.", examples=["max_pool"])]
    shape: Annotated[
        list[int],
        Field(description="Channels, rows, columns; or one length.", examples=[[64, 5, 5]]),
    ]
    min: Annotated[float, Field(description="The layer's smallest value.", examples=[0.0])]
    max: Annotated[float, Field(description="The layer's largest value.", examples=[9.418])]
    values: Annotated[
        list[Any],
        Field(description="The float32 values, nested according to `shape`.", examples=[[[[0.0, 1.25], [0.5, 0.0]]]]),
    ]


class StageImage(BaseModel):
    """The image after one preprocessing stage."""

    name: Annotated[
        Literal["grey", "ink", "fitted", "shifted"],
        Field(
            description="`grey`: as received; `ink`: white on black (both at most 112 pixels wide and high); `fitted`: "
            f"the ink, its longer side 20 pixels; `shifted`: {SIDE}×{SIDE}, the network's input.",
            examples=["fitted"],
        ),
    ]
    shape: Annotated[list[int], Field(description="Rows, columns.", examples=[[20, 12]])]
    values: Annotated[list[list[int]], Field(description="Rows of 0 to 255.", examples=[[[0, 128], [255, 64]]])]


class PreprocessingStages(BaseModel):
    """How the drawing was turned into the network's input.

    To find the place (X, Y) of the drawing that a point (x, y) of the input shows, to about half a pixel of the input:

    - `mnist`, `uncentred`, `own_pen`: X = (box[0] + box[2]) / 2 + (x − (28 − w) // 2 − w / 2 − shift[0]) / scale, where
      w is the width of the image `fitted`; Y in the same way, with box[1], box[3], shift[1] and the height of `fitted`.
    - `resize`: X = x · size[0] / 28 and Y = y · size[1] / 28, from the top left corner of the canvas or image.
    - `none`: X = x and Y = y.
    """

    source: Annotated[Source, Field(description="The form in which the drawing was sent.", examples=["strokes"])]
    prepare: Annotated[Prepare, Field(description="The preprocessing mode.", examples=["mnist"])]
    size: Annotated[
        list[float],
        Field(
            description="The canvas's or image's width and height, in its own unit. For an image with a side over "
            "2,048 pixels, a few pixels more or less.",
            examples=[[280.0, 280.0]],
        ),
    ]
    box: Annotated[
        list[float] | None,
        Field(
            description="The ink's bounding box, in the unit of size: left, top, right, bottom; null without ink.",
            examples=[[24.0, 34.0, 116.0, 156.0]],
        ),
    ]
    scale: Annotated[
        float,
        Field(
            description="Pixels of the input for each unit of size; with prepare=resize, along the longer side. 0 for "
            "dots that were sent without a pen.",
            examples=[0.1639],
        ),
    ]
    shift: Annotated[
        list[int],
        Field(
            description="How far, in whole pixels right and down, the ink was shifted from the middle of the image to "
            "centre it on its centre of mass.",
            examples=[[1, -2]],
        ),
    ]
    inverted: Annotated[
        bool, Field(description="Whether the image was dark on light and was inverted.", examples=[False])
    ]
    pen: Annotated[
        float | None, Field(description="The pen's width in the client's unit; null for images.", examples=[12.0])
    ]
    line: Annotated[
        float | None,
        Field(description="The stroke width in pixels of the input; null for images.", examples=[2.4]),
    ]
    pictures: Annotated[list[StageImage], Field(description="The images, in order.")]


class FeatureMapsResponse(BaseModel):
    """The prediction, the output of the layers, and on request the preprocessing stages."""

    prediction: Annotated[PredictionResponse, Field(description="The same as from /predict.")]
    temperature: Annotated[
        float,
        Field(
            description="T in probabilities = softmax(logits / T): 1 with calibrated=false, and for weights that are "
            "not calibrated.",
            gt=0,
            examples=[1.25],
        ),
    ]
    layers: Annotated[list[LayerActivations], Field(description="The requested layers, in the order of the network.")]
    stages: Annotated[PreprocessingStages | None, Field(description="Only with stages=true.")] = None
