"""The API for training runs: starting, watching, controlling, downloading and deleting them."""

import asyncio
import re
from collections.abc import AsyncIterator
from contextlib import suppress
from typing import Annotated, TypeVar

from fastapi import APIRouter, Depends, Header, Path, Request, Response
from fastapi.sse import EventSourceResponse, ServerSentEvent
from pydantic import BaseModel, ValidationError

from app.access import CHANGE_PROBLEMS, Changes, may_change
from app.http.body import BODY_PROBLEMS, read_json
from app.http.middleware import root_path
from app.http.problems import Problem, problem_responses
from app.http.schemas import BINARY, json_body
from app.http.validation import validation_problem
from app.limits import MAX_STEPS_BODY
from app.network.weight_sets import weight_sets_of
from app.settings import Settings
from app.training import defaults, streams
from app.training.launcher import Launcher
from app.training.schemas import (
    DefaultsResponse,
    ResumeRequest,
    RunDescription,
    RunRequest,
    RunsResponse,
    StepRequest,
)
from model.runs.commands import Command, send
from model.runs.directory import ACTIVE, RunFolder, RunRecord, all_runs, find
from model.runs.locks import LockedError
from model.runs.settings import RunSettings

_RUN_PROBLEMS = (*CHANGE_PROBLEMS, "unknown-run", "wrong-state", "storage-unavailable")
_START_PROBLEMS = ("run-in-progress", "training-unavailable", "storage-unavailable", "not-ready")
_DOWNLOADS = {".pth": "application/octet-stream", ".safetensors": "application/vnd.safetensors", ".png": "image/png"}
_MEDIA_TYPE = "application/octet-stream"

T = TypeVar("T", bound=BaseModel)

router = APIRouter(prefix="/runs", tags=["training"])


def settings_of(request: Request) -> Settings:
    """The application's settings."""
    settings: Settings = request.app.state.settings
    return settings


def launcher_of(request: Request) -> Launcher:
    """The application's launcher."""
    launcher: Launcher = request.app.state.launcher
    return launcher


async def _run(
    request: Request,
    id: Annotated[str, Path(description="The name of the run.", examples=["lesson-3f9a"])],  # noqa: A002
) -> RunFolder:
    found = find(settings_of(request).runs, id)
    if found is None:
        raise Problem("unknown-run")
    return found


Run = Annotated[RunFolder, Depends(_run)]


async def _place(request: Request) -> AsyncIterator[None]:
    """A place among the streams of this worker, until the response ends."""
    with request.app.state.streams.place():
        yield


StreamPlace = Annotated[None, Depends(_place)]


async def _after(
    run: Run,
    last_event_id: Annotated[
        str | None, Header(description="The number of the last event that arrived. Browsers send it automatically.")
    ] = None,
) -> int:
    """The number of the last event that the client has. Raises CompleteError if there are no more."""
    after = int(last_event_id) if last_event_id and re.fullmatch("[0-9]{1,15}", last_event_id) else 0
    try:
        if await asyncio.to_thread(streams.has_all, run, after):
            raise streams.CompleteError
    except FileNotFoundError:
        raise Problem("unknown-run") from None
    return after


After = Annotated[int, Depends(_after)]


@router.get("", summary="All training runs", responses=problem_responses())
async def runs(request: Request) -> RunsResponse:
    """The runs of this service and those that `inkling train` has started in the same folder, the newest first."""
    return await asyncio.to_thread(_all, settings_of(request))


@router.post(
    "",
    summary="Start a training run",
    status_code=201,
    response_model=RunDescription,
    responses={
        201: {"description": "The run has started.", "headers": {"Location": {"schema": {"type": "string"}}}},
        **problem_responses(*CHANGE_PROBLEMS, *BODY_PROBLEMS, *_START_PROBLEMS, "invalid-run"),
    },
    openapi_extra=json_body(RunRequest, "The settings. Missing ones are taken from the recipe."),
)
async def start(request: Request, _: Changes, response: Response) -> RunDescription:
    """Start training, in a separate process with a lower priority. Only one run is trained at a time.

    The run continues if the service dies. The same settings give the same weights, bit for bit, on the same machine,
    however often the run is paused, stepped or resumed.
    """
    wanted = await _read(request, RunRequest, "invalid-run", "the settings of a run")
    settings = RunSettings.of_recipe(wanted.recipe, **wanted.model_dump(exclude={"recipe", "paused"}))
    name = await launcher_of(request).start(settings, paused=wanted.paused)
    response.headers["Location"] = f"{root_path(request)}/runs/{name}"
    return describe(await _settled(RunFolder(settings_of(request).runs / name)))


