"""Uploads for tests of the pages."""

import httpx2
import numpy as np

from model.epochs import read_epoch
from model.weight_files.safetensors_file import encode


def upload(url: str, number: int) -> tuple[str, str]:
    """Give weights to a service, other ones for each number. Returns their name and the one that the pages show."""
    tensors = dict(read_epoch(3).tensors)
    tensors["classifier.3.bias"] = tensors["classifier.3.bias"] + np.float32(number)  # the answers stay the same
    made = httpx2.post(f"{url}/weights", content=encode(tensors, {"name": f"own-{number}"})).json()
    return made["name"], made["model"]
