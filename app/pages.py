"""The pages: the drawing pad, the API's documents, what each error means."""

from fastapi import APIRouter, Request, Response
from fastapi.templating import Jinja2Templates

from app import __version__
from app.http.problems import PROBLEMS, Problem
from app.network.evaluation import evaluation_of
from app.network.routes import classifier_of, model_card
from app.settings import EXAMPLES, STATIC, TEMPLATES

router = APIRouter(include_in_schema=False)
_templates = Jinja2Templates(directory=TEMPLATES)
# Named in the page, so that a browser fetches all at once instead of finding them one inside the other.
_OTHERS = ("theme.js", "docs.js", "teacher.js", "worksheet.js")
_MODULES = sorted(file.name for file in (STATIC / "js").glob("*.js") if file.name not in _OTHERS)
_LESSON_MODULES = [f"lesson/{f.name}" for f in sorted((STATIC / "js" / "lesson").glob("*.js")) if f.name not in _OTHERS]
_MODULES += ["lesson/address.js", "lesson/check.js", "lesson/grid.js"]  # links that lead there; what is asked for
_PROGRAMS = {file.stem: file.read_text(encoding="utf-8") for file in sorted(EXAMPLES.glob("*.py"))}
_LESSON_SHEETS = sorted(file.name for file in (STATIC / "css" / "lesson").glob("*.css"))


def page(request: Request, name: str, status: int = 200, **context: object) -> Response:
    """A page made from one of the templates."""
    headers = {"Cache-Control": "no-cache"}
    return _templates.TemplateResponse(request, name, {"version": __version__, **context}, status, headers)


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
        request, "index.html", model=card.model_dump(), evaluation=measured, modules=_MODULES, collects=collects
    )


@router.get("/lesson")
async def lesson(request: Request) -> Response:
    """The lesson, section by section, on the reader's own digit."""
    card = model_card(classifier_of(request))
    return page(
        request,
        "lesson.html",
        model=card.model_dump(),
        evaluation=_measured(request),
        modules=_LESSON_MODULES,
        sheets=_LESSON_SHEETS,
        programs=_PROGRAMS,
    )


@router.get("/lesson/teacher")
async def teacher(request: Request) -> Response:
    """Every step of the lesson as a link to copy."""
    return page(request, "teacher.html")


@router.get("/lesson/worksheet")
async def worksheet(request: Request) -> Response:
    """Questions with numbers of one digit, to print, and their key."""
    return page(request, "worksheet.html", model=model_card(classifier_of(request)).model_dump())


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
