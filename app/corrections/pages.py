"""The page that shows what is kept, and its buttons: they are plain forms, so the page needs no script."""

import base64
import io
import math
from dataclasses import dataclass
from typing import Annotated

import numpy as np
from fastapi import APIRouter, Query, Request, Response
from fastapi.responses import HTMLResponse
from PIL import Image

from app.corrections.routes import Collector, collector_of, from_here, not_kept, uuid_of
from app.corrections.store import Correction, Corrections
from app.http.problems import Problem
from app.pages import page
from model.preprocess.fit import SMALLEST
from model.preprocess.pipeline import from_strokes
from model.preprocess.rasterise import Strokes

router = APIRouter(tags=["corrections"])
PageNumber = Annotated[
    int, Query(alias="page", ge=1, le=1_000_000, description="Which page, from 1; after the last comes the last again.")
]

PAGE = 24  # drawings on a page
BOX = 100.0  # units of a drawing's picture
_DRAWN = 400  # points of a drawing that its small picture is made of
_MARGIN = 6.0


@dataclass(frozen=True, slots=True)
class Card:
    """A kept correction as the page shows it: its drawing as lines in a box of 100×100, or as a picture."""

    correction: Correction
    lines: tuple[str, ...]
    pen: float
    picture: str

    @property
    def confidence(self) -> float | None:
        """The probability of the digit that was read."""
        digit = self.correction.digit
        return None if digit is None else float(self.correction.probabilities[digit])


def card(correction: Correction) -> Card:
    """Prepare a correction to be shown."""
    drawing = correction.drawing
    if isinstance(drawing, Strokes):
        lines, pen = outline(drawing, from_strokes(drawing.lines, drawing.pen).pen or 0.0)
        return Card(correction, lines, pen, "")
    png = io.BytesIO()
    Image.fromarray(drawing).save(png, "PNG")
    return Card(correction, (), 0.0, f"data:image/png;base64,{base64.b64encode(png.getvalue()).decode()}")


def outline(drawing: Strokes, pen: float) -> tuple[tuple[str, ...], float]:
    """The lines, as points of SVG polylines, and the pen's width, in the box.

    They stand where they were drawn when the canvas is known, else in the middle, as large as there is room. Of a long
    drawing only so many points are taken that a page of drawings stays small.
    """
    every = math.ceil(sum(map(len, drawing.lines)) / _DRAWN)
    taken = [np.array([*line[:-1:every], line[-1]], float) for line in drawing.lines]
    low, extent = np.zeros(2), np.array(drawing.canvas or (0, 0), float)
    room = BOX
    if drawing.canvas is None:
        low = np.min([line.min(0) for line in taken], 0)
        extent = np.max([line.max(0) for line in taken], 0) - low
        room = (BOX - 2 * _MARGIN) / (1 + pen / max(float(extent.max()), SMALLEST))
    scale = room / max(float(extent.max()), SMALLEST)
    offset = (BOX - extent * scale) / 2 - low * scale
    shown = [line * scale + offset for line in taken]
    # A line of one point is drawn as a dot only if it goes somewhere, be it to itself.
    dots = [np.repeat(line, 2, 0) if len(line) == 1 else line for line in shown]
    return tuple(" ".join(f"{x:.1f},{y:.1f}" for x, y in line.tolist()) for line in dots), round(pen * scale, 1)


@router.get(
    "/corrections",
    summary="The page that shows what is kept",
    response_class=HTMLResponse,
    responses={200: {"description": "The page: what is kept, or that nothing is."}},
)
async def corrections(request: Request, number: PageNumber = 1) -> Response:
    """What is kept, newest first, with buttons to delete one or all of it; or that this service keeps nothing."""
    collector: Collector | None = request.app.state.collector
    if collector is None:
        return page(request, "corrections.html", collects=False)

    def look(store: Corrections) -> tuple[list[Card], int, int]:
        found, total = store.page((number - 1) * PAGE, PAGE)
        last = max(1, math.ceil(total / PAGE))
        if number > last:  # the last one on a page was deleted
            found, total = store.page((last - 1) * PAGE, PAGE)
        return [card(correction) for correction in found], total, min(number, last)

    try:
        cards, total, shown = await collector.run(look)
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
        pages=max(1, math.ceil(total / PAGE)),
        most=collector.store.most,
        file=collector.store.file.name,
    )


@router.post("/corrections/delete", include_in_schema=False)
async def clear(request: Request) -> Response:
    """Delete all, and go back to the page."""
    collector = collector_of(request)
    from_here(request)
    await collector.run(Corrections.clear)
    return _back("/corrections")


@router.post("/corrections/{id}/delete", include_in_schema=False)
async def remove(request: Request, id: str, number: PageNumber = 1) -> Response:  # noqa: A002
    """Delete one, and go back to the page it was on."""
    collector = collector_of(request)
    from_here(request)
    if not await collector.run(lambda store: store.remove(uuid_of(id))):
        raise not_kept()
    return _back(f"/corrections?page={number}")


def _back(address: str) -> Response:
    return Response(status_code=303, headers={"Location": address})
