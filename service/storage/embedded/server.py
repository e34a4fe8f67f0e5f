"""A Postgres server of our own, from first use to shutdown."""

import subprocess
from collections.abc import Mapping
from contextlib import ExitStack, closing
from pathlib import Path
from types import TracebackType
from typing import Self

import psycopg2

from service.errors import EmbeddedPostgresError
from service.storage.embedded.account import server_account
from service.storage.embedded.address import DATABASE, url_at
from service.storage.embedded.binaries import reachable_programs
from service.storage.embedded.cluster import ensure_cluster
from service.storage.embedded.location import prepare_directory
from service.storage.embedded.lock import exclusive
from service.storage.embedded.port import ADDRESS, candidate_ports, remember_port
from service.storage.embedded.postmaster import Installation, PortTakenError, start_postmaster, stop_postmaster
from service.storage.embedded.predecessor import await_predecessor


class EmbeddedPostgres:
    """A private Postgres server whose data live in `directory`; a context manager.

    It listens on 127.0.0.1 only and ends with the *thread* that entered the context, even on kill -9: enter it in the
    main thread. Without `port` it takes the one of its last start if free, else any. `settings` go over our own.
    """

    def __init__(self, directory: Path, *, port: int | None = None, settings: Mapping[str, str] | None = None) -> None:
        self._directory = directory.expanduser().resolve()
        self._fixed_port = port
        self._settings = dict(settings or {})
        self._process: subprocess.Popen[bytes] | None = None
        self._url = ""
        self._cleanup = ExitStack()

    def __enter__(self) -> Self:
        """Make the data on first use, start the server and wait until it accepts connections.

        Raises:
            EmbeddedPostgresError: If the server cannot be made or started; the message says what to do.
        """
        with ExitStack() as cleanup:
            try:
                self._start(cleanup)
            except (OSError, subprocess.SubprocessError) as error:
                raise EmbeddedPostgresError(f"Postgres cannot run in {self._directory}: {error}") from error
            self._cleanup = cleanup.pop_all()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        """Shut the server down, ending the sessions that are still open."""
        self._cleanup.close()

    @property
    def url(self) -> str:
        """Address of the database, with the password.

        Raises:
            EmbeddedPostgresError: If the server has not been started.
        """
        self._require_process()
        return self._url

    @property
    def pid(self) -> int:
        """Process number of the server.

        Raises:
            EmbeddedPostgresError: If the server has not been started.
        """
        return self._require_process().pid

    @property
    def alive(self) -> bool:
        """Whether the server runs."""
        return self._process is not None and self._process.poll() is None

    def _require_process(self) -> subprocess.Popen[bytes]:
        if self._process is None:
            raise EmbeddedPostgresError(f"The Postgres server of {self._directory} has not been started.")
        return self._process

    def _start(self, cleanup: ExitStack) -> None:
        directory = self._directory
        account = server_account()
        prepare_directory(directory, account)
        cleanup.enter_context(exclusive(directory))
        programs = reachable_programs(directory, account)
        data = ensure_cluster(directory, programs, account, durable=self._settings.get("fsync") != "off")
        await_predecessor(data)
        process, port = self._start_on_free_port(Installation(programs, data, directory / "postgres.log", account))
        cleanup.callback(self._stop, process)
        remember_port(directory, port)
        _ensure_database(url_at(directory, port, "postgres"))
        self._process, self._url = process, url_at(directory, port)

    def _start_on_free_port(self, where: Installation) -> tuple[subprocess.Popen[bytes], int]:
        if self._fixed_port is not None:
            return start_postmaster(where, self._fixed_port, self._settings), self._fixed_port
        for port in candidate_ports(self._directory):
            try:
                return start_postmaster(where, port, self._settings), port
            except PortTakenError:
                continue
        raise EmbeddedPostgresError(f"No free TCP port was found on {ADDRESS} for Postgres in {self._directory}.")

    def _stop(self, process: subprocess.Popen[bytes]) -> None:
        self._process = None
        stop_postmaster(process)


def _ensure_database(url: str) -> None:
    """Create the database if it is not there.

    Raises:
        EmbeddedPostgresError: If the server refuses.
    """
    try:
        with closing(psycopg2.connect(url, connect_timeout=30)) as connection:
            connection.autocommit = True
            with connection.cursor() as cursor:
                cursor.execute("SELECT FROM pg_database WHERE datname = %s", (DATABASE,))
                if cursor.fetchone() is None:
                    cursor.execute(f"CREATE DATABASE {DATABASE}")
    except psycopg2.Error as error:
        raise EmbeddedPostgresError(f"The database {DATABASE} could not be created: {error}") from error
