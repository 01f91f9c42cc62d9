"""uvicorn's server, but it stops without losing requests on connections that clients keep open."""

import asyncio
import socket

import uvicorn
from uvicorn.server import ServerState

ANNOUNCE_SECONDS = 0.5  # time in which responses announce that the connection closes; a page sends 15 requests in it
_CHECK_SECONDS = 0.02


class StoppableState(ServerState):
    """The state that all connections of a server share."""

    def __init__(self) -> None:
        super().__init__()
        self.stopping = False  # each response now says that its connection is closed


class Server(uvicorn.Server):
    """A server that stops in three steps.

    It accepts the connections that the system has established for it, and closes the listening sockets. For
    ANNOUNCE_SECONDS, each response says `Connection: close`; a client that got such a response does not send its next
    request on a connection that is being closed. Then uvicorn closes the idle connections and waits for the others.

    If the application's lifespan state has an asyncio.Event named `stopping`, it is set at the beginning, so that long
    streams can end: the server would wait for them.
    """

    server_state: StoppableState

    def __init__(self, config: uvicorn.Config) -> None:
        super().__init__(config)
        self.server_state = StoppableState()

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        """Stop. uvicorn calls this after a signal."""
        self.server_state.stopping = True
        if (stopping := self.lifespan.state.get("stopping")) is not None:
            stopping.set()
        waiting = _accept_all(sockets or [])
        for server in self.servers:
            server.close()
        for each in sockets or []:
            each.close()
        loop = asyncio.get_running_loop()
        for connection in waiting:
            await loop.connect_accepted_socket(self._protocol, connection)
        end = loop.time() + ANNOUNCE_SECONDS
        # uvicorn signals no event when a connection ends, so look from time to time.
        while self.server_state.connections and loop.time() < end and not self.force_exit:  # noqa: ASYNC110
            await asyncio.sleep(_CHECK_SECONDS)
        await super().shutdown(sockets)

    def _protocol(self) -> asyncio.Protocol:
        protocol: asyncio.Protocol = self.config.http_protocol_class(  # type: ignore[call-arg]
            config=self.config, server_state=self.server_state, app_state=self.lifespan.state
        )
        return protocol


def _accept_all(sockets: list[socket.socket]) -> list[socket.socket]:
    """Accept and return all connections that are waiting. All `sockets` are duplicates of the same listening socket."""
    accepted: list[socket.socket] = []
    try:
        while sockets:
            accepted.append(sockets[0].accept()[0])
    except OSError:  # usually BlockingIOError: there are no more
        pass
    return accepted
