"""Schemas of `POST /corrections`."""

from typing import Annotated, Literal
from uuid import UUID

from pydantic import BaseModel, ConfigDict, FailFast, Field, JsonValue

from app.http.schemas import PROBABILITIES_EXAMPLE, STROKES_EXAMPLE, GreyLevel, Length, Stroke
from model.inference.verdicts import Verdict
from model.layers import CLASSES, SIDE
from model.preprocess.modes import Prepare


class CorrectedPrediction(BaseModel):
    """The prediction that is corrected. The response of `/predict` can be sent unchanged; other fields are ignored."""

    model_config = ConfigDict(strict=True)

    digit: Annotated[
        int | None, Field(description="The predicted digit; null for a blank drawing.", ge=0, le=9, examples=[1])
    ]
    probabilities: Annotated[
        list[Annotated[float, Field(ge=0, le=1, allow_inf_nan=False)]],
        Field(
            description="The probabilities of 0, 1, …, 9, in this order.",
            min_length=CLASSES,
            max_length=CLASSES,
            examples=[PROBABILITIES_EXAMPLE],
        ),
        FailFast(),
    ]
    verdict: Annotated[Verdict | None, Field(description="The verdict.", examples=["digit"])] = None
    familiarity: Annotated[
        float | None,
        Field(description="The in-distribution score.", ge=0, le=1, allow_inf_nan=False, examples=[0.61]),
    ] = None


CORRECTION_EXAMPLE: dict[str, JsonValue] = {
    "id": "0b5f8a54-94c8-4d3c-9d0e-3f6f0c6a7e11",
    "strokes": [[[100.0, 60.0], [150.0, 40.0], [150.0, 220.0]]],
    "pen": 20,
    "prepare": "mnist",
    "answer": {"digit": 7, "probabilities": PROBABILITIES_EXAMPLE, "verdict": "digit"},
    "label": 1,
    "model": "lesson-3f2a91bc",
}


class CorrectionRequest(BaseModel):
    """A drawing, its prediction, and its correct label. Send exactly one of `strokes` and `pixels`."""

    model_config = ConfigDict(
        extra="forbid",
        strict=True,
        json_schema_extra={
            "examples": [CORRECTION_EXAMPLE],
            "oneOf": [{"required": ["strokes"]}, {"required": ["pixels"]}],
        },
    )

    id: Annotated[
        UUID,
        Field(
            description="A UUID that the client creates for this correction. If it is sent again with the same id, for "
            "example because the response was lost, only the first version is saved.",
            examples=["0b5f8a54-94c8-4d3c-9d0e-3f6f0c6a7e11"],
        ),
    ]
    strokes: Annotated[
        list[Stroke] | None,
        Field(
            description="The drawing as it was sent to `/predict`. It is saved in float32.",
            min_length=1,
            examples=[STROKES_EXAMPLE],
        ),
        FailFast(),
    ] = None
    pen: Annotated[
        Length | None, Field(description="The pen's width in the unit of the strokes, if it was sent.", examples=[12])
    ] = None
    canvas: Annotated[
        tuple[Length, Length] | None,
        Field(description="The canvas's width and height, if they were sent.", examples=[[280, 280]]),
        FailFast(),
    ] = None
    pixels: Annotated[
        list[Annotated[list[GreyLevel], Field(min_length=SIDE, max_length=SIDE), FailFast()]] | None,
        Field(
            description=f"For an uploaded image: the network's {SIDE}×{SIDE} input, rows of numbers from 0 to 255, "
            "white ink on black.",
            min_length=SIDE,
            max_length=SIDE,
            examples=[[[255 if column == SIDE // 2 else 0 for column in range(SIDE)] for _ in range(SIDE)]],
        ),
        FailFast(),
    ] = None
    prepare: Annotated[Prepare, Field(description="The preprocessing mode.", examples=["mnist"])] = "mnist"
    answer: Annotated[CorrectedPrediction, Field(description="The network's prediction.")]
    label: Annotated[
        int | None,
        Field(description="The correct digit, or null if the drawing is not a digit.", ge=0, le=9, examples=[1]),
    ]
    model: Annotated[
        str,
        Field(
            description="The weights that made the prediction, as named in the response of `/predict`.",
            min_length=1,
            max_length=200,
            examples=["lesson-3f2a91bc"],
        ),
    ]


class CorrectionResponse(BaseModel):
    """The response when the correction is saved."""

    kept: Annotated[
        Literal[True],
        Field(description="Always true. If nothing is saved, the response is a problem.", examples=[True]),
    ]
