"""Weights on disk: safetensors with metadata and a hash, the lesson's `.pth`, and the network as an ONNX graph.

Nothing here imports torch until a `.pth` is read or the graph is exported, so that the service can load its weights
without it.
"""

import hashlib
import json
import os
import struct
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

import numpy as np
import safetensors
import safetensors.numpy
from numpy.typing import NDArray

from model.layers import (
    CLASSES,
    DENSE_PARAMETERS,
    LAYER_NAMES,
    LAYERS,
    MEAN,
    NETWORKS,
    PARAMETERS,
    SIDE,
    STD,
    NetworkName,
)

if TYPE_CHECKING:
    import onnx

WEIGHTS = Path(__file__).parent / "weights"
NAMES = ("robust", "lesson")  # of the weights that ship
ROBUST, LESSON = (WEIGHTS / f"{name}.safetensors" for name in NAMES)
SHIPPED = ROBUST  # what is served unless other weights are named
DENSE = WEIGHTS / "dense.safetensors"  # the lesson's dense network, which is measured and never served
GRAPH = WEIGHTS / "network.onnx"
MAPS_GRAPH = WEIGHTS / "maps.onnx"
ANSWER_GRAPH = WEIGHTS / "answer.onnx"

TEMPERATURE = "temperature"  # T in softmax(logits / T), which a graph is supplied with as it is with the weights
LARGEST = 32 * 1024 * 1024  # bytes; the network's own weights are 0.9 MB, with an optimiser's state 2.7 MB
PIXEL_ORDER = "pixel_order"  # in the metadata of weights that were trained on shuffled pixels
TRAIN_EXTRA = "Install the parts that train: pip install 'inkling[train]'."


class CheckpointError(Exception):
    """A file that does not hold this network's weights. The message is one plain sentence or two."""


@dataclass(frozen=True)
class Checkpoint:
    """A network's weights and where they come from.

    `tensors` are float32, keyed and shaped as `model.layers.NETWORKS` says. `content` is the safetensors file,
    `sha256` its hash in hexadecimal.
    """

    tensors: dict[str, NDArray[np.float32]] = field(repr=False)
    metadata: dict[str, str]
    sha256: str
    content: bytes = field(repr=False)
    name: str

    @property
    def model(self) -> str:
        """The name by which answers say which weights gave them."""
        return f"{self.name}-{self.sha256[:8]}"

    @property
    def network(self) -> NetworkName:
        """Which network the weights are of."""
        return _likest(self.tensors)

    @property
    def pixel_order(self) -> list[int] | None:
        """The order of the pixels in the pictures that it was trained on; None where they were as they are."""
        order = self.metadata.get(PIXEL_ORDER)
        return None if order is None else list(json.loads(order))


def find(name: str | Path) -> Path:
    """Where weights are: those that ship by name, `robust`, `lesson` or `dense`; anything else is a path already."""
    return WEIGHTS / f"{name}.safetensors" if str(name) in (*NAMES, DENSE.stem) else Path(name)


def read(path: str | Path, *, baselines: bool = False) -> Checkpoint:
    """Read weights from a `.safetensors` file or from a state dict as the lesson saves it (`.pth`, `.pt`).

    Which of the two it is, the first bytes say, not the name. `baselines` are only there to be measured: the dense
    network, and weights trained on shuffled pixels; without it they are refused. Raises CheckpointError.
    """
    path = Path(path)
    try:
        if path.stat().st_size > LARGEST:
            raise CheckpointError(f"{path} is too large to hold this network: its 225,034 weights take 0.9 MB.")
        content = path.read_bytes()
    except FileNotFoundError:
        raise CheckpointError(f"There is no file {path}.") from None
    except OSError as error:
        raise CheckpointError(f"{path} cannot be read: {error.strerror}.") from error

    if content.startswith((b"PK", b"\x80")):  # a zip archive, or the bare pickle of PyTorch before 1.6
        tensors = check(_read_state_dict(path), str(path))
        metadata: dict[str, str] = {}
        content = encode(tensors, metadata)
    else:
        try:
            tensors = check(safetensors.numpy.load(content), str(path))
        except (safetensors.SafetensorError, KeyError, ValueError, TypeError, AttributeError) as error:
            raise CheckpointError(
                f"{path} is not a checkpoint: neither a whole safetensors file nor a state dict saved by PyTorch."
            ) from error
        metadata = metadata_of(content)
    found = _checkpoint(tensors, metadata, content, path)
    _check_order(found, path)
    if not baselines and (reason := _only_measured(found)):
        raise CheckpointError(f"{path} {reason} It can be measured: inkling evaluate --weights {path}")
    return found


def write(path: str | Path, tensors: Mapping[str, NDArray[Any]], metadata: Mapping[str, str]) -> Checkpoint:
    """Write weights and metadata as a safetensors file, all of it or nothing; the same input gives the same bytes.

    Raises CheckpointError if the tensors are not this network's, OSError if the file cannot be written.
    """
    path = Path(path)
    checked = check(tensors, str(path))
    content = encode(checked, metadata)
    replace_file(path, content)
    return _checkpoint(checked, dict(metadata), content, path)


