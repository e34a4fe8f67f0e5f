"""Everything on one machine: Postgres, the API and the workers, started in order and stopped in reverse."""

import threading
import time
from contextlib import ExitStack
from types import TracebackType
from typing import Self

import httpx

from service.cli.database import require_database
from service.cli.interrupt import interruptible
from service.cli.listening import listen
from service.cli.part import Part
from service.cli.serve import require_key_for_others
from service.errors import ServiceError
from service.hosts import service_url
from service.settings import Settings
from service.storage.embedded.location import state_directory
from service.storage.embedded.server import EmbeddedPostgres

START_SECONDS = 60.0


class StackError(ServiceError):
    """A part of the stack did not start."""


class Stack:
    """Postgres where no DATABASE_URL names one, the API with the dashboard, and workers; a context manager.

    Enter it in the main thread: what it starts ends with the thread that started it.

    Args:
        settings: Where the service listens, how many workers; a database, if there is one already.
        stopping: Once set, starting does not wait for the API any more.
    """

    def __init__(self, settings: Settings, stopping: threading.Event | None = None) -> None:
        self.url = service_url(settings.host, settings.port)
        self.logs = state_directory() / "logs"
        self._settings = settings
        self._stopping = stopping or threading.Event()
        self._postgres: EmbeddedPostgres | None = None
        self._parts: list[Part] = []
        self._cleanup = ExitStack()

    def __enter__(self) -> Self:
        """Start everything; returns when the API is ready.

        Raises:
            SettingsError: If other machines would be served without an API key.
            PortUnusableError: If the port is taken.
            StackError: If a part does not start.
            EmbeddedPostgresError: If Postgres does not start.
        """
        with ExitStack() as cleanup:
            require_key_for_others(self._settings)
            for free in listen(self._settings.host, self._settings.port):
                free.close()
            database_url = self._start_postgres(cleanup)
            self._start_parts(cleanup, database_url)
            self._cleanup = cleanup.pop_all()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        """Stop everything that was started."""
        self._cleanup.close()

    def mend(self) -> list[str]:
        """Start again what died; the names of what was.

        Raises:
            EmbeddedPostgresError: If Postgres does not start again.
        """
        mended = [part.name for part in self._parts if part.mend()]
        if self._postgres is not None and not self._postgres.alive and self._restart_postgres(self._postgres):
            mended.append("postgres")
        return mended

    def _restart_postgres(self, postgres: EmbeddedPostgres) -> bool:
        """Start Postgres again, on another port if somebody has taken the old one; False if told to stop meanwhile."""
        postgres.__exit__(None, None, None)
        try:
            with interruptible():  # recovery may take minutes
                if self._stopping.is_set():
                    return False
                postgres.__enter__()
        except KeyboardInterrupt:
            if self._stopping.is_set():
                return False
            raise
        for part in self._parts:
            part.tell({"DATABASE_URL": postgres.url})
        return True

    def _start_postgres(self, cleanup: ExitStack) -> str:
        from service.storage.schema import migrate

        if self._settings.database_url is None:
            self._postgres = cleanup.enter_context(EmbeddedPostgres(state_directory() / "postgres"))
            url = self._postgres.url
        else:
            url = require_database(self._settings)
        migrate(url)
        return url

    def _start_parts(self, cleanup: ExitStack, database_url: str) -> None:
        self.logs.mkdir(parents=True, exist_ok=True)
        settings = self._settings
        environment = {
            "DATABASE_URL": database_url,
            "INFOMORPHIC_HOST": settings.host,
            "INFOMORPHIC_PORT": str(settings.port),
            "INFOMORPHIC_WORKERS": str(settings.workers),
        }
        for name in ("api", "worker"):
            part = Part(name, environment, self.logs / f"{name}.log")
            cleanup.callback(part.stop)
            self._parts.append(part)
        self._await_ready(self._parts[0])

    def _await_ready(self, api: Part) -> None:
        deadline = time.monotonic() + START_SECONDS
        while time.monotonic() < deadline:
            if self._stopping.is_set():
                return
            if not api.alive:
                raise StackError(f"the API did not start; the end of {api.log}:\n{api.last_words()}")
            try:
                if httpx.get(f"{self.url}/readyz", timeout=5, trust_env=False).is_success:
                    return
            except httpx.HTTPError:
                pass
            time.sleep(0.1)
        raise StackError(f"the API was not ready after {START_SECONDS:.0f} s; see {api.log}")
