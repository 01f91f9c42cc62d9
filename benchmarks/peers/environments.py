"""Makes the peers' environments, and the files of the network that the peers load.

Each environment is a folder in .peers/ with the packages of one file in `pins`. A stamp file records what was
installed, so a second call installs nothing.
"""

import hashlib
import subprocess
import sys
import venv
from pathlib import Path

from benchmarks.client import LoadError
from model.checkpoint import SHIPPED, read
from model.training.export_onnx import export_onnx

ROOT = Path(__file__).resolve().parents[2]
FOLDER = ROOT / ".peers"
PINS = Path(__file__).with_name("pins")
MODEL = FOLDER / "model"  # network.onnx and mnist_cnn.pth
INSTALL_SECONDS = 900.0  # the longest installation; PyTorch with its CUDA libraries has several gigabytes


class InstallError(Exception):
    """Raised if a peer cannot be installed here. The message is the reason in one sentence."""


def python(environment: str | None) -> Path:
    """The Python of an environment; without a name, the project's own."""
    return FOLDER / environment / "bin" / "python" if environment else Path(sys.executable)


def pinned(environment: str) -> dict[str, str]:
    """The packages of an environment, and their versions."""
    lines = (PINS / f"{environment}.txt").read_text(encoding="utf-8").splitlines()
    pins = [line.partition("#")[0].strip().partition("==") for line in lines]
    return {name.partition("[")[0]: version for name, _, version in pins if version}


def is_installed(environment: str) -> bool:
    """Whether the environment has the packages of its pins."""
    stamp = FOLDER / environment / "pins.sha256"
    return stamp.exists() and stamp.read_text(encoding="utf-8") == _digest(environment)


def install(environment: str) -> None:
    """Make the environment, unless it is up to date. Raises InstallError if pip fails."""
    if is_installed(environment):
        return
    folder = FOLDER / environment
    (folder / "pins.sha256").unlink(missing_ok=True)
    if not python(environment).exists():
        venv.create(folder, with_pip=True, clear=True)
    command = [str(python(environment)), "-m", "pip", "install", "--quiet", "-r", str(PINS / f"{environment}.txt")]
    try:
        done = subprocess.run(command, capture_output=True, text=True, timeout=INSTALL_SECONDS, check=False)
    except subprocess.TimeoutExpired:
        raise InstallError(f"its packages were not installed within {INSTALL_SECONDS:.0f} s") from None
    if done.returncode:
        raise InstallError(reason(done.stderr))
    (folder / "pins.sha256").write_text(_digest(environment), encoding="utf-8")


def reason(output: str) -> str:
    """The reason why pip failed: the first of its error messages, in one line."""
    errors = [line.strip() for line in output.splitlines() if line.lower().lstrip().startswith("error:")]
    return errors[0].partition(":")[2].strip() if errors else "pip failed without a reason"


def write_model() -> None:
    """Write Inkling's weights as an ONNX file whose only output is the probabilities, and as a torch state dict.

    The file has no other outputs, because ONNX Runtime runs it faster than one with the outputs of all layers.
    """
    import onnx
    import torch

    MODEL.mkdir(parents=True, exist_ok=True)
    checkpoint = read(SHIPPED)
    graph = MODEL / "network.onnx"
    export_onnx(checkpoint, graph)
    network = onnx.load_model(str(graph))
    outputs = [output for output in network.graph.output if output.name == "probabilities"]
    if not outputs:
        raise LoadError("the exported network has no output with the probabilities")
    network.graph.ClearField("output")
    network.graph.output.extend(outputs)
    onnx.save_model(network, str(graph))
    state = {name: torch.from_numpy(values.copy()) for name, values in checkpoint.tensors.items()}
    torch.save(state, MODEL / "mnist_cnn.pth")


def _digest(environment: str) -> str:
    text = (PINS / f"{environment}.txt").read_text(encoding="utf-8")
    return hashlib.sha256(f"{text}{FOLDER}{sys.version_info[:2]}".encode()).hexdigest()
