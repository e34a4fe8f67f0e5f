"""The application: routes, access, errors and the dashboard put together."""

import logging
import threading
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from importlib.metadata import version
from typing import Any

from fastapi import APIRouter, Depends, FastAPI
from starlette.middleware.gzip import GZipMiddleware
from starlette.responses import RedirectResponse

from service.analyses.waiting import start_waiting
from service.api import documentation, problems
from service.api.access import ApiKeyMiddleware, BodyLimit, SameOriginOnly, ThisMachineOnly
from service.api.dashboard import DashboardGate
from service.api.dependencies import LazyStore
from service.api.queries import refuse_unknown
from service.api.routes import (
    analyses,
    artifacts,
    catalogue,
    comparisons,
    health,
    importances,
    pictures,
    studies,
    trials,
)
from service.attaching import attach_pictures
from service.importances.answers import Answers
from service.settings import Settings
from service.settling import reap
from service.storage.database import says_server_is_away
from service.sweeping import sweep

LARGEST_BODY = 2**20
"""Bytes of a request's body; a spec has a few thousand."""

logger = logging.getLogger(__name__)


class Service(FastAPI):
    """FastAPI, but with errors described as they are answered."""

    def openapi(self) -> dict[str, Any]:
        """The OpenAPI document."""
        return problems.describe(super().openapi())


def create_app(settings: Settings) -> FastAPI:
    """The service with these settings.

    Raises:
        SettingsError: If they name no database.
    """
    store = LazyStore(settings.require_database_url())
    answers = Answers()

    @asynccontextmanager
    async def lifespan(_app: FastAPI) -> AsyncIterator[None]:
        stopping = threading.Event()
        reaper = threading.Thread(target=_reap_regularly, args=(store, settings, stopping), name="reaper")
        reaper.start()
        yield
        stopping.set()
        answers.close()
        reaper.join()
        store.close()

    app = Service(
        title="Infomorphic Search",
        summary="Search for the goals of infomorphic neurons.",
        version=version("infomorphic-search"),
        lifespan=lifespan,
        docs_url=None,
        redoc_url=None,
    )
    app.state.settings, app.state.store, app.state.answers = settings, store, answers
    problems.install(app)
    v1 = APIRouter(
        prefix="/v1", responses=problems.responses(400, 401, 422, 503), dependencies=[Depends(refuse_unknown)]
    )
    # The trials' routes first: they are more specific than those of what can be done with a study.
    # And those of pictures before these, since an analysis' name may be that of a picture.
    for part in (artifacts, trials, importances, pictures, comparisons, analyses, studies, catalogue):
        v1.include_router(part.router)
    app.include_router(v1)
    app.include_router(artifacts.of_dashboard)
    app.include_router(health.router)
    documentation.install(app)
    app.add_api_route("/", lambda: RedirectResponse("/dashboard"), include_in_schema=False)

    # The last added sees a request first.
    app.add_middleware(BodyLimit, max_body_size=LARGEST_BODY)
    app.add_middleware(DashboardGate, store=store)
    app.add_middleware(GZipMiddleware, minimum_size=1000)
    app.add_middleware(SameOriginOnly)
    if settings.api_key is None:
        app.add_middleware(ThisMachineOnly)
    else:
        app.add_middleware(ApiKeyMiddleware, key=settings.api_key)
    return app


def _reap_regularly(store: LazyStore, settings: Settings, stopping: threading.Event) -> None:
    """Settle what dead workers left, also while no worker lives that could."""
    while not stopping.wait(settings.lease_seconds / 4):
        try:
            reap(store.get())
            sweep(store.get())
            start_waiting(store.get())
            attach_pictures(store.get())
        except Exception as error:
            if says_server_is_away(error):
                logger.warning("the database is away: runs of lost workers are settled once it is back")
            else:
                logger.exception("could not settle the runs of lost workers; trying again")
