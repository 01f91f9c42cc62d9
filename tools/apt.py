"""Installs Debian packages that the tests need and that no Python package contains."""

import os
import shutil
import subprocess


def can_install() -> bool:
    """Whether packages can be installed: as root, on Debian or a system derived from it."""
    return os.geteuid() == 0 and shutil.which("apt-get") is not None


def install(*packages: str) -> None:
    """Install packages without a question. Raises CalledProcessError."""
    environment = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
    for step in (("update", "-qq"), ("install", "-y", "-qq", "--no-install-recommends", *packages)):
        subprocess.run(["apt-get", *step], env=environment, stdout=subprocess.DEVNULL, check=True)
