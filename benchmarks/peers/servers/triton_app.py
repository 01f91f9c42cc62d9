"""Triton with ONNX Runtime: NVIDIA's PyTriton, which contains the Triton server, batches requests to a function."""

import argparse

import numpy as np
from numpy.typing import NDArray
from pytriton.decorators import batch
from pytriton.model_config import DynamicBatcher, ModelConfig, Tensor
from pytriton.triton import Triton, TritonConfig

from benchmarks.peers.servers import BATCH, BATCH_SECONDS
from benchmarks.peers.servers.network import Images, Network, read_image

network = Network()


@batch  # type: ignore[untyped-decorator]
def predict(image: NDArray[np.object_]) -> dict[str, Images]:
    """The probabilities, N×10, for N×1 images as PNG files."""
    return {"probabilities": network(np.stack([read_image(png) for (png,) in image]))}


if __name__ == "__main__":
    parser = argparse.ArgumentParser()
    parser.add_argument("--ports", type=int, nargs=3)
    http, grpc, metrics = parser.parse_args().ports
    config = TritonConfig(
        http_address="127.0.0.1",
        http_port=http,
        grpc_address="127.0.0.1",
        grpc_port=grpc,
        metrics_address="127.0.0.1",
        metrics_port=metrics,
    )
    batcher = DynamicBatcher(max_queue_delay_microseconds=round(1e6 * BATCH_SECONDS))
    with Triton(config=config) as triton:
        triton.bind(
            model_name="digits",
            infer_func=predict,
            inputs=[Tensor(name="image", dtype=np.bytes_, shape=(1,))],
            outputs=[Tensor(name="probabilities", dtype=np.float32, shape=(10,))],
            config=ModelConfig(max_batch_size=BATCH, batcher=batcher),
        )
        triton.serve()
