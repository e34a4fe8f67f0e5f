"""Analyses that wait for another's results: they start once these are there."""

import logging

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from service.analyses.ordering import least_harmful_first, unknown_in
from service.analyses.own_study import as_document
from service.analyses.reporting import report
from service.analyses.starting_points import weights_of
from service.analyses.variants import Variant, placed, zeroed_cumulatively
from service.search.trials import enqueue_missing
from service.settling import abandon_if_deleted
from service.spec import StudySpec
from service.storage.database import says_server_is_away
from service.storage.store import Store
from service.storage.tables import Analysis, Study, StudyState

logger = logging.getLogger(__name__)


def start_waiting(store: Store) -> None:
    """Start the analyses whose results to wait for are there. Anyone may, at any time; what fails is tried again."""
    with Session(store.engine) as session:
        waiting = session.scalars(select(Study.id).where(Study.state == StudyState.WAITING)).all()
    for study_id in waiting:
        try:
            _start_if_due(store, study_id)
        except Exception as error:
            if says_server_is_away(error):
                raise
            if not abandon_if_deleted(store, study_id):
                logger.exception("analysis %d cannot be started; trying again later", study_id)


def _start_if_due(store: Store, study_id: int) -> None:
    with Session(store.engine) as session, session.begin():
        # Locked until all is enqueued: nobody else starts it, nor stops it in between.
        waiting = select(Study).where(Study.id == study_id, Study.state == StudyState.WAITING)
        study = session.scalar(waiting.with_for_update(skip_locked=True, key_share=True))
        analysis = session.get(Analysis, study_id)
        if study is None or analysis is None:
            return None
        awaited, parent = (session.get_one(Study, number) for number in (analysis.waits_for_id, analysis.parent_id))
        if awaited.state in {StudyState.STOPPED, StudyState.FAILED}:
            return _give_up(study, f"{awaited.name}, whose results it needs, is {awaited.state}")
        if awaited.state != StudyState.COMPLETED:
            return None
        zeroing = report(session, store, parent.name, awaited.name)
        if unknown := unknown_in(zeroing):
            return _give_up(
                study,
                f"{awaited.name}, whose results it needs, has none for {', '.join(unknown)}, which failed; resume it, "
                "then this one",
            )
        spec = StudySpec.model_validate(study.spec)
        baseline = Variant(**analysis.variants[0]), weights_of(spec, spec.goals_to_try_first[0])
        variants, goals = placed(baseline, zeroed_cumulatively(baseline[1], least_harmful_first(zeroing)))
        documents = [as_document(spec, weights) for weights in goals]
        # Written before they are enqueued: after a crash in between, the same order is found again.
        study.spec = {**study.spec, "initial_goals": documents}
        analysis.variants = [variant.as_json() for variant in variants]
        analysis.waits_for_id = None
        study.state = StudyState.RUNNING
        enqueue_missing(store.optuna_study(study.name), StudySpec.model_validate(study.spec))
    return None


def _give_up(study: Study, reason: str) -> None:
    study.state, study.ended_at, study.reason = StudyState.FAILED, func.clock_timestamp(), reason
