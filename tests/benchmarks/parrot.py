"""A server that gives every request the same response."""

import socketserver
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress

from benchmarks.client import HOST


@contextmanager
def answering(answer: bytes, received: list[bytes] | None = None, delay: float = 0.0) -> Iterator[int]:
    """Run the server until the block ends; yields its port.

    It appends the data of each `recv` to `received`, and waits `delay` seconds before each response.
    """

    class Parrot(socketserver.BaseRequestHandler):
        def handle(self) -> None:
            with suppress(ConnectionError):
                while data := self.request.recv(65536):
                    if received is not None:
                        received.append(data)
                    time.sleep(delay)
                    self.request.sendall(answer)

    with socketserver.ThreadingTCPServer((HOST, 0), Parrot) as server:
        thread = threading.Thread(target=server.serve_forever, args=(0.01,))
        thread.start()
        try:
            yield server.server_address[1]
        finally:
            server.shutdown()
            thread.join()


def response(status: str = "200 OK", kind: str = "application/json", body: bytes = b"{}") -> bytes:
    return f"HTTP/1.1 {status}\r\ncontent-type: {kind}\r\ncontent-length: {len(body)}\r\n\r\n".encode() + body
