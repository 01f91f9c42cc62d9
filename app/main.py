"""The application: one factory, so that every test can have its own."""

import asyncio
import gc
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, Any

from fastapi import FastAPI
from starlette.responses import Response
from starlette.staticfiles import StaticFiles
from starlette.types import ASGIApp, Receive, Scope, Send

from app import __version__, openapi, pages
from app.corrections import pages as correction_pages
from app.corrections import routes as corrections
from app.corrections.async_store import AsyncCorrectionStore
from app.corrections.store import CorrectionStore
from app.drawings import documents
from app.drawings.batching import Batcher
from app.drawings.parsing import Intake
from app.drawings.routes import FeatureMaps, Predict
from app.http import health, problems
from app.http.metrics import Metrics
from app.http.middleware import Answering, Outgoing, Shortcut
from app.lesson import routes as lesson
from app.lesson.worker import StepWorker
from app.network import evaluation
from app.network import routes as network
from app.settings import STATIC, Settings
from model.inference.classifier import Classifier

if TYPE_CHECKING:
    from app.protocol import Known

DESCRIPTION = """\
Send a drawing, get the answer of a small convolutional network, and everything it computed on the way.

A drawing comes as JSON (`strokes`, `image` or `pixels`), as the body of an `image/png`, `image/jpeg` or `image/webp`,
or as the field `file` of a form. Errors are `application/problem+json` (RFC 9457); each type's address explains it.
"""


class Static(StaticFiles):
    """Files that a browser keeps but asks after each time, so that an update is seen at once."""

    async def get_response(self, path: str, scope: Scope) -> Response:
        """The file, or 304 where the browser has it."""
        response = await super().get_response(path, scope)
        response.headers["Cache-Control"] = "no-cache"
        return response


class Service(FastAPI):
    """FastAPI, with the headers and counters outermost and the two hot calls taken past all of it."""

    def __init__(self, metrics: Metrics, hot: Mapping[str, Shortcut], **options: Any) -> None:
        super().__init__(**options)
        self.state.metrics = metrics
        self.state.ready = False
        self.state.corrections = None
        self.hot = hot
        self.heads: dict[bytes, Known] = {}  # what app.protocol has seen before
        for path, endpoint in hot.items():  # routes all the same: for other methods, and for whoever asks what there is
            self.router.routes.append(documents.route(path, endpoint))

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Every request and event there is."""
        if scope["type"] == "http" and scope["method"] == "HEAD":
            scope = {**scope, "method": "GET"}  # the server leaves the body out
        hot = self.hot.get(scope["path"]) if scope["type"] == "http" and scope["method"] == "POST" else None
        await (super().__call__ if hot is None else hot)(scope, receive, send)

    def build_middleware_stack(self) -> ASGIApp:
        """The framework's middleware with ours around it."""
        return Outgoing(super().build_middleware_stack(), self.state.metrics)


def create_app(settings: Settings | None = None) -> FastAPI:
    """The service. Weights are loaded when it starts, not when it is made."""
    chosen = settings or Settings.from_environment()
    metrics = Metrics()

    @asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncIterator[None]:
        classifier = Classifier.load(chosen.weights, chosen.engine)
        app.state.classifier = classifier
        app.state.evaluation = evaluation.load_evaluation(chosen.weights, classifier.checkpoint.sha256)
        batcher.classifier = classifier
        store = CorrectionStore(chosen.collect_file, chosen.collect_most)
        saved = app.state.corrections = AsyncCorrectionStore(store) if chosen.collect else None
        app.state.step_worker = step_worker = StepWorker()
        metrics.loaded(classifier.model, classifier.engine.name)

        async def warm_up() -> None:
            classifier.warm_up()
            # What lives now lives as long as the service: keep the collector from looking through it again and again.
            gc.collect()
            gc.freeze()
            # A request makes hundreds of small objects and no cycles to speak of: look for those less often.
            gc.set_threshold(50_000, 20, 100)
            app.state.ready = True

        warming = asyncio.create_task(warm_up())
        checking = asyncio.create_task(saved.check()) if saved else None
        yield
        app.state.ready = False
        await warming
        await step_worker.close()
        if saved and checking:
            await checking
            saved.close()

    intake, batcher = Intake(), Batcher(metrics)
    hot: dict[str, Answering] = {"/predict": Predict(intake, batcher), "/feature-maps": FeatureMaps(intake, batcher)}
    app = Service(
        metrics,
        {path: Shortcut(answering, metrics) for path, answering in hot.items()},
        title="Inkling",
        version=__version__,
        description=DESCRIPTION,
        lifespan=lifespan,
        docs_url=None,
        redoc_url=None,
        redirect_slashes=False,
        telemetry={"tracing": False, "metrics": False, "logs": False, "auto_configure": False},  # nothing leaves
    )
    for part in (health, network, evaluation, lesson, corrections, correction_pages, pages):
        app.include_router(part.router)
    app.mount("/static", Static(directory=STATIC), name="static")
    problems.install(app)
    openapi.install(app)
    return app
