"""Inkling on several machines: the application as a deployment of Ray Serve. It needs the extra `cluster`.

    serve run app.cluster:inkling

Each replica is a process with the whole application. docs/cluster.md describes the settings and the differences.
"""

import asyncio
import os

from fastapi import FastAPI
from ray import serve
from ray.serve.config import BackpressureConfig

from app.http.health import is_ready
from app.limits import BODY_SECONDS, MAX_LARGE, MIN_WAITING
from app.main import create_app
from app.settings import Settings

START_SECONDS = 20.0  # the longest time from the start of a replica to its first prediction
# Requests in one replica: the drawings that the application accepts even when it is slow, and the large images that
# wait for a thread. The application itself refuses all others. Requests should not wait in a proxy, which looks for a
# free replica only twice a second.
MAX_ONGOING = MIN_WAITING + MAX_LARGE
# Serve's defaults: one replica at first, a target of 2 requests at a time for each, a delay of 30 s before another one
# is added, and the removal of all superfluous ones at once. `python -m benchmarks.cluster` simulates these settings.
AUTOSCALING = {
    "min_replicas": 1,
    "max_replicas": 64,
    "target_ongoing_requests": 1.5,  # requests in a replica, on average; it is then busy about half of the time
    "look_back_period_s": 15,
    "upscale_delay_s": 5,
    "downscale_delay_s": 120,
    "downscaling_factor": 0.3,
}


def build() -> FastAPI:
    """Create the application of one replica. It reads the settings from the environment of the replica."""
    return create_app(Settings.from_environment().for_cluster())


class Replica:
    """A process with the whole application; Ray Serve starts as many as the load needs."""

    app: FastAPI  # set by serve.ingress

    async def check_health(self) -> None:
        """Raise TimeoutError unless the replica is ready, as in /readyz.

        A new replica gets no requests before its first health check, so this waits until the network is warm.
        """
        async with asyncio.timeout(START_SECONDS):
            while not is_ready(self.app):  # noqa: ASYNC110 -- the application has no event for it
                await asyncio.sleep(0.05)


deployment = serve.deployment(
    name="Inkling",
    max_ongoing_requests=MAX_ONGOING,  # the default of 5 would limit a batch to 5 drawings
    # By default, any number of requests can wait in each proxy. Here, an overload is answered with 503.
    max_queued_requests=MIN_WAITING,
    backpressure_config=BackpressureConfig(retry_after_s=1),
    autoscaling_config=AUTOSCALING,
    # The defaults are 10 s and 30 s. A replica whose event loop is blocked for 5 s is broken.
    health_check_period_s=5,
    health_check_timeout_s=5,
    # A request takes little more time than its body may take to arrive.
    graceful_shutdown_wait_loop_s=0.5,
    graceful_shutdown_timeout_s=BODY_SECONDS + 5,
    # In an update, new replicas start before old ones stop. By default, old ones stop first, even the only one.
    max_surge_percent=25,
    # Inference runs on the event loop's thread; more threads would only wait for each other.
    ray_actor_options={"num_cpus": 1, "runtime_env": {"env_vars": {"OMP_NUM_THREADS": "1"}}},
    logging_config={"enable_access_log": False},
)(serve.ingress(build)(Replica))
inkling = deployment.bind()

# Nothing leaves the cluster. `serve run` imports this module before it starts Ray.
os.environ.setdefault("RAY_USAGE_STATS_ENABLED", "0")
