"""Two engines, one network: ONNX Runtime on a CPU, PyTorch on a GPU. Neither is imported before it is chosen."""

import os
from collections.abc import Sequence
from functools import cache
from importlib.util import find_spec
from itertools import pairwise
from pathlib import Path
from typing import Any, Literal, Protocol

import numpy as np
from numpy.typing import NDArray

from model.checkpoint import TRAIN_EXTRA, Checkpoint
from model.inference import quantise
from model.inference.calibration import Calibration, score, uncalibrated
from model.inference.graphs import ANSWER_GRAPH, MAPS_GRAPH, QUANTISED_GRAPH, SCORE, TEMPERATURE
from model.inference.quantise import HIGHS, LOWS, SMALLEST_STEP, STEPS, Quantised
from model.layers import LAYERS

EngineName = Literal["auto", "onnx", "torch"]
Batch = NDArray[np.float32]
ANSWER = ("probabilities", SCORE)  # what an answer is made of, in one graph that puts out nothing else
# What takes more than a glance at another layer; a graph that puts out no more than these is a quarter faster.
MAPS = (*(layer.name for layer in LAYERS if layer.kind not in ("input", "relu", "flatten")), SCORE)

_ANSWERS = frozenset(ANSWER)
_MANY = 4  # pictures from which on two threads are sooner done
_BEFORE = {layer.name: before.name for before, layer in pairwise(LAYERS)}
_AFTER = {before: name for name, before in _BEFORE.items() if name not in MAPS}  # what is derived from a layer


class EngineError(Exception):
    """An engine that was asked for and cannot run here; the text says why and what helps."""


class Engine(Protocol):
    """Something that runs the network."""

    name: str
    device: str

    def run(self, pictures: Batch, layers: Sequence[str]) -> list[Batch]:
        """Normalised pictures, N×1×28×28, to what the named layers put out, in the order named; each N×shape.

        Beside the layers there is `score`, the N scores by which the calibration ranks drawings.
        """
        ...

    def quantised(self, pictures: Batch, layers: Sequence[str]) -> Quantised:
        """The same as a byte a number (model/inference/quantise.py), with what an answer is made of."""
        ...


def load(
    checkpoint: Checkpoint,
    engine: EngineName = "auto",
    calibration: Calibration | None = None,
    cores: int | None = None,
) -> Engine:
    """The engine asked for; `auto` is PyTorch where it is installed and finds a CUDA device, else ONNX Runtime.

    Without a calibration probabilities are the lesson's own softmax, and all scores are zero. `cores` says how many
    cores this process may count on, where others share the machine's with it. Raises EngineError when PyTorch is asked
    for and is not installed.
    """
    if engine == "torch" or (engine == "auto" and _cuda_is_likely()):
        if find_spec("torch") is None:
            raise EngineError(f"The torch engine needs PyTorch, which is not installed here. {TRAIN_EXTRA}")
        chosen = TorchEngine(checkpoint, calibration)
        if engine == "torch" or chosen.device != "cpu":
            return chosen
    return OnnxEngine(checkpoint, calibration, cores)


def _cuda_is_likely() -> bool:
    """Whether it is worth the seconds that importing torch takes to look for a GPU."""
    devices = ("/dev/nvidia0", "/dev/nvidiactl", "/dev/dxg", "/proc/driver/nvidia/version")
    return find_spec("torch") is not None and any(Path(device).exists() for device in devices)


