"""Keeping a number of workers alive in a Ray cluster."""

import logging
import os
import signal
import socket
import threading
import time
from contextlib import closing
from dataclasses import dataclass
from types import ModuleType
from typing import Any

from service.errors import ServiceError
from service.settings import Settings
from service.settling import reap
from service.storage.database import says_server_is_away
from service.storage.leases import Outcome, Verdict, give_back
from service.storage.store import Store
from worker.worker import Worker

REPLACEMENT_SECONDS = 1.0
"""Between the end of a worker and the start of another in its place, which may end as soon."""

logger = logging.getLogger(__name__)


class ClusterUnreachableError(ServiceError):
    """No Ray cluster answers at this address."""


@dataclass(frozen=True)
class Member:
    """A worker of the pool: its Ray actor, and its name in leases, which it keeps when Ray restarts it."""

    actor: Any
    name: str


class Pool:
    """Workers as Ray actors: placed by Ray, restarted by it when they die, replaced when it gives them up.

    Args:
        settings: How many workers, what each asks for, which cluster.
    """

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._private = settings.ray_address == "local"
        self._ray = _import_ray(private=self._private)
        self._name = f"{socket.gethostname()}-{os.getpid()}-{int(time.time())}"
        self._started = 0

    def run(self, stopping: threading.Event) -> None:
        """Keep the workers at work until `stopping` is set, then end them and give back what they had in hand.

        Raises:
            ClusterUnreachableError: If the cluster cannot be reached.
        """
        if stopping.is_set():
            return  # while Ray was imported
        self._join_cluster()
        try:
            if stopping.is_set():
                return
            started = [self._start() for _ in range(self._settings.workers)]
            rounds = {member.actor.work.remote(): member for member in started}
            while not stopping.is_set():
                ended, _ = self._ray.wait(list(rounds), num_returns=1, timeout=0.5)
                for reference in ended:
                    member = self._still_alive(rounds.pop(reference), reference)
                    rounds[member.actor.work.remote()] = member
            for member in rounds.values():
                self._ray.kill(member.actor)
        finally:
            self._ray.shutdown()
            orderly = Outcome(Verdict.RELEASED, reason="its worker was shut down")
            broken = Outcome(Verdict.RETRY, reason="the pool of its worker broke down")
            self._give_back(self._name, orderly if stopping.is_set() else broken)

    def _join_cluster(self) -> None:
        handlers = {number: signal.getsignal(number) for number in (signal.SIGTERM, signal.SIGINT)}
        options: dict[str, Any] = {"_node_ip_address": "127.0.0.1"}
        if self._private:
            needed = self._settings.workers * self._settings.worker_cpus
            options["num_cpus"] = max(os.cpu_count() or 1, int(needed + 0.999))
        try:
            self._ray.init(
                address=self._settings.ray_address,
                include_dashboard=False if self._private else None,
                logging_level=logging.WARNING,
                **(options if self._private else {}),
            )
        except (ConnectionError, ValueError) as error:
            message = f"no Ray cluster answers at {self._settings.ray_address}: {error}"
            raise ClusterUnreachableError(message) from error
        for number, handler in handlers.items():
            signal.signal(number, handler)  # Ray takes SIGTERM for itself

    def _start(self) -> Member:
        self._started += 1
        name = f"{self._name}/{self._started}"
        actor = self._ray.remote(Worker).options(
            num_cpus=self._settings.worker_cpus, num_gpus=self._settings.worker_gpus, max_restarts=-1
        )
        return Member(actor.remote(self._settings, name, shares_data=True), name)

    def _still_alive(self, member: Member, reference: Any) -> Member:  # noqa: ANN401 - Ray's handles are not typed
        """The member, or another in its place."""
        errors = self._ray.exceptions
        try:
            self._ray.get(reference)
        except errors.RayError as error:
            logger.warning("worker %s died: %s", member.name, str(error).splitlines()[0])
            self._give_back(member.name, Outcome(Verdict.RETRY, reason=f"its worker {member.name} died"))
            if isinstance(error, errors.ActorDiedError | errors.ActorUnschedulableError):  # not restarted by Ray
                time.sleep(REPLACEMENT_SECONDS)
                return self._start()
        return member

    def _give_back(self, worker: str, outcome: Outcome) -> None:
        """End the leases of a worker, or of all, so that their runs need not wait for these to run out."""
        try:
            with closing(Store.open(self._settings.require_database_url(), pool_size=1)) as store:
                give_back(store.engine, worker, outcome)
                reap(store)
        except Exception as error:
            if not says_server_is_away(error):
                raise
            logger.warning("the database is away: runs in hand are taken up again once their leases run out")


def _import_ray(*, private: bool) -> ModuleType:
    """Ray, imported only now: it reads these variables while it is imported.

    A private cluster listens on this machine only; no cluster tells anybody that it is used.
    """
    if private:
        os.environ.setdefault("RAY_ENABLE_WINDOWS_OR_OSX_CLUSTER", "0")
    os.environ.setdefault("RAY_USAGE_STATS_ENABLED", "0")
    import ray  # noqa: PLC0415 - after the variables

    return ray
