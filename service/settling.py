"""Bringing decided runs to their end: Optuna is told, retries are queued, studies complete or fail.

Optuna writes in transactions of its own, so nothing here is atomic; everything can be repeated instead. A crash at any
point leaves a decided lease that anyone settles later.
"""

import logging
from collections.abc import Callable

from sqlalchemy import exists, func, select, update
from sqlalchemy.orm import Session, aliased

from service.search import trials
from service.spec import StudySpec
from service.storage import artifacts
from service.storage.database import says_server_is_away
from service.storage.leases import Outcome, Verdict, count, expire
from service.storage.optuna_artifacts import note
from service.storage.store import Store
from service.storage.tables import Lease, LeaseState, Study, StudyState

logger = logging.getLogger(__name__)


def reap(store: Store) -> None:
    """Expire the leases of workers not heard from, and settle everything that is decided. Anyone may, at any time.

    What cannot be settled is logged and left for the next time; it keeps nothing else from being settled.
    """
    expire(store.engine)
    with Session(store.engine) as session:
        studies = session.scalars(select(Lease.study_id).where(*_UNLINKED).distinct()).all()
    for study_id in studies:
        _or_log(link_orphans, store, study_id)
    decided = select(Lease.id).where(Lease.state == LeaseState.DECIDED, Lease.trial_number.is_not(None))
    with Session(store.engine) as session:
        tokens = session.scalars(decided.order_by(Lease.id)).all()
    for token in tokens:
        _or_log(settle, store, token)


def _or_log(action: Callable[[Store, int], None], store: Store, number: int) -> None:
    try:
        action(store, number)
    except Exception as error:
        if says_server_is_away(error):
            raise
        logger.exception("%s(%d) failed; trying again later", action.__name__, number)


_UNLINKED = (Lease.state == LeaseState.DECIDED, Lease.trial_number.is_(None))
"""Lost leases that name no trial: the worker may have died when it had just asked for one."""


def link_orphans(store: Store, study_id: int) -> None:
    """Find the trials that workers asked for and did not come to link to their lease; the trial names the lease."""
    with Session(store.engine) as session:
        name = session.scalar(select(Study.name).where(Study.id == study_id))
    if name is None:
        return
    try:
        running = trials.running_under_leases(store.optuna_study(name))
    except KeyError:
        abandon_if_deleted(store, study_id)
        return
    number_under = {token: number for number, token in running.items()}
    with Session(store.engine) as session, session.begin():
        lost = select(Lease).where(Lease.study_id == study_id, *_UNLINKED)
        for lease in session.scalars(lost.with_for_update(skip_locked=True)):
            lease.trial_number = number_under.get(lease.id)
            if lease.trial_number is None:
                lease.state, lease.settled_at = LeaseState.REQUEUED, func.now()


def settle(store: Store, token: int) -> None:
    """Tell Optuna a decided run's outcome, and the study what follows from it. May be repeated."""
    try:
        _settle(store, token)
    except KeyError:
        with Session(store.engine) as session:
            study_id = session.scalar(select(Lease.study_id).where(Lease.id == token))
        if study_id is not None and not abandon_if_deleted(store, study_id):
            raise


def _settle(store: Store, token: int) -> None:
    with Session(store.engine) as session, session.begin():
        # Keeps the study from being deleted meanwhile, and nothing else from being done with it.
        of_lease = select(Study).join(Lease).where(Lease.id == token)
        study = session.scalar(of_lease.with_for_update(read=True, key_share=True, of=Study))
        decided = select(Lease).where(Lease.id == token, Lease.state == LeaseState.DECIDED)
        lease = session.scalar(decided.with_for_update(skip_locked=True))
        if study is None or lease is None or lease.trial_number is None or lease.outcome is None:
            return
        told = Outcome.of(lease.outcome)
        _note_artifacts(session, store, study, lease.trial_number, told.left_out)
        outcome = _tell(store, study, lease.trial_number, told)
        counts = outcome.verdict in {Verdict.COMPLETE, Verdict.PRUNED, Verdict.FAIL, Verdict.STOPPED}
        lease.state = LeaseState.TOLD if counts else LeaseState.REQUEUED
        lease.outcome = outcome.as_json()
        # Locked from here, so that of two that settle the last two runs, one sees both.
        session.refresh(study, with_for_update={"key_share": True})
        lease.settled_at = func.clock_timestamp()
        session.flush()
        _end_if_due(session, study)


