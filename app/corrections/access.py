"""FastAPI dependencies of the correction routes: who may use the store, and the id in an address."""

from typing import Annotated
from uuid import UUID

from fastapi import Depends, Path, Request

from app.access import check_host, check_site
from app.corrections.async_store import AsyncCorrectionStore
from app.http.problems import Problem


async def _own_pages_store(request: Request) -> AsyncCorrectionStore:
    """The application's store of corrections, for requests from this service's own pages and from programs.

    Raises Problem if saving corrections is disabled, for unknown host names, and if a page of another site sent the
    request.
    """
    store: AsyncCorrectionStore | None = request.app.state.corrections
    if store is None:
        raise Problem("not-collecting")
    check_host(request)
    check_site(request)
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
