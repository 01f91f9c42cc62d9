"""A service that is stopped answers the requests that it has begun to read and those that arrive meanwhile."""

import asyncio
import signal
import socket

import pytest

from tests.app.cli.serving.supervised import Clients, supervised
from tests.app.connections.raw_http import SEVEN, Connection, post
from tests.support.servers import PATIENCE, has_been_read, wait_until

CLIENTS = 32


@pytest.mark.parametrize("workers", [1, 2])
def test_a_stop_under_load_loses_no_request(workers: int) -> None:
    # A request is lost if its client is held up until the service has stopped announcing that it closes connections,
    # so try again if other programs do that.
    for _ in range(3):
        clients = stop_under_load(workers)
        if sum(clients.lost) == 0:
            break
    assert sum(clients.lost) == 0
    assert clients.refused == CLIENTS, "each client went on until the service accepted no more connections"
    assert clients.announced >= CLIENTS * 3 // 4, "responses on kept connections announce that they close"


def stop_under_load(workers: int) -> Clients:
    """Stop a service while clients send requests, until it refuses their connections."""
    with supervised(workers) as service:

        async def stop() -> Clients:
            clients = Clients(service.port)
            sending = [asyncio.create_task(clients.send(keep=i % 4 != 0, reconnect=False)) for i in range(CLIENTS)]
            await clients.answers(200)
            service.process.terminate()
            await asyncio.gather(*sending)
            return clients

        clients = asyncio.run(stop())
        # With one worker, uvicorn raises the signal again when it ends.
        assert service.process.wait(PATIENCE) in (0, -signal.SIGTERM)
    return clients


def test_a_stopping_service_answers_what_it_has_begun_to_read_and_refuses_the_rest() -> None:
    with supervised() as service:
        connections = [Connection(service.url) for _ in range(4)]
        cuts = [10, 40, len(post()) - len(SEVEN) - 1, len(post()) - 3]
        for connection, cut in zip(connections, cuts, strict=True):
            connection.send(post()[:cut])
        assert wait_until(lambda: has_been_read(service.port))
        service.process.terminate()
        assert wait_until(lambda: refuses(service.port))
        for connection, cut in zip(connections, cuts, strict=True):
            connection.send(post()[cut:])
        for connection in connections:
            assert connection.digit() == 7
            assert connection.is_closed()
            connection.close()
        assert service.process.wait(PATIENCE) == 0


def refuses(port: int) -> bool:
    try:
        socket.create_connection(("127.0.0.1", port), timeout=1).close()
    except ConnectionRefusedError:
        return True
    except OSError:
        return False
    return False
