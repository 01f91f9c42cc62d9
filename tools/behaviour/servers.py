"""Starts the service of a checkout in a process of its own, on a free port."""

import os
import socket
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

import httpx2

ROOT = Path(__file__).resolve().parent.parent.parent
_START_SECONDS = 90.0


@contextmanager
def running(source: Path, *options: str, settings: Mapping[str, str] | None = None) -> Iterator[str]:
    """Run `inkling serve` of the checkout `source`, yield the address of the server, and stop it after the block.

    `settings` are environment variables. The service gets no other variables whose names start with INKLING_. Raises
    RuntimeError if the service does not start.
    """
    port = _free_port()
    environment = {name: value for name, value in os.environ.items() if not name.startswith("INKLING_")}
    environment |= {"PYTHONPATH": str(source), **(settings or {})}
    command = [sys.executable, "-m", "app.cli", "serve", "--port", str(port), "--engine", "onnx", *options]
    process = subprocess.Popen(command, cwd=source, env=environment, stdout=subprocess.DEVNULL)
    try:
        _wait(process, f"http://127.0.0.1:{port}")
        yield f"http://127.0.0.1:{port}"
    finally:
        process.terminate()
        try:
            process.wait(15)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def _wait(process: "subprocess.Popen[bytes]", url: str) -> None:
    deadline = time.monotonic() + _START_SECONDS
    while time.monotonic() < deadline:
        if process.poll() is not None:
            raise RuntimeError(f"The service ended with status {process.returncode}.")
        try:
            if httpx2.get(f"{url}/readyz", timeout=5).status_code == 200:
                return
        except httpx2.HTTPError:
            pass
        time.sleep(0.05)
    raise RuntimeError(f"The service was not ready within {_START_SECONDS:g} s.")


def _free_port() -> int:
    with socket.socket() as listening:
        listening.bind(("127.0.0.1", 0))
        port: int = listening.getsockname()[1]
        return port
