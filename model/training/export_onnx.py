"""Exports the network as ONNX: without weights for the service, and with weights for other programs.

`export_graph` writes the four graphs without weights to model/weights:

    python -m model.training.export_onnx    # needs torch

`export_onnx` fills the graph with the weights of a checkpoint. It needs the package `onnx`, not torch.
"""

import json
from collections.abc import Collection
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

import numpy as np

from model.checkpoint import Checkpoint, replace_file
from model.inference.engines import (
    ANY_WEIGHTS_GRAPH,
    COMPACT_PREDICTION_GRAPH,
    GRAPH,
    LARGEST_PARAMETER,
    PREDICTION_GRAPH,
    PREDICTION_LAYERS,
    TEMPERATURE,
)
from model.layers import CLASSES, DENSE_PARAMETERS, LAYER_NAMES, MEAN, PARAMETERS, SIDE, STD

if TYPE_CHECKING:
    import onnx


def export_graph(
    path: str | Path = GRAPH,
    any_weights: str | Path = ANY_WEIGHTS_GRAPH,
    prediction: str | Path = PREDICTION_GRAPH,
    compact_prediction: str | Path = COMPACT_PREDICTION_GRAPH,
) -> None:
    """Write the network as ONNX graphs without weights. Needs torch; the same version of torch writes the same bytes.

    The input is N×1×28×28. All layers after the input are outputs. The service runs these graphs, and `export_onnx`
    adds weights to the first.

    In the first graph, the eight parameters and the temperature are declared as external data. The code that loads the
    graph supplies them (`SessionOptions.add_external_initializers`), so the numbers are stored only once, in their
    safetensors file. In the second graph they are inputs, so that one session can run any weights. The third graph is
    the first one with the outputs of PREDICTION_LAYERS only. The fourth graph is the third one with LARGEST_PARAMETER
    as an input.
    """
    model = _trace()
    parameters = (*PARAMETERS, TEMPERATURE)
    _write(model, any_weights, inputs=parameters)
    _write(model, path, external=parameters)
    outputs = [output for output in model.graph.output if output.name in PREDICTION_LAYERS]
    model.graph.ClearField("output")
    model.graph.output.extend(outputs)
    _write(model, prediction, external=parameters)
    others = [name for name in parameters if name != LARGEST_PARAMETER]
    _write(model, compact_prediction, inputs=[LARGEST_PARAMETER], external=others)


def _write(
    model: "onnx.ModelProto", path: str | Path, *, inputs: Collection[str] = (), external: Collection[str] = ()
) -> None:
    """Write a graph in which some parameters are inputs and some are declared as external data."""
    import onnx

    written = onnx.ModelProto()
    written.CopyFrom(model)
    for tensor in list(written.graph.initializer):
        if tensor.name in inputs:
            written.graph.input.append(onnx.helper.make_tensor_value_info(tensor.name, tensor.data_type, tensor.dims))
            written.graph.initializer.remove(tensor)
        elif tensor.name in external:
            _make_external(tensor)
    replace_file(path, written.SerializeToString(deterministic=True))


def _make_external(tensor: "onnx.TensorProto") -> None:
    """Declare a tensor as external data and remove its numbers from the graph.

    `location` is only a placeholder, because the numbers are supplied in memory and not in a file.
    """
    import onnx

    size = len(tensor.raw_data)
    onnx.external_data_helper.set_external_data(tensor, location="weights", offset=0, length=size)
    tensor.ClearField("raw_data")
    tensor.data_location = onnx.TensorProto.EXTERNAL


