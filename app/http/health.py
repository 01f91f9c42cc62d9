"""For whoever runs the service: is it alive, is it ready, what has it done."""

from fastapi import APIRouter, Request, Response

from app.http.metrics import CONTENT_TYPE
from app.http.problems import later
from app.http.schemas import HealthResponse

router = APIRouter(tags=["running it"])


@router.get("/livez", summary="Is the process alive?")
async def livez() -> HealthResponse:
    """Answers as soon as the process can answer at all."""
    return HealthResponse(status="ok")


@router.get("/readyz", summary="Can it answer drawings?")
async def readyz(request: Request) -> HealthResponse:
    """503 until the weights are loaded and the network has made its first pass."""
    if not getattr(request.app.state, "ready", False):
        raise later("not-ready")
    return HealthResponse(status="ok")


@router.get(
    "/metrics",
    summary="Counters for Prometheus",
    response_class=Response,
    responses={
        200: {"description": "Prometheus's text format.", "content": {"text/plain": {"schema": {"type": "string"}}}}
    },
)
async def metrics(request: Request) -> Response:
    """Requests by address and status, their durations, the sizes of batches, the weights loaded."""
    return Response(request.app.state.metrics.exposition(), media_type=CONTENT_TYPE)
