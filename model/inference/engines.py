"""The two engines that run the network: ONNX Runtime on a CPU, PyTorch on a GPU.

Each library is imported only when its engine is chosen.
"""

import os
from collections.abc import Mapping, Sequence
from functools import cache, cached_property
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal, Protocol

import numpy as np
from numpy.typing import NDArray

from model import hints
from model.checkpoint import WEIGHTS, Checkpoint

if TYPE_CHECKING:
    from onnxruntime import InferenceSession

EngineName = Literal["auto", "onnx", "torch"]
Batch = NDArray[np.float32]

GRAPH = WEIGHTS / "network.onnx"  # a graph with every layer as an output, written by `model.training.export_onnx`
PREDICTION_GRAPH = WEIGHTS / "network-prediction.onnx"  # the same graph, with the outputs of a prediction only
ANY_WEIGHTS_GRAPH = WEIGHTS / "network-any-weights.onnx"  # the first graph, with the weights as inputs
# The prediction's graph, with the largest parameter as an input.
COMPACT_PREDICTION_GRAPH = WEIGHTS / "network-compact-prediction.onnx"
# ONNX Runtime's Linux builds report usage to Microsoft unless this is in the environment before they are imported.
NO_TELEMETRY = {"ORT_DISABLE_TELEMETRY": "1"}
# What a prediction needs: `flatten` and `relu3` for the in-distribution score, `logits` for the plain softmax.
PREDICTION_LAYERS = ("flatten", "relu3", "logits", "probabilities")
LARGEST_PARAMETER = "classifier.1.weight"  # 204,800 of the 225,034 numbers
TEMPERATURE = "temperature"  # the graph's name for T in softmax(logits / T); its value is supplied like a weight


class EngineError(Exception):
    """The requested engine cannot run here. The message says why and what to do."""


class Engine(Protocol):
    """The interface of the two engines. An engine runs the network on a device."""

    name: str
    device: str

    def run(self, images: Batch, layers: Sequence[str]) -> list[Batch]:
        """Compute the outputs of `layers`, in that order, for normalised images, N×1×28×28.

        Each output is float32, N×shape, with the shape from `model.layers.LAYERS`.
        """
        ...


def load(
    checkpoint: Checkpoint, engine: EngineName = "auto", temperature: float = 1.0, *, shared: bool = False
) -> Engine:
    """The requested engine; `auto` is PyTorch if it is installed and finds a CUDA device, otherwise ONNX Runtime.

    `temperature` is T in probabilities = softmax(logits / T). If `shared` is true, the weights are one of many sets in
    memory: see SharedOnnxEngine. Raises EngineError if PyTorch is requested but not installed.
    """
    if engine == "torch" or (engine == "auto" and _cuda_is_likely()):
        if find_spec("torch") is None:
            raise EngineError(
                f"The torch engine needs PyTorch, which is not installed here. {hints.install_for_training()}"
            )
        _use_one_thread()
        torch_engine = TorchEngine(checkpoint, temperature)
        if engine == "torch" or torch_engine.device != "cpu":
            return torch_engine
    return SharedOnnxEngine(checkpoint.tensors, temperature) if shared else OnnxEngine(checkpoint, temperature)


def _use_one_thread() -> None:
    """Let PyTorch compute on one CPU thread. Batches have 1 to 4 images, for which more threads are not faster.

    On a busy machine they are many times slower, because each layer waits for the slowest thread, and the threads of
    OpenMP spin while they wait. OpenMP reads the variable once, when PyTorch is first imported.
    """
    os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")
    import torch

    torch.set_num_threads(1)


def _cuda_is_likely() -> bool:
    """Whether torch is installed and a GPU driver seems to be present. Asking torch itself would take seconds."""
    devices = ("/dev/nvidia0", "/dev/nvidiactl", "/dev/dxg", "/proc/driver/nvidia/version")
    return find_spec("torch") is not None and any(Path(device).exists() for device in devices)


class OnnxEngine:
    """Runs the exported graph with ONNX Runtime on one CPU thread.

    Most requests want a prediction only. They use a separate session: ONNX Runtime fuses operations whose results are
    not outputs, which saves a sixth of the time. When a class of students uses the service, batches have 1 to 4 images.
    For these sizes, a second thread was no faster.
    """

    name = "onnx"
    device = "cpu"

    def __init__(self, checkpoint: Checkpoint, temperature: float = 1.0) -> None:
        parameters = _with_temperature(checkpoint.tensors, temperature)
        self._session, self._prediction_session = (_session(graph, parameters) for graph in (GRAPH, PREDICTION_GRAPH))

    def run(self, images: Batch, layers: Sequence[str]) -> list[Batch]:
        """See Engine.run."""
        session = self._prediction_session if _is_prediction(layers) else self._session
        return _run(session, {"input": images}, layers)


