"""POST /lab/replay: how the answer forms while a digit is drawn."""

from collections.abc import Iterator
from itertools import islice
from typing import Annotated, Any

from fastapi import APIRouter, Query, Request, Response

from app.drawings.declarations import reads_drawing
from app.drawings.encoding import prediction_fields
from app.drawings.parsing import DrawingReader
from app.http.problems import Problem
from app.lab.computing import compute, json_response
from app.lab.schemas.replay import ReplayQuery, ReplayResponse
from app.network.routes import chosen_classifier
from model.explain.replay import beginning, lengths, without
from model.inference.classifier import Classifier
from model.preprocess.canvas import StrokeCanvas
from model.preprocess.pipeline import PreprocessedDrawing, preprocess_all
from model.preprocess.rasterise import Strokes

MAX_STROKES = 30  # whose effects are measured
_BATCH = 8  # drawings preprocessed together

router = APIRouter()


@router.post(
    "/replay",
    summary="How the answer forms",
    response_model=ReplayResponse,
    **reads_drawing(),
)
async def replay(request: Request, query: Annotated[ReplayQuery, Query()]) -> Response:
    """The predictions for a drawing while it grows, stroke after stroke, and for the drawing without each of its
    strokes in turn. Each of these drawings is preprocessed separately, as if the pen had stopped there. The drawing
    must be `strokes`."""
    classifier = await chosen_classifier(request, query.weights)
    reader: DrawingReader = request.app.state.drawing_reader
    drawing = await reader.read(request.scope, request.receive, "mnist")
    if isinstance(drawing, PreprocessedDrawing) and isinstance(drawing.canvas, StrokeCanvas):
        drawing = drawing.canvas.drawing  # a large drawing is preprocessed already
    if not isinstance(drawing, Strokes):
        raise Problem("invalid-drawing", "A replay needs strokes; an image does not show how it was drawn.")
    return json_response(await compute(request, lambda: _replay(classifier, drawing, query.steps)))


def _replay(classifier: Classifier, drawing: Strokes, steps: int) -> dict[str, Any]:
    shares = [(step + 1) / steps for step in range(steps)]
    inks = lengths(drawing)
    chosen = range(min(len(inks), MAX_STROKES))
    grown = _predictions(classifier, (beginning(drawing, share) for share in shares))
    # Without its only stroke, a drawing is blank.
    others = _predictions(classifier, filter(None, (without(drawing, index) for index in chosen)))
    return {
        "steps": [{"share": share, "prediction": next(grown)} for share in shares],
        "strokes": [{"share": inks[index] / sum(inks), "without": next(others, None)} for index in chosen],
    }


def _predictions(classifier: Classifier, drawings: Iterator[Strokes]) -> Iterator[dict[str, Any]]:
    """The predictions for several drawings. Only a few are in memory at a time, because each may take megabytes."""
    while batch := list(islice(drawings, _BATCH)):
        yield from map(prediction_fields, classifier.predict(preprocess_all(batch)))
