"""FastAPI dependencies of the correction routes: who may use the store, and the id in an address."""

from ipaddress import ip_address
from typing import Annotated
from urllib.parse import urlsplit
from uuid import UUID

from fastapi import Depends, Path, Request

from app.corrections.async_store import AsyncCorrectionStore
from app.http.problems import Problem


def check_host(request: Request) -> None:
    """Raise Problem if the request names the service by an unknown host name.

    The owner of a name can let it point to this machine, even to 127.0.0.1 (DNS rebinding). For the browser, a page
    under this name then belongs to this service, and could read and delete what is saved. An IP address or a name for
    this machine itself cannot be rebound. Only old programs send no Host header.
    """
    try:
        name = urlsplit("//" + request.headers.get("host", "localhost")).hostname or ""
    except ValueError:
        name = ""
    if not (name in request.app.state.hosts or name == "localhost" or name.endswith(".localhost") or _is_address(name)):
        raise Problem("unknown-host")


def _is_address(name: str) -> bool:
    try:
        ip_address(name)
    except ValueError:
        return False
    return True


async def _own_pages_store(request: Request) -> AsyncCorrectionStore:
    """The application's store of corrections, for a request of this service's own pages or of a program.

    Raises Problem if saving corrections is disabled, for unknown host names, and if a page of another site sent the
    request. Browsers send the header Sec-Fetch-Site, which says whether the page is of the same site. If the service is
    on another machine and uses plain HTTP, they send only Origin: the scheme, host and port of the page. Programs send
    neither header and are allowed.
    """
    store: AsyncCorrectionStore | None = request.app.state.corrections
    if store is None:
        raise Problem("not-collecting")
    check_host(request)
    site = request.headers.get("sec-fetch-site")
    origin = request.headers.get("origin")
    if site is not None:
        allowed = site in ("same-origin", "none")
    else:
        allowed = origin is None or origin.partition("://")[2] == request.headers.get("host")
    if not allowed:
        raise Problem("foreign-request")
    return store


OwnPagesStore = Annotated[AsyncCorrectionStore, Depends(_own_pages_store)]


def no_such_correction() -> Problem:
    """The problem `not-found`: there is no correction with the requested id."""
    return Problem("not-found", "No correction with this id is saved.")


async def _correction_id(
    id: Annotated[str, Path(description="The UUID of the correction.", json_schema_extra={"format": "uuid"})],  # noqa: A002
) -> UUID:
    """The id in the address. Raises Problem `not-found` if it is not a UUID."""
    try:
        return UUID(id)
    except ValueError:
        raise no_such_correction() from None


CorrectionId = Annotated[UUID, Depends(_correction_id)]
