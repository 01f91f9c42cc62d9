"""Gets the programs that the tests start, beside Python: python -m tools.programs

They run the documents' curl commands as they stand there.
"""

import shutil
import subprocess
import sys

from tools import apt

NEEDED = ("curl",)


def main() -> int:
    """Return 0 once all are there; else say what is missing and how to get it, and return 1."""
    missing = [name for name in NEEDED if shutil.which(name) is None]
    if not missing:
        return 0
    names = " ".join(missing)
    if apt.may():
        print(f"Installing {names} for the tests …", file=sys.stderr, flush=True)
        try:
            apt.install(*missing)
        except (OSError, subprocess.SubprocessError) as error:
            print(error, file=sys.stderr)
        missing = [name for name in NEEDED if shutil.which(name) is None]
    for name in missing:
        print(f"The tests run {name}, which is not here. Debian, as root: apt-get install {name}", file=sys.stderr)
    return 1 if missing else 0


if __name__ == "__main__":
    sys.exit(main())
