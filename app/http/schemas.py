"""Types and helpers that several schemas share, and the schemas of health checks and problems."""

from typing import TYPE_CHECKING, Annotated, Any, Literal

from pydantic import BaseModel, FailFast, Field, JsonValue

from app.http.media_types import JSON
from model.layers import LAYER_NAMES
from model.preprocess.fit import SMALLEST
from model.preprocess.pipeline import MAX_COORDINATE

if TYPE_CHECKING:
    LayerName = str
else:
    LayerName = Literal[LAYER_NAMES]  # type checkers reject a computed Literal; pydantic accepts it

Coordinate = Annotated[float, Field(ge=-MAX_COORDINATE, le=MAX_COORDINATE, allow_inf_nan=False)]
Length = Annotated[float, Field(ge=SMALLEST, le=MAX_COORDINATE, allow_inf_nan=False)]
GreyLevel = Annotated[float, Field(ge=0, le=255, allow_inf_nan=False)]
Share = Annotated[float, Field(ge=0, le=1)]
Digit = Annotated[int, Field(ge=0, le=9)]
# In a request, every list and tuple needs FailFast: pydantic would collect the errors of a million items otherwise.
Point = Annotated[tuple[Coordinate, Coordinate], FailFast()]
Stroke = Annotated[list[Point], Field(min_length=1), FailFast()]

STROKES_EXAMPLE: JsonValue = [[[30.0, 40.0], [110.0, 40.0], [60.0, 150.0]]]
PROBABILITIES_EXAMPLE: JsonValue = [0.0001, 0.0002, 0.0011, 0.0009, 0.0, 0.0, 0.0, 0.997, 0.0001, 0.0006]

REFERENCE = "#/components/schemas/{model}"
BINARY: dict[str, Any] = {"type": "string", "format": "binary"}


def whole_number(value: object) -> object:
    """Convert floats such as 3.0: they are integers in JSON Schema, but not in pydantic's strict mode.

    As a BeforeValidator it must follow Field, otherwise the JSON schema lacks the limits.
    """
    return int(value) if isinstance(value, float) and value.is_integer() else value


def schema_reference(model: type[BaseModel]) -> dict[str, Any]:
    """A reference to a model's schema in the OpenAPI document; app.openapi adds the schema itself."""
    return {"$ref": REFERENCE.format(model=model.__name__)}


def json_body(model: type[BaseModel], description: str) -> dict[str, Any]:
    """The `openapi_extra=` of a path operation that reads its JSON body itself, to apply the service's limits."""
    content = {JSON: {"schema": schema_reference(model)}}
    return {"requestBody": {"required": True, "description": description, "content": content}}


class HealthResponse(BaseModel):
    """The response of a health check when the service works."""

    status: Annotated[
        Literal["ok"],
        Field(description="Always `ok`. If the service does not work, the response is a problem.", examples=["ok"]),
    ]


class InvalidField(BaseModel):
    """An invalid part of a request body, and what is wrong with it."""

    where: Annotated[str, Field(description="The part of the body.", examples=["strokes[0][3][1]"])]
    what: Annotated[str, Field(description="What is wrong with it.", examples=["must be a finite number"])]


class ProblemDetails(BaseModel):
    """An error (RFC 9457). `type` is the address of its explanation."""

    type: Annotated[str, Field(description="The type of error, as an address.", examples=["/problems/invalid-drawing"])]
    title: Annotated[
        str, Field(description="The type of error, in words.", examples=["The drawing has a wrong shape or value"])
    ]
    status: Annotated[int, Field(description="The HTTP status.", examples=[422])]
    detail: Annotated[
        str, Field(description="What is wrong this time.", examples=["strokes[0][3][1] must be a finite number."])
    ]
    errors: Annotated[
        list[InvalidField] | None,
        Field(description="The invalid parts, at most five; absent if there is only one.", examples=[None]),
    ] = None
    run: Annotated[
        str | None,
        Field(description="The training run that causes the conflict; absent for other problems.", examples=[None]),
    ] = None
