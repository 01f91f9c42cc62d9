"""MLServer with ONNX Runtime: a custom runtime, the V2 protocol, and adaptive batching."""

import base64

import numpy as np
from mlserver import MLModel
from mlserver.codecs import NumpyCodec
from mlserver.types import InferenceRequest, InferenceResponse

from benchmarks.peers.servers.network import Network, read_image


class Digits(MLModel):  # type: ignore[misc]
    """Gets images as BYTES, base64 in JSON, and returns the ten probabilities of each."""

    async def load(self) -> bool:
        self.network = Network()
        return True

    async def predict(self, payload: InferenceRequest) -> InferenceResponse:
        images = [read_image(base64.b64decode(each)) for each in payload.inputs[0].data]
        output = NumpyCodec.encode_output("probabilities", self.network(np.stack(images)))
        return InferenceResponse(model_name=self.name, outputs=[output])
