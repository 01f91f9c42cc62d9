"""Schemas of `/lab/saliency`."""

from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field

from app.drawings.schemas import PredictionResponse
from app.http.schemas import Digit
from app.network.schemas import WeightsName
from model.explain.saliency import MAX_PATCH, METHOD_TEXTS, Method
from model.layers import SIDE
from model.preprocess.modes import Prepare

_ROWS = [[0.0] * SIDE] * SIDE


class SaliencyQuery(BaseModel):
    """The query parameters of `/lab/saliency`."""

    model_config = ConfigDict(frozen=True)

    method: Annotated[
        Method,
        Field(description="How. " + " ".join(f"`{name}`: {text}" for name, text in METHOD_TEXTS.items())),
    ] = "gradient_times_input"
    digit: Annotated[
        int | None,
        Field(description="The digit that the values support. The default is the predicted digit.", ge=0, le=9),
    ] = None
    against: Annotated[
        int | None,
        Field(
            description="Another digit. With it, the values explain the difference of the two logits: positive values "
            "support `digit`, negative ones `against`.",
            ge=0,
            le=9,
        ),
    ] = None
    patch: Annotated[
        int, Field(description="For `occlusion`: the side of the black square in pixels.", ge=1, le=MAX_PATCH)
    ] = 1
    weights: WeightsName = None
    prepare: Annotated[Prepare, Field(description="The preprocessing mode, as for `/predict`.")] = "mnist"


class SaliencyResponse(BaseModel):
    """A number for each pixel of a drawing: how much it matters for a digit."""

    method: Annotated[Method, Field(description="The method.", examples=["gradient_times_input"])]
    digit: Annotated[Digit, Field(description="The digit that positive values support.", examples=[7])]
    against: Annotated[
        Digit | None, Field(description="The digit that negative values support, if one was named.", examples=[1])
    ]
    value: Annotated[
        float,
        Field(description="The explained quantity: the digit's logit, minus that of `against`.", examples=[11.25]),
    ]
    rest: Annotated[
        float | None,
        Field(
            description="`value` minus the sum of `values`: what does not come from the ink. Null for methods whose "
            "values do not add up to `value`.",
            examples=[-2.5],
        ),
    ]
    values: Annotated[
        list[list[float]],
        Field(description="A number for each pixel.", min_length=SIDE, max_length=SIDE, examples=[_ROWS]),
    ]
    pixels: Annotated[
        list[list[int]],
        Field(
            description="The preprocessed image, 0 to 255, white ink on black.",
            min_length=SIDE,
            max_length=SIDE,
            examples=[_ROWS],
        ),
    ]
    prediction: Annotated[PredictionResponse, Field(description="The prediction, as from `/predict`.")]
