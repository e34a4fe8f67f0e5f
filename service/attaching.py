"""Pictures beside studies in optuna-dashboard, for those who watch there."""

import logging

from optuna_dashboard import save_plotly_graph_object
from sqlalchemy import exists, func, or_, select
from sqlalchemy.orm import Session

from service.analyses.reporting import report
from service.errors import ServiceError
from service.pictures.chart import Picture
from service.pictures.findings import PICTURES, picture_of
from service.pictures.screen.figure import DASHBOARD, plotly_figure
from service.showing import of_search
from service.storage.database import says_server_is_away
from service.storage.store import Store
from service.storage.tables import Analysis, Lease, LeaseState, Study

GOAL = "best-goal"
"""Id of the picture of a study's best goal; that of an analysis is the analysis' name."""

MOST_AT_ONCE = 20
"""Studies that are given pictures before other things are looked after again."""

logger = logging.getLogger(__name__)


def attach_pictures(store: Store) -> None:
    """Give the dashboard pictures of the studies that have ended since it was given some. Anyone may, at any time."""
    in_hand = exists().where(Lease.study_id == Study.id, Lease.state.in_((LeaseState.HELD, LeaseState.DECIDED)))
    unseen = or_(Study.pictured_at.is_(None), Study.pictured_at < Study.ended_at)
    with Session(store.engine) as session:
        ended = select(Study.id).where(Study.ended_at.is_not(None), unseen, ~in_hand).order_by(Study.id)
        due = session.scalars(ended.limit(MOST_AT_ONCE)).all()
    for study_id in due:
        with Session(store.engine) as session, session.begin():
            still = select(Study).where(Study.id == study_id, unseen)
            study = session.scalar(still.with_for_update(skip_locked=True, key_share=True))
            if study is None:
                continue
            study.pictured_at = func.clock_timestamp()  # whatever comes of it: it would come of it again
            try:
                _attach(session, store, study)
            except Exception as error:
                if says_server_is_away(error):
                    raise
                logger.exception("the dashboard is given no picture of study %s", study.name)


def _attach(session: Session, store: Store, study: Study) -> None:
    analysis = session.get(Analysis, study.id)
    if analysis is None:
        _attach_goal(session, store, study.name)
        return
    kind, parent = analysis.request["kind"], session.get_one(Study, analysis.parent_id).name
    if kind in PICTURES:
        picture = picture_of(report(session, store, parent, study.name))
        for name in (study.name, parent):
            _save(store, name, study.name, picture)
    if kind == "confirmation":  # it may have found a better one
        _attach_goal(session, store, parent)


def _attach_goal(session: Session, store: Store, name: str) -> None:
    try:
        picture = of_search(session, store, name, "goal")
    except ServiceError as error:  # no trial is complete, or goals are none of what is learned by
        logger.info("no picture of the best goal of %s: %s", name, error)
        return
    if len(picture.panels) == 1:  # the dashboard's card has no room for several lattices that could be read
        _save(store, name, GOAL, picture)


def _save(store: Store, name: str, picture_id: str, picture: Picture) -> None:
    figure = plotly_figure(picture, DASHBOARD)
    if figure.layout.height > DASHBOARD + 1:  # the dashboard would cut off the rest; heights are rounded
        logger.info("the picture of %s is too large for the dashboard's page of %s", picture_id, name)
        return
    save_plotly_graph_object(store.optuna_study(name), figure, graph_object_id=picture_id)
