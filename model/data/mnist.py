"""MNIST: downloads the four files once, verifies them each time they are loaded, and returns them as tensors.

    from model.data import mnist
    mnist.fetch("data")
    train, test = mnist.load("data", "cpu")   # 60,000 and 10,000 images

The files are where torchvision looks for them, in `<data>/MNIST/raw/`. Importing this module does not import torch.
"""

import hashlib
import os
import shutil
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from model import hints
from model.data.mnist_sources import SOURCES, SourceError
from model.layers import MEAN, SIDE, STD

if TYPE_CHECKING:
    from torch import Tensor

Progress = Callable[[str], None]  # a callback that receives one line of text at a time

IMAGES = {"train": "train-images-idx3-ubyte", "test": "t10k-images-idx3-ubyte"}
LABELS = {"train": "train-labels-idx1-ubyte", "test": "t10k-labels-idx1-ubyte"}
SHA256 = {
    "train-images-idx3-ubyte": "ba891046e6505d7aadcbbe25680a0738ad16aec93bde7f9b65e87a2fc25776db",
    "train-labels-idx1-ubyte": "65a50cbbf4e906d70832878ad85ccda5333a97f0f4c3dd2ef09a8a9eef7101c5",
    "t10k-images-idx3-ubyte": "0fa7898d509279e482958e8ce81c8e77db3f2f8254e26661ceb7762c4d494ce7",
    "t10k-labels-idx1-ubyte": "ff7bcfd416de33731a308c3f266cc351222c34898ecbeaf847f06e48f7ec33f2",
}  # SHA-256 of each uncompressed file


class DatasetError(Exception):
    """The files of MNIST are missing or damaged, or cannot be read, written or downloaded. The message says why."""


@dataclass(frozen=True)
class Digits:
    """Images of handwritten digits and their labels.

    `images` is uint8, N×28×28, white ink (255) on black; `labels` is int64, N. Both are on the same device. `files`
    maps the name of each source file to its SHA-256.
    """

    images: "Tensor"
    labels: "Tensor"
    files: dict[str, str]

    def __len__(self) -> int:
        return len(self.labels)

    def normalised(self) -> "Tensor":
        """The images as network input, float32 N×1×28×28: bit for bit what the lesson's transforms compute."""
        return normalised(self.images)

    def first(self, count: int) -> "Digits":
        """The first `count` digits, or all if there are fewer."""
        if count >= len(self):
            return self
        files = {f"{name}[:{count}]": sha256 for name, sha256 in self.files.items()}
        return Digits(self.images[:count], self.labels[:count], files)


def normalised(images: "Tensor") -> "Tensor":
    """Grey levels x, 0 to 255, N×28×28 or N×1×28×28, as (x/255 − 0.1307) / 0.3081: float32, N×1×28×28."""
    return images.reshape(-1, 1, SIDE, SIDE).float().div(255).sub_(MEAN).div_(STD)


def root(data: str | Path | None = None) -> Path:
    """The folder of data sets: `data` if given, otherwise $INKLING_DATA, otherwise `./data`."""
    return Path(data or os.environ.get("INKLING_DATA") or "data")


def raw(data: str | Path | None = None) -> Path:
    """The folder of the four files; torchvision looks for them there, too."""
    return root(data) / "MNIST" / "raw"


def problems(data: str | Path | None = None) -> dict[str, str]:
    """The files of MNIST that cannot be used: a dictionary from file name to `missing` or `damaged`.

    The dictionary is empty if all four files are valid. Raises DatasetError if a file exists but cannot be read.
    """
    wrong = {}
    for name, expected in SHA256.items():
        try:
            if _sha256(raw(data) / name) != expected:
                wrong[name] = "damaged"
        except FileNotFoundError:
            wrong[name] = "missing"
        except OSError as error:
            raise DatasetError(f"{raw(data) / name} cannot be read: {error.strerror}.") from error
    return wrong


