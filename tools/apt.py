"""Installs Debian packages that the tests need and that no Python package contains."""

import os
import shutil
import subprocess


def can_install() -> bool:
    """Whether Debian packages can be installed: the user is root and the system has apt-get."""
    return os.geteuid() == 0 and shutil.which("apt-get") is not None


def install(*packages: str) -> None:
    """Install packages without asking for confirmation. Raises CalledProcessError if that fails."""
    environment = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
    for step in (("update", "-qq"), ("install", "-y", "-qq", "--no-install-recommends", *packages)):
        subprocess.run(["apt-get", *step], env=environment, stdout=subprocess.DEVNULL, check=True)