@router.get("/defaults", summary="The choices for a new run", responses=problem_responses())
async def run_defaults(request: Request) -> DefaultsResponse:
    """Recipes, presets and limits, and whether this server can train at all."""
    return defaults.defaults(settings_of(request), allowed=may_change(request))


@router.get("/{id}", summary="A training run", responses=problem_responses("unknown-run"))
async def run(run: Run) -> RunDescription:
    """Its settings, its state and its results so far."""
    return describe(await _settled(run))


@router.delete(
    "/{id}",
    summary="Delete a training run",
    status_code=204,
    responses=problem_responses(
        *CHANGE_PROBLEMS, "unknown-run", "wrong-state", "weights-in-service", "storage-unavailable", "not-ready"
    ),
)
async def delete(request: Request, _: Changes, run: Run) -> None:
    """Deletes the folder of the run with all its files."""
    if (weight_sets_of(request.scope).served_name or "").partition(":")[0] == run.id:
        raise Problem("weights-in-service")
    try:
        await asyncio.to_thread(run.delete)
    except LockedError:
        raise Problem("wrong-state", f"The run {run.id} is training or paused. Stop it first.") from None
    except OSError:
        raise Problem("storage-unavailable") from None


@router.get(
    "/{id}/events",
    summary="The events of a run",
    response_class=EventSourceResponse,
    responses={
        204: {"description": "The run is finished, and `Last-Event-ID` is its last event. An EventSource then stops."},
        **problem_responses("unknown-run", "overloaded"),
    },
)
async def events(request: Request, run: Run, after: After, _: StreamPlace) -> AsyncIterator[ServerSentEvent]:
    """Server-sent events: all events of the run from the first one, then each new one when it happens.

    The events are `started`, `batch`, `step`, `epoch`, `download`, `state` and `finished`. The data is JSON with the
    sequence number `seq`, which is also the id. A client that reconnects with `Last-Event-ID` gets exactly those that
    it missed. After `started`, the events of epochs above its `epoch` are sent again: the run was resumed after that
    epoch.

    - `state`: `state` and `message`, as in `GET /runs/{id}`.
    - `started`: the `settings`, the `device`, the number of `threads`, of `images` and of `batches` in an epoch, the
      number of complete epochs (`epoch`) and of all (`epochs`), and `notes`, a list of sentences.
    - `batch`, after every few batches: `epoch`; `batch` and `images`, counted from the start of the epoch; `loss` and
      `accuracy` since the last such event; `learning_rate`; `images_per_second`; `seconds_left`; `kernels`, the
      weights of conv1: 32×3×3 little-endian float32 numbers in base64; and `weights`, about every second: a
      snapshot, whose `name` is for `?weights=`. It is deleted after some seconds, or at the end of the epoch.
    - `step`, after a batch that was requested with `/step` or trained in slow motion: `epoch` and `batch`; `images`,
      `correct`, `loss` and `learning_rate` of this batch alone; `gradient_norms`, √Σg² of each layer; `weight`, one
      weight before and after the step; and `first`, the first image of the batch, with its prediction before the step.
    - `epoch`: `test` and `train`, each with `loss`, `correct` and `total` (`train` is null for epoch 0); `confusion`;
      `mistakes`, the misread test images with the highest confidence; and `weights`, whose `name` is for `?weights=`.
      `pixels` are 28×28 bytes in base64.
    - `download`: a `message` about the download of MNIST.
    - `finished`: `epoch`, `accuracy`, `files` and `seconds`.
    """
    async for event in streams.follow(run, after, request.app.state.stopping):
        yield event


@router.post(
    "/{id}/pause",
    summary="Pause a run",
    status_code=202,
    responses=problem_responses(*_RUN_PROBLEMS),
)
async def pause(_: Changes, run: Run) -> RunDescription:
    """Pause after the current batch. The event `state` says when it is paused."""
    return await _command(run, Command("pause"))


@router.post(
    "/{id}/resume",
    summary="Continue a run",
    status_code=202,
    response_model=RunDescription,
    responses=problem_responses(*_RUN_PROBLEMS, *BODY_PROBLEMS, *_START_PROBLEMS, "invalid-command"),
    openapi_extra=json_body(ResumeRequest, "The speed."),
)
async def resume(request: Request, _: Changes, run: Run) -> RunDescription:
    """Continue a paused run, or change the speed of one that is training. A run that was interrupted or stopped or has
    failed continues after its last complete epoch."""
    wanted = await _read(request, ResumeRequest, "invalid-command", "seconds_per_batch")
    return await _continue(request, run, Command("resume", seconds_per_batch=wanted.seconds_per_batch))


