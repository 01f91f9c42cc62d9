#!/bin/sh
# Runs tools/environment.py with the first suitable Python: .venv's, the one in PYTHON=…, then those of the system. The
# pinned packages exist for Python 3.11 to 3.14.
for python in .venv/bin/python ${PYTHON:+"$PYTHON"} python3 python3.13 python3.12 python3.11 python3.14 python; do
    if "$python" -c 'import sys; sys.exit(not (3, 11) <= sys.version_info < (3, 15))' 2>/dev/null; then
        exec "$python" -I tools/environment.py "$@"
    fi
done
echo "Inkling needs Python 3.11, 3.12, 3.13 or 3.14, and found $(python3 --version 2>/dev/null || echo none)." >&2
echo "Install one (on Debian and Ubuntu: apt-get install python3 python3-venv), or name yours: make serve PYTHON=/path/to/python3" >&2
exit 1
