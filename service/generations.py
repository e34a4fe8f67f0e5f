"""How a CMA-ES study's generations go: whether results are used, and what waiting for the last of them costs."""

from collections.abc import Sequence
from dataclasses import dataclass
from operator import itemgetter

from optuna.trial import FrozenTrial, TrialState
from sqlalchemy import select
from sqlalchemy.orm import Session

from service.search.generations import generation_of, generation_size
from service.spec import StudySpec
from service.storage.store import Store
from service.storage.tables import Lease, LeaseState, Study
from service.trials import all_trials


@dataclass(frozen=True)
class Report:
    """A study's generations.

    Attributes:
        size: Results that a generation takes.
        complete: Generations that have theirs.
        results_used: Share of the results sampled for complete generations that the strategy learned from.
        idle_share: Share of their workers' time, from a generation's first claim to its last result, after the last of
            their own.
    """

    size: int
    complete: int
    results_used: float | None
    idle_share: float | None


def report(session: Session, store: Store, spec: StudySpec) -> Report | None:
    """How the generations of a study went so far; None if its sampler has none.

    Raises:
        StudyNotFoundError: If its trials have been deleted.
    """
    size = generation_size(spec)
    if size is None:
        return None
    results: dict[int, list[FrozenTrial]] = {}
    for trial in all_trials(store, spec.name, (TrialState.COMPLETE,)):
        generation = generation_of(spec, trial)
        if generation is not None:
            results.setdefault(generation, []).append(trial)
    complete = [trials for trials in results.values() if len(trials) >= size]
    if not complete:
        return Report(size, 0, None, None)
    used = size * len(complete) / sum(map(len, complete))
    return Report(size, len(complete), used, _idle_share(session, spec.name, complete))


def _idle_share(session: Session, name: str, generations: Sequence[Sequence[FrozenTrial]]) -> float | None:
    told = (
        select(Lease.trial_number, Lease.worker, Lease.claimed_at, Lease.settled_at)
        .join(Study)
        .where(Study.name == name, Lease.state == LeaseState.TOLD)
    )
    runs = {number: (worker, claimed, ended) for number, worker, claimed, ended in session.execute(told) if ended}
    idle = total = 0.0
    for trials in generations:
        of_generation = [runs[trial.number] for trial in trials if trial.number in runs]
        if not of_generation:
            continue
        ends = {worker: ended for worker, _, ended in sorted(of_generation, key=itemgetter(2))}
        began, ended = min(claimed for _, claimed, _ in of_generation), max(ends.values())
        total += len(ends) * (ended - began).total_seconds()
        idle += sum((ended - last).total_seconds() for last in ends.values())
    return idle / total if total else None
