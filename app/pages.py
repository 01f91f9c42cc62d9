"""The pages: the drawing pad, the API's documents, what each error means."""

import re
from dataclasses import asdict

from fastapi import APIRouter, Request, Response
from fastapi.templating import Jinja2Templates

from app import __version__
from app.http.problems import PROBLEMS, Problem
from app.network.evaluation import evaluation_of
from app.network.routes import classifier_of, model_card
from app.network.schemas import ModelResponse
from app.settings import EXAMPLES, MAX_BODY, STATIC, TEMPLATES
from model.layers import LAYERS, MEAN, SIDE, STD
from model.preprocess.decode import FORMATS
from model.preprocess.fit import CENTRE, FIT, PEN_RANGE
from model.preprocess.modes import MODES


def _imported_by(entry: str) -> list[str]:
    """Names of a page's entry module and of every module that it imports, directly or not.

    The page names them as preloads: the browser then fetches all of them at once.
    """
    folder = (STATIC / "js").resolve()
    found = {folder / entry}
    waiting = [*found]
    while waiting:
        module = waiting.pop()
        paths = re.findall(r'^(?:import|export) [^"]*"(\.[^"]+)";$', module.read_text(encoding="utf-8"), re.MULTILINE)
        new = {(module.parent / path).resolve() for path in paths} - found
        found |= new
        waiting += new
    return sorted(module.relative_to(folder).as_posix() for module in found)


router = APIRouter(include_in_schema=False)
# The pen on the pad, in units of the pad, which is ten times as wide and high as the network's input.
PEN = {"least": 12, "usual": 26, "most": 44, "step": 2}
_templates = Jinja2Templates(directory=TEMPLATES)
_MODULES = _imported_by("main.js")
_LESSON_MODULES = _imported_by("lesson.js")
_PROGRAMS = {file.stem: file.read_text(encoding="utf-8") for file in sorted(EXAMPLES.glob("*.py"))}
_LESSON_SHEETS = sorted(file.name for file in (STATIC / "css" / "lesson").glob("*.css"))


def page(request: Request, name: str, status: int = 200, **context: object) -> Response:
    """A page made from one of the templates."""
    headers = {"Cache-Control": "no-cache"}
    return _templates.TemplateResponse(request, name, {"version": __version__, **context}, status, headers)


def _facts(card: ModelResponse | None = None, *, collects: bool = False) -> dict[str, object]:
    """The JSON document `facts` of a page, from which its template and its scripts read what the service defines.

    `card` describes the loaded weights. The mode that changes nothing comes last: on the page it is the least useful.
    """
    layer_fields = ("name", "kind", "shape", "module", "parameters", "formula")
    model = {"name": card.model, "sha256": card.sha256, "temperature": card.temperature} if card else None
    modes = sorted(MODES.items(), key=lambda item: item[0] == "none")
    return {
        "model": model,
        "collects": collects,
        "input": {"side": SIDE, "mean": MEAN, "std": STD},
        "layers": [{field: getattr(layer, field) for field in layer_fields} for layer in LAYERS],
        "modes": [{"name": name, **asdict(mode)} for name, mode in modes],
        "fit": {"side": FIT, "centre": CENTRE, "line_widths": PEN_RANGE},
        "pen": PEN,
        "upload": {"bytes": MAX_BODY, "types": [f"image/{name.lower()}" for name in FORMATS]},
    }


def _measured(request: Request) -> dict[str, object] | None:
    """What the loaded weights were measured to be worth, but for the pictures; None where they were not."""
    found = evaluation_of(request)
    return found.model_dump(exclude={"mistakes"}) if found else None


@router.get("/")
async def index(request: Request) -> Response:
    """The page with the drawing pad."""
    card = model_card(classifier_of(request))
    collects = request.app.state.collector is not None
    measured = _measured(request)
    return page(
        request,
        "index.html",
        facts=_facts(card, collects=collects),
        model=card.model_dump(),
        evaluation=measured,
        modules=_MODULES,
    )


@router.get("/lesson")
async def lesson(request: Request) -> Response:
    """The lesson, section by section, on the reader's own digit."""
    card = model_card(classifier_of(request))
    return page(
        request,
        "lesson.html",
        facts=_facts(card),
        model=card.model_dump(),
        evaluation=_measured(request),
        modules=_LESSON_MODULES,
        sheets=_LESSON_SHEETS,
        programs=_PROGRAMS,
    )


@router.get("/lesson/teacher")
async def teacher(request: Request) -> Response:
    """Every step of the lesson as a link to copy."""
    return page(request, "teacher.html", facts=_facts())


@router.get("/lesson/worksheet")
async def worksheet(request: Request) -> Response:
    """Questions with numbers of one digit, to print, and their key."""
    return page(request, "worksheet.html", facts=_facts(model_card(classifier_of(request))))


@router.get("/docs")
async def docs(request: Request) -> Response:
    """The API's documents, from this service's own files."""
    return page(request, "docs.html")


@router.get("/problems/{slug}")
async def problem(request: Request, slug: str) -> Response:
    """What a kind of error means."""
    if slug not in PROBLEMS:
        raise Problem("not-found", PROBLEMS["not-found"].meaning)
    return page(request, "problem.html", problem=PROBLEMS[slug])


@router.get("/favicon.ico")
async def favicon() -> Response:
    """Where browsers look without being told."""
    return Response(status_code=308, headers={"Location": "/static/favicon.svg"})
