"""LitServe with ONNX Runtime. With `--batch`, LitServe collects the requests that arrive within two milliseconds."""

import argparse
import base64
from typing import Any

import litserve as ls
import numpy as np
from fastapi import Request

from benchmarks.peers.servers import BATCH, BATCH_SECONDS
from benchmarks.peers.servers.network import Images, Network, answer, read_image


class Digits(ls.LitAPI):  # type: ignore[misc]
    """One image per request. With batching, `predict` gets N×1×28×28, otherwise 1×28×28."""

    def setup(self, device: str) -> None:  # noqa: ARG002
        self.network = Network()
        self.batches = self.max_batch_size > 1

    def decode_request(self, request: Request) -> Images:
        return read_image(base64.b64decode(request["image"]))  # LitServe passes the JSON in place of the request

    def batch(self, inputs: list[Images]) -> Images:
        return np.stack(inputs)

    def predict(self, images: Images) -> Images:
        return self.network(images) if self.batches else self.network(images[None])[0]

    def unbatch(self, output: Images) -> list[Images]:
        return list(output)

    def encode_response(self, output: Images) -> dict[str, Any]:
        return answer(output)


if __name__ == "__main__":
    parser = argparse.ArgumentParser()
    parser.add_argument("--port", type=int)
    parser.add_argument("--batch", action="store_true")
    options = parser.parse_args()
    api = Digits(max_batch_size=BATCH, batch_timeout=BATCH_SECONDS) if options.batch else Digits()
    server = ls.LitServer(api, accelerator="cpu", fast_queue=True)  # advised above a hundred requests per second
    server.run(host="127.0.0.1", port=options.port, generate_client_file=False, log_level="warning")
