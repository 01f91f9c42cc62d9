"""The service in a thread of the test's own process, so that a test can change limits and read the log."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import NamedTuple

import httpx2
import uvicorn
from starlette.types import ASGIApp

from app.http.connections.header_timeout import HeaderTimeoutProtocol
from app.http.connections.server import Server
from app.main import create_app
from app.settings import Settings
from tests.support.servers import PATIENCE, free_port, wait_until


class Service(NamedTuple):
    """The address of a running service, and its server."""

    url: str
    server: Server


@contextmanager
def running_service(
    app: ASGIApp | None = None, *, access_log: bool = False, ready: str = "/readyz"
) -> Iterator[Service]:
    """Run a service on a free port; `inkling serve` uses the same HTTP protocol class.

    `app` is the application, if it is not the usual one. It answers 200 at the path `ready` as soon as it is ready.
    """
    port = free_port()
    config = uvicorn.Config(
        app or create_app(Settings(engine="onnx")),
        port=port,
        http=HeaderTimeoutProtocol,
        ws="none",
        access_log=access_log,
        server_header=False,
        date_header=False,
        proxy_headers=False,
        log_config=None,
    )
    server = Server(config)
    thread = threading.Thread(target=server.run)
    thread.start()
    try:
        url = f"http://127.0.0.1:{port}"
        assert wait_until(lambda: server.started and httpx2.get(url + ready).status_code == 200)
        yield Service(url, server)
    finally:
        server.should_exit = True
        thread.join(PATIENCE)
        assert not thread.is_alive()
