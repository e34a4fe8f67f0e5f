"""The best goal of a study: that of the best single network, and that of the best mean of several."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from optuna.trial import FrozenTrial

from model.goal import Goals
from service import trials
from service.algorithms import Enqueued
from service.analyses.report import COMPLETE, FAILED, NOT_TRAINED, Report
from service.analyses.statistics import Summary
from service.errors import TrialNotFoundError
from service.search.trials import REPEATS
from service.spec import StudySpec
from service.storage.store import Store
from service.trials import TrialView

LISTED = (
    "The goals of this study were given, not searched for: which of them is the best may be luck, and what an analysis "
    "tries is to be compared with its baseline."
)
TWO = "A mean of two networks says little: a confirmation analysis with more seeds would tell how good the goal is."

Wanted = Literal["recommended", "single_trial", "by_mean"]

NOTE = (
    "This accuracy is that of one network, the highest of all: of many that were tried once, the best one was also "
    "lucky. A confirmation analysis, which trains the best goals again with fresh seeds, would tell how good it is."
)


@dataclass(frozen=True)
class SingleTrial:
    """The trial that has the best network of all.

    Attributes:
        trial: Its `value` is the mean of its networks, if it has several.
        accuracy: Validation accuracy of its best network.
    """

    trial: TrialView
    accuracy: float


@dataclass(frozen=True)
class ByMean:
    """The trial whose goal has the highest mean validation accuracy over networks with several seeds.

    Attributes:
        trial: Of the study.
        networks: Their validation accuracies, in the order of their seeds.
        confirmation: Name of the analysis that trained them; None if they are the trial's own.
    """

    trial: TrialView
    networks: Summary
    confirmation: str | None

    @property
    def accuracy(self) -> float:
        """The mean."""
        return self.networks.mean


@dataclass(frozen=True)
class Best:
    """The best goal of a study, and what else might be meant by it.

    Attributes:
        chosen: One of those below.
        by_mean: None if no goal was trained with several seeds.
        note: What a reader should know before believing an accuracy.
    """

    chosen: SingleTrial | ByMean
    single_trial: SingleTrial
    by_mean: ByMean | None
    note: str | None


@dataclass(frozen=True)
class Confirmed:
    """What a confirmation has found of a trial of the study."""

    analysis: str
    trial: int
    accuracy: Summary


def find(store: Store, spec: StudySpec, confirmations: Sequence[Report], wanted: Wanted = "recommended") -> Best:
    """The best goal of a study.

    Recommended is the best by mean, if there is one. A confirmation goes before the means of the study's own trials:
    its seeds are fresh, while those were chosen by the very networks that they are the mean of.

    Args:
        store: Where the study is.
        spec: Of the study.
        confirmations: What the confirmations of this study have found so far.
        wanted: Which goal to choose.

    Raises:
        TrialNotFoundError: If no trial is complete, or the best by mean is wanted and no goal has a mean.
        StudyNotFoundError: If the trials have been deleted.
    """
    complete = trials.complete(store, spec.name)
    best = next(trials.ranked(spec, complete, _best_network), None)
    if best is None:
        raise TrialNotFoundError(f"study {spec.name!r} has no complete trial yet")
    single = SingleTrial(trials.view(spec, best), _best_network(best))
    confirmed = best_by_mean(confirmations)
    if confirmed is None:
        by_mean = _best_of_repeats(spec, complete)
    else:
        by_mean = ByMean(trials.get(store, spec, confirmed.trial), confirmed.accuracy, confirmed.analysis)
    if wanted == "by_mean" and by_mean is None:
        raise TrialNotFoundError(
            f"no goal of study {spec.name!r} has a mean over several networks: its trials train one each, and no "
            "confirmation analysis of it has trained one with several seeds yet"
        )
    chosen = single if wanted == "single_trial" else by_mean or single
    return Best(chosen, single, by_mean, _note(spec, by_mean))


def _note(spec: StudySpec, by_mean: ByMean | None) -> str | None:
    if isinstance(spec.sampler, Enqueued):
        return LISTED
    if by_mean is None:
        return NOTE if spec.network.n_goals else None
    return TWO if len(by_mean.networks.runs) == 2 else None


def best_by_mean(reports: Sequence[Report]) -> Confirmed | None:
    """The trial that did best in the confirmation with the most seeds, the newest of equals; None if there is none.

    Were the highest mean of all confirmations taken, the one with the fewest seeds would win by luck.

    Args:
        reports: Of confirmations, the newest first.
    """
    found = [confirmed for confirmed in map(_confirmed, reports) if confirmed]
    if not found:
        return None
    most = max(found, key=lambda confirmed: len(confirmed[0].accuracy.runs))
    return max(most, key=lambda confirmed: confirmed.accuracy.mean)


def _confirmed(report: Report) -> list[Confirmed]:
    """The trials of which a confirmation knows a mean; none before it knows all, since the first may be the worst."""
    ended = {COMPLETE, FAILED, NOT_TRAINED}
    if any(finding.state not in ended for finding in report.all_findings):
        return []
    return [
        Confirmed(report.name, finding.variant.trial, finding.accuracy)
        for finding in report.all_findings
        if finding.variant.trial is not None
        if finding.accuracy is not None and len(finding.accuracy.runs) > 1
    ]


def goals_in_file(spec: StudySpec, trial: TrialView) -> Goals:
    """A trial's goals as a file has them: one for all hidden layers, or one for each; empty if there are none."""
    goals = trial.goals or ()
    return goals if spec.goal_per_layer else goals[:1]


def _best_of_repeats(spec: StudySpec, complete: Sequence[FrozenTrial]) -> ByMean | None:
    several = [trial for trial in complete if len(trial.user_attrs.get(REPEATS, ())) > 1]
    best = next(trials.ranked(spec, several), None)
    if best is None:
        return None
    return ByMean(trials.view(spec, best), Summary.of(best.user_attrs[REPEATS]).within(0, 1), None)


def _best_network(trial: FrozenTrial) -> float:
    networks: Sequence[float] = trial.user_attrs.get(REPEATS) or [trial.value or 0.0]
    return max(networks)
