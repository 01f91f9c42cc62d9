"""Schemas of `/lab/teach`."""

from typing import Annotated, Literal

from pydantic import BaseModel, BeforeValidator, ConfigDict, FailFast, Field

from app.http.schemas import PROBABILITIES_EXAMPLE, STROKES_EXAMPLE, Digit, Length, Stroke, whole_number
from model.layers import CLASSES

MAX_DRAWINGS = 60
MAX_POINTS_ALL = 60_000  # points of all drawings together, counting each stroke as one
MAX_STEPS = 500
MAX_STEPS_ALL = 100  # if all layers are trained: this takes a second or two, or up to five with 60 drawings
RATES = (1e-4, 1.0)

_Probabilities = Annotated[list[float], Field(min_length=CLASSES, max_length=CLASSES)]


class TaughtDrawing(BaseModel):
    """A drawing to learn from, or to test on."""

    model_config = ConfigDict(extra="forbid", strict=True)

    label: Annotated[
        int, Field(description="The digit that it shows.", ge=0, le=9, examples=[7]), BeforeValidator(whole_number)
    ]
    strokes: Annotated[
        list[Stroke],
        Field(description="Its strokes, as for `/predict`.", min_length=1, max_length=50, examples=[STROKES_EXAMPLE]),
        FailFast(),
    ]
    pen: Annotated[Length | None, Field(description="The pen's width in the unit of the strokes.", examples=[12])] = (
        None
    )


class TeachRequest(BaseModel):
    """Drawings, and how to learn from them."""

    model_config = ConfigDict(
        extra="forbid",
        strict=True,
        json_schema_extra={
            "anyOf": [
                {"properties": {"layers": {"const": "last"}}},
                {"properties": {"steps": {"maximum": MAX_STEPS_ALL}}},
            ]
        },
    )

    drawings: Annotated[
        list[TaughtDrawing],
        Field(
            description=f"At most {MAX_DRAWINGS} drawings, which have at most {MAX_POINTS_ALL:,} points together. Of "
            "each digit, every third one is held out, not trained on. With drawings of a single digit, the network "
            "only learns to answer this digit more often.",
            min_length=1,
            max_length=MAX_DRAWINGS,
        ),
        FailFast(),
    ]
    weights: Annotated[
        str | None,
        Field(description="The weights to begin with, as for `?weights=`.", max_length=2000, examples=["lesson"]),
    ] = None
    layers: Annotated[
        Literal["last", "all"],
        Field(
            description=f"What is trained: the last layer, or all layers for at most {MAX_STEPS_ALL} steps.",
            examples=["last"],
        ),
    ] = "last"
    learning_rate: Annotated[
        float, Field(description="The learning rate.", ge=RATES[0], le=RATES[1], allow_inf_nan=False, examples=[0.01])
    ] = 0.01
    steps: Annotated[
        int,
        Field(description="The number of steps.", ge=0, le=MAX_STEPS, examples=[100]),
        BeforeValidator(whole_number),
    ] = 100


class TaughtPrediction(BaseModel):
    """How a drawing is read before and after the training."""

    label: Annotated[Digit, Field(description="The digit that it shows.", examples=[7])]
    held_out: Annotated[bool, Field(description="Whether it was held out.", examples=[True])]
    before: Annotated[_Probabilities, Field(description="The probabilities before.", examples=[PROBABILITIES_EXAMPLE])]
    after: Annotated[_Probabilities, Field(description="The probabilities after.", examples=[PROBABILITIES_EXAMPLE])]


class MovedWeight(BaseModel):
    """A weight that has changed."""

    layer: Annotated[str, Field(description="Its layer.", examples=["logits"])]
    index: Annotated[
        list[int],
        Field(
            description="Its place in the layer's weights: the map or unit, the input, for a filter also row and "
            "column.",
            min_length=2,
            max_length=4,
            examples=[[7, 34]],
        ),
    ]
    before: Annotated[float, Field(description="The weight before.", examples=[0.081])]
    after: Annotated[float, Field(description="The weight after.", examples=[0.113])]


class TeachResponse(BaseModel):
    """What was learnt from the drawings, and what was forgotten."""

    drawings: Annotated[list[TaughtPrediction], Field(description="The drawings, in their order.")]
    digits: Annotated[int, Field(description="Number of test digits of MNIST.", examples=[2000])]
    correct_before: Annotated[int, Field(description="How many of them were read correctly before.", examples=[1979])]
    correct_after: Annotated[int, Field(description="How many of them are read correctly after.", examples=[1968])]
    lost: Annotated[
        list[int],
        Field(
            description="For each digit, how many fewer of its test images are read correctly.",
            min_length=CLASSES,
            max_length=CLASSES,
            examples=[[0, 0, 0, 0, 0, 0, 0, 0, 0, 11]],
        ),
    ]
    moved: Annotated[
        list[MovedWeight], Field(description="The ten weights that have changed most, the largest change first.")
    ]