def all_cores() -> int:
    """How many cores this process may run on."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


@cache
def _onnx_runtime() -> Any:
    """The library, with one allocator for all sessions: each with its own would keep 2 MB more for what it works on."""
    # ONNX Runtime's Linux builds report usage to its maker unless this is set before the library is loaded.
    os.environ["ORT_DISABLE_TELEMETRY"] = "1"
    import onnxruntime as ort

    memory = ort.OrtMemoryInfo("Cpu", ort.OrtAllocatorType.ORT_ARENA_ALLOCATOR, 0, ort.OrtMemType.DEFAULT)
    ort.create_and_register_allocator(memory, None)
    return ort


class OnnxEngine:
    """The exported graph on one CPU thread: for one picture a second thread costs more than it brings.

    For several a second one is worth its while, if there is a core for it.
    """

    name = "onnx"
    device = "cpu"

    def __init__(
        self, checkpoint: Checkpoint, calibration: Calibration | None = None, cores: int | None = None
    ) -> None:
        ort = _onnx_runtime()
        calibrated = calibration or uncalibrated()
        supplied = {
            **checkpoint.tensors,
            **calibrated.scoring,
            TEMPERATURE: np.array(calibrated.temperature, np.float32),
        }

        values = [ort.OrtValue.ortvalue_from_numpy(values) for values in supplied.values()]

        def session(graph: Path, threads: int) -> Any:
            options = ort.SessionOptions()
            options.intra_op_num_threads = threads
            options.add_session_config_entry("session.force_spinning_stop", "1")  # no waiting for work between batches
            options.add_session_config_entry("session.use_env_allocators", "1")  # one for all sessions
            options.inter_op_num_threads = 1
            options.log_severity_level = 3
            options.add_external_initializers(list(supplied), values)
            return ort.InferenceSession(graph.read_bytes(), options, providers=["CPUExecutionProvider"])

        # Three graphs of the same weights: where only the answer is wanted, convolution and ReLU become one step, a
        # quarter faster; where bytes are, no float of the larger layers leaves the graph. Each for few pictures and
        # for many.
        threads = (1, 2) if (cores or all_cores()) > 1 else (1,)
        self._maps, self._bytes, self._answer = (
            [session(graph, n) for n in threads] for graph in (MAPS_GRAPH, QUANTISED_GRAPH, ANSWER_GRAPH)
        )

    def run(self, pictures: Batch, layers: Sequence[str]) -> list[Batch]:
        """See Engine.run."""
        which = -1 if len(pictures) >= _MANY else 0
        if set(layers) <= _ANSWERS:
            answer: list[Batch] = self._answer[which].run(layers, {"input": pictures})
            return answer
        found: dict[str, Batch] = {"input": pictures}
        computed = [name for name in MAPS if name in layers or _AFTER.get(name) in layers]
        if computed:
            found.update(zip(computed, self._maps[which].run(computed, {"input": pictures}), strict=True))
        return [found[name] if name in found else _derived(name, found[_BEFORE[name]]) for name in layers]

    def quantised(self, pictures: Batch, layers: Sequence[str]) -> Quantised:
        """See Engine.quantised."""
        which = -1 if len(pictures) >= _MANY else 0
        wanted = [*quantise.outputs(layers), LOWS, HIGHS, *ANSWER]
        found = dict(zip(wanted, self._bytes[which].run(wanted, {"input": pictures}), strict=True))
        return Quantised(*quantise.read(layers, found), *(found[name] for name in ANSWER))


def _derived(name: str, before: Batch) -> Batch:
    """What a layer that is not computed in the graph puts out, from the layer before it."""
    if name == "flatten":
        return before.reshape(len(before), -1)
    rectified: Batch = np.maximum(before, 0)  # ReLU
    return rectified


class TorchEngine:
    """PyTorch, on the GPU if there is one."""

    name = "torch"

    def __init__(self, checkpoint: Checkpoint, calibration: Calibration | None = None) -> None:
        import torch

        from model.network import CNN

        self.device = "cuda" if torch.cuda.is_available() else "cpu"
        # Feature maps are read as numbers: keep float32 products float32, not TF32 with its ten-bit mantissa.
        torch.backends.cuda.matmul.allow_tf32 = False
        torch.backends.cudnn.allow_tf32 = False
        self._torch = torch
        self._network = CNN()
        self._network.load_state_dict(
            {key: torch.from_numpy(value.copy()) for key, value in checkpoint.tensors.items()}
        )
        self._network.to(self.device).eval()
        calibrated = calibration or uncalibrated()
        self._temperature = calibrated.temperature
        self._scoring = {
            name: torch.from_numpy(values.copy()).to(self.device) for name, values in calibrated.scoring.items()
        }

    def run(self, pictures: Batch, layers: Sequence[str]) -> list[Batch]:
        """See Engine.run."""
        with self._torch.inference_mode():
            outputs = self._outputs(pictures)
            return [_on_the_cpu(outputs[layer]) for layer in layers]

    def quantised(self, pictures: Batch, layers: Sequence[str]) -> Quantised:
        """See Engine.quantised."""
        maps, ends = [], []
        with self._torch.inference_mode():
            outputs = self._outputs(pictures)
            for layer in layers:
                values = outputs[layer].flatten(1)
                low, high = values.aminmax(dim=1, keepdim=True)
                step = ((high - low) / STEPS).clamp_(min=SMALLEST_STEP)
                maps.append(((values - low) / step).round_().to(self._torch.uint8).view_as(outputs[layer]))
                ends.append(self._torch.cat((low, high), dim=1))
            pairs = _on_the_cpu(self._torch.stack(ends)).tolist() if ends else []
            return Quantised(
                [_on_the_cpu(values) for values in maps],
                [[(low, high) for low, high in layer] for layer in pairs],
                *(_on_the_cpu(outputs[name]) for name in ANSWER),
            )

    def _outputs(self, pictures: Batch) -> dict[str, Any]:
        """All layers, and the scores, on the device."""
        shown = self._torch.from_numpy(pictures).to(self.device)
        outputs: dict[str, Any] = self._network.activations(shown, self._temperature)
        outputs[SCORE] = score(outputs["flatten"], outputs["relu3"], self._scoring)
        return outputs


def _on_the_cpu(values: Any) -> Any:
    return np.ascontiguousarray(values.cpu().numpy())
