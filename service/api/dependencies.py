"""What routes are given: settings, the store, a session."""

import threading
from collections.abc import Iterator
from typing import Annotated, cast

from fastapi import Depends, Path, Query, Request
from optuna.exceptions import StorageInternalError
from sqlalchemy.orm import Session

from service.errors import ServiceError
from service.importances.answers import Answers
from service.settings import Settings
from service.spec import StudyName
from service.storage.database import says_server_is_away
from service.storage.store import Store


class StillAwayError(ServiceError):
    """The database could not be reached a moment ago, for the reason that is this error's cause."""


class LazyStore:
    """The store, opened when first needed: the service starts, and says so, while the database is still away."""

    def __init__(self, url: str) -> None:
        self._url = url
        self._lock = threading.Lock()
        self._store: Store | None = None
        self._failure: BaseException | None = None

    def get(self) -> Store:
        """The open store. While one thread tries again to reach a database that was away, no other waits for it.

        Raises:
            SchemaVersionError: If the database has not been migrated to this version.
            sqlalchemy.exc.OperationalError: If the database cannot be reached.
            StillAwayError: If it could not be reached by another thread, because of an error as above.
        """
        if self._store is not None:
            return self._store
        known = self._failure
        if not self._lock.acquire(blocking=known is None):
            raise StillAwayError from known
        try:
            if self._store is None:
                if self._failure is not None and self._failure is not known:  # while we waited
                    raise StillAwayError from self._failure
                self._store = self._open()
            return self._store
        finally:
            self._lock.release()

    def _open(self) -> Store:
        failure = None
        try:
            return Store.open(self._url)
        except Exception as error:
            if says_server_is_away(error):
                failure = error.__cause__ if isinstance(error, StorageInternalError) else error
            raise
        finally:
            self._failure = failure

    def close(self) -> None:
        """Give back the connections."""
        with self._lock:
            if self._store is not None:
                self._store.close()
                self._store = None


def _settings(request: Request) -> Settings:
    return cast("Settings", request.app.state.settings)


def _store(request: Request) -> Store:
    return cast("LazyStore", request.app.state.store).get()


def _answers(request: Request) -> Answers:
    return cast("Answers", request.app.state.answers)


StoreDep = Annotated[Store, Depends(_store)]
AnswersDep = Annotated[Answers, Depends(_answers)]
SettingsDep = Annotated[Settings, Depends(_settings)]


def _session(store: StoreDep) -> Iterator[Session]:
    with Session(store.engine) as session:
        yield session
        session.commit()


# The default scope would commit after the response has left: a failed commit would still answer 201.
SessionDep = Annotated[Session, Depends(_session, scope="function")]

StudyInPath = Annotated[StudyName, Path(description="Name of a study.")]
TrialInPath = Annotated[int, Path(ge=0, le=10**9, description="Number of a trial.")]
Offset = Annotated[int, Query(ge=0, le=10**9, description="How many to pass over.")]
Limit = Annotated[int, Query(ge=1, le=1000, description="How many to return at most.")]
