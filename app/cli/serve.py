"""`inkling serve`: check the weights, open the port, print the address, then run uvicorn."""

import argparse
import os
import socket
import sys
import tempfile
from contextlib import nullcontext
from dataclasses import dataclass
from importlib.util import find_spec
from typing import TYPE_CHECKING

from app.cli import interrupts
from app.cli.options import Commands, add_engine, add_weights, print_notes
from app.limits import IDLE_SECONDS, MAX_WORKERS
from app.settings import Settings
from model import hints
from model.checkpoint import Checkpoint, CheckpointError
from model.inference.calibration import Calibration, read_calibrated

if TYPE_CHECKING:
    from fastapi import FastAPI

MAX_OPEN_FILES = 65_536
ACCEPTED_AT_ONCE = 32  # connections accepted in one iteration of the event loop
_SETTINGS = Settings.model_fields
_ENVIRONMENT = f"""\
environment (an option takes precedence over its variable):
  INKLING_WEIGHTS, INKLING_ENGINE, INKLING_WORKERS, INKLING_ROOT_PATH
                            as the options --weights, --engine, --workers and --root-path
  INKLING_RUNS              the folder of training runs and uploaded weights (default: runs)
  INKLING_TRAINING=0        disable training, and uploading, deleting and switching weights (default: 1)
  INKLING_ADMIN_TOKEN       a secret that is required for that, of at least 8 ASCII characters; without one, it works
                            only if the service listens on a loopback address such as 127.0.0.1
  INKLING_COLLECT=1         save the corrections that users send; they are shown at /corrections (default: 0)
  INKLING_COLLECT_FILE      the SQLite file for them (default: {_SETTINGS["collect_file"].default} in this folder)
  INKLING_COLLECT_DATABASE  a PostgreSQL database for them instead, for services on several machines:
                            postgresql://user:password@host/inkling
  INKLING_COLLECT_MOST      the largest number of corrections (default: {_SETTINGS["collect_most"].default})
  INKLING_HOSTS             host names under which corrections can be seen and changed, separated by commas (default:
                            the name in --host, localhost and every IP address)
  INKLING_TRUSTED_PROXIES   addresses or networks of proxies, separated by commas, whose X-Forwarded-For and
                            X-Forwarded-Proto are trusted; then the token is required, too (default: none)
  INKLING_ALLOWED_ORIGINS   origins of pages whose scripts may call the API, such as https://a.example (default: none)
  INKLING_FRAME_ANCESTORS   origins of pages that may show this service's pages in frames (default: none)
"""


@dataclass(frozen=True)
class Application:
    """Creates the application in this process or in a worker, with weights that are already read.

    uvicorn pickles it for each worker. So the file is read once, and a worker that starts later has the same weights,
    even if the file has changed or is gone.
    """

    weights: tuple[Checkpoint, Calibration | None]

    def __call__(self) -> "FastAPI":
        from app.main import create_app

        return create_app(weights=self.weights)


