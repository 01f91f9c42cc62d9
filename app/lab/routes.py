"""The routes of all experiments."""

from fastapi import APIRouter

from app.lab import accuracy, attacks, maps, replay, saliency

router = APIRouter(prefix="/lab", tags=["the lab"])
for part in (saliency, accuracy, attacks, maps, replay):
    router.include_router(part.router)
