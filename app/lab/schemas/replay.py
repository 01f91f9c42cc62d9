"""Schemas of `/lab/replay`."""

from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field

from app.drawings.schemas import PredictionResponse
from app.http.schemas import Share
from app.network.schemas import WeightsName

STEPS = 40  # the default
MAX_STEPS = 60


class ReplayQuery(BaseModel):
    """The query parameters of `/lab/replay`."""

    model_config = ConfigDict(frozen=True)

    steps: Annotated[
        int,
        Field(
            description="The number of steps. Each adds an equal share of the ink; then the drawing so far is read.",
            ge=1,
            le=MAX_STEPS,
        ),
    ] = STEPS
    weights: WeightsName = None


class ReplayStep(BaseModel):
    """The prediction for the part of a drawing that a step has reached."""

    share: Annotated[Share, Field(description="The share of the ink that is drawn.", examples=[0.25])]
    prediction: Annotated[PredictionResponse, Field(description="The prediction, as from `/predict`.")]


class ReplayStroke(BaseModel):
    """A stroke, and the prediction for the drawing without it."""

    share: Annotated[Share, Field(description="Its share of the ink.", examples=[0.6])]
    without: Annotated[
        PredictionResponse | None,
        Field(description="The prediction without this stroke; null if it is the only one."),
    ]


class ReplayResponse(BaseModel):
    """How the answer forms while a digit is drawn."""

    steps: Annotated[list[ReplayStep], Field(description="The drawing after each step; the last one is complete.")]
    strokes: Annotated[list[ReplayStroke], Field(description="The strokes in the order of drawing, at most 30.")]
