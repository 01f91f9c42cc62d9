"""The baseline for all ratios: a FastAPI application with one route that does nothing."""

from fastapi import FastAPI

# The service switches this off too; with it on, the empty route would be slower.
app = FastAPI(telemetry={"tracing": False, "metrics": False, "logs": False, "auto_configure": False})


@app.get("/")
async def empty() -> dict[str, str]:
    """Answer with an empty object."""
    return {}
