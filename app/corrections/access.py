"""FastAPI dependencies of the correction routes: the store, the check of requests that change it, and the id."""

from typing import Annotated
from uuid import UUID

from fastapi import Depends, Path, Request

from app.corrections.async_store import AsyncCorrectionStore
from app.http.problems import Problem


async def _enabled_store(request: Request) -> AsyncCorrectionStore:
    """The application's store of corrections. Raises Problem if saving corrections is disabled."""
    store: AsyncCorrectionStore | None = request.app.state.corrections
    if store is None:
        raise Problem("not-collecting")
    return store


EnabledStore = Annotated[AsyncCorrectionStore, Depends(_enabled_store)]


async def _changeable_store(request: Request, store: EnabledStore) -> AsyncCorrectionStore:
    """The store, for a request that changes it. Raises Problem if a page of another site sent the request.

    Browsers send the header Sec-Fetch-Site, which says whether the page is of the same site. If the service is on
    another machine and uses plain HTTP, they send only Origin: the scheme, host and port of the page. Programs send
    neither header and are allowed.
    """
    site = request.headers.get("sec-fetch-site")
    origin = request.headers.get("origin")
    if site is not None:
        allowed = site in ("same-origin", "none")
    else:
        allowed = origin is None or origin.partition("://")[2] == request.headers.get("host")
    if not allowed:
        raise Problem("foreign-request")
    return store


ChangeableStore = Annotated[AsyncCorrectionStore, Depends(_changeable_store)]


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
