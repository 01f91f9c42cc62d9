"""Health checks and metrics for server operators."""

from fastapi import APIRouter, FastAPI, Request, Response

from app.http.metrics import CONTENT_TYPE
from app.http.problems import problem_responses, service_unavailable
from app.http.schemas import HealthResponse

router = APIRouter(tags=["operations"])


def is_ready(app: FastAPI) -> bool:
    """Whether the weights are loaded and the network has made its first prediction."""
    return getattr(app.state, "ready", False)


@router.get("/livez", summary="Is the process alive?", responses=problem_responses())
async def livez() -> HealthResponse:
    """Responds as soon as the process accepts requests."""
    return HealthResponse(status="ok")


@router.get("/readyz", summary="Is the service ready?", responses=problem_responses("not-ready"))
async def readyz(request: Request) -> HealthResponse:
    """Responds with 503 until the weights are loaded and the network has made its first prediction."""
    if not is_ready(request.app):
        raise service_unavailable("not-ready")
    return HealthResponse(status="ok")


@router.get(
    "/metrics",
    summary="Metrics for Prometheus",
    response_class=Response,
    responses={
        200: {
            "description": "Prometheus's text format.",
            "content": {"text/plain": {"schema": {"type": "string"}}},
        },
        **problem_responses(),
    },
)
async def metrics(request: Request) -> Response:
    """Requests by route and status, request durations, batch sizes, and the loaded weights."""
    return Response(request.app.state.metrics.exposition(), media_type=CONTENT_TYPE)
