"""Telling the storage how a run goes, off the training's path."""

import logging
import queue
import threading
import time
from collections.abc import Iterator
from types import TracebackType
from typing import Self

from optuna.exceptions import UpdateFinishedTrialError

from service.errors import LeaseLostError
from service.runs import Run
from service.storage.database import says_server_is_away
from service.storage.leases import renew
from service.storage.store import Store
from service.storage.tables import StudyState

RENEWALS_PER_LEASE = 3
"""A lease is renewed this often before it would run out, whatever an epoch takes."""

RETRY_SECONDS = 1.0
"""How soon a database that was away is tried again."""

logger = logging.getLogger(__name__)


class Reporter:
    """Writes a run's epochs and renews its lease, in a thread of its own; a context manager.

    While the database is away, epochs are kept and written when it is back.

    Attributes:
        study_stopped: Set once the study was stopped: the run is to end.
        lease_lost: Set once the lease was lost: the run is another worker's, its result would be refused.
    """

    def __init__(self, store: Store, run: Run, lease_seconds: float) -> None:
        self.study_stopped = threading.Event()
        self.lease_lost = threading.Event()
        self._store = store
        self._run = run
        self._lease_seconds = lease_seconds
        self._renewal_seconds = lease_seconds / RENEWALS_PER_LEASE
        self._epochs: queue.SimpleQueue[tuple[int, float] | None] = queue.SimpleQueue()
        self._thread = threading.Thread(target=self._work, name=f"reporter of lease {run.token}", daemon=True)

    def __enter__(self) -> Self:
        """Start the thread."""
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        """Write what is left, then end the thread; waits for the database if it is away."""
        self._epochs.put(None)
        self._thread.join()

    def report(self, epoch: int, validation_accuracy: float) -> None:
        """Have an epoch written; returns at once."""
        self._epochs.put((epoch, validation_accuracy))

    def _work(self) -> None:
        unwritten: list[tuple[int, float]] = []
        ending = away = False
        while not (self.lease_lost.is_set() or (ending and not unwritten)):
            # A database that comes back after long has leases that ran out: these must be renewed before they are lost.
            for epoch in self._arrived(min(RETRY_SECONDS, self._renewal_seconds) if away else self._renewal_seconds):
                ending = ending or epoch is None
                unwritten += [] if epoch is None else [epoch]
            try:
                self._write(unwritten)
                away = False
            except (LeaseLostError, UpdateFinishedTrialError, KeyError):
                self.lease_lost.set()
            except Exception as error:
                away = says_server_is_away(error)
                if away:
                    message = str(error).splitlines()[0]
                    logger.warning("cannot report trial %d yet: %s", self._run.asked.trial.number, message)
                else:  # a lease that nobody renews any more is as good as lost
                    logger.exception("cannot report trial %d", self._run.asked.trial.number)
                    self.lease_lost.set()

    def _arrived(self, seconds: float) -> Iterator[tuple[int, float] | None]:
        """What has been reported, and waited for if nothing has: quick epochs are written several at a time."""
        try:
            yield self._epochs.get(timeout=seconds)
            while True:
                yield self._epochs.get_nowait()
        except queue.Empty:
            return

    def _write(self, epochs: list[tuple[int, float]]) -> None:
        """Renew the lease and write epochs, taking each from the list once it is written."""
        self._renew()
        renewed = time.monotonic()
        while epochs:
            if time.monotonic() - renewed > self._renewal_seconds:  # there are many of them
                self._renew()
                renewed = time.monotonic()
            epoch, validation_accuracy = epochs[0]
            self._run.asked.trial.report(validation_accuracy, epoch)
            del epochs[0]

    def _renew(self) -> None:
        if renew(self._store.engine, self._run.token, self._lease_seconds) is StudyState.STOPPED:
            self.study_stopped.set()
