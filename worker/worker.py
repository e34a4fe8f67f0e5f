"""A worker: takes runs from Postgres, trains them as one population, and says what came of each."""

import logging
import time
from collections.abc import Callable
from functools import lru_cache
from pathlib import Path

import torch

from model.data import Split, load
from service import runs
from service.analyses.waiting import start_waiting
from service.errors import ServiceError
from service.runs import Run
from service.settings import Settings
from service.settling import reap
from service.spec import StudySpec
from service.storage.database import says_server_is_away
from service.storage.store import Store
from worker.capacity import how_many_together, networks_that_pay
from worker.reporter import Reporter
from worker.training import train_apart_if_need_be, try_again

SplitLoader = Callable[[str, Path, float, int], Split]
"""Data set, data directory, share and seed of the validation part; the split."""

logger = logging.getLogger(__name__)


class Worker:
    """Disposable: all that must not be lost is in Postgres, and whatever this one leaves another finishes.

    Args:
        settings: Database, data directory, lease and resources.
        name: Name of this worker in leases; unique.
        shares_data: Whether it is an actor of Ray, and shares its node's copy of the data.

    Raises:
        SettingsError: If the settings name no database.
    """

    def __init__(self, settings: Settings, name: str, *, shares_data: bool = False) -> None:
        logging.basicConfig(level=logging.WARNING, format="%(asctime)s %(levelname)s %(message)s")
        torch.set_num_threads(max(1, int(settings.worker_cpus)))
        self._url = settings.require_database_url()
        self._settings = settings
        self._name = name
        self._device = torch.device("cuda" if settings.worker_gpus > 0 else "cpu")
        self._store: Store | None = None
        self._capacities: dict[tuple[str, str, int, int, str], int] = {}
        self._load = _own_loader() if not shares_data else _node_loader()

    def work(self) -> bool:
        """One round: settle what others left, then train some runs if there are any; otherwise wait a little.

        Returns:
            Whether runs were trained.
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
        start_waiting(store)
        in_hand = runs.start(store, self._name, self._settings.lease_seconds, self._how_many)
        if in_hand:
            self._train(store, in_hand)
        return bool(in_hand)

    def _open_store(self) -> Store:
        if self._store is None:
            self._store = Store.open(self._url, pool_size=2)
        return self._store

    def _train(self, store: Store, in_hand: list[Run]) -> None:
        with Reporter(store, in_hand, self._settings.lease_seconds) as reporter:
            try:
                data = self._split(in_hand[0].spec)
            except Exception as error:
                logger.exception("the data of study %s cannot be had", in_hand[0].spec.name)
                try_again(in_hand, error, reporter)
            else:
                train_apart_if_need_be(in_hand, data, self._device, reporter)

    def _split(self, spec: StudySpec) -> Split:
        training = spec.training
        return self._load(spec.dataset, self._settings.data_dir, training.validation_fraction, training.data_seed)

    def _how_many(self, spec: StudySpec, left: int) -> int:
        return how_many_together(spec, left, self._settings.workers, self._capacity)

    def _capacity(self, spec: StudySpec) -> int:
        """How many networks of a study pay to train together; one if that cannot be told, which then shows."""
        network, training = spec.network, spec.training
        alike = (spec.dataset, network.model_dump_json(), training.batch_size, training.epochs, spec.record)
        if alike not in self._capacities:
            try:
                split = self._split(spec)
                size = networks_that_pay(
                    network, training, split.train_images.shape[1], split.n_classes, self._device, spec.record
                )
            except Exception as error:
                logger.warning("cannot measure how many networks of %s pay together: %s", spec.name, error)
                return 1
            self._capacities[alike] = size
        return self._capacities[alike]


def _own_loader() -> SplitLoader:
    @lru_cache(maxsize=1)
    def split(dataset: str, data_dir: Path, validation_fraction: float, data_seed: int) -> Split:
        return load(dataset, data_dir).split(validation_fraction, data_seed)

    return split


def _node_loader() -> SplitLoader:
    from worker.node_data import NodeData  # noqa: PLC0415 - imports Ray, which is there if anything is to be shared

    return NodeData().split