@router.post(
    "/{id}/step",
    summary="Train one batch or one epoch",
    status_code=202,
    response_model=RunDescription,
    responses=problem_responses(*_RUN_PROBLEMS, *BODY_PROBLEMS, *_START_PROBLEMS, "invalid-command"),
    openapi_extra=json_body(StepRequest, "How far the step goes."),
)
async def step(request: Request, _: Changes, run: Run) -> RunDescription:
    """Train one batch, or to the end of the epoch, then pause. The numbers of a batch are in the event `step`."""
    wanted = await _read(request, StepRequest, "invalid-command", "unit")
    return await _continue(request, run, Command("step", unit=wanted.unit))


@router.post(
    "/{id}/stop",
    summary="Stop a run",
    status_code=202,
    responses=problem_responses(*_RUN_PROBLEMS),
)
async def stop(_: Changes, run: Run) -> RunDescription:
    """Stop after the current batch and keep the last complete epoch."""
    return await _command(run, Command("stop"))


@router.get(
    "/{id}/files/{name}",
    summary="A file of a finished run",
    response_class=Response,
    responses={
        200: {"description": "The file.", "content": {_MEDIA_TYPE: {"schema": BINARY}}},
        **problem_responses("unknown-run", "not-found"),
    },
)
async def file(
    run: Run, name: Annotated[str, Path(description="The name of the file.", examples=["mnist_cnn.pth"])]
) -> Response:
    """`mnist_cnn.pth` for the lesson's programs, `mnist_cnn.safetensors`, `mnist_cnn.onnx`, and `accuracy.png`."""
    if name not in (await _settled(run)).files:
        raise Problem("not-found", "The run has no such file. A finished run lists its files.")
    try:
        content = await asyncio.to_thread((run.path / name).read_bytes)
    except FileNotFoundError:
        raise Problem("not-found", "The file has been deleted.") from None
    media_type = _DOWNLOADS.get(name[name.rfind(".") :], _MEDIA_TYPE)
    headers = {"Content-Disposition": f'attachment; filename="{name}"', "Cache-Control": "no-cache"}
    return Response(content, headers=headers, media_type=media_type)


def describe(record: RunRecord) -> RunDescription:
    """The run for a response."""
    usable = record.epochs_done is not None and record.can_be_served
    return RunDescription.model_validate(
        {
            "id": record.id, "settings": record.settings.as_json(), "created": record.created, "state": record.state,
            "message": record.message, "epochs_done": record.epochs_done,
            "accuracy": record.results[-1].accuracy if record.results else None,
            "results": [vars(each) for each in record.results],
            "sessions": [vars(each) for each in record.sessions],
            "versions": record.versions, "files": list(record.files),
            "weights": record.id if usable else None,
        }
    )  # fmt: skip


def _all(settings: Settings) -> RunsResponse:
    records = []
    for folder in all_runs(settings.runs):
        with suppress(FileNotFoundError):  # it is being deleted, or its record is damaged
            records.append(folder.settle())
    records.sort(key=lambda record: record.created, reverse=True)
    active = next((record.id for record in records if record.state in ACTIVE), None)
    return RunsResponse(training=active, runs=[describe(record) for record in records])


async def _settled(run: RunFolder) -> RunRecord:
    try:
        return await asyncio.to_thread(run.settle)
    except FileNotFoundError:
        raise Problem("unknown-run") from None


async def _read(request: Request, schema: type[T], slug: str, expected: str) -> T:
    body = await read_json(request.scope, request.receive, MAX_STEPS_BODY)
    try:
        return schema.model_validate_json(body)
    except ValidationError as error:
        raise validation_problem(error, schema, slug, expected) from None


async def _command(run: RunFolder, command: Command) -> RunDescription:
    """Send a command to a run that is training."""
    record = await _settled(run)
    if record.state not in ACTIVE:
        raise Problem("wrong-state", f"The run {run.id} is not training; it is {record.state}.")
    try:
        await asyncio.to_thread(send, run.commands, command)
    except OSError:
        raise Problem("storage-unavailable") from None
    return describe(record)


async def _continue(request: Request, run: RunFolder, command: Command) -> RunDescription:
    """Send a command to a run that is training, or start a process that continues the run with this command."""
    record = await _settled(run)
    if record.state in ACTIVE:
        return await _command(run, command)
    if record.state == "finished":
        raise Problem("wrong-state", f"The run {run.id} is finished. Start a new one.")
    await launcher_of(request).resume(run.id, command)
    return describe(await _settled(run))
