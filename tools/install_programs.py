"""Installs the programs other than Python and browsers that the tests run: python -m tools.install_programs

The tests run the curl commands in the documents, and the service behind nginx and Caddy and with PostgreSQL.
"""

import os
import shutil
import subprocess
import sys
from pathlib import Path

from tools import apt

# Programs and their Debian packages.
NEEDED = {"curl": "curl", "nginx": "nginx-light", "caddy": "caddy", "postgres": "postgresql"}


def find(name: str) -> str | None:
    """The path of a program, or None. Debian puts the programs of PostgreSQL into folders that are not in $PATH."""
    return shutil.which(name) or shutil.which(
        name, path=os.pathsep.join(map(str, sorted(Path("/usr/lib/postgresql").glob("*/bin"))))
    )


def main() -> int:
    """Install missing programs. Returns 0 if all are installed; otherwise prints how to install them and returns 1."""
    missing = [name for name in NEEDED if find(name) is None]
    if not missing:
        return 0
    names = ", ".join(missing)
    if apt.can_install():
        print(f"Installing {names} for the tests …", file=sys.stderr, flush=True)
        try:
            apt.install(*(NEEDED[name] for name in missing))
        except (OSError, subprocess.SubprocessError) as error:
            print(error, file=sys.stderr)
        missing = [name for name in NEEDED if find(name) is None]
    for name in missing:
        command = f"apt-get install {NEEDED[name]}"
        print(f"The tests run {name}, which is not installed. On Debian, as root: {command}", file=sys.stderr)
    return 1 if missing else 0


if __name__ == "__main__":
    sys.exit(main())
