"""Making a study: our half and Optuna's, both or none."""

from contextlib import suppress
from pathlib import Path

import optuna
from optuna.study import StudyDirection
from optuna.trial import TrialState
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from model.data import check_name
from model.errors import UnknownDatasetError
from service.errors import InvalidFieldError, NameTakenError
from service.search.trials import enqueue_missing
from service.spec import StudySpec
from service.storage.optuna_tables import MADE_BY_US, delete_with_trials, hold_off_sweeping, is_half_of_ours
from service.storage.store import Store
from service.storage.tables import Study, StudyState


def create(
    session: Session, store: Store, spec: StudySpec, data_dir: Path, state: StudyState = StudyState.RUNNING
) -> Study:
    """Make a study, in our tables and in Optuna's; it runs as soon as the session commits.

    Args:
        session: Our tables.
        store: Both halves.
        spec: What it is.
        data_dir: Where data sets are.
        state: That it begins in; unless it runs, its initial goals are not enqueued yet.

    Raises:
        InvalidFieldError: If there is no such data set.
        NameTakenError: If the name is taken, here or in Optuna.
    """
    try:
        check_name(spec.dataset, data_dir)
    except UnknownDatasetError as error:
        raise InvalidFieldError("dataset", str(error)) from error
    hold_off_sweeping(session)
    row = Study(name=spec.name, spec=spec.model_dump(mode="json"), state=state)
    session.add(row)
    try:
        # Our row is there, and holds the name, but is not committed: no worker sees it before Optuna's half is whole.
        session.flush()
    except IntegrityError as error:
        raise NameTakenError(f"a study named {spec.name!r} exists; choose another name") from error
    study = _make_optuna_study(store, spec)
    study.set_user_attr(MADE_BY_US, spec.model_dump(mode="json"))
    study.set_metric_names(["validation accuracy"])
    if state is StudyState.RUNNING:
        enqueue_missing(study, spec)
    return row


def _make_optuna_study(store: Store, spec: StudySpec) -> optuna.Study:
    """Optuna's half, in place of one that a creation of ours left behind when it was cut short."""
    with suppress(optuna.exceptions.DuplicatedStudyError):
        return optuna.create_study(study_name=spec.name, storage=store.trials, direction="maximize")
    with suppress(KeyError):  # it has just been deleted
        existing = store.optuna_study(spec.name)
        # One with nothing in it may be ours too, from before it was marked; one that was worked on is somebody's copy.
        marked = is_half_of_ours(spec.name, existing.user_attrs.get(MADE_BY_US))
        begun = any(trial.state is not TrialState.WAITING for trial in existing.get_trials(deepcopy=False))
        if begun or not (marked or _is_blank(existing)):
            raise NameTakenError(
                f"an Optuna study named {spec.name!r} that this service did not make exists; choose another name"
            )
        with Session(store.engine) as session, session.begin():
            delete_with_trials(session, existing._study_id)
    try:
        return optuna.create_study(study_name=spec.name, storage=store.trials, direction="maximize")
    except optuna.exceptions.DuplicatedStudyError as error:
        raise NameTakenError(f"somebody has just made an Optuna study named {spec.name!r}") from error


def _is_blank(study: optuna.Study) -> bool:
    return study.direction == StudyDirection.MAXIMIZE and not (study.user_attrs or study.get_trials(deepcopy=False))
