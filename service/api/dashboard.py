"""optuna-dashboard beside the API: to look at, not to change."""

from typing import cast

from a2wsgi import WSGIMiddleware
from optuna_dashboard import wsgi
from starlette.concurrency import run_in_threadpool
from starlette.types import ASGIApp, Receive, Scope, Send

from service.api.dependencies import LazyStore
from service.api.problems import answer_to, problem
from service.storage.optuna_artifacts import ArtifactsForReading

PREFIXES = ("/dashboard", "/static", "/api", "/csv")
"""The dashboard's addresses are absolute and cannot be moved; ours are under /v1, and /artifacts, which it links to."""


class DashboardGate:
    """Sends the dashboard's addresses to the dashboard, and everything else on.

    Only reading is let through: the dashboard would let anyone delete studies and tell trials their values, behind the
    back of the leases.
    """

    def __init__(self, app: ASGIApp, store: LazyStore) -> None:
        self._app = app
        self._store = store
        self._dashboard: ASGIApp | None = None

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Send a request where it belongs."""
        path = scope.get("path", "")
        if scope["type"] != "http" or not any(path == p or path.startswith(f"{p}/") for p in PREFIXES):
            await self._app(scope, receive, send)
        elif scope["method"] not in {"GET", "HEAD"}:
            refusal = problem(
                405, "the dashboard is for reading; change studies under /v1", headers={"Allow": "GET, HEAD"}
            )
            await refusal(scope, receive, send)
        else:
            dashboard = await run_in_threadpool(self._open)
            await dashboard(scope, receive, send)

    def _open(self) -> ASGIApp:
        """The dashboard, or a refusal while the database is away, for which it has no words of its own."""
        try:
            store = self._store.get()
            store.engine.connect().close()
        except Exception as error:
            return answer_to(error)
        if self._dashboard is None:
            application = wsgi(store.trials, artifact_store=ArtifactsForReading(store.engine))
            # a2wsgi types the same protocol in words of its own.
            self._dashboard = cast("ASGIApp", WSGIMiddleware(application))
        return self._dashboard
