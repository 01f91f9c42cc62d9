"""A plugin for pytest that replaces the class that uvicorn's tests test, before they import it."""

from uvicorn import server
from uvicorn.protocols.http import httptools_impl

from app.http.connections.header_timeout import HeaderTimeoutProtocol
from app.http.connections.server import StoppableState

httptools_impl.HttpToolsProtocol = HeaderTimeoutProtocol  # type: ignore[misc]
server.ServerState = StoppableState  # type: ignore[misc]
