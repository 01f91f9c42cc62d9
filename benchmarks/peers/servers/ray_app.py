"""Ray Serve with ONNX Runtime: one replica that batches the requests that arrive within two milliseconds."""

import argparse
import signal
from typing import Any

import numpy as np
import ray
from ray import serve
from starlette.requests import Request

from benchmarks.peers.servers import BATCH, BATCH_SECONDS
from benchmarks.peers.servers.network import Images, Network, answer, read_image


@serve.deployment(max_ongoing_requests=2 * BATCH, ray_actor_options={"num_cpus": 1})
class Digits:
    """Predicts digits, one image per request."""

    def __init__(self) -> None:
        self.network = Network()

    @serve.batch(max_batch_size=BATCH, batch_wait_timeout_s=BATCH_SECONDS)
    async def predict(self, images: list[Images]) -> list[dict[str, Any]]:
        """The answers for a batch of images, each 1×28×28."""
        return [answer(each) for each in self.network(np.stack(images))]

    async def __call__(self, request: Request) -> dict[str, Any]:
        result: dict[str, Any] = await self.predict(read_image(await request.body()))
        return result


if __name__ == "__main__":
    parser = argparse.ArgumentParser()
    parser.add_argument("--port", type=int)
    ray.init(include_dashboard=False, log_to_driver=False)
    serve.start(http_options={"host": "127.0.0.1", "port": parser.parse_args().port})
    serve.run(Digits.bind(), route_prefix="/predict")  # type: ignore[attr-defined]
    signal.sigwait({signal.SIGTERM, signal.SIGINT})
    serve.shutdown()
    ray.shutdown()
