"""A FastAPI application with one route that does nothing. Its rate is the baseline of the benchmark's ratios."""

from fastapi import FastAPI

# The service disables telemetry, too. With telemetry, the empty route would be slower and the ratios too high.
app = FastAPI(telemetry={"tracing": False, "metrics": False, "logs": False, "auto_configure": False})


@app.get("/")
async def empty() -> dict[str, str]:
    """Respond with an empty JSON object."""
    return {}