def add_parser(commands: Commands) -> None:
    """Add `inkling serve`."""
    parser = commands.add_parser(
        "serve",
        help="start the service",
        description="Start the service.",
        epilog=_ENVIRONMENT,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument(
        "--host", default="127.0.0.1", help="address to listen on (default: %(default)s, this machine only)"
    )
    parser.add_argument(
        "--port", type=int, default=8000, help="port to listen on; 0 takes any free port (default: %(default)s)"
    )
    add_weights(parser, variable="INKLING_WEIGHTS")
    add_engine(parser, variable="INKLING_ENGINE")
    parser.add_argument(
        "--workers",
        type=int,
        help="processes; one is enough for a class (default: $INKLING_WORKERS, otherwise 1)",
    )
    parser.add_argument(
        "--root-path",
        metavar="PATH",
        help="path below which a proxy publishes the service, such as /inkling (default: $INKLING_ROOT_PATH, "
        "otherwise none)",
    )
    parser.add_argument("--access-log", action="store_true", help="log each request")
    parser.set_defaults(run=run)


def run(options: argparse.Namespace) -> int:
    """Serve until stopped. If the service cannot start, print an error message and return an exit status above 0."""
    host, port = options.host, options.port
    try:
        settings = _settings(options)
    except ValueError as error:
        return _refuse(str(error))
    if (problem := _missing(settings)) is not None:
        return _refuse(problem)
    if unknown := Settings.unknown_variables():
        names = ", ".join(unknown)
        print(f"inkling: Not a setting, so ignored: {names}. `inkling serve --help` lists all.", file=sys.stderr)
    workers = settings.workers
    try:
        loaded = read_calibrated(settings.weights)
    except CheckpointError as error:
        return _refuse(str(error))
    print_notes(loaded[0])
    try:
        listening = _listen(host, port)
    except OSError as error:
        return _refuse(f"Cannot listen on {host}:{port}: {_reason(error)}")
    # From here on, every process reads the settings from the environment.
    os.environ["INKLING_HOSTS"] = ",".join((host, *settings.hosts))
    os.environ["INKLING_WEIGHTS"] = str(settings.weights.resolve())
    os.environ["INKLING_ENGINE"] = settings.engine
    os.environ["INKLING_WORKERS"] = str(workers)
    os.environ["INKLING_ROOT_PATH"] = settings.root_path
    with tempfile.TemporaryDirectory(prefix="inkling-") if workers > 1 else nullcontext() as shared:
        if shared:
            os.environ["PROMETHEUS_MULTIPROC_DIR"] = shared
            os.environ["INKLING_SERVED"] = os.path.join(shared, "served.json")  # noqa: PTH118 -- a string is needed
        os.environ["INKLING_ADDRESS"] = listening.getsockname()[0]
        address = _address(host, listening)
        print(f"Inkling is at {address} (stop with Ctrl-C)", flush=True)
        with interrupts.raise_error():
            return _run(Application(loaded), listening, workers, settings.root_path, access_log=options.access_log)


def raise_open_files_limit() -> None:
    """Raise the limit of open files to the system's maximum, at most 65,536. Each connection is an open file."""
    try:
        import resource
    except ImportError:  # Windows, which has no such limit
        return
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = MAX_OPEN_FILES if hard == resource.RLIM_INFINITY else min(hard, MAX_OPEN_FILES)
    if soft != resource.RLIM_INFINITY and soft < wanted:
        resource.setrlimit(resource.RLIMIT_NOFILE, (wanted, hard))


def _run(
    application: Application, listening: socket.socket, workers: int, root_path: str = "", *, access_log: bool
) -> int:
    import asyncio

    import uvicorn

    from app.cli.serving.memory import return_large_blocks

    raise_open_files_limit()
    return_large_blocks()
    proxies = [str(network) for network in Settings.from_environment().trusted_proxies]
    config = uvicorn.Config(
        application,
        factory=True,
        log_level="info" if access_log else "warning",
        access_log=access_log,
        workers=workers,
        root_path=root_path,
        server_header=False,
        date_header=False,
        http="app.http.connections.header_timeout:HeaderTimeoutProtocol" if find_spec("httptools") else "auto",
        ws="none",  # otherwise a WebSocket library in the environment would take over requests with an Upgrade header
        # Only the access log and the scheme of `Request.url` use these headers.
        proxy_headers=bool(proxies),
        forwarded_allow_ips=proxies,
        timeout_keep_alive=IDLE_SECONDS,
        timeout_graceful_shutdown=5,
    )
    if workers > 1:
        from app.cli.serving.workers import run_workers

        return run_workers(config, listening, workers)
    from app.http.connections.server import Server

    server = Server(config)
    sockets = accepting_sockets(listening)
    # Create the loop before the coroutine. `server.run` creates the coroutine first: Ctrl-C between the two would leave
    # a coroutine that is never awaited, and Python would print a warning.
    with asyncio.Runner(loop_factory=config.get_loop_factory()) as runner:
        runner.get_loop()
        runner.run(server.serve(sockets=sockets))
    return 0 if server.started else 3


def accepting_sockets(listening: socket.socket) -> list[socket.socket]:
    """The listening socket and duplicates of it. A server that is given all of them accepts connections faster.

    libuv accepts one connection from each socket in an iteration of the event loop. Under load, iterations are long,
    and new connections would wait for minutes.
    """
    # Do this before `dup`: a duplicate copies the timeout of the Python object, and one without a timeout makes the
    # socket blocking. Other workers may already use the socket; they would then wait for ever in `accept`.
    listening.setblocking(False)
    return [listening, *(listening.dup() for _ in range(ACCEPTED_AT_ONCE - 1))]


def _settings(options: argparse.Namespace) -> Settings:
    """The settings; an option takes precedence over its variable.

    Raises ValueError with a sentence about the first wrong option or value.
    """
    if not 0 <= options.port <= 65535:
        raise ValueError("The port must be a number from 0 to 65535.")
    if options.workers is not None and not 1 <= options.workers <= MAX_WORKERS:
        raise ValueError(f"There can be 1 to {MAX_WORKERS} workers. Use at most one for each core.")
    given = {name: getattr(options, name) for name in ("weights", "engine", "workers", "root_path")}
    return Settings.from_environment(**{name: value for name, value in given.items() if value is not None})


def _missing(settings: Settings) -> str | None:
    """What the service needs and does not find, as a sentence; None if it has all. Call before opening the port."""
    if settings.collect and settings.collect_database and find_spec("psycopg") is None:
        return "INKLING_COLLECT_DATABASE needs SQLAlchemy and psycopg. Install Inkling with the extra `cluster`."
    if settings.workers > 1 and not _temporary_files_are_possible():
        return "Several workers need a folder for temporary files. Make /tmp writable: docker run --tmpfs /tmp …"
    if settings.engine == "torch" and find_spec("torch") is None:
        return f"The torch engine needs PyTorch, which is not installed here. {hints.install_for_training()}"
    return None


def _temporary_files_are_possible() -> bool:
    try:
        tempfile.gettempdir()
    except FileNotFoundError:  # the file system is read-only
        return False
    return True


def _listen(host: str, port: int) -> socket.socket:
    family, kind, protocol, _, address = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0]
    listening = socket.socket(family, kind, protocol)
    listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    # Connections inherit this size. A response with all feature maps has 570 kB as JSON and fits into the buffer. A
    # larger buffer would let clients that never read hold more of the system's memory.
    listening.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, 1 << 19)
    try:
        listening.bind(address)
        # Listen now: two services that start at the same time could both bind the port, but only one can listen.
        listening.listen(2048)
    except OSError:
        listening.close()
        raise
    return listening


def _reason(error: OSError) -> str:
    import errno

    if error.errno == errno.EADDRINUSE:
        return "another program uses this port. Choose another one with --port (make serve PORT=…)."
    if error.errno == errno.EACCES:
        return "ports below 1024 are for administrators. Choose another one with --port."
    return f"{error.strerror or error}."


def _address(host: str, listening: socket.socket) -> str:
    port = listening.getsockname()[1]
    shown = f"[{host}]" if ":" in host else "127.0.0.1" if host == "0.0.0.0" else host  # noqa: S104
    return f"http://{shown}:{port}"


def _refuse(reason: str) -> int:
    print(f"inkling: {reason}", file=sys.stderr)
    return 2