def load(data: str | Path | None = None, device: str = "cpu") -> tuple[Digits, Digits]:
    """MNIST's verified training and test digits on the device. Raises DatasetError if a file is missing or damaged."""
    wrong = problems(data)
    if wrong:
        raise DatasetError(f"{_describe(wrong, raw(data))} Run: {hints.command('fetch', '--data', str(root(data)))}")
    import torch

    def digits(part: str) -> Digits:
        # An IDX file has a header of 16 bytes (images) or 8 bytes (labels), and then the values.
        images = np.fromfile(raw(data) / IMAGES[part], np.uint8, offset=16).reshape(-1, SIDE, SIDE)
        labels = np.fromfile(raw(data) / LABELS[part], np.uint8, offset=8).astype(np.int64)
        files = {name: SHA256[name] for name in (IMAGES[part], LABELS[part])}
        return Digits(torch.from_numpy(images).to(device), torch.from_numpy(labels).to(device), files)

    return digits("train"), digits("test")


def fetch(data: str | Path | None = None, progress: Progress = print) -> bool:
    """Download the files of MNIST that are missing or damaged. Returns False if all files were valid already.

    A file is downloaded to a temporary folder and moved into place only if its SHA-256 is right. So an interrupted,
    altered or failed download leaves nothing behind, not even an empty folder. Raises DatasetError if no source works;
    the message says how to get the files by hand.
    """
    wrong = problems(data)
    if not wrong:
        return False
    progress(f"{_describe(wrong, raw(data))} Downloading MNIST (11.5 MB).")
    try:
        with _folder(raw(data)) as target:
            _remove_old_downloads(root(data))
            with tempfile.TemporaryDirectory(dir=root(data), prefix=".fetch-") as folder:
                _fetch_into(Path(folder), target, set(wrong), progress)
    except OSError as error:
        raise DatasetError(f"{root(data)} cannot be written to: {error.strerror or error}.") from error
    progress(f"MNIST is in {raw(data)}; all four files are verified.")
    return True


def _fetch_into(folder: Path, target: Path, wanted: set[str], progress: Progress) -> None:
    failures = []
    for number, (title, source) in enumerate(SOURCES):
        progress(f"Trying {title} …")
        place = folder / str(number)
        place.mkdir()
        try:
            source(place, sorted(wanted))
        except SourceError as error:
            failures.append(f"{title}: {error}")
            progress(f"  {error}")
        for name in sorted(wanted):
            file = place / name
            if not file.is_file():
                continue
            if _sha256(file) == SHA256[name]:
                file.replace(target / name)
                wanted.discard(name)
            else:
                failures.append(f"{title}: {name} was damaged")
                progress(f"  {name} was damaged (wrong SHA-256) and was deleted.")
        if not wanted:
            return
    verify = hints.command("fetch", "--data", str(target.parent.parent))
    raise DatasetError(
        f"MNIST could not be downloaded ({'; '.join(failures)}). By hand: copy {', '.join(sorted(wanted))} "
        f"from any copy of MNIST, uncompressed, into {target}; then verify them: {verify}"
    )


@contextmanager
def _folder(path: Path) -> Iterator[Path]:
    """Create a folder and its parents. If the block fails, remove those that are new and still empty."""
    new = [folder for folder in (path, *path.parents) if not folder.exists()]
    path.mkdir(parents=True, exist_ok=True)
    try:
        yield path
    except BaseException:
        for folder in new:  # the innermost first
            with suppress(OSError):  # it is not empty
                folder.rmdir()
        raise


def _remove_old_downloads(folder: Path) -> None:
    """Remove temporary folders that are older than an hour: they were left behind by downloads that were killed.

    A younger folder may belong to a download that is still running.
    """
    for old in folder.glob(".fetch-*"):
        if time.time() - old.stat().st_mtime > 3600:
            shutil.rmtree(old, ignore_errors=True)


def _sha256(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _describe(wrong: dict[str, str], folder: Path) -> str:
    """A sentence about the files, such as `In data/MNIST/raw, train-images-idx3-ubyte is damaged (wrong SHA-256).`"""
    if len(wrong) == len(SHA256) and set(wrong.values()) == {"missing"}:
        return f"MNIST is not in {folder}."
    parts = []
    for state, note in (("damaged", " (wrong SHA-256)"), ("missing", "")):
        names = [name for name, its_state in wrong.items() if its_state == state]
        if names:
            parts.append(f"{', '.join(names)} {'is' if len(names) == 1 else 'are'} {state}{note}")
    return f"In {folder}, {' and '.join(parts)}."
