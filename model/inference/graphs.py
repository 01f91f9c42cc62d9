"""The ONNX graphs that the service runs. `model.training.export_onnx` writes the files.

The graphs hold no weights. Their parameters are declared as external data, and `model.inference.engines` supplies them
when it loads a graph.
"""

from model.checkpoint import WEIGHTS

GRAPH = WEIGHTS / "network.onnx"  # every layer is an output; the template that `export_onnx` fills with weights
MAPS_GRAPH = WEIGHTS / "maps.onnx"  # outputs: `engines.MAPS`
QUANTISED_GRAPH = WEIGHTS / "quantised.onnx"  # outputs: the layers as uint8, and `engines.ANSWER`
ANSWER_GRAPH = WEIGHTS / "answer.onnx"  # outputs: `engines.ANSWER`

TEMPERATURE = "temperature"  # name of the input T in softmax(logits / T), which is supplied like a weight
SCORE = "score"  # name of the output with the in-distribution scores, N numbers
