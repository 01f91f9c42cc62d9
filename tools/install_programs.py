"""Installs the programs other than Python and browsers that the tests run: python -m tools.install_programs

The only one is curl, because the tests run the curl commands in the documents.
"""

import shutil
import subprocess
import sys

from tools import apt

NEEDED = ("curl",)


def main() -> int:
    """Install missing programs. Returns 0 if all are installed; otherwise prints how to install them and returns 1."""
    missing = [name for name in NEEDED if shutil.which(name) is None]
    if not missing:
        return 0
    names = " ".join(missing)
    if apt.can_install():
        print(f"Installing {names} for the tests …", file=sys.stderr, flush=True)
        try:
            apt.install(*missing)
        except (OSError, subprocess.SubprocessError) as error:
            print(error, file=sys.stderr)
        missing = [name for name in NEEDED if shutil.which(name) is None]
    for name in missing:
        print(
            f"The tests run {name}, which is not installed. On Debian, as root: apt-get install {name}", file=sys.stderr
        )
    return 1 if missing else 0


if __name__ == "__main__":
    sys.exit(main())
