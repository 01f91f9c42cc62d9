"""The query parameters of `/predict` and `/feature-maps`: their models, which FastAPI documents, and their parser."""

from functools import cache
from typing import Annotated, TypeVar, get_args

from pydantic import BaseModel, ConfigDict, Field, ValidationError
from starlette.datastructures import QueryParams
from starlette.types import Scope

from app.http.media_types import DType
from app.http.problem_types import listed
from app.http.problems import Problem
from model.layers import LAYER_NAMES
from model.preprocess.modes import MODES, Prepare


class PredictQuery(BaseModel):
    """The query parameters of `/predict`."""

    model_config = ConfigDict(frozen=True)

    prepare: Annotated[
        Prepare,
        Field(
            description="The preprocessing mode. "
            + " ".join(f"`{name}`: {mode.description}" for name, mode in MODES.items())
        ),
    ] = "mnist"
    weights: Annotated[
        str | None,
        Field(
            description="The weights that answer: a name that GET /weights lists, for example `lesson` or `lesson:0`, "
            "its untrained network. The default is the served weights."
        ),
    ] = None
    calibrated: Annotated[
        bool,
        Field(
            description="Whether the probabilities are softmax(logits / T), with the temperature T of the calibration. "
            "With false, they and the confidence are those of the lesson's plain softmax, softmax(logits), with T = 1. "
            "The verdict, its reasons and the in-distribution score are the same either way, because their thresholds "
            "are for calibrated probabilities."
        ),
    ] = True


class FeatureMapsQuery(PredictQuery):
    """The query parameters of `/feature-maps`, except `layers`: see `parse_layers`."""

    dtype: Annotated[
        DType,
        Field(
            description="The number format of safetensors; JSON is always float32. With uint8, 0 stands for the "
            "layer's smallest value and 255 for its largest; both are in the metadata under `scales`, as JSON: "
            '`{"conv1": {"min": -1.5, "max": 2.5}, …}`.'
        ),
    ] = "float32"
    stages: Annotated[bool, Field(description="Whether to add the preprocessing stages.")] = False


Query = TypeVar("Query", bound=PredictQuery)
_NONE = QueryParams()


def query_parameters(scope: Scope) -> QueryParams:
    """The query parameters of a request, as text."""
    return QueryParams(scope["query_string"]) if scope["query_string"] else _NONE


def parse_query(model: type[Query], parameters: QueryParams) -> Query:
    """The query parameters of a request. Unknown parameters are ignored. Raises Problem for an invalid value."""
    pairs = parameters.multi_items()
    if not pairs:
        defaults: Query = _defaults(model)
        return defaults
    given = dict(pairs)
    if len(given) < len(pairs):
        for name in model.model_fields:
            if len(parameters.getlist(name)) > 1:
                raise Problem("invalid-parameter", f"The parameter {name} is given more than once.")
    try:
        return model.model_validate(given)
    except ValidationError as error:
        name = str(error.errors(include_url=False, include_input=False)[0]["loc"][0])
        values = get_args(model.model_fields[name].annotation) or ("true", "false")
        raise Problem("invalid-parameter", f"The parameter {name} must be {listed(values, 'or')}.") from None


@cache
def _defaults(model: type[Query]) -> Query:
    """The values of the parameters that are not given."""
    return model()


def parse_layers(parameters: QueryParams) -> tuple[str, ...]:
    """The layers that a request names, for example `?layers=conv1,pool2`, in the network's order. The default is all.

    Raises Problem for an unknown layer. `layers` is not a field of `FeatureMapsQuery`, because FastAPI cannot document
    a list that is separated by commas.
    """
    values = parameters.getlist("layers")
    if not values:
        return LAYER_NAMES
    if len(values) > 1:
        raise Problem(
            "invalid-parameter", "The parameter layers is given more than once; separate the names with commas."
        )
    names = set(values[0].split(","))
    if not names.issubset(LAYER_NAMES):
        raise Problem("unknown-layer")
    return tuple(name for name in LAYER_NAMES if name in names)
