"""Putting together what an analysis has found so far."""

from collections.abc import Mapping, Sequence

from optuna.trial import FrozenTrial, TrialState
from sqlalchemy import select
from sqlalchemy.orm import Session, aliased

from service import studies
from service.analyses.cautions import coverage_of, warnings_of
from service.analyses.report import (
    COMPLETE,
    FAILED,
    NOT_TRAINED,
    RUNNING,
    STOPPED,
    WAITING,
    Finding,
    Outline,
    Report,
)
from service.analyses.statistics import Summary
from service.analyses.variants import Variant
from service.errors import AnalysisNotFoundError, StudyNotFoundError
from service.search.trials import DISCARDED, INITIAL_GOAL, ORIGIN, REASON, REPEATS, STUDY_STOPPED
from service.storage.store import Store
from service.storage.tables import Analysis, Study, StudyState
from service.studies import Progress
from service.trials import all_trials, is_whole, value_of


def report(session: Session, store: Store, parent: str, name: str) -> Report:
    """An analysis and what it has found so far.

    Raises:
        StudyNotFoundError: If there is no study of the parent's name.
        AnalysisNotFoundError: If it has no analysis of this name.
    """
    found = _analyses(session, parent)
    for analysis, own, awaited in found:
        if own == name:
            return _report(studies.get(session, name), store, parent, analysis, awaited)
    there = ", ".join(own for _, own, _ in found) or "none"
    raise AnalysisNotFoundError(f"study {parent!r} has no analysis {name!r}; it has {there}")


def reports(session: Session, store: Store, parent: str, kind: str | None = None) -> list[Report]:
    """All analyses of a study, or those of a kind, the newest first.

    Raises:
        StudyNotFoundError: If there is no study of this name.
    """
    return [
        _report(studies.get(session, own), store, parent, analysis, awaited)
        for analysis, own, awaited in _analyses(session, parent, kind)
    ]


def outlines(session: Session, parent: str, kind: str | None = None) -> list[Outline]:
    """All analyses of a study, or those of a kind, the newest first, without what they found.

    Raises:
        StudyNotFoundError: If there is no study of this name.
    """
    return [
        _outline(studies.get(session, own), parent, analysis, awaited)
        for analysis, own, awaited in _analyses(session, parent, kind)
    ]


def _analyses(session: Session, parent: str, kind: str | None = None) -> list[tuple[Analysis, str, str | None]]:
    """The analyses of a study, or those of a kind, with their names and those of what they wait for, newest first."""
    analysed = studies.find(session, parent, select(Study))
    other = aliased(Study)
    found = (
        select(Analysis, Study.name, other.name)
        .join(Study, Study.id == Analysis.study_id)
        .outerjoin(other, other.id == Analysis.waits_for_id)
        .where(Analysis.parent_id == analysed.id)
        .order_by(Study.id.desc())
    )
    if kind is not None:
        found = found.where(Analysis.request["kind"].astext == kind)
    return [(analysis, name, awaited) for analysis, name, awaited in session.execute(found)]


def _outline(progress: Progress, parent: str, analysis: Analysis, awaited: str | None) -> Outline:
    return Outline(
        name=progress.name,
        of=parent,
        kind=analysis.request["kind"],
        request=analysis.request,
        state=progress.state,
        reason=progress.reason,
        created_at=progress.created_at,
        ended_at=progress.ended_at,
        waits_for=awaited if progress.state is StudyState.WAITING else None,
        n_trials=progress.spec.n_trials,
        told=progress.told,
        held=progress.held,
        seeds=progress.spec.repeats,
    )


def _report(progress: Progress, store: Store, parent: str, analysis: Analysis, awaited: str | None) -> Report:
    variants = [Variant(**stored) for stored in analysis.variants]
    last = _last_attempts(_trials(store, progress.name))
    untouched = STOPPED if progress.state is StudyState.STOPPED else WAITING
    baseline = _finding(variants[0], last, untouched, None) if variants else None
    accuracies = None if baseline is None or baseline.accuracy is None else baseline.accuracy.runs
    # Until what it waits for is there, the order is not known.
    shown = [] if awaited is not None else variants[1:]
    findings = [_finding(variant, last, untouched, accuracies) for variant in shown]
    return Report(
        **vars(_outline(progress, parent, analysis, awaited)),
        baseline=baseline,
        findings=findings,
        bootstrap_coverage=coverage_of(progress.spec.repeats),
        warnings=warnings_of(progress, [] if baseline is None or awaited is not None else [baseline, *findings]),
    )


def _trials(store: Store, name: str) -> Sequence[FrozenTrial]:
    """An analysis' trials; none if somebody deleted them in Optuna, which must not hide the others of its study."""
    try:
        return all_trials(store, name)
    except StudyNotFoundError:
        return ()


def _last_attempts(trials: Sequence[FrozenTrial]) -> Mapping[int, FrozenTrial]:
    """The newest attempt at each of the initial goals."""
    goal_of = {trial.number: trial.user_attrs.get(INITIAL_GOAL) for trial in trials}
    last: dict[int, FrozenTrial] = {}
    for trial in trials:
        place = goal_of.get(trial.user_attrs.get(ORIGIN, trial.number))
        if place is not None and not str(trial.user_attrs.get(REASON, "")).startswith(DISCARDED):
            last[place] = trial
    return last


def _finding(
    variant: Variant, last: Mapping[int, FrozenTrial], untouched: str, baseline: Sequence[float] | None
) -> Finding:
    if variant.place is None:
        return Finding(variant, NOT_TRAINED)
    trial = last.get(variant.place)
    if trial is None or trial.state is TrialState.WAITING:
        return Finding(variant, untouched)
    if not is_whole(trial):
        return Finding(variant, _state_of(trial), trial.user_attrs.get(REASON), trial.number)
    accuracies: Sequence[float] = trial.user_attrs.get(REPEATS) or [value_of(trial)]
    change = None
    if baseline is not None and len(baseline) == len(accuracies):
        change = Summary.of([own - other for own, other in zip(accuracies, baseline, strict=True)]).within(-1, 1)
    return Finding(variant, COMPLETE, None, trial.number, Summary.of(accuracies).within(0, 1), change)


def _state_of(trial: FrozenTrial) -> str:
    """Of one that says nothing; only a notebook can have told it pruned, or complete without a number."""
    if trial.state is TrialState.RUNNING:
        return RUNNING
    return STOPPED if str(trial.user_attrs.get(REASON)).startswith(STUDY_STOPPED) else FAILED
