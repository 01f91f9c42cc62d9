"""Schemas of `/lab/map` and `/lab/map/nearest`."""

from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field

from app.drawings.schemas import PredictionResponse
from app.http.schemas import Digit, Share
from app.network.schemas import WeightsName
from model.explain.embedding import NEAREST, MapLayer
from model.preprocess.modes import Prepare


class MapQuery(BaseModel):
    """The query parameters of `/lab/map`."""

    model_config = ConfigDict(frozen=True)

    layer: Annotated[MapLayer, Field(description="The layer.")] = "relu3"
    weights: WeightsName = None


class NearestQuery(MapQuery):
    """The query parameters of `/lab/map/nearest`."""

    prepare: Annotated[Prepare, Field(description="The preprocessing mode, as for `/predict`.")] = "mnist"


class NeighbourResponse(BaseModel):
    """A training digit near the drawing."""

    position: Annotated[
        int, Field(description="Its position in the sheet `/lab/digits/train.png`.", ge=0, lt=5000, examples=[41])
    ]
    label: Annotated[Digit, Field(description="Its label.", examples=[7])]
    distance: Annotated[float, Field(description="Its Euclidean distance in the layer.", ge=0, examples=[9.27])]


class NearestResponse(BaseModel):
    """Where a drawing lies in a layer."""

    layer: Annotated[MapLayer, Field(description="The layer.", examples=["relu3"])]
    point: Annotated[
        list[float],
        Field(description="Its place on the map of `/lab/map`.", min_length=2, max_length=2, examples=[[4.1, -12.8]]),
    ]
    nearest: Annotated[
        list[NeighbourResponse],
        Field(
            description="The nearest training digits in the layer, not on the map.",
            min_length=NEAREST,
            max_length=NEAREST,
        ),
    ]
    prediction: Annotated[PredictionResponse, Field(description="The prediction, as from `/predict`.")]


class MapFacts(BaseModel):
    """The metadata `facts` of a map."""

    layer: Annotated[MapLayer, Field(description="The layer.", examples=["relu3"])]
    dimensions: Annotated[int, Field(description="D, the numbers that the layer has for each image.", examples=[128])]
    explained: Annotated[
        list[Share],
        Field(
            description="The shares of the variance along the map's axes.",
            min_length=2,
            max_length=2,
            examples=[[0.135, 0.111]],
        ),
    ]
    same_in_plane: Annotated[
        Share,
        Field(description="How often the nearest other digit on the map has the same label.", examples=[0.709]),
    ]
    same_in_layer: Annotated[
        Share, Field(description="How often the nearest other digit in the layer has the same label.", examples=[0.992])
    ]