class SharedOnnxEngine:
    """Runs one of many sets of weights with ONNX Runtime. A set takes little more memory than its numbers.

    All layers come from one session that all sets share: the weights are inputs of its graph. ONNX Runtime cannot
    arrange them in advance, so a run takes 1.3 times as long as with OnnxEngine.

    For predictions, which most requests want, each set has a session of its own. ONNX Runtime would copy the numbers
    of all its parameters, so the largest one is an input, too. Such a session takes 0.2 MB, and a millisecond to start
    when the first prediction is requested. A run takes 1.05 to 1.2 times as long as with OnnxEngine.
    """

    name = "onnx"
    device = "cpu"

    def __init__(self, tensors: Mapping[str, Batch], temperature: float = 1.0) -> None:
        self._weights = _with_temperature(tensors, temperature)

    @cached_property
    def _prediction_session(self) -> "InferenceSession":
        small = {name: values for name, values in self._weights.items() if name != LARGEST_PARAMETER}
        return _session(COMPACT_PREDICTION_GRAPH, small, keeps_memory=False)

    def run(self, images: Batch, layers: Sequence[str]) -> list[Batch]:
        """See Engine.run."""
        if _is_prediction(layers):
            largest = self._weights[LARGEST_PARAMETER]
            return _run(self._prediction_session, {"input": images, LARGEST_PARAMETER: largest}, layers)
        return _run(_shared_session(), {"input": images, **self._weights}, layers)


def run_weights(tensors: Mapping[str, Batch], images: Batch, layers: Sequence[str]) -> list[Batch]:
    """The outputs of `layers` for weights that change after each run, with the plain softmax: see Engine.run."""
    return _run(_shared_session(), {"input": images, **_with_temperature(tensors, 1)}, layers)


@cache
def _shared_session() -> "InferenceSession":
    return _session(ANY_WEIGHTS_GRAPH, {})


def _session(graph: Path, parameters: Mapping[str, Batch], *, keeps_memory: bool = True) -> "InferenceSession":
    """A session of a graph that declares these parameters as external data. The numbers exist only in memory.

    If `keeps_memory` is true, the session keeps the memory of its largest batch for later ones.
    """
    os.environ.update(NO_TELEMETRY)
    import onnxruntime as ort

    options = ort.SessionOptions()
    options.intra_op_num_threads = options.inter_op_num_threads = 1
    options.log_severity_level = 3
    options.enable_cpu_mem_arena = keeps_memory
    options.add_external_initializers(
        list(parameters), [ort.OrtValue.ortvalue_from_numpy(values) for values in parameters.values()]
    )
    return ort.InferenceSession(graph.read_bytes(), options, providers=["CPUExecutionProvider"])


def _with_temperature(tensors: Mapping[str, Batch], temperature: float) -> dict[str, Batch]:
    return {**tensors, TEMPERATURE: np.array(temperature, np.float32)}


def _is_prediction(layers: Sequence[str]) -> bool:
    """Whether these are layers of a prediction only."""
    return all(layer in PREDICTION_LAYERS for layer in layers)


def _run(session: "InferenceSession", inputs: Mapping[str, Batch], layers: Sequence[str]) -> list[Batch]:
    """Compute the outputs of `layers`. The output of the layer `input` is the network's input."""
    computed = [layer for layer in layers if layer != "input"]
    outputs: dict[str, Batch] = {"input": inputs["input"]}
    if computed:  # given an empty list, ONNX Runtime would compute all outputs
        outputs.update(zip(computed, session.run(computed, inputs), strict=True))
    return [outputs[layer] for layer in layers]


class TorchEngine:
    """Runs the network with PyTorch, on the GPU if there is one."""

    name = "torch"

    def __init__(self, checkpoint: Checkpoint, temperature: float = 1.0) -> None:
        import torch

        from model.network import CNN

        self.device = "cuda" if torch.cuda.is_available() else "cpu"
        # Users read feature maps as numbers, so compute products in float32, not in TF32 with its ten-bit mantissa.
        torch.backends.cuda.matmul.allow_tf32 = False
        torch.backends.cudnn.allow_tf32 = False
        self._torch = torch
        self._network = CNN()
        self._network.load_state_dict(
            {key: torch.from_numpy(value.copy()) for key, value in checkpoint.tensors.items()}
        )
        self._network.to(self.device).eval()
        self._temperature = temperature

    def run(self, images: Batch, layers: Sequence[str]) -> list[Batch]:
        """See Engine.run."""
        with self._torch.inference_mode():
            on_device = self._torch.from_numpy(images).to(self.device)
            outputs: dict[str, Any] = self._network.activations(on_device, self._temperature)
            return [np.ascontiguousarray(outputs[layer].cpu().numpy()) for layer in layers]
