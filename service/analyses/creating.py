"""Making an analysis of a study: a study of its own, whose trials are what is asked for."""

import itertools
from collections.abc import Iterable
from pathlib import Path

from sqlalchemy import select
from sqlalchemy.orm import Session

from service import creation, studies
from service.analyses.ordering import least_harmful_first, unknown_in, zeroing_like
from service.analyses.own_study import design_spec, listed_spec, seed_of
from service.analyses.reporting import report
from service.analyses.requests import Analysis, Confirmation, CumulativeZeroing, Design, Sensitivity, Zeroing
from service.analyses.starting_points import baseline, best, check_terms, of_trial
from service.analyses.variants import Change, Variant, changed, placed, zeroed, zeroed_cumulatively
from service.errors import InvalidFieldError, NotAnalysableError
from service.ranges import Range
from service.spec import LONGEST_NAME, StudySpec
from service.storage import tables
from service.storage.leases import count
from service.storage.store import Store
from service.storage.tables import LeaseState, Study, StudyState

ANALYSIS_OF = "analysis_of"
"""User attribute of an analysis' Optuna study: name of the study that it analyses."""
KIND = "analysis"
"""User attribute of an analysis' Optuna study: its kind."""


def create(session: Session, store: Store, name: str, request: Analysis, data_dir: Path) -> str:
    """Make an analysis of a study, and another that it needs first; they run as soon as the session commits.

    Returns:
        The analysis' name.

    Raises:
        StudyNotFoundError: If there is no study of this name.
        NotAnalysableError: If it has not ended, or there is nothing in it to analyse.
        InvalidFieldError: If a field of the request is not valid for this study.
        NameTakenError: If a study has the analysis' name.
    """
    # Locked, so that of two analyses each has a name of its own, and the study is not deleted meanwhile.
    study = studies.find(session, name, select(Study).with_for_update(key_share=True))
    spec = StudySpec.model_validate(study.spec)
    _check_analysable(session, study, spec)
    return Maker(session, store, study, spec, data_dir).make(request)


def _check_analysable(session: Session, study: Study, spec: StudySpec) -> None:
    if session.get(tables.Analysis, study.id) is not None:
        raise NotAnalysableError(f"{spec.name!r} is an analysis itself; analyse the study that it is of")
    if study.state not in studies.ENDED:
        raise NotAnalysableError(
            f"study {spec.name!r} is {study.state}; it can be analysed once it has ended: wait for it, or stop it"
        )
    if in_hand := count(session, study.id, (LeaseState.HELD, LeaseState.DECIDED)):
        raise NotAnalysableError(
            f"the last {in_hand} runs of study {spec.name!r} are just ending; try again in a moment"
        )
    if spec.network.n_goals == 0:
        raise NotAnalysableError(f"the hidden layers of study {spec.name!r} have no goals to analyse")


class Maker:
    """Makes analyses of a study, in a transaction."""

    def __init__(self, session: Session, store: Store, study: Study, spec: StudySpec, data_dir: Path) -> None:
        self._session = session
        self._store = store
        self._study = study
        self._spec = spec
        self._data_dir = data_dir

    def make(self, request: Analysis) -> str:
        """Make an analysis; its name. Raises as `create` does."""
        name = request.name or self._free_name(request.kind)
        if isinstance(request, Design):
            if not any(isinstance(bounds, Range) for bounds in self._spec.search_space.values()):
                raise NotAnalysableError(f"study {self._spec.name!r} searches no weight: all are fixed")
            return self._insert(request, design_spec(self._spec, request, name), []).name
        start, changes = self._changes(request)
        awaited = None
        if isinstance(request, CumulativeZeroing) and request.order is None:
            awaited, order = self._order(request, start)
            changes = zeroed_cumulatively(start[1], order)
        variants, goals = placed(start, changes)
        if len(variants) == 1 and isinstance(request, Sensitivity):
            raise InvalidFieldError("absolute", "expected a change, absolute or relative; there is none")
        return self._insert(request, listed_spec(self._spec, request, name, goals), variants, awaited).name

    def _changes(
        self, request: Zeroing | CumulativeZeroing | Sensitivity | Confirmation
    ) -> tuple[Change, Iterable[Change]]:
        """The goal to start from, and what is to be made of it."""
        if isinstance(request, Confirmation):
            first, *others = [of_trial(self._spec, trial) for trial in best(self._store, self._spec, request.top)]
            return first, others
        start = baseline(self._store, self._spec, request.goal)
        match request:
            case Zeroing():
                check_terms(self._spec, "terms", request.terms)
                return start, zeroed(start[1], request)
            case Sensitivity():
                check_terms(self._spec, "terms", request.terms)
                return start, changed(start[1], request)
            case _:
                check_terms(self._spec, "order", request.order)
                return start, zeroed_cumulatively(start[1], request.order or start[1])

    def _order(self, request: CumulativeZeroing, start: Change) -> tuple[Study | None, list[str]]:
        """An order, and the individual zeroing that it is provisional until, which is made if there is none."""
        alone = Zeroing(kind="zeroing", goal=request.goal, seeds=request.seeds, seed=request.seed)
        _, goals = placed(start, zeroed(start[1], alone))
        name = self._free_name(alone.kind, but=request.name)
        zeroing = zeroing_like(self._session, self._study.id, listed_spec(self._spec, alone, name, goals))
        if zeroing is not None and zeroing.state == StudyState.COMPLETED:
            found = report(self._session, self._store, self._spec.name, zeroing.name)
            if not unknown_in(found):
                return None, least_harmful_first(found)
        if zeroing is None or zeroing.state == StudyState.COMPLETED:
            self.make(alone.model_copy(update={"name": name}))
            zeroing = studies.find(self._session, name, select(Study))
        return zeroing, list(start[1])

    def _insert(
        self, request: Analysis, spec: StudySpec, variants: list[Variant], awaited: Study | None = None
    ) -> Study:
        state = StudyState.RUNNING if awaited is None else StudyState.WAITING
        study = creation.create(self._session, self._store, spec, self._data_dir, state)
        optuna_study = self._store.optuna_study(spec.name)
        optuna_study.set_user_attr(ANALYSIS_OF, self._spec.name)
        optuna_study.set_user_attr(KIND, request.kind)
        row = tables.Analysis(
            study_id=study.id,
            parent_id=self._study.id,
            waits_for_id=None if awaited is None else awaited.id,
            request=request.model_dump(mode="json", exclude={"name"}) | {"seed": seed_of(self._spec, request)},
            variants=[variant.as_json() for variant in variants],
        )
        self._session.add(row)
        self._session.flush()
        return study

    def _free_name(self, kind: str, but: str | None = None) -> str:
        """The first name that no study has, and that is not wanted: the analysed one's, the kind, and a number."""
        for number in itertools.count(1):
            name = f"{self._spec.name}.{kind}-{number}"
            if len(name) > LONGEST_NAME:
                break
            if name != but and self._session.scalar(select(Study.id).where(Study.name == name)) is None:
                return name
        raise InvalidFieldError("name", f"{name!r} would be too long for a name; give it one")
