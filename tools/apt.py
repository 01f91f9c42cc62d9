"""Debian's packages, for what the tests need and no Python package brings."""

import os
import shutil
import subprocess


def may() -> bool:
    """Whether packages can be installed: by root, on Debian or what descends from it."""
    return os.geteuid() == 0 and shutil.which("apt-get") is not None


def install(*packages: str) -> None:
    """Install packages without asking. Raises CalledProcessError."""
    environment = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
    for step in (("update", "-qq"), ("install", "-y", "-qq", "--no-install-recommends", *packages)):
        subprocess.run(["apt-get", *step], env=environment, stdout=subprocess.DEVNULL, check=True)
