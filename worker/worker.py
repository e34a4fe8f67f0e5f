"""A worker: takes one run after another from Postgres, trains it, and says what came of it."""

import logging
import time
from functools import lru_cache
from pathlib import Path

import torch

from model.data import Split, load
from service import runs
from service.errors import LeaseLostError, ServiceError
from service.runs import Run
from service.settings import Settings
from service.settling import reap
from service.storage.database import says_server_is_away
from service.storage.leases import Outcome, Verdict
from service.storage.store import Store
from worker.reporter import Reporter
from worker.training import train

logger = logging.getLogger(__name__)


class Worker:
    """Disposable: all that must not be lost is in Postgres, and whatever this one leaves another finishes.

    Args:
        settings: Database, data directory, lease and resources.
        name: Name of this worker in leases; unique.

    Raises:
        SettingsError: If the settings name no database.
    """

    def __init__(self, settings: Settings, name: str) -> None:
        logging.basicConfig(level=logging.WARNING, format="%(asctime)s %(levelname)s %(message)s")
        torch.set_num_threads(max(1, int(settings.worker_cpus)))
        self._url = settings.require_database_url()
        self._settings = settings
        self._name = name
        self._device = torch.device("cuda" if settings.worker_gpus > 0 else "cpu")
        self._store: Store | None = None

    def work(self) -> bool:
        """One round: settle what others left, then train one run if there is any; otherwise wait a little.

        Returns:
            Whether a run was trained.
        """
        worked = False
        try:
            worked = self._round()
        except ServiceError as error:  # a lease lost early, or tables of another version, which may yet be migrated
            logger.warning("%s", error)
        except Exception as error:  # whatever it is, the next round may go well; the run is tried again after its lease
            if says_server_is_away(error):
                logger.warning("waiting for the database: %s", str(error).splitlines()[0])
            else:
                logger.exception("a round of work failed")
        if not worked:
            time.sleep(self._settings.poll_seconds)
        return worked

    def _round(self) -> bool:
        store = self._open_store()
        reap(store)
        run = runs.start(store, self._name, self._settings.lease_seconds)
        if run is not None:
            self._train(store, run)
        return run is not None

    def _open_store(self) -> Store:
        if self._store is None:
            self._store = Store.open(self._url, pool_size=2)
        return self._store

    def _train(self, store: Store, run: Run) -> None:
        try:
            with Reporter(store, run, self._settings.lease_seconds) as reporter:
                outcome = self._outcome(run, reporter)
            self._finish(store, run, outcome)
        except LeaseLostError as error:
            logger.warning("%s: trial %d is another worker's now", error, run.asked.trial.number)

    def _outcome(self, run: Run, reporter: Reporter) -> Outcome:
        try:
            spec = run.spec.training
            data = _split(run.spec.dataset, self._settings.data_dir, spec.validation_fraction, spec.data_seed)
            return train(run, data, self._device, reporter)
        except LeaseLostError:
            raise
        except Exception as error:  # whatever it is, it is this trial's and must not end the worker
            logger.exception("trial %d raised", run.asked.trial.number)
            return Outcome(Verdict.RETRY, reason=f"{type(error).__name__}: {error}")

    def _finish(self, store: Store, run: Run, outcome: Outcome) -> None:
        while True:
            try:
                runs.finish(store, run, outcome)
            except Exception as error:
                if not says_server_is_away(error):
                    raise
                logger.warning("cannot finish trial %d yet: %s", run.asked.trial.number, str(error).splitlines()[0])
                time.sleep(self._settings.poll_seconds)
            else:
                return


@lru_cache(maxsize=2)
def _split(dataset: str, data_dir: Path, validation_fraction: float, data_seed: int) -> Split:
    return load(dataset, data_dir).split(validation_fraction, data_seed)
