"""Two plain FastAPI routes around ONNX Runtime, for images of 28×28 pixels: what a good engineer would write first.

They use the same weights and graph as the service, compute nothing twice, and avoid the thread pool. They have no
preprocessing, batching, calibration or metrics, and check only that the body is an image of 28×28 pixels.
"""

import io

import numpy as np
import onnxruntime as ort
from fastapi import FastAPI, HTTPException, Request, Response
from numpy.typing import NDArray
from PIL import Image
from pydantic import BaseModel
from safetensors.numpy import save

from model.checkpoint import SHIPPED, read
from model.inference.engines import GRAPH, PREDICTION_GRAPH, TEMPERATURE
from model.layers import LAYER_NAMES, MEAN, STD

weights = {**read(SHIPPED).tensors, TEMPERATURE: np.array(1, np.float32)}
options = ort.SessionOptions()
options.intra_op_num_threads = options.inter_op_num_threads = 1
options.add_external_initializers(list(weights), [ort.OrtValue.ortvalue_from_numpy(w) for w in weights.values()])
every_layer, last_layer = (ort.InferenceSession(str(graph), options) for graph in (GRAPH, PREDICTION_GRAPH))
app = FastAPI(telemetry={"tracing": False, "metrics": False, "logs": False, "auto_configure": False})


class Prediction(BaseModel):
    """The predicted digit and the probabilities of the ten digits."""

    digit: int
    probabilities: list[float]


async def read_image(request: Request) -> NDArray[np.float32]:
    """The image in the body as the network's input: float32, normalised, 1×1×28×28. Raises HTTPException."""
    try:
        pixels = np.asarray(Image.open(io.BytesIO(await request.body())).convert("L"), np.float32)
    except OSError:
        raise HTTPException(400, "The body is not an image.") from None
    if pixels.shape != (28, 28):
        raise HTTPException(422, "The image must have 28×28 pixels.")
    return ((pixels / 255 - MEAN) / STD)[None, None].astype(np.float32)


@app.post("/predict")
async def predict(request: Request) -> Prediction:
    """Predict the digit in an image."""
    (probabilities,) = last_layer.run(["probabilities"], {"input": await read_image(request)})
    return Prediction(digit=int(probabilities[0].argmax()), probabilities=probabilities[0].tolist())


@app.post("/feature-maps", response_class=Response)
async def feature_maps(request: Request) -> Response:
    """The input and the outputs of all layers for an image, as float32 tensors in the safetensors format."""
    image = await read_image(request)
    outputs = every_layer.run(LAYER_NAMES[1:], {"input": image})
    tensors = {name: values[0] for name, values in zip(LAYER_NAMES, [image, *outputs], strict=True)}
    return Response(save(tensors), media_type="application/vnd.safetensors")
