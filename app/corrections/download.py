"""The response that sends the archive of corrections while it is computed."""

import asyncio
from collections.abc import AsyncIterator

from starlette.responses import Response
from starlette.types import Receive, Scope, Send

from app.corrections.async_store import AsyncCorrectionStore

NPZ = "application/octet-stream"  # not application/zip: some browsers unpack zip archives, and an npz file is one
_HEADERS = {"Content-Disposition": 'attachment; filename="corrections.npz"', "Cache-Control": "no-store"}
_SECONDS = 600.0  # a client that is slower would keep others from exporting


class Download(Response):
    """An archive of unknown length. It ends early if the client disconnects or takes too long."""

    def __init__(self, first: bytes, rest: AsyncIterator[bytes]) -> None:
        super().__init__(headers=_HEADERS, media_type=NPZ)
        del self.headers["content-length"]
        self.chunk = first
        self.rest = rest

    @classmethod
    async def start(cls, store: AsyncCorrectionStore) -> "Download":
        """Begin an export. Raises Problem if it is impossible."""
        chunks = store.export()
        return cls(await anext(chunks), chunks)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:  # noqa: ARG002 -- ASGI
        await send({"type": "http.response.start", "status": self.status_code, "headers": self.raw_headers})
        disconnected = asyncio.ensure_future(receive())
        try:
            async with asyncio.timeout(_SECONDS):
                while self.chunk and not disconnected.done():
                    await send({"type": "http.response.body", "body": self.chunk, "more_body": True})
                    self.chunk = await anext(self.rest, b"")
            await send({"type": "http.response.body", "body": b""})
        finally:
            disconnected.cancel()
            await self.rest.aclose()  # type: ignore[attr-defined]