def abandon_if_deleted(store: Store, study_id: int) -> bool:
    """End a study whose trials somebody deleted in Optuna, behind our back; whether they are gone."""
    with Session(store.engine) as session, session.begin():
        study = session.get(Study, study_id, with_for_update={"key_share": True})
        if study is None:
            return True
        try:
            store.optuna_study(study.name)
        except KeyError:
            open_leases = (Lease.study_id == study_id, Lease.state.in_((LeaseState.HELD, LeaseState.DECIDED)))
            session.execute(update(Lease).where(*open_leases).values(state=LeaseState.REQUEUED, settled_at=func.now()))
            if study.state != StudyState.FAILED:
                study.state, study.ended_at = StudyState.FAILED, func.now()
                study.reason = "its trials were deleted in Optuna; delete the study and create it again"
            return True
    return False


def _note_artifacts(session: Session, store: Store, study: Study, number: int, left_out: str | None) -> None:
    """Let Optuna know of a run's artifacts; before it is told of its end, after which it changes nothing of a trial."""
    found = artifacts.of_trial(session, study.id, number)
    if not found and left_out is None:
        return
    optuna_study = store.optuna_study(study.name)
    note(store.trials, study.id, trials.find(optuna_study, number)._trial_id, number, found)
    if left_out is not None:
        trials.note_left_out(optuna_study, number, left_out)


def _tell(store: Store, study: Study, number: int, outcome: Outcome) -> Outcome:
    """Tell Optuna; the outcome it came to, since a last attempt's failure is for good."""
    optuna_study = store.optuna_study(study.name)
    if study.state == StudyState.STOPPED:  # nobody would take it from the queue
        if outcome.verdict is Verdict.REOPEN:
            return Outcome(Verdict.FAIL, reason=outcome.reason)
        if outcome.verdict in {Verdict.RETRY, Verdict.RELEASED}:
            outcome = Outcome(Verdict.STOPPED, reason=f"{trials.STUDY_STOPPED}; {outcome.reason}")
    reason = outcome.reason or ""
    if outcome.verdict is Verdict.COMPLETE and outcome.value is not None:
        trials.complete(optuna_study, number, outcome.value, outcome.repeats)
        return outcome
    if outcome.verdict is Verdict.PRUNED:
        trials.prune(optuna_study, number, reason)
        return outcome
    attempt = trials.attempt_of(trials.find(optuna_study, number))
    if outcome.verdict is Verdict.REOPEN:
        trials.requeue(optuna_study, number, attempt=1, in_its_place=False)  # another has taken it meanwhile
        return outcome
    if outcome.verdict is Verdict.RETRY:
        max_attempts = StudySpec.model_validate(study.spec).max_attempts
        reason = f"{reason} (attempt {attempt} of {max_attempts})"
        if attempt >= max_attempts:
            outcome = Outcome(Verdict.FAIL, reason=reason)
    trials.fail(optuna_study, number, reason)
    if outcome.verdict in {Verdict.RETRY, Verdict.RELEASED}:
        trials.requeue(optuna_study, number, attempt + (outcome.verdict is Verdict.RETRY))
    return outcome


def _end_if_due(session: Session, study: Study) -> None:
    if study.state not in {StudyState.RUNNING, StudyState.PAUSED}:
        return
    # A study whose every trial failed has failed too, be it shorter than the limit.
    limit = min(StudySpec.model_validate(study.spec).failure_limit, study.n_trials)
    # Who diverges leaves its population at once; whether others fail too shows when they have come to their ends.
    sibling = aliased(Lease)
    claimed_with_it = (sibling.study_id == Lease.study_id, sibling.worker == Lease.worker)
    at_the_same_time = (*claimed_with_it, sibling.claimed_at == Lease.claimed_at)
    in_hand = sibling.state.in_((LeaseState.HELD, LeaseState.DECIDED))
    newest = (
        select(Lease.outcome)
        .where(Lease.study_id == study.id, Lease.state == LeaseState.TOLD, Lease.settled_at > study.failures_count_from)
        .where(~exists().where(*at_the_same_time, in_hand))
        .order_by(Lease.settled_at.desc())
        .limit(limit)
    )
    outcomes = [Outcome.of(stored) for stored in session.scalars(newest) if stored is not None]
    if len(outcomes) == limit and all(outcome.verdict is Verdict.FAIL for outcome in outcomes):
        study.state, study.ended_at = StudyState.FAILED, func.clock_timestamp()
        study.reason = f"{limit} trials in a row failed; the last one: {outcomes[0].reason}"
    elif count(session, study.id, (LeaseState.TOLD,)) >= study.n_trials:
        study.state, study.ended_at = StudyState.COMPLETED, func.clock_timestamp()
