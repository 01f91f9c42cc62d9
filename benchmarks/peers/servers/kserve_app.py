"""KServe with ONNX Runtime: a custom predictor behind KServe's model server, without Kubernetes."""

import argparse
import base64
from typing import Any

import numpy as np
from kserve import Model, ModelServer

from benchmarks.peers.servers.network import Network, answer, read_image


class Digits(Model):  # type: ignore[misc]
    """Gets images as base64 in the V1 protocol: `{"instances": [{"image": {"b64": …}}]}`."""

    def __init__(self, name: str) -> None:
        super().__init__(name)
        self.load()

    def load(self) -> bool:
        """Load the network, so that the server reports that it is ready."""
        self.network = Network()
        self.ready = True
        return self.ready

    async def predict(self, payload: dict[str, Any], *_: Any, **__: Any) -> dict[str, Any]:
        images = [read_image(base64.b64decode(each["image"]["b64"])) for each in payload["instances"]]
        return {"predictions": [answer(each) for each in self.network(np.stack(images))]}


if __name__ == "__main__":
    parser = argparse.ArgumentParser()
    parser.add_argument("--port", type=int)
    port = parser.parse_args().port
    ModelServer(http_port=port, enable_grpc=False, enable_latency_logging=False).start([Digits("digits")])
