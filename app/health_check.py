"""The health check of the Docker image: asks the service whether it is ready, on the port on which it listens.

    python -m app.health_check

The port is an option of `inkling serve`, so the image does not know it. The kernel does: it lists the listening sockets
of every process in /proc. This module imports only the standard library, because Docker runs it every 30 seconds.
"""

import argparse
import http.client
import socket
import struct
import sys
from collections.abc import Iterator, Sequence
from contextlib import suppress
from pathlib import Path

PROC = Path("/proc")
SECONDS = 2.0  # time limit of the request
LISTENING = "0A"  # the state in /proc/net/tcp
ANY = {"0.0.0.0": "127.0.0.1", "::": "::1"}  # noqa: S104  # addresses to bind, and the addresses to connect to


def main(arguments: Sequence[str] | None = None) -> int:
    """Check the service that a process or its child processes run. Returns 0 if it is ready, otherwise 1."""
    parser = argparse.ArgumentParser(prog="python -m app.health_check", description=__doc__.splitlines()[0])
    parser.add_argument("--pid", type=int, default=1, help="the process (default: %(default)s, a container's first)")
    pid = parser.parse_args(arguments).pid
    addresses = {address for process in _family(pid) for address in _listening(process)}
    if not addresses:
        print("No port is open.")
        return 1
    answers = {f"{host}:{port}": _answer(host, port) for host, port in sorted(addresses)}
    print(", ".join(f"{address}: {answer}" for address, answer in answers.items()))
    return 0 if "200" in answers.values() else 1


def _answer(host: str, port: int) -> str:
    """The status of `GET /readyz`, or why there is none."""
    connection = http.client.HTTPConnection(host, port, timeout=SECONDS)
    try:
        connection.request("GET", "/readyz")
        return str(connection.getresponse().status)
    except (OSError, http.client.HTTPException) as error:
        return str(error) or repr(error)
    finally:
        connection.close()


def _family(pid: int) -> set[int]:
    """The process and all its descendants: with `docker run --init`, the service is a child process, and so are its
    workers."""
    parents: dict[int, int] = {}
    for folder in PROC.iterdir():
        if folder.name.isdecimal():
            try:
                # The second field, the name of the program, is in brackets and may contain spaces and brackets.
                status = (folder / "stat").read_text(errors="replace").rpartition(")")[2].split()
            except OSError:  # the process has ended
                continue
            parents[int(folder.name)] = int(status[1])
    family = {pid}
    while new := {child for child, parent in parents.items() if parent in family} - family:
        family |= new
    return family


def _listening(pid: int) -> Iterator[tuple[str, int]]:
    """The hosts and ports on which a process listens, as a client on this machine connects to them."""
    folder = PROC / str(pid)
    opened, lines = set[str](), list[str]()
    with suppress(OSError):  # the process has ended, or belongs to another user
        for link in (folder / "fd").iterdir():
            with suppress(OSError):  # it was closed just now
                opened.add(str(link.readlink()))
    for name in ("tcp", "tcp6"):
        with suppress(OSError):  # the kernel has no IPv6
            lines += (folder / "net" / name).read_text().splitlines()[1:]
    for line in lines:
        fields = line.split()
        if fields[3] == LISTENING and f"socket:[{fields[9]}]" in opened:
            address, _, port = fields[1].partition(":")
            # The kernel prints 32-bit words in the byte order of the machine.
            words = [int(address[start : start + 8], 16) for start in range(0, len(address), 8)]
            packed = struct.pack(f"={len(words)}I", *words)
            host = socket.inet_ntop(socket.AF_INET if len(words) == 1 else socket.AF_INET6, packed)
            yield ANY.get(host, host), int(port, 16)


if __name__ == "__main__":
    sys.exit(main())
