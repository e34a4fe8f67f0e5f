"""A worker's rounds on a study in a database of the test's own."""

import threading
from pathlib import Path

from sqlalchemy.orm import Session

from service import creation, studies, trials
from service.spec import StudySpec
from tests.patience import eventually

SPEC = {
    "name": "study",
    "dataset": "digits",
    "n_trials": 1,
    "sampler": "tpe",
    "network": {"hidden_neurons": 10},
    "training": {"epochs": 2, "batch_size": 256},
}
ENDLESS = {"epochs": 100_000, "batch_size": 256}


def make_study(store, data_dir=Path("nowhere"), **changes):
    spec = StudySpec.model_validate({**SPEC, **changes})
    with Session(store.engine) as session, session.begin():
        creation.create(session, store, spec, data_dir)
    return spec


def change(store, action):
    with Session(store.engine) as session, session.begin():
        studies.change(session, "study", action)


def study_state(store):
    with Session(store.engine) as session:
        return studies.get(session, "study").state


def all_trials(store, spec):
    return trials.page(store, spec, 0, 100)[0]


class InBackground:
    """A round of work in a thread, and the moment when its trial is in mid-training."""

    def __init__(self, worker):
        self._thread = threading.Thread(target=worker.work, daemon=True)
        self._thread.start()

    def await_epoch(self, store, spec, number=0):
        eventually(lambda: len(found := all_trials(store, spec)) > number and found[number].validation_accuracies)

    @property
    def alive(self):
        return self._thread.is_alive()

    def join(self):
        self._thread.join(120)
        assert not self._thread.is_alive(), "the round did not end"
