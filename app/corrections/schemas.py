"""Schemas of `POST /corrections`."""

from typing import Annotated, Literal
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field, JsonValue

from app.http.schemas import PROBABILITIES_EXAMPLE, STROKES_EXAMPLE, Coordinate, GreyLevel, Length
from model.inference.verdicts import Verdict
from model.layers import SIDE


class CorrectedPrediction(BaseModel):
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
            examples=[PROBABILITIES_EXAMPLE],
        ),
    ]
    verdict: Annotated[Verdict | None, Field(description="Its verdict.", examples=["digit"])] = None
    familiarity: Annotated[
        float | None,
        Field(description="Its familiarity.", ge=0, le=1, allow_inf_nan=False, examples=[0.61]),
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
    """A drawing, what the network said of it, and what it is: exactly one of `strokes` and `pixels`."""

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
            examples=[STROKES_EXAMPLE],
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
        list[Annotated[list[GreyLevel], Field(min_length=SIDE, max_length=SIDE)]] | None,
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
    answer: Annotated[CorrectedPrediction, Field(description="What the network said.")]
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


class CorrectionResponse(BaseModel):
    """That a correction is kept."""

    kept: Annotated[Literal[True], Field(description="Always true; anything else is a problem.", examples=[True])]
