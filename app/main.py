"""The application factory. It is a function, so that each test can create its own application."""

import asyncio
import gc
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

from fastapi import FastAPI
from starlette.middleware.cors import CORSMiddleware

from app import __version__, openapi, pages, unknown_addresses
from app.corrections import pages as correction_pages
from app.corrections import routes as corrections
from app.corrections.async_store import AsyncCorrectionStore
from app.corrections.interface import Store
from app.corrections.store import CorrectionStore
from app.drawings import declarations
from app.drawings.batching import Batcher
from app.drawings.parsing import DrawingReader
from app.drawings.routes import FeatureMapsEndpoint, PredictEndpoint
from app.http import health, problems, validation
from app.http.assets.files import Assets
from app.http.metrics import Metrics
from app.http.middleware import ResponseMiddleware, RootPathMiddleware
from app.http.threads import ThreadQueue
from app.lab import routes as lab
from app.lesson import routes as lesson
from app.lesson.worker import StepWorker
from app.limits import MAX_LAB, MAX_STREAMS
from app.network import evaluation, weight_routes
from app.network import routes as network
from app.network.library import Library
from app.network.served import ServedWeights
from app.network.weight_sets import WeightSets
from app.settings import STATIC, Settings
from app.training import routes as training
from app.training.launcher import Launcher
from app.training.streams import CompleteError, Streams, stop_reconnecting
from model.allocator import collect_garbage_rarely
from model.checkpoint import Checkpoint
from model.inference.calibration import Calibration, read_calibrated
from model.inference.classifier import Classifier

DESCRIPTION = """\
Send a drawing and get the prediction of a small convolutional network, with everything it computed on the way.

A drawing is JSON (`strokes`, `image` or `pixels`), an `image/png`, `image/jpeg` or `image/webp` as the body, or a form
with a `file`. Errors are `application/problem+json` (RFC 9457); their `type` is the address of an explanation.
"""


def _store(settings: Settings) -> Store:
    if settings.collect_database is None:
        return CorrectionStore(settings.collect_file, settings.collect_most)
    from app.corrections.database import DatabaseStore  # SQLAlchemy is loaded only if it is needed

    return DatabaseStore(settings.collect_database.get_secret_value(), settings.collect_most)


def create_app(
    settings: Settings | None = None, weights: tuple[Checkpoint, Calibration | None] | None = None
) -> FastAPI:
    """Create the application. When it starts, it reads the weights in the settings, unless `weights` are given."""
    chosen = settings or Settings.from_environment()
    metrics = Metrics()

    @asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncIterator[dict[str, Any]]:
        stopping = app.state.stopping = asyncio.Event()  # see app.http.connections.server
        checkpoint, calibration = weights or read_calibrated(chosen.weights)
        classifier = Classifier(checkpoint, chosen.engine, calibration)
        library = Library(chosen.runs)
        served = ServedWeights(classifier, chosen.served, library, chosen.engine, metrics)
        app.state.weight_sets = WeightSets(library, served, chosen.engine)
        app.state.evaluations = evaluation.load_evaluations(chosen.weights)
        saved = app.state.corrections = AsyncCorrectionStore(_store(chosen)) if chosen.collect else None
        app.state.step_worker = step_worker = StepWorker()
        app.state.launcher = launcher = Launcher(chosen.runs)

        async def warm_up() -> None:
            classifier.warm_up()
            # The objects that exist now live as long as the service, so garbage collections can skip them. Collecting
            # garbage first would take 50 ms and free fewer than a thousand objects.
            gc.freeze()
            collect_garbage_rarely()
            app.state.ready = True

        warming = asyncio.create_task(warm_up())
        checking = asyncio.create_task(saved.check()) if saved else None
        yield {"stopping": stopping}
        app.state.ready = False
        await warming
        await step_worker.close()
        await launcher.close()
        if saved and checking:
            await checking
            saved.close()

    reader, batcher = DrawingReader(), Batcher(metrics)
    app = FastAPI(
        title="Inkling",
        version=__version__,
        description=DESCRIPTION,
        lifespan=lifespan,
        openapi_url=None,  # see openapi.py
        docs_url=None,
        redoc_url=None,
        redirect_slashes=False,
        telemetry={"tracing": False, "metrics": False, "logs": False, "auto_configure": False},  # send no data
    )
    app.state.settings = chosen
    app.state.metrics = metrics
    app.state.ready = False
    app.state.corrections = None
    app.state.hosts = frozenset(chosen.hosts)
    app.state.drawing_reader = reader
    app.state.lab_threads = ThreadQueue(1, MAX_LAB, "lab")
    app.state.streams = Streams(MAX_STREAMS)
    if chosen.allowed_origins:
        app.add_middleware(
            CORSMiddleware,
            allow_origins=chosen.allowed_origins,
            allow_methods=("GET", "POST"),
            allow_headers=("Content-Type",),
            expose_headers=("Retry-After",),
        )
    app.add_middleware(ResponseMiddleware, metrics=metrics, frame_ancestors=chosen.frame_ancestors)
    app.add_middleware(RootPathMiddleware, root=chosen.root_path)
    app.router.routes.append(declarations.route("/predict", PredictEndpoint(reader, batcher)))
    app.router.routes.append(declarations.route("/feature-maps", FeatureMapsEndpoint(reader, batcher)))
    network_parts = (network, weight_routes, evaluation)
    for part in (health, *network_parts, training, lesson, lab, corrections, correction_pages, pages):
        app.include_router(part.router)
    app.mount("/static", Assets(directory=STATIC), name="static")
    app.add_exception_handler(CompleteError, stop_reconnecting)
    problems.install(app)
    validation.install(app)
    unknown_addresses.install(app)
    openapi.install(app)
    return app
