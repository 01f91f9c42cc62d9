"""Schemas of `/lab/attack` and `/lab/attack/accuracy`."""

from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field

from app.drawings.schemas import PredictionResponse
from app.http.schemas import Digit
from app.network.schemas import WeightsName
from model.explain.attack_curves import CurveMethod
from model.explain.attacks import ATTACK_TEXTS, MAX_PIXELS, WHITE, AttackMethod, Certainty
from model.layers import SIDE
from model.preprocess.modes import Prepare

_ROWS = [[0] * SIDE] * SIDE
_Image = Annotated[list[list[int]], Field(min_length=SIDE, max_length=SIDE)]


class AttackQuery(BaseModel):
    """The query parameters of `/lab/attack`."""

    model_config = ConfigDict(frozen=True)

    method: Annotated[
        AttackMethod,
        Field(description="How. " + " ".join(f"`{name}`: {text}" for name, text in ATTACK_TEXTS.items())),
    ] = "fgsm"
    epsilon: Annotated[
        int,
        Field(
            description="For `fgsm` and `iterated`: by how many grey levels of 255 a pixel may change.", ge=0, le=WHITE
        ),
    ] = 32
    towards: Annotated[
        int | None,
        Field(description="The digit that the network should read. The default is any wrong one.", ge=0, le=9),
    ] = None
    digit: Annotated[
        int | None,
        Field(
            description="The digit that the network should no longer read. The default is the predicted one.",
            ge=0,
            le=9,
        ),
    ] = None
    weights: WeightsName = None
    prepare: Annotated[Prepare, Field(description="The preprocessing mode, as for `/predict`.")] = "mnist"


class AttackResponse(BaseModel):
    """A changed drawing, and how the network reads it."""

    method: Annotated[AttackMethod, Field(description="The method.", examples=["fgsm"])]
    digit: Annotated[Digit, Field(description="The digit that should no longer be read.", examples=[7])]
    towards: Annotated[Digit | None, Field(description="The digit that should be read, if named.", examples=[3])]
    succeeded: Annotated[bool, Field(description="Whether the attack reached its goal.", examples=[True])]
    epsilon: Annotated[
        int | None,
        Field(description="The limit ε for each pixel; null for methods without one.", examples=[32]),
    ]
    certainty: Annotated[
        Certainty | None,
        Field(
            description="For `smallest_epsilon`, `fewest_pixels` and `smallest_change`: `proven` if no smaller change "
            "of this kind exists, `upper_bound` if the search may have missed one. Null for other methods, and "
            f"if nothing was found. The search for pixels ends after {MAX_PIXELS}.",
            examples=[None],
        ),
    ]
    changed_pixels: Annotated[int, Field(description="How many pixels differ.", examples=[310])]
    largest_change: Annotated[int, Field(description="The largest change of a pixel in grey levels.", examples=[32])]
    length: Annotated[
        float, Field(description="The Euclidean length of the change in grey levels, √Σ(g′ − g)².", examples=[563.4])
    ]
    pixels: Annotated[_Image, Field(description="The preprocessed image, 0 to 255.", examples=[_ROWS])]
    changed: Annotated[
        _Image,
        Field(description="The changed image. `/predict?prepare=none` gives the same prediction.", examples=[_ROWS]),
    ]
    prediction: Annotated[PredictionResponse, Field(description="The prediction for the preprocessed image.")]
    changed_prediction: Annotated[PredictionResponse, Field(description="The prediction for the changed image.")]


class AttackAccuracyQuery(BaseModel):
    """The query parameters of `/lab/attack/accuracy`."""

    model_config = ConfigDict(frozen=True)

    method: Annotated[CurveMethod, Field(description="How, as for `/lab/attack`.")] = "fgsm"
    weights: WeightsName = None


class AttackAccuracyResponse(BaseModel):
    """How many test digits are read correctly after an attack with several ε."""

    method: Annotated[CurveMethod, Field(description="The method.", examples=["fgsm"])]
    digits: Annotated[int, Field(description="Number of test digits.", examples=[500])]
    epsilons: Annotated[list[int], Field(description="The values of ε, in grey levels.", examples=[[0, 16, 32]])]
    correct: Annotated[
        list[int],
        Field(description="For each ε, how many are read correctly after the attack.", examples=[[497, 460, 301]]),
    ]
