"""The HTML pages: drawing pad, lesson, API documentation, and explanations of problems."""

import asyncio
from collections.abc import Sequence
from dataclasses import asdict

from fastapi import APIRouter, Request, Response

from app.access import pages_may_change
from app.glossary import FORMS, GLOSSARY
from app.http.media_types import ALIASES, IMAGES
from app.http.middleware import root_path
from app.http.problem_types import PROBLEMS
from app.http.problems import Problem
from app.http.templates import page, static_path
from app.lab.schemas import replay, teaching
from app.lesson.routes import figures_sha256
from app.limits import MAX_BODY, MAX_STEPS
from app.network.evaluation import evaluation_of
from app.network.routes import classifier_of, model_card
from app.network.schemas import ModelResponse, WeightsDescription
from app.network.weight_sets import weight_sets_of
from app.settings import EXAMPLES
from app.training.defaults import can_start
from app.training.presets import PRESETS
from model.explain.edits import MAX_EDITS
from model.layers import LAYERS, MEAN, SIDE, STD
from model.preprocess.decode import MAX_PIXELS
from model.preprocess.fit import CENTRE, FIT, PEN_RANGE
from model.preprocess.modes import MODES

router = APIRouter(include_in_schema=False)
# Widths of the pen, in units of the pad. The pad has ten units for each pixel of the network's input.
PEN = {"least": 12, "usual": 26, "most": 44, "step": 2}
_TERMS = {term.slug: term for term in GLOSSARY}
_PROGRAMS = {file.stem: file.read_text(encoding="utf-8") for file in sorted(EXAMPLES.glob("*.py"))}


def _facts(
    request: Request,
    card: ModelResponse | None = None,
    *,
    collects: bool = False,
    weights: Sequence[WeightsDescription] = (),
) -> dict[str, object]:
    """The JSON document `facts` of a page: values from Python that the page's template and scripts use.

    `card` describes the loaded weights, and `weights` all sets of weights. The mode `none` is last: on the page, it is
    the least useful.
    """
    layer_fields = ("name", "kind", "shape", "module", "parameters", "formula")
    model = {"name": card.model, "sha256": card.sha256, "temperature": card.temperature} if card else None
    modes = sorted(MODES.items(), key=lambda item: item[0] == "none")
    return {
        "root": root_path(request),
        "static": static_path(request),
        "model": model,
        "collects": collects,
        "changes": pages_may_change(request.app.state.settings),
        "weights": [each.model_dump() for each in weights],
        "input": {"side": SIDE, "mean": MEAN, "std": STD},
        "layers": [{field: getattr(layer, field) for field in layer_fields} for layer in LAYERS],
        "modes": [{"name": name, **asdict(mode)} for name, mode in modes],
        "fit": {"side": FIT, "centre": CENTRE, "line_widths": PEN_RANGE},
        "pen": PEN,
        "upload": {"bytes": MAX_BODY, "pixels": MAX_PIXELS, "types": IMAGES, "aliases": ALIASES},
        "limits": {
            "edits": MAX_EDITS,
            "lesson_steps": MAX_STEPS,
            "replay_steps": replay.STEPS,
            "taught_drawings": teaching.MAX_DRAWINGS,
            "teach_steps": {"last": teaching.MAX_STEPS, "all": teaching.MAX_STEPS_ALL},
        },
        "glossary": FORMS,
    }


def _evaluation(request: Request) -> dict[str, object] | None:
    """The evaluation of the loaded weights, without images of mistakes; None if there is no evaluation."""
    evaluation = evaluation_of(request, classifier_of(request))
    return evaluation.model_dump(exclude={"mistakes"}) if evaluation else None


@router.get("/")
async def index(request: Request) -> Response:
    """The page with the drawing pad."""
    card = model_card(classifier_of(request))
    collects = request.app.state.corrections is not None
    weights = await weight_sets_of(request.scope).describe()
    return page(
        request,
        "index.html",
        facts=_facts(request, card, collects=collects, weights=weights),
        model=card.model_dump(),
        evaluation=_evaluation(request),
    )


@router.get("/lesson")
async def lesson(request: Request) -> Response:
    """The lesson: nine sections that use the reader's own digit."""
    card = model_card(classifier_of(request))
    return page(
        request,
        "lesson.html",
        facts=_facts(request, card) | {"figures": figures_sha256()},
        model=card.model_dump(),
        evaluation=_evaluation(request),
        programs=_PROGRAMS,
    )


@router.get("/lab")
async def lab(request: Request) -> Response:
    """The lab: experiments on the network with the reader's own digit."""
    weights = await weight_sets_of(request.scope).describe()
    facts = _facts(request, model_card(classifier_of(request)), weights=weights)
    return page(request, "lab/page.html", facts=facts)


@router.get("/lesson/teacher")
async def teacher(request: Request) -> Response:
    """A link to every step of the lesson, for teachers."""
    return page(request, "teacher.html", facts=_facts(request))


@router.get("/lesson/worksheet")
async def worksheet(request: Request) -> Response:
    """A worksheet to print, with the numbers that the network computes for one digit, and an answer key."""
    return page(request, "worksheet.html", facts=_facts(request, model_card(classifier_of(request))))


@router.get("/training")
async def training(request: Request) -> Response:
    """Training runs to start and to watch, with the reader's own digit."""
    card = model_card(classifier_of(request))
    weights = await weight_sets_of(request.scope).describe()
    return page(
        request,
        "training.html",
        facts=_facts(request, card, weights=weights) | {"presets": [asdict(preset) for preset in PRESETS]},
        model=card.model_dump(),
        terms=_TERMS,
        can_start=await can_start(request),
    )


@router.get("/glossary")
async def glossary(request: Request) -> Response:
    """The terms that the pages use, with a definition of each."""
    return page(request, "glossary.html", facts=_facts(request, model_card(classifier_of(request))), glossary=GLOSSARY)


@router.get("/docs")
async def docs(request: Request) -> Response:
    """How to use the API, with a list of all operations. Swagger UI, which is large, is loaded on request.

    The first call of `openapi` takes 0.2 s, so it runs on a thread.
    """
    return page(request, "docs.html", api=await asyncio.to_thread(request.app.openapi))


@router.get("/problems/{slug}")
async def problem(request: Request, slug: str) -> Response:
    """The explanation of a problem type."""
    if slug not in PROBLEMS:
        raise Problem("not-found")
    return page(request, "problem.html", problem=PROBLEMS[slug])


@router.get("/favicon.ico")
async def favicon(request: Request) -> Response:
    """A redirect to the icon. Browsers request this address by default."""
    return Response(status_code=308, headers={"Location": f"{root_path(request)}/static/favicon.svg"})
