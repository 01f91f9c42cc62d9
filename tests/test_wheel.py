"""The wheel: an installed `inkling` works in any folder and without the checkout."""

import http.client
import json
import os
import re
import subprocess
import sys
import sysconfig
import venv
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any
from zipfile import ZipFile

import pytest
from PIL import Image

from app import __version__
from model.data import mnist
from tests import ROOT

SAMPLE = {"strokes": [[[30, 40], [110, 40], [60, 150]]], "pen": 12}  # a 7


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The wheel, built from the source distribution."""
    out = tmp_path_factory.mktemp("dist")
    build = "import hatchling.build, sys; print(getattr(hatchling.build, sys.argv[1])(sys.argv[2]))"

    def run(kind: str, folder: Path) -> Path:
        command = [sys.executable, "-c", build, f"build_{kind}", str(out)]
        done = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=True)
        return out / done.stdout.splitlines()[-1]

    archive = run("sdist", ROOT)
    subprocess.run(["tar", "-xf", archive, "-C", out], check=True)
    return run("wheel", out / archive.name.removesuffix(".tar.gz"))


@pytest.fixture(scope="module")
def inkling(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The command `inkling` in a new environment with the wheel, which uses the dependencies of the test environment.

    The checkout cannot be imported there.
    """
    folder = tmp_path_factory.mktemp("environment")
    venv.create(folder, symlinks=True)
    python = folder / "bin" / "python"
    pip = [sys.executable, "-m", "pip", "--python", str(python)]
    subprocess.run([*pip, "install", "--quiet", "--no-deps", "--no-index", str(wheel)], check=True)
    packages = next((folder / "lib").glob("python*")) / "site-packages"
    # This adds only the folder itself. The .pth files in the folder, such as that of the editable install, are ignored.
    (packages / "dependencies.pth").write_text(f"{sysconfig.get_path('purelib')}\n", encoding="utf-8")
    return folder / "bin" / "inkling"


@pytest.fixture(scope="module")
def elsewhere(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A working folder with packages called `app` and `model`, which the command must not import."""
    folder = tmp_path_factory.mktemp("elsewhere")
    for name in ("app", "model"):
        (folder / name).mkdir()
        (folder / name / "__init__.py").write_text(f"raise ImportError('the package {name} of the working folder')\n")
    return folder


@pytest.fixture(scope="module")
def environment() -> dict[str, str]:
    return {name: value for name, value in os.environ.items() if name not in ("PYTHONPATH", "INKLING_WEIGHTS")}


@pytest.fixture(scope="module", params=["1", "2"], ids=["one-worker", "two-workers"])
def port(inkling: Path, elsewhere: Path, environment: dict[str, str], request: pytest.FixtureRequest) -> Iterator[int]:
    """The port of the installed service, started in the folder `elsewhere` with one or two workers."""
    command = [str(inkling), "serve", "--port", "0", "--workers", request.param]
    with subprocess.Popen(command, cwd=elsewhere, env=environment, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        address = re.search(r"http://127\.0\.0\.1:(\d+)", process.stdout.readline())
        assert address is not None
        yield int(address[1])
        process.terminate()


def fetch(port: int, path: str, body: dict[str, Any] | None = None) -> tuple[int, bytes]:
    with closing(http.client.HTTPConnection("127.0.0.1", port, timeout=120)) as connection:
        if body is None:
            connection.request("GET", path)
        else:
            connection.request("POST", path, json.dumps(body), {"Content-Type": "application/json"})
        response = connection.getresponse()
        return response.status, response.read()


def test_the_wheel_holds_the_two_packages_and_nothing_else(wheel: Path) -> None:
    with ZipFile(wheel) as archive:
        names = archive.namelist()
    assert {name.partition("/")[0] for name in names} == {
        "app",
        "model",
        "inkling.py",
        f"inkling_cnn-{__version__}.dist-info",
    }
    assert not [name for name in names if "__pycache__" in name]


def test_the_pages_and_their_files_are_served(port: int) -> None:
    for path, words in (
        ("/", b"<title>"),
        ("/lesson", b"sobel"),
        ("/docs", b"<title>"),
        ("/static/favicon.svg", b"<svg"),
        ("/static/samples/digits.json", b"digits"),
    ):
        status, content = fetch(port, path)
        assert status == 200, path
        assert words in content, path


def test_drawings_are_predicted(port: int) -> None:
    status, content = fetch(port, "/predict", SAMPLE)
    assert (status, json.loads(content)["digit"]) == (200, 7)


@pytest.mark.parametrize("port", ["1"], indirect=True)
def test_training_steps_are_computed(port: int) -> None:
    status, content = fetch(port, "/lesson/step", {"optimiser": "sgd", "learning_rate": 0.1, "steps": 1})
    assert status == 200
    assert json.loads(content)["recorded"] is False, "computed in a process of its own"


def test_the_command_predicts_in_a_folder_with_another_package_called_app(
    inkling: Path, elsewhere: Path, environment: dict[str, str], data_dir: Path
) -> None:
    Image.fromarray(mnist.load(data_dir)[1].images[0].numpy()).save(elsewhere / "seven.png")
    command = [str(inkling), "predict", "--json", "seven.png"]
    done = subprocess.run(command, cwd=elsewhere, env=environment, capture_output=True, text=True, check=True)
    assert [answer["digit"] for answer in json.loads(done.stdout)] == [7]