def check(tensors: Mapping[str, NDArray[Any]], source: str) -> dict[str, NDArray[np.float32]]:
    """The tensors in their network's order as float32, or CheckpointError naming `source` and the first thing wrong."""
    parameters = NETWORKS[_likest(tensors)]
    missing = [key for key in parameters if key not in tensors]
    if missing:
        raise CheckpointError(f"{source} does not hold the lesson's network: {_list(missing)} missing.")
    extra = [key for key in tensors if key not in parameters]
    if extra:
        raise CheckpointError(f"{source} holds more than the lesson's network: {_list(extra)} not known.")
    checked = {}
    for key, shape in parameters.items():
        values = np.asarray(tensors[key])
        if values.shape != shape:
            raise CheckpointError(
                f"In {source}, {key} is {_by(values.shape)}; the lesson's network has {_by(shape)} there."
            )
        if not np.issubdtype(values.dtype, np.floating):
            raise CheckpointError(f"In {source}, {key} holds {values.dtype} values; weights are floating-point.")
        with np.errstate(over="ignore"):  # a float64 too large for float32 becomes infinite, and is named below
            values = np.ascontiguousarray(values, dtype=np.float32)
        if not np.isfinite(values).all():
            raise CheckpointError(f"In {source}, {key} holds values that are not finite float32 numbers.")
        checked[key] = values
    return checked


def encode(tensors: Mapping[str, NDArray[np.float32]], metadata: Mapping[str, str]) -> bytes:
    """A safetensors file: eight bytes of length, a JSON header, the numbers.

    Written here because the library keeps metadata in a hash map and so orders it anew in every process; weights that
    are equal bit for bit should make files that are.
    """
    header: dict[str, Any] = {"__metadata__": dict(metadata)} if metadata else {}
    offset = 0
    for key, values in tensors.items():
        header[key] = {"dtype": "F32", "shape": list(values.shape), "data_offsets": [offset, offset + values.nbytes]}
        offset += values.nbytes
    text = json.dumps(header, ensure_ascii=False, separators=(",", ":")).encode()
    text += b" " * (-len(text) % 8)  # the numbers begin at a multiple of eight
    return b"".join(
        [struct.pack("<Q", len(text)), text, *(values.astype("<f4").tobytes() for values in tensors.values())]
    )


