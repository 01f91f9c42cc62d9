"""Exports the network as ONNX: without weights for the service, with weights for every other use.

`export_graph` makes the graphs in model/weights:

    python -m model.training.export_onnx    # needs torch

`export_onnx` fills a graph with the weights of a checkpoint. It needs the package `onnx`, not torch.
"""

import json
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

import numpy as np

from model.checkpoint import Checkpoint, replace_file
from model.inference import quantise
from model.inference.calibration import SCORING
from model.inference.engines import ANSWER, MAPS
from model.inference.graphs import ANSWER_GRAPH, GRAPH, MAPS_GRAPH, QUANTISED_GRAPH, SCORE, TEMPERATURE
from model.layers import CLASSES, DENSE_PARAMETERS, LAYER_NAMES, LAYERS, MEAN, PARAMETERS, SIDE, STD

if TYPE_CHECKING:
    import onnx


def export_shipped(folder: Path = GRAPH.parent) -> None:
    """Write the four graphs without weights that ship. The same version of torch writes the same bytes."""
    export_graph(folder / GRAPH.name)
    export_graph(folder / MAPS_GRAPH.name, MAPS)
    export_graph(folder / QUANTISED_GRAPH.name, ANSWER, quantised=True)
    export_graph(folder / ANSWER_GRAPH.name, ANSWER)


def export_graph(path: str | Path, outputs: Sequence[str] = LAYER_NAMES[1:], *, quantised: bool = False) -> None:
    """Write the network as an ONNX graph without weights. Needs torch.

    The input is N×1×28×28 and `outputs` are layer names or `score`. `network.onnx` has all layers as outputs, and
    `export_onnx` fills it in. The service runs three others: `maps.onnx` has the outputs `engines.MAPS`, from which the
    other layers are cheap to compute; `quantised.onnx` has the layers as uint8 (model/inference/quantise.py) and
    `engines.ANSWER`; `answer.onnx` has only `engines.ANSWER`, so a runtime can fuse each convolution with its ReLU and
    skip the pixels that the last pooling drops. All three also compute the in-distribution score.

    The eight parameters, the temperature and the tensors of `SCORING` are declared as external data. The code that
    loads the graph supplies them (`SessionOptions.add_external_initializers`), so that the numbers exist once, in
    their safetensors file.
    """
    model = _trace()
    if not quantised and set(outputs).isdisjoint(LAYER_NAMES[: LAYER_NAMES.index("pool2")]):
        _crop(model)
    elif set(outputs).isdisjoint(("relu1", "relu2")):
        _pool_first(model)
    wanted = [output for output in model.graph.output if output.name in outputs]
    del model.graph.output[:]
    model.graph.output.extend(wanted)
    if SCORE in outputs:
        _score(model)
    if quantised:
        quantise.extend(model)
    for tensor in model.graph.initializer:
        if tensor.name in (*PARAMETERS, *SCORING, TEMPERATURE):
            _make_external(tensor)
    replace_file(path, model.SerializeToString(deterministic=True))


def _make_external(tensor: "onnx.TensorProto") -> None:
    """Remove a tensor's numbers. The location names no file, because the numbers are supplied in memory."""
    import onnx

    size = len(tensor.raw_data)
    onnx.external_data_helper.set_external_data(tensor, location="weights", offset=0, length=size)
    tensor.ClearField("raw_data")
    tensor.data_location = onnx.TensorProto.EXTERNAL


def export_onnx(checkpoint: Checkpoint, path: str | Path, temperature: float = 1.0) -> None:
    """Write the network with its weights as one self-contained ONNX file. The batch size is free.

    `temperature` is T in probabilities = softmax(logits / T). The outputs are all layers of the convolutional network,
    or `logits` and `probabilities` of the dense one. Needs the package `onnx`, not torch.
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
    """The network as torch exports it, with every layer as an output and without the exporter's notes."""
    import torch

    from model.network import CNN

    class EveryLayer(CNN):
        temperature: torch.Tensor

        def __init__(self) -> None:
            super().__init__()
            self.register_buffer(TEMPERATURE, torch.tensor(2.0))  # the exporter would drop a division by 1

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
    model.graph.ClearField("value_info")  # shapes that every loader infers itself
    _strip(model)
    return model


def _dense_graph() -> "onnx.ModelProto":
    """The dense network, with zeros in place of its parameters and of the temperature."""
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


def _score(model: "onnx.ModelProto") -> None:
    """Add the output `score`, N numbers: w · max(0, A flatten + B relu3 + b), see `calibration.Calibration.score`."""
    from onnx import TensorProto, helper, numpy_helper

    model.graph.initializer.extend(
        numpy_helper.from_array(np.zeros(shape, np.float32), name) for name, shape in SCORING.items()
    )
    model.graph.node.extend(
        [
            helper.make_node("Gemm", ["flatten", "flatten.weight", "hidden.bias"], ["seen"]),
            helper.make_node("Gemm", ["relu3", "relu3.weight", "seen"], ["weighed"]),
            helper.make_node("Relu", ["weighed"], ["fired"]),
            helper.make_node("MatMul", ["fired", "score.weight"], [SCORE]),
        ]
    )
    model.graph.output.append(helper.make_tensor_value_info(SCORE, TensorProto.FLOAT, ["batch"]))


def _pool_first(model: "onnx.ModelProto") -> None:
    """Move each pooling before its ReLU, which then has a quarter of the work. `CNN.quick` says why this is exact."""
    nodes = model.graph.node
    for relu, pool in zip(list(nodes), list(nodes)[1:], strict=False):
        if relu.op_type == "Relu" and pool.op_type == "MaxPool":
            pooled = pool.output[0]
            pool.input[0], pool.output[0] = relu.input[0], relu.output[0]
            relu.input[0], relu.output[0] = pool.output[0], pooled
            at = list(nodes).index(relu)
            nodes.insert(at, pool)
            del nodes[at + 2]


def _crop(model: "onnx.ModelProto") -> None:
    """Crop the input to the pixels that reach `pool2`: the upper left 26×26.

    Each pooling drops a last odd row and column. Going back from the 5×5 cells of `pool2`, n cells depend on
    (n − 1) S + F cells of the layer before: 10 of 11, 12 of 13, 24 of 26, 26 of 28. Cropping saves a sixth of the
    second convolution and changes no bit of the result.
    """
    from onnx import helper, numpy_helper

    rows = LAYERS[LAYER_NAMES.index("pool2")].shape[-1]
    for layer in reversed(LAYERS[: LAYER_NAMES.index("pool2") + 1]):
        rows = (rows - 1) * (layer.stride or 1) + (layer.window or 1)
    bounds = {"crop_from": [0, 0], "crop_to": [rows, rows], "crop_axes": [2, 3]}
    model.graph.initializer.extend(numpy_helper.from_array(np.array(at, np.int64), name) for name, at in bounds.items())
    model.graph.node[0].input[0] = "cropped"
    model.graph.node.insert(0, helper.make_node("Slice", ["input", *bounds], ["cropped"], name="crop"))


def _strip(message: Any) -> None:
    """Remove all notes, at every depth: the exporter writes stack traces with local paths into them."""
    for field, value in message.ListFields():
        if field.name in ("metadata_props", "doc_string"):
            message.ClearField(field.name)
        elif field.message_type is not None:
            for part in value if field.is_repeated else [value]:
                _strip(part)


if __name__ == "__main__":
    export_shipped()
