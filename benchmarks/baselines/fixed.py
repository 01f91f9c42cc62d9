"""A server that answers every request with the same response. It shows how fast a load generator is by itself."""

import argparse
import asyncio
from typing import cast

import uvloop

_RESPONSE = b"HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: 2\r\n\r\n{}"


class Fixed(asyncio.Protocol):
    """Answers as soon as any part of a request arrives, so clients must send each request at once."""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport = cast(asyncio.Transport, transport)

    def data_received(self, data: bytes) -> None:  # noqa: ARG002
        self.transport.write(_RESPONSE)


async def serve(host: str, port: int) -> None:
    """Serve until the process is stopped."""
    server = await asyncio.get_running_loop().create_server(Fixed, host, port, backlog=2048)
    await server.serve_forever()


if __name__ == "__main__":
    parser = argparse.ArgumentParser()
    parser.add_argument("--host")
    parser.add_argument("--port", type=int)
    options = parser.parse_args()
    uvloop.run(serve(options.host, options.port))
