"""FastAPI with torch, as a tutorial shows it: an upload, and a plain `def` route that FastAPI runs in a thread."""

import io
import os
from pathlib import Path
from typing import Annotated, Any

import numpy as np
import torch
from fastapi import FastAPI, File
from PIL import Image

from benchmarks.peers.servers.torch_network import Net
from model.layers import MEAN, STD

app = FastAPI()
model = Net()
model.load_state_dict(torch.load(Path(os.environ.get("PEERS_MODEL", ".")) / "mnist_cnn.pth", weights_only=True))
model.eval()


@app.post("/predict")
def predict(file: Annotated[bytes, File()]) -> dict[str, Any]:
    """Predict the digit in an uploaded image of 28×28 pixels."""
    pixels = np.array(Image.open(io.BytesIO(file)).convert("L"), np.float32)
    image = (torch.from_numpy(pixels) / 255 - MEAN) / STD
    with torch.inference_mode():
        probabilities = model(image[None, None]).softmax(dim=1)[0]
    return {"digit": int(probabilities.argmax()), "probabilities": probabilities.tolist()}
