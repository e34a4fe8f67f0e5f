"""Optuna's tables beside ours in one statement or transaction: what Optuna, which knows only its own, cannot do.

Optuna deletes a study object by object, and gives up silently when a worker writes about one of them meanwhile.
"""

import json
from collections.abc import Mapping

from optuna.distributions import BaseDistribution, distribution_to_json
from optuna.exceptions import UpdateFinishedTrialError
from optuna.storages._rdb.models import (
    BaseModel,
    StudyModel,
    StudySystemAttributeModel,
    StudyUserAttributeModel,
    TrialModel,
    TrialParamModel,
    TrialSystemAttributeModel,
    TrialUserAttributeModel,
)
from optuna.trial import TrialState
from sqlalchemy import ColumnElement, Text, and_, cast, delete, exists, func, insert, or_, select
from sqlalchemy.orm import Session

from service.storage.database import OPTUNA_SCHEMA
from service.storage.leases import OPEN_OR_DONE
from service.storage.tables import Lease, Study

MADE_BY_US = "infomorphic"
"""User attribute of the Optuna studies that are half of a study of ours: its spec."""

PICTURES = "dashboard:plot_data:"
"""How the system attributes begin in which optuna-dashboard keeps pictures beside a study."""

CREATION_LOCK = 0x6372656174
"""Key of the advisory lock that who creates a study shares, and who looks for leftovers of creations holds alone."""

IN_OPTUNA = {"schema_translate_map": {None: OPTUNA_SCHEMA}}


def is_half_of_ours(name: str, mark: object) -> bool:
    """Whether an Optuna study of this name with this value of `MADE_BY_US` is ours; a copy of one bears its name."""
    return isinstance(mark, dict) and mark.get("name") == name


def find_half(session: Session, name: str) -> int | None:
    """Number of the Optuna study that is half of ours of this name; None if there is none, or somebody else's."""
    return next(iter(_halves(session, StudyModel.study_name == name)), None)


def hold_off_sweeping(session: Session) -> None:
    """Until this transaction ends, an Optuna study whose other half is not committed yet is no leftover."""
    session.execute(select(func.pg_advisory_xact_lock_shared(CREATION_LOCK)))


def leftovers(session: Session) -> list[int]:
    """Numbers of Optuna's halves of studies of ours that never came to be; none while one is made.

    Nobody has worked on these: one whose trials have begun is a copy, from another database.
    """
    if not session.scalar(select(func.pg_try_advisory_xact_lock(CREATION_LOCK))):
        return []
    whole = exists().where(Study.name == StudyModel.study_name)
    begun = exists().where(TrialModel.study_id == StudyModel.study_id, TrialModel.state != TrialState.WAITING)
    return _halves(session, and_(~whole, ~begun))


def _halves(session: Session, condition: ColumnElement[bool]) -> list[int]:
    marked = (
        select(StudyModel.study_id, StudyModel.study_name, StudyUserAttributeModel.value_json)
        .join(StudyUserAttributeModel, StudyUserAttributeModel.study_id == StudyModel.study_id)
        .where(StudyUserAttributeModel.key == MADE_BY_US, condition)
    )
    rows = session.execute(marked, execution_options=IN_OPTUNA)
    return [number for number, name, mark in rows if is_half_of_ours(name, json.loads(mark))]


def delete_with_trials(session: Session, study_id: int) -> None:
    """Delete an Optuna study and all that belongs to it, in the session's transaction."""
    # Locked first: what a worker writes about a trial meanwhile is written before, or finds the trial gone.
    study = select(StudyModel.study_id).where(StudyModel.study_id == study_id)
    trials = select(TrialModel.trial_id).where(TrialModel.study_id == study_id)
    for rows in (study, trials):
        session.execute(rows.with_for_update(), execution_options=IN_OPTUNA).all()
    for table in reversed(BaseModel.metadata.sorted_tables):
        if "study_id" in table.c:
            session.execute(delete(table).where(table.c.study_id == study_id), execution_options=IN_OPTUNA)
        elif "trial_id" in table.c:
            session.execute(delete(table).where(table.c.trial_id.in_(trials)), execution_options=IN_OPTUNA)


def delete_picture(session: Session, study_id: int, picture_id: str) -> None:
    """Delete what optuna-dashboard shows beside an Optuna study under an id, if there is anything."""
    attribute = StudySystemAttributeModel
    parts = attribute.key.startswith(f"{PICTURES}{picture_id}:", autoescape=True)
    session.execute(delete(attribute).where(attribute.study_id == study_id, parts), execution_options=IN_OPTUNA)


def strays(session: Session, lease_attribute: str) -> list[int]:
    """Running trials of our studies that workers made and no lease is for: their numbers in the whole database.

    Args:
        session: Our tables.
        lease_attribute: User attribute of a trial that names the lease it was made under.
    """
    attribute = TrialUserAttributeModel
    is_for_it = exists().where(
        Lease.study_id == Study.id,
        cast(Lease.id, Text) == attribute.value_json,
        Lease.state.in_(OPEN_OR_DONE),
        or_(Lease.trial_number.is_(None), Lease.trial_number == TrialModel.number),
    )
    made_by_workers = (
        select(TrialModel.trial_id)
        .select_from(Study)
        .join(StudyModel, StudyModel.study_name == Study.name)
        .join(TrialModel, TrialModel.study_id == StudyModel.study_id)
        .join(attribute, attribute.trial_id == TrialModel.trial_id)
        .where(TrialModel.state == TrialState.RUNNING, attribute.key == lease_attribute, ~is_for_it)
    )
    return list(session.scalars(made_by_workers, execution_options=IN_OPTUNA))


def write_parameters(session: Session, trial_id: int, parameters: Mapping[str, tuple[float, BaseDistribution]]) -> None:
    """Write parameters that a running trial does not have yet, all at once.

    Raises:
        UpdateFinishedTrialError: If it runs no more.
        KeyError: If it has been deleted.
    """
    state = select(TrialModel.state).where(TrialModel.trial_id == trial_id).with_for_update(read=True)
    found = session.scalar(state, execution_options=IN_OPTUNA)
    if found is None:
        raise KeyError(trial_id)
    if found is not TrialState.RUNNING:
        raise UpdateFinishedTrialError(f"trial {trial_id} of the database is {found.name.lower()}")
    rows = [
        {
            "trial_id": trial_id,
            "param_name": name,
            "param_value": distribution.to_internal_repr(value),
            "distribution_json": distribution_to_json(distribution),
        }
        for name, (value, distribution) in parameters.items()
    ]
    if rows:  # of an empty list, SQLAlchemy inserts one row of defaults
        session.execute(insert(TrialParamModel), rows, execution_options=IN_OPTUNA)


def complete_by_system_attribute(session: Session, name: str, key: str) -> dict[str | None, int]:
    """How many trials of a study are complete, by the JSON of one of their system attributes; None: without it."""
    attribute = TrialSystemAttributeModel
    complete = (
        select(attribute.value_json, func.count())
        .select_from(StudyModel)
        .join(TrialModel, TrialModel.study_id == StudyModel.study_id)
        .outerjoin(attribute, and_(attribute.trial_id == TrialModel.trial_id, attribute.key == key))
        .where(StudyModel.study_name == name, TrialModel.state == TrialState.COMPLETE)
        .group_by(attribute.value_json)
    )
    return dict(session.execute(complete, execution_options=IN_OPTUNA).all())
