"""Dependencies of the correction routes: the store, and who may change it."""

from typing import Annotated
from uuid import UUID

from fastapi import Depends, Path, Request

from app.corrections.async_store import AsyncCorrectionStore
from app.http.problems import Problem


async def _enabled_store(request: Request) -> AsyncCorrectionStore:
    """The application's store. Raises Problem if saving corrections is disabled."""
    store: AsyncCorrectionStore | None = request.app.state.corrections
    if store is None:
        raise Problem("not-collecting")
    return store


EnabledStore = Annotated[AsyncCorrectionStore, Depends(_enabled_store)]


async def _changeable_store(request: Request, store: EnabledStore) -> AsyncCorrectionStore:
    """The store, for a request that changes it. Raises Problem if another site's page made the browser send it.

    Browsers name the requesting site in Sec-Fetch-Site. Where that header is not sent (plain HTTP from another
    machine), they send the page's Origin. Programs send neither, and no page controls them.
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
    """The problem for an id under which nothing is saved."""
    return Problem("not-found", "No correction with this id is saved.")


async def _correction_id(
    id: Annotated[str, Path(description="The UUID with which it was sent.", json_schema_extra={"format": "uuid"})],  # noqa: A002
) -> UUID:
    """The id in the address. Raises Problem `not-found` if it is not a UUID."""
    try:
        return UUID(id)
    except ValueError:
        raise no_such_correction() from None


CorrectionId = Annotated[UUID, Depends(_correction_id)]
