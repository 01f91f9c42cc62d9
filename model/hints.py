"""The commands that messages tell the reader to type, in the form that works in this installation.

There are three kinds of installation: a checkout, in which `make` installs the packages into `.venv`; a Docker image;
and a package that pip, pipx or uv installed.
"""

import os
import shlex
import shutil
import sys
import sysconfig
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
TRAIN_PACKAGES = ("torch", "torchvision", "onnx", "onnxscript", "matplotlib", "rich")  # the extra `train`
IMAGE = "INKLING_IMAGE"  # an environment variable that the Dockerfile sets: the image's name in the README


def command(*words: str) -> str:
    """A command line that runs `inkling` with these arguments, as the reader can type it."""
    if image := os.environ.get(IMAGE):
        published = ["-p", "8000:8000"] if words[0] == "serve" else []
        listening = ["--host", "0.0.0.0"] if words[0] == "serve" else []  # noqa: S104  # inside the container
        start = shlex.join(["docker", "run", "--rm", *published, "-v"])
        return f'{start} "$PWD:/work" {shlex.join([image, *words, *listening])}'
    return shlex.join([*_program(), *words])


def install_for_training() -> str:
    """A sentence with the command that installs the packages of the extra `train`, without training anything."""
    if os.environ.get(IMAGE):
        return "Build the image that has it, in the checkout: docker build --target train -t inkling-train ."
    python, prefix = _shown(sys.executable), Path(sys.prefix)
    if (ROOT / "Makefile").is_file() and prefix.resolve() == (ROOT / ".venv").resolve():
        words = ["make", *([] if Path.cwd() == ROOT else ["-C", _shown(ROOT)]), "train", "ARGS=--help"]
    elif (prefix / "pipx_metadata.json").is_file():
        words = ["pipx", "inject", prefix.name, *TRAIN_PACKAGES]
    elif _made_by_uv(prefix):
        words = ["uv", "pip", "install", "--python", python, *TRAIN_PACKAGES]
    else:
        words = [python, "-m", "pip", "install", *TRAIN_PACKAGES]
    return f"This command installs what is missing: {shlex.join(words)}"


def _program() -> list[str]:
    """The words that start `inkling`: its name if the shell finds this installation's script, otherwise a path."""
    script = Path(sysconfig.get_path("scripts")) / ("inkling.exe" if os.name == "nt" else "inkling")
    if not script.is_file():
        return [_shown(sys.executable), "-m", "inkling"]
    found = shutil.which("inkling")
    return ["inkling"] if found and Path(found).samefile(script) else [_shown(script)]


def _made_by_uv(prefix: Path) -> bool:
    """Whether uv created this environment; such an environment has no pip."""
    settings = prefix / "pyvenv.cfg"
    return settings.is_file() and any(line.startswith("uv =") for line in settings.read_text("utf-8").splitlines())


def _shown(path: str | Path) -> str:
    """The path relative to the working folder if it is inside, otherwise the whole path."""
    path = Path(path)
    return str(path.relative_to(Path.cwd())) if path.is_relative_to(Path.cwd()) else str(path)
