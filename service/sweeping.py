"""Cleaning up in Optuna what crashes left there at moments that no lease covers.

Optuna writes in transactions of its own. Whoever dies, or loses the database's answer, between one of its and one of
ours may leave a study or a trial that nobody knows of.
"""

import logging
from contextlib import suppress

from sqlalchemy.orm import Session

from service.search import trials
from service.storage.optuna_tables import delete_with_trials, leftovers, strays
from service.storage.store import Store

logger = logging.getLogger(__name__)


def sweep(store: Store) -> None:
    """Delete halves of studies, fail trials that run under no lease. Anyone may, at any time."""
    with Session(store.engine) as session, session.begin():
        left = leftovers(session)
        for number in left:
            logger.warning("deleting Optuna's study %d, left by a creation that was cut short", number)
            delete_with_trials(session, number)
    for number in left:
        store.forget(number)
    with Session(store.engine) as session:
        lost = strays(session, trials.LEASE)
    for trial_id in lost:
        with suppress(KeyError):  # its study was deleted meanwhile
            trials.discard(store.trials, trial_id, "no worker has a lease for it")