def export_onnx(checkpoint: Checkpoint, path: str | Path, temperature: float = 1.0) -> None:
    """Write a network with its weights as one self-contained ONNX file, for batches of any size.

    `temperature` is T in probabilities = softmax(logits / T). The outputs of the convolutional network are all layers
    after the input; those of the dense network are `logits` and `probabilities`. Needs the package `onnx`, not torch.
    """
    import onnx

    model = _dense_graph() if checkpoint.network == "dense" else onnx.load_model(str(GRAPH), load_external_data=False)
    values = {**checkpoint.tensors, TEMPERATURE: np.array(temperature, np.float32)}
    for tensor in model.graph.initializer:
        if tensor.name in values:
            tensor.CopyFrom(onnx.numpy_helper.from_array(values[tensor.name], tensor.name))
    model.doc_string = (
        f"{checkpoint.model}: recognises a handwritten digit. Input: images of {SIDE}×{SIDE} pixels, white ink on "
        f"black, normalised as (pixel/255 − {MEAN}) / {STD}."
    )
    if checkpoint.pixel_order is not None:
        model.doc_string += f" Their pixels are shuffled: pixel i is pixel {json.dumps(checkpoint.pixel_order)}[i]."
    onnx.checker.check_model(model)
    replace_file(path, model.SerializeToString(deterministic=True))


def _trace() -> "onnx.ModelProto":
    """The network as torch exports it, with every layer as an output and without metadata about the exporter."""
    import torch

    from model.network import CNN

    class EveryLayer(CNN):
        temperature: torch.Tensor

        def __init__(self) -> None:
            super().__init__()
            self.register_buffer(TEMPERATURE, torch.tensor(2.0))  # not 1: the exporter would remove a division by 1

        def forward(self, images: torch.Tensor) -> tuple[torch.Tensor, ...]:  # type: ignore[override]
            return tuple(self.activations(images, self.temperature).values())[1:]

    program = torch.onnx.export(
        EveryLayer().eval(),
        (torch.zeros(2, 1, SIDE, SIDE),),
        input_names=["input"],
        output_names=list(LAYER_NAMES[1:]),
        dynamic_shapes=({0: torch.export.Dim("batch")},),
        dynamo=True,
        verbose=False,
    )
    model: onnx.ModelProto = cast(torch.onnx.ONNXProgram, program).model_proto
    model.ClearField("producer_name")
    model.ClearField("producer_version")
    model.graph.name = "inkling"
    model.graph.ClearField("value_info")  # shapes of intermediate values, which ONNX loaders infer
    _strip(model)
    return model


def _dense_graph() -> "onnx.ModelProto":
    """The graph of the dense network. Its parameters and the temperature are placeholders, filled with zeros."""
    import onnx
    from onnx import TensorProto, helper

    nodes = [
        helper.make_node("Flatten", ["input"], ["flatten"]),
        helper.make_node("Gemm", ["flatten", "1.weight", "1.bias"], ["dense1"], transB=1),
        helper.make_node("Relu", ["dense1"], ["relu"]),
        helper.make_node("Gemm", ["relu", "3.weight", "3.bias"], ["logits"], transB=1),
        helper.make_node("Div", ["logits", TEMPERATURE], ["tempered"]),
        helper.make_node("Softmax", ["tempered"], ["probabilities"], axis=1),
    ]
    graph = helper.make_graph(
        nodes,
        "inkling-dense",
        [helper.make_tensor_value_info("input", TensorProto.FLOAT, ["batch", 1, SIDE, SIDE])],
        [
            helper.make_tensor_value_info(name, TensorProto.FLOAT, ["batch", CLASSES])
            for name in ("logits", "probabilities")
        ],
        [
            onnx.numpy_helper.from_array(np.zeros(shape, np.float32), name)
            for name, shape in (*DENSE_PARAMETERS.items(), (TEMPERATURE, ()))
        ],
    )
    model: onnx.ModelProto = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 18)], ir_version=10)
    model.ClearField("producer_name")
    return model


def _strip(message: Any) -> None:
    """Remove all documentation and metadata from a message and from the messages inside it.

    The exporter writes stack traces with local paths into these fields.
    """
    for field, value in message.ListFields():
        if field.name in ("metadata_props", "doc_string"):
            message.ClearField(field.name)
        elif field.message_type is not None:
            for part in value if field.is_repeated else [value]:
                _strip(part)


if __name__ == "__main__":
    export_graph()
