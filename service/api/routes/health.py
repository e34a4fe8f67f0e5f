"""Whether the process lives, and whether it can serve."""

from fastapi import APIRouter

from service.api.dependencies import StoreDep
from service.api.problems import responses
from service.api.schemas import Health
from service.storage.schema import check_version

router = APIRouter(tags=["health"])


@router.get("/healthz")
async def healthz() -> Health:
    """The process answers."""
    # Not in a thread: all of them may be waiting for the database.
    return Health(status="ok")


@router.get("/readyz", responses=responses(503))
def readyz(store: StoreDep) -> Health:
    """The database answers, and its tables are those of this version."""
    with store.engine.connect() as connection:
        check_version(connection)
    return Health(status="ready")
