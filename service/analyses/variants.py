"""The goals that an analysis trains, and what each of them says."""

from collections.abc import Iterable, Iterator
from dataclasses import asdict, dataclass, replace
from typing import Any

from service.analyses.requests import Sensitivity, Zeroing

Weights = dict[str, float]
"""Weights of all hidden layers by name, as in `service.weights`."""


@dataclass(frozen=True)
class Variant:
    """A goal to train, or a question that needs no training.

    Attributes:
        label: What is asked, in a few words.
        weight: Name of the weight that is changed; None where none is.
        before: What the weight is in the goal that the analysis starts from.
        after: What it is changed to.
        place: Which of the analysis' trained goals it is, from 0, the baseline; None if it is not trained.
        note: What a reader should know: why it is not trained, or that a change is not the one asked for.
        trial: Number of the trial of the analysed study that has this goal, where it is one's.
        searched: Validation accuracy of that trial.
    """

    label: str
    weight: str | None = None
    before: float | None = None
    after: float | None = None
    place: int | None = None
    note: str | None = None
    trial: int | None = None
    searched: float | None = None

    def as_json(self) -> dict[str, Any]:
        """As it is stored."""
        return asdict(self)


Change = tuple[Variant, Weights]
"""A variant, without its place, and the weights that it means."""


def zeroed(baseline: Weights, request: Zeroing) -> Iterator[Change]:
    """Each weight alone set to zero."""
    for name in request.terms or baseline:
        variant = Variant(name, name, baseline[name], 0.0)
        note = None if baseline[name] else "it is zero already"
        yield replace(variant, note=note), {**baseline, name: 0.0}


def zeroed_cumulatively(baseline: Weights, order: Iterable[str]) -> Iterator[Change]:
    """One weight after the other set to zero."""
    weights = baseline
    for name in order:
        note = None if baseline[name] else "it is zero already"
        weights = {**weights, name: 0.0}
        yield Variant(name, name, baseline[name], 0.0, note=note), weights


def changed(baseline: Weights, request: Sensitivity) -> Iterator[Change]:
    """Each weight changed a little, and kept in [−1, 1]."""
    for name in request.terms or baseline:
        weight = baseline[name]
        wanted = {
            f"{name} {share:+.10g} %": weight * (1 + share / 100) for share in (100 * r for r in request.relative)
        }
        wanted |= {f"{name} {difference:+.10g}": weight + difference for difference in request.absolute}
        for label, value in wanted.items():
            after = min(1.0, max(-1.0, value))
            note = None if after == value else f"{value:.4g} would be outside of [-1, 1]"
            if after == weight:
                note = (
                    "it is zero, so that nothing changes" if weight == 0 else f"{weight:.4g} is at the end of [-1, 1]"
                )
            yield Variant(label, name, weight, after, note=note), {**baseline, name: after}


def placed(baseline: Change, changes: Iterable[Change]) -> tuple[list[Variant], list[Weights]]:
    """The variants with their places, the baseline first, and the goals to train, each once.

    All have the same weights, in the same order.
    """
    places: dict[tuple[float, ...], int] = {}
    goals: list[Weights] = []
    variants: list[Variant] = []
    for variant, weights in (baseline, *changes):
        place = places.setdefault(tuple(weights.values()), len(goals))
        if place == len(goals):
            goals.append(weights)
        is_trained = place > 0 or not variants  # what is as the baseline needs no training of its own
        variants.append(replace(variant, place=place if is_trained else None))
    return variants, goals
