"""/weights: the sets of weights, uploads, and which set is in service."""

from typing import Annotated

from fastapi import APIRouter, Path, Query, Request
from pydantic import ValidationError

from app.access import CHANGE_PROBLEMS, Changes
from app.http.body import BODY_PROBLEMS, media_type_of, read_body, read_json
from app.http.media_types import FORM, OCTETS
from app.http.problems import Problem, problem_responses
from app.http.schemas import BINARY, json_body
from app.http.validation import validation_problem
from app.limits import MAX_STEPS_BODY, MAX_WEIGHTS
from app.network.library import with_name
from app.network.schemas import ServeRequest, WeightsDescription, WeightsResponse
from app.network.weight_sets import weight_sets_of

router = APIRouter(tags=["the network"])


@router.get("/weights", summary="The sets of weights", responses=problem_responses("not-ready"))
async def weight_sets(request: Request) -> WeightsResponse:
    """The sets of weights that `?weights=` can name: the one in service, the shipped ones, those of training runs with
    their epochs, and uploads."""
    return WeightsResponse(weights=await weight_sets_of(request.scope).describe())


@router.post(
    "/weights",
    summary="Upload weights",
    status_code=201,
    response_model=WeightsDescription,
    responses={
        201: {"description": "The weights can be used under the name in the response."},
        **problem_responses(
            *CHANGE_PROBLEMS, *BODY_PROBLEMS, "unusable-weights", "unknown-weights", "not-ready", "storage-unavailable"
        ),
    },
    openapi_extra={
        "requestBody": {
            "required": True,
            "description": "The bytes of the file: a state dict that PyTorch has saved (`mnist_cnn.pth`), or "
            "safetensors. Nothing in it is executed.",
            "content": {OCTETS: {"schema": BINARY}},
        }
    },
)
async def upload(
    request: Request,
    _: Changes,
    name: Annotated[
        str,
        Query(
            max_length=64,
            description="A name for the weights, such as that of the file, if the file contains none.",
            examples=["mnist_cnn"],
        ),
    ] = "upload",
) -> WeightsDescription:
    """Keep weights of the lesson's network on this server: a file of at most 2 MiB. The server keeps 16 files; if there
    are more, it deletes the least recently used one. DELETE /weights/{name} deletes one earlier. If the file has other
    names or shapes, the response says which ones, and the likely cause.
    """
    sets = weight_sets_of(request.scope)
    if media_type_of(request.scope) == FORM:
        detail = "Send the file itself as the body, not in a form: curl --data-binary @mnist_cnn.pth."
        raise Problem("unsupported-type", detail, headers={"Accept": OCTETS})
    body = await read_body(request.scope, request.receive, MAX_WEIGHTS, "the weights")
    return await sets.upload(lambda: with_name(body, name))


@router.put(
    "/weights/served",
    summary="Put weights into service",
    response_model=WeightsDescription,
    responses=problem_responses(
        *CHANGE_PROBLEMS, *BODY_PROBLEMS, "invalid-weights-name", "unknown-weights", "storage-unavailable", "not-ready"
    ),
    openapi_extra=json_body(ServeRequest, "The name of the weights."),
)
async def serve(request: Request, _: Changes) -> WeightsDescription:
    """Answer with other weights from now on, in all workers: every request that arrives after the response gets the
    new ones, and no request fails. After a restart, the service begins with its own weights again."""
    sets = weight_sets_of(request.scope)
    body = await read_json(request.scope, request.receive, MAX_STEPS_BODY)
    try:
        wanted = ServeRequest.model_validate_json(body)
    except ValidationError as error:
        raise validation_problem(error, ServeRequest, "invalid-weights-name", "the field name") from None
    await sets.serve(wanted.name)
    return (await sets.describe())[0]


@router.delete(
    "/weights/served",
    summary="Put the first weights back into service",
    responses=problem_responses(*CHANGE_PROBLEMS, "storage-unavailable", "not-ready"),
)
async def serve_first(request: Request, _: Changes) -> WeightsDescription:
    """Answer with the weights that the service started with."""
    sets = weight_sets_of(request.scope)
    await sets.serve(None)
    return (await sets.describe())[0]


# After /weights/served: the first route that matches is used.
@router.delete(
    "/weights/{name}",
    summary="Delete uploaded weights",
    status_code=204,
    responses=problem_responses(
        *CHANGE_PROBLEMS, "not-an-upload", "unknown-weights", "weights-in-service", "storage-unavailable", "not-ready"
    ),
)
async def delete(
    request: Request,
    _: Changes,
    name: Annotated[
        str, Path(description="The name of an upload, as GET /weights lists it.", examples=["upload:1a2b3c4d"])
    ],
) -> None:
    """Delete the file of an upload, for everybody who uses this server. Requests that have begun with these weights are
    still answered. The weights in service, those that come with Inkling and those of runs cannot be deleted here."""
    await weight_sets_of(request.scope).delete(name)