def replace_file(path: str | Path, content: bytes) -> None:
    """Write a file whole or not at all: whoever reads it sees the old content or the new, even after a power cut."""
    path = Path(path)
    unfinished = path.with_name(f".{path.name}.{os.getpid()}.unfinished")
    try:
        with unfinished.open("wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        unfinished.replace(path)
    finally:
        unfinished.unlink(missing_ok=True)


def export_graph(path: str | Path, outputs: Sequence[str] = LAYER_NAMES[1:]) -> None:
    """Write the network as an ONNX graph without weights. Needs torch.

    `model/weights/network.onnx` puts out all layers but the input, N×1×28×28, and is what `export_onnx` fills in. The
    service runs two others: `maps.onnx` puts out `engines.MAPS`, from which the other layers follow at a glance, and
    `answer.onnx` only `engines.ANSWER`, which lets a runtime merge each convolution with its ReLU, and leave out what
    the last pooling leaves out. The eight parameters and the temperature are declared as external data; whoever loads
    the graph supplies them (`SessionOptions.add_external_initializers`), so that the weights have one home, the
    safetensors file.
    """
    import onnx

    model = _trace()
    if set(outputs).isdisjoint(LAYER_NAMES[: LAYER_NAMES.index("pool2")]):
        _crop(model)
    wanted = [output for output in model.graph.output if output.name in outputs]
    del model.graph.output[:]
    model.graph.output.extend(wanted)
    for tensor in model.graph.initializer:
        if tensor.name in PARAMETERS or tensor.name == TEMPERATURE:
            # the location names no file: nothing opens it, because the values are supplied in memory
            size = len(tensor.raw_data)
            onnx.external_data_helper.set_external_data(tensor, location="weights", offset=0, length=size)
            tensor.ClearField("raw_data")
            tensor.data_location = onnx.TensorProto.EXTERNAL
    replace_file(path, model.SerializeToString(deterministic=True))


def export_onnx(checkpoint: Checkpoint, path: str | Path, temperature: float = 1.0) -> None:
    """Write the network with its weights as one self-contained ONNX file, with any number of pictures in a batch.

    `temperature` is T in probabilities = softmax(logits / T). It is the graph of every layer, filled with the
    checkpoint's weights; for the dense network, its four layers. Needs the package `onnx`, not torch.
    """
    import onnx

    model = _dense_graph() if checkpoint.network == "dense" else onnx.load_model(str(GRAPH), load_external_data=False)
    values = {**checkpoint.tensors, TEMPERATURE: np.array(temperature, np.float32)}
    for tensor in model.graph.initializer:
        if tensor.name in values:
            tensor.CopyFrom(onnx.numpy_helper.from_array(values[tensor.name], tensor.name))
    model.doc_string = (
        f"{checkpoint.model}: reads a handwritten digit. Input: pictures of {SIDE}×{SIDE} pixels, white ink on black, "
        f"normalised as (pixel/255 − {MEAN}) / {STD}."
    )
    if checkpoint.pixel_order is not None:
        model.doc_string += f" Their pixels shuffled: pixel i is pixel {json.dumps(checkpoint.pixel_order)}[i]."
    onnx.checker.check_model(model)
    replace_file(path, model.SerializeToString(deterministic=True))


def _likest(tensors: Mapping[str, object]) -> NetworkName:
    """The network that tensors of these names are of, or come nearest to."""
    return max(NETWORKS, key=lambda name: len(NETWORKS[name].keys() & tensors.keys()))


def _only_measured(found: Checkpoint) -> str | None:
    """Why weights cannot answer drawings, in a sentence that the name of their file begins."""
    if found.network != "cnn":
        return "holds the dense network, which has no feature maps to show."
    if found.pixel_order is not None:
        return "was trained on pictures with their pixels shuffled, so it cannot read a drawing as it is."
    return None


def _check_order(found: Checkpoint, path: Path) -> None:
    try:
        order = found.pixel_order
        whole = order is None or sorted(order) == list(range(SIDE * SIDE))
    except (ValueError, TypeError):
        whole = False
    if not whole:
        raise CheckpointError(f"In {path}, {PIXEL_ORDER} is no permutation of the {SIDE * SIDE} pixels.")


def _checkpoint(
    tensors: dict[str, NDArray[np.float32]], metadata: dict[str, str], content: bytes, path: Path
) -> Checkpoint:
    return Checkpoint(
        tensors=tensors,
        metadata=metadata,
        sha256=hashlib.sha256(content).hexdigest(),
        content=content,
        name=metadata.get("name") or path.stem,
    )


def metadata_of(content: bytes) -> dict[str, str]:
    """The metadata of a safetensors file that the library has already found whole."""
    (length,) = struct.unpack("<Q", content[:8])
    return dict(json.loads(content[8 : 8 + length]).get("__metadata__") or {})


def _read_state_dict(path: Path) -> dict[str, NDArray[Any]]:
    if find_spec("torch") is None:
        raise CheckpointError(f"{path} is a PyTorch file, and PyTorch is not installed here. {TRAIN_EXTRA}")
    import pickle

    import torch

    try:
        # weights_only: a pickle can run any code; this reads tensors and nothing else
        state = torch.load(path, map_location="cpu", weights_only=True)
    except pickle.UnpicklingError as error:
        raise CheckpointError(
            f"{path} holds more than tensors, perhaps a whole pickled model. "
            "Save its state dict instead: torch.save(model.state_dict(), 'mnist_cnn.pth')."
        ) from error
    except Exception as error:  # torch raises whatever it stumbles over: RuntimeError, EOFError, KeyError, …
        raise CheckpointError(f"{path} is not a whole PyTorch file.") from error
    if not isinstance(state, Mapping) or not all(isinstance(value, torch.Tensor) for value in state.values()):
        raise CheckpointError(
            f"{path} is a PyTorch file, but not a state dict. "
            "Save one with torch.save(model.state_dict(), 'mnist_cnn.pth')."
        )
    return {
        str(key): (value.float() if value.is_floating_point() else value).detach().contiguous().numpy()
        for key, value in state.items()
    }


def _trace() -> "onnx.ModelProto":
    """The network as torch exports it, every layer an output, without the exporter's notes."""
    import torch

    from model.network import CNN

    class EveryLayer(CNN):
        temperature: torch.Tensor

        def __init__(self) -> None:
            super().__init__()
            self.register_buffer(TEMPERATURE, torch.tensor(2.0))  # at 1 the exporter would drop the division

        def forward(self, pictures: torch.Tensor) -> tuple[torch.Tensor, ...]:  # type: ignore[override]
            return tuple(self.activations(pictures, self.temperature).values())[1:]

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
    model.graph.ClearField("value_info")  # shapes that a loader infers anyway
    _strip(model)
    return model


def _dense_graph() -> "onnx.ModelProto":
    """The dense network, its parameters and the temperature still to be filled in."""
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


def _crop(model: "onnx.ModelProto") -> None:
    """Let the graph look only at what reaches `pool2`: the upper left 26×26 pixels.

    Each pooling leaves out a last odd row and column. Going back from the 5×5 of `pool2`, n cells take (n − 1) S + F
    before them: 10 of 11, 12 of 13, 24 of 26, 26 of 28. Not computing the others saves a sixth of the second
    convolution and changes no bit of what comes after.
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
    """Take out notes of every kind, at every depth: the exporter writes stack traces there, local paths and all."""
    for field_, value in message.ListFields():
        if field_.name in ("metadata_props", "doc_string"):
            message.ClearField(field_.name)
        elif field_.message_type is not None:
            for part in value if field_.is_repeated else [value]:
                _strip(part)


def _list(keys: list[str]) -> str:
    shown = ", ".join(keys[:4])
    return f"{shown}{' and more' if len(keys) > 4 else ''} {'is' if len(keys) == 1 else 'are'}"


def _by(shape: tuple[int, ...]) -> str:
    return "×".join(map(str, shape)) or "a single number"
