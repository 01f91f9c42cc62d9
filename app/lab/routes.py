"""The routes of all experiments."""

from fastapi import APIRouter

from app.lab import accuracy, attacks, maps, replay, saliency, teaching

router = APIRouter(prefix="/lab", tags=["the lab"])
for part in (saliency, accuracy, attacks, maps, replay, teaching):
    router.include_router(part.router)
