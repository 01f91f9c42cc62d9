"""What the peers share: reading an image, and ONNX Runtime with the network. So only the servers differ.

The folder in the environment variable PEERS_MODEL has the network as ONNX and as a torch state dict.
"""

import io
import os
from pathlib import Path
from typing import Any

import numpy as np
import onnxruntime as ort
from numpy.typing import NDArray
from PIL import Image

from model.layers import MEAN, SIDE, STD

GRAPH = Path(os.environ.get("PEERS_MODEL", ".")) / "network.onnx"
Images = NDArray[np.float32]


def read_image(png: bytes) -> Images:
    """An image of 28×28 pixels as the network's input, 1×28×28, normalised. Raises ValueError for other sizes."""
    return normalise(Image.open(io.BytesIO(png)))


def normalise(image: Image.Image) -> Images:
    """What `read_image` returns, for an image that is already decoded."""
    pixels = np.asarray(image.convert("L"), np.float32)
    if pixels.shape != (SIDE, SIDE):
        raise ValueError(f"the image must have {SIDE}×{SIDE} pixels")
    normalised: Images = ((pixels / 255 - MEAN) / STD)[None].astype(np.float32)
    return normalised


class Network:
    """The network in ONNX Runtime, on one thread, like Inkling's."""

    def __init__(self) -> None:
        options = ort.SessionOptions()
        options.intra_op_num_threads = options.inter_op_num_threads = 1
        self._session = ort.InferenceSession(str(GRAPH), options, providers=["CPUExecutionProvider"])

    def __call__(self, images: Images) -> Images:
        """The probabilities of the ten digits, N×10, for N×1×28×28."""
        (probabilities,) = self._session.run(["probabilities"], {"input": images})
        return np.asarray(probabilities)


def answer(probabilities: Images) -> dict[str, Any]:
    """The predicted digit and the ten probabilities, for JSON."""
    return {"digit": int(probabilities.argmax()), "probabilities": probabilities.tolist()}
