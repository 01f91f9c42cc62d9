"""BentoML with ONNX Runtime and adaptive batching: BentoML chooses how long to wait from the times that it measures."""

from typing import Any

import bentoml
import numpy as np
from PIL import Image

from benchmarks.peers.servers import BATCH
from benchmarks.peers.servers.network import Network, answer, normalise


@bentoml.service(workers=1, logging={"access": {"enabled": False}})
class Digits:
    """Predicts digits, one image per request."""

    def __init__(self) -> None:
        self.network = Network()

    @bentoml.api(batchable=True, max_batch_size=BATCH)  # type: ignore[untyped-decorator]
    def predict(self, images: list[Image.Image]) -> list[dict[str, Any]]:
        """The answers for a batch of images of 28×28 pixels."""
        return [answer(each) for each in self.network(np.stack([normalise(image) for image in images]))]
