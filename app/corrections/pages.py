"""The page that shows the saved corrections. Its buttons are plain forms, so the page needs no script."""

import base64
import io
import math
from dataclasses import dataclass
from typing import Annotated

import numpy as np
from fastapi import APIRouter, Query, Request, Response
from fastapi.responses import HTMLResponse
from PIL import Image

from app.access import check_host
from app.corrections.access import CorrectionId, OwnPagesStore, no_such_correction
from app.corrections.async_store import AsyncCorrectionStore
from app.corrections.interface import Store
from app.corrections.rows import Correction
from app.http.middleware import root_path
from app.http.problems import Problem, problem_responses
from app.http.templates import page
from model.preprocess.fit import SMALLEST
from model.preprocess.pipeline import from_strokes
from model.preprocess.rasterise import Strokes

router = APIRouter(tags=["corrections"])
PageNumber = Annotated[
    int,
    Query(
        alias="page", ge=1, le=1_000_000, description="The page's number, from 1. A larger number gives the last page."
    ),
]

CARDS_PER_PAGE = 24
BOX = 100.0  # side of the SVG's view box
_MAX_POINTS = 400  # points of one drawing in the SVG
_MARGIN = 6.0


@dataclass(frozen=True, slots=True)
class Card:
    """A correction as the page shows it: strokes as SVG polylines in a box of 100×100, or an image as a data URL."""

    correction: Correction
    lines: tuple[str, ...]
    pen: float
    image: str

    @property
    def confidence(self) -> float | None:
        """The probability of the predicted digit."""
        digit = self.correction.digit
        return None if digit is None else float(self.correction.probabilities[digit])


def card(correction: Correction) -> Card:
    """Make the card that shows a correction."""
    drawing = correction.drawing
    if isinstance(drawing, Strokes):
        lines, pen = polylines(drawing, from_strokes(drawing.lines, drawing.pen).pen or 0.0)
        return Card(correction, lines, pen, "")
    png = io.BytesIO()
    Image.fromarray(drawing).save(png, "PNG")
    return Card(correction, (), 0.0, f"data:image/png;base64,{base64.b64encode(png.getvalue()).decode()}")


def polylines(drawing: Strokes, pen: float) -> tuple[tuple[str, ...], float]:
    """The strokes as points of SVG polylines, and the pen's width, both in units of the box.

    If the canvas is known, the strokes keep their place on it; otherwise they fill the box. Of a long drawing, only
    about _MAX_POINTS points are kept, so that the page stays small.
    """
    every = math.ceil(sum(map(len, drawing.lines)) / _MAX_POINTS)
    thinned = [np.array([*line[:-1:every], line[-1]], float) for line in drawing.lines]
    low, extent = np.zeros(2), np.array(drawing.canvas or (0, 0), float)
    room = BOX
    if drawing.canvas is None:
        low = np.min([line.min(0) for line in thinned], 0)
        extent = np.max([line.max(0) for line in thinned], 0) - low
        room = (BOX - 2 * _MARGIN) / (1 + pen / max(float(extent.max()), SMALLEST))
    scale = room / max(float(extent.max()), SMALLEST)
    offset = (BOX - extent * scale) / 2 - low * scale
    placed = [line * scale + offset for line in thinned]
    # SVG draws a polyline of one point as a dot only if the point is repeated.
    drawn = [np.repeat(line, 2, 0) if len(line) == 1 else line for line in placed]
    return tuple(" ".join(f"{x:.1f},{y:.1f}" for x, y in line.tolist()) for line in drawn), round(pen * scale, 1)


@router.get(
    "/corrections",
    summary="The page of saved corrections",
    response_class=HTMLResponse,
    responses={
        200: {"description": "The page."},
        **problem_responses(
            "unknown-host", "corrections-unavailable", "corrections-full", "overloaded", "invalid-parameter"
        ),
    },
)
async def corrections(request: Request, number: PageNumber = 1) -> Response:
    """The saved corrections, newest first, with buttons to delete them; or a note that saving is disabled."""
    store: AsyncCorrectionStore | None = request.app.state.corrections
    if store is None:
        return page(request, "corrections.html", collects=False)
    check_host(request)

    def cards_and_counts(corrections: Store) -> tuple[list[Card], int, int]:
        on_page, total = corrections.page((number - 1) * CARDS_PER_PAGE, CARDS_PER_PAGE)
        last = max(1, math.ceil(total / CARDS_PER_PAGE))
        if number > last:  # for example because the last correction on the page was deleted
            on_page, total = corrections.page((last - 1) * CARDS_PER_PAGE, CARDS_PER_PAGE)
        return [card(correction) for correction in on_page], total, min(number, last)

    try:
        cards, total, shown = await store.run(cards_and_counts)
    except Problem as problem:
        if "text/html" not in request.headers.get("accept", ""):
            raise
        return page(request, "corrections.html", problem.kind.status, collects=True, problem=problem)
    return page(
        request,
        "corrections.html",
        collects=True,
        cards=cards,
        total=total,
        number=shown,
        pages=max(1, math.ceil(total / CARDS_PER_PAGE)),
        limit=store.store.limit,
        file=store.store.file_name,
    )


@router.post("/corrections/delete", include_in_schema=False)
async def delete_all(request: Request, store: OwnPagesStore) -> Response:
    """Delete all corrections and return to the page."""
    await store.run(lambda corrections: corrections.clear())
    return _see_other(f"{root_path(request)}/corrections")


@router.post("/corrections/{id}/delete", include_in_schema=False)
async def delete(
    request: Request, store: OwnPagesStore, correction_id: CorrectionId, number: PageNumber = 1
) -> Response:
    """Delete one correction and return to the page that showed it."""
    if not await store.run(lambda corrections: corrections.remove(correction_id)):
        raise no_such_correction()
    return _see_other(f"{root_path(request)}/corrections?page={number}")


def _see_other(address: str) -> Response:
    return Response(status_code=303, headers={"Location": address})
