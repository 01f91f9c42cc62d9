"""A PostgreSQL server of Debian's packages on a free port of 127.0.0.1, with an empty database."""

import os
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

from tests.support.servers import free_port, wait_until
from tools.install_programs import find

START_SECONDS = 60.0
# Durability is PostgreSQL's affair, so the tests need not wait for the disk.
OPTIONS = {"fsync": "off", "listen_addresses": "127.0.0.1", "shared_buffers": "16MB", "max_connections": "20"}
NO_ROOT = {"user": "postgres", "group": "postgres"} if os.geteuid() == 0 else {}  # PostgreSQL refuses to run as root


def program(name: str) -> str:
    """The path of a program of PostgreSQL, which `make test` has installed."""
    path = find(name)
    assert path is not None, f"{name} is not installed: python -m tools.install_programs"
    return path


class Postgres:
    """A server that can be stopped and started again. `url` names its database."""

    def __init__(self, folder: Path) -> None:
        self.port = free_port()
        self.url = f"postgresql://inkling:unused@127.0.0.1:{self.port}/postgres"
        self._data = folder / "data"
        self._process: subprocess.Popen[bytes] | None = None
        command = [program("initdb"), "-D", str(self._data), "-U", "inkling", "--auth=trust", "--no-sync", "-E", "UTF8"]
        subprocess.run(command, cwd="/", stdout=subprocess.DEVNULL, check=True, **NO_ROOT)  # type: ignore[call-overload]

    def start(self) -> None:
        """Start the server and wait until it accepts connections."""
        options = [f"-c{name}={value}" for name, value in OPTIONS.items()]
        command = [program("postgres"), "-D", str(self._data), f"-p{self.port}", f"-k{self._data}", *options]
        self._process = subprocess.Popen(  # type: ignore[call-overload]
            command, cwd="/", stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, **NO_ROOT
        )
        ready = [program("pg_isready"), "-q", "-h", "127.0.0.1", "-p", str(self.port)]
        assert wait_until(lambda: subprocess.run(ready, check=False).returncode == 0, START_SECONDS)

    def stop(self) -> None:
        """Stop the server at once, with all connections."""
        if self._process is not None:
            self._process.send_signal(2)  # "fast shutdown"
            self._process.wait(30)
            self._process = None


@contextmanager
def postgres() -> Iterator[Postgres]:
    """A server that runs until the end of the block."""
    with TemporaryDirectory(prefix="postgres-") as folder:
        if NO_ROOT:
            shutil.chown(folder, **NO_ROOT)
        server = Postgres(Path(folder))
        server.start()
        try:
            yield server
        finally:
            server.stop()
