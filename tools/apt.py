"""Installs Debian packages that the tests need and that no Python package contains."""

import os
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

POLICY = Path("/usr/sbin/policy-rc.d")  # Debian's package scripts ask this program whether a service may start


def can_install() -> bool:
    """Whether Debian packages can be installed: the user is root and the system has apt-get."""
    return os.geteuid() == 0 and shutil.which("apt-get") is not None


def install(*packages: str) -> None:
    """Install packages without asking for confirmation, and start no services. Raises CalledProcessError."""
    environment = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
    with _no_services():
        for step in (("update", "-qq"), ("install", "-y", "-qq", "--no-install-recommends", *packages)):
            subprocess.run(["apt-get", *step], env=environment, stdout=subprocess.DEVNULL, check=True)


@contextmanager
def _no_services() -> Iterator[None]:
    """Let no service start, such as a web server on port 80, when its package is installed."""
    if POLICY.exists():
        yield
        return
    POLICY.write_text("#!/bin/sh\nexit 101\n")  # 101: not allowed
    POLICY.chmod(0o755)
    try:
        yield
    finally:
        POLICY.unlink()
