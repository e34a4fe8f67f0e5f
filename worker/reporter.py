"""Telling the storage how runs go, off the training's path."""

import logging
import queue
import threading
import time
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor, wait
from contextlib import suppress
from types import TracebackType
from typing import Self

from optuna.exceptions import UpdateFinishedTrialError

from service import runs
from service.errors import LeaseLostError
from service.runs import RENEWALS_PER_LEASE, Run
from service.storage.database import says_server_is_away
from service.storage.leases import Outcome, Verdict, renew
from service.storage.store import Store
from service.storage.tables import StudyState

RETRY_SECONDS = 1.0
"""How soon a database that was away is tried again."""

News = tuple[Run, int, float] | tuple[Run, Outcome]
"""An epoch of a run and its validation accuracy, or what came of the run."""

logger = logging.getLogger(__name__)


class Reporter:
    """Writes the epochs and ends of runs and renews their leases, in a thread of its own; a context manager.

    While the database is away, what was reported is kept and written when it is back.

    Attributes:
        study_stopped: Set once the study was stopped: its runs are to end.
    """

    def __init__(self, store: Store, in_hand: Sequence[Run], lease_seconds: float) -> None:
        self.study_stopped = threading.Event()
        self._store = store
        self._in_hand = {run.token: run for run in in_hand}
        self._lost: set[int] = set()
        self._to_prune: set[int] = set()
        self._written: dict[int, int] = {}
        self._lease_seconds = lease_seconds
        self._renewal_seconds = lease_seconds / RENEWALS_PER_LEASE
        self._renewed = 0.0
        self._news: queue.SimpleQueue[News | None] = queue.SimpleQueue()
        self._thread = threading.Thread(target=self._work, name=f"reporter of {len(in_hand)} runs", daemon=True)

    def __enter__(self) -> Self:
        """Start the thread."""
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        """Write what is left, then end the thread; waits for the database if it is away."""
        self._news.put(None)
        self._thread.join()

    def report(self, run: Run, epoch: int, validation_accuracy: float) -> None:
        """Have an epoch written; returns at once."""
        self._news.put((run, epoch, validation_accuracy))

    def end(self, run: Run, outcome: Outcome) -> None:
        """Have a run finished, after its epochs; returns at once. Then its lease is no longer renewed."""
        self._news.put((run, outcome))

    def is_lost(self, run: Run) -> bool:
        """Whether the run is no longer this worker's, so that its result would be refused."""
        return run.token in self._lost

    def is_to_be_pruned(self, run: Run) -> bool:
        """Whether the study's pruner wants the run to end."""
        return run.token in self._to_prune

    def _work(self) -> None:
        unwritten: list[News] = []
        ending = away = False
        while not (ending and not unwritten):
            # A database that comes back after long has leases that ran out: these must be renewed before they are lost.
            for news in self._arrived(min(RETRY_SECONDS, self._renewal_seconds) if away else self._renewal_seconds):
                ending = ending or news is None
                unwritten += [] if news is None else [news]
            try:
                self._renew()
                while unwritten:
                    self._write(unwritten)
                    del unwritten[0]
                away = False
            except Exception as error:
                away = says_server_is_away(error)
                if away:
                    logger.warning("cannot report yet: %s", str(error).splitlines()[0])
                else:  # leases that nobody renews any more are as good as lost
                    logger.exception("cannot report")
                    for run in list(self._in_hand.values()):
                        self._lose(run, "its lease cannot be renewed")

    def _arrived(self, seconds: float) -> list[News | None]:
        """What has been reported, and waited for if nothing has: quick epochs are written several at a time."""
        arrived: list[News | None] = []
        try:
            arrived.append(self._news.get(timeout=seconds))
            while True:
                arrived.append(self._news.get_nowait())
        except queue.Empty:
            return arrived

    def _write(self, unwritten: Sequence[News]) -> None:
        """Write the first of the news; an error of one run's ends that run alone."""
        run, *what = unwritten[0]
        if time.monotonic() - self._renewed > self._renewal_seconds:  # there is much to write
            self._renew()
        if run.token not in self._in_hand:
            return
        try:
            match what:
                case [Outcome() as outcome]:
                    self._finish(run, outcome)
                case [int() as epoch, float() as validation_accuracy]:
                    if epoch > self._written.get(run.token, 0):  # else it is trained again, in smaller company
                        run.asked.trial.report(validation_accuracy, epoch)
                        self._written[run.token] = epoch
                    if not any(later is run for later, *_ in unwritten[1:]):  # a pruner looks at the last epoch alone
                        self._ask_pruner(run)
        except (LeaseLostError, UpdateFinishedTrialError, KeyError) as error:
            self._lose(run, str(error))
        except Exception as error:
            if says_server_is_away(error):
                raise
            logger.exception("trial %d cannot be reported", run.asked.trial.number)
            with suppress(LeaseLostError):
                runs.finish(self._store, run, Outcome(Verdict.RETRY, reason=f"{type(error).__name__}: {error}"))
            self._lose(run, "it cannot be reported")

    def _finish(self, run: Run, outcome: Outcome) -> None:
        """Have a run finished by another thread: while its artifacts are uploaded, leases are renewed here."""
        with ThreadPoolExecutor(1, "finisher") as finisher:
            finished = finisher.submit(runs.finish, self._store, run, outcome)
            while wait([finished], self._renewal_seconds).not_done:
                try:
                    self._renew(finishing=run)
                except Exception as error:  # the run comes first; whether the database is away shows when it is through
                    logger.warning("cannot renew yet: %r", error)
            finished.result()
        del self._in_hand[run.token]

    def _ask_pruner(self, run: Run) -> None:
        if run.spec.pruner is not None and run.token not in self._to_prune and run.asked.trial.should_prune():
            self._to_prune.add(run.token)

    def _renew(self, finishing: Run | None = None) -> None:
        """Renew all leases; one that is gone is lost, unless it is that of a run which may just have been finished."""
        states = renew(self._store.engine, list(self._in_hand), self._lease_seconds)
        self._renewed = time.monotonic()
        for run in [run for token, run in self._in_hand.items() if token not in states and run is not finishing]:
            self._lose(run, f"lease {run.token} is no longer held")
        if StudyState.STOPPED in states.values():
            self.study_stopped.set()

    def _lose(self, run: Run, why: str) -> None:
        logger.warning("trial %d is no longer this worker's: %s", run.asked.trial.number, why)
        self._lost.add(run.token)
        del self._in_hand[run.token]
