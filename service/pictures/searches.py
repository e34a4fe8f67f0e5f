"""What a study has searched, as pictures."""

import math
from collections.abc import Sequence
from itertools import accumulate

from optuna.trial import TrialState

from service.pictures.axes import around, whole_ticks
from service.pictures.chart import Chart, Parallel, Picture, nothing_yet
from service.pictures.colours import BLUE, ORANGE, PURPLE, VERMILION, Scale
from service.pictures.layers import by_layer
from service.pictures.marks import Axis, Bars, Look, Mark, Series
from service.trials import TrialView
from service.weights import named, term_of

ACCURACY = "validation accuracy"

MOST_SEGMENTS = 20_000
"""Of the lines through parallel coordinates, which take 0.05 ms and 80 bytes each on paper."""

_COMPLETE = Look(BLUE, "circle", size=3.5, opacity=0.6)
_PRUNED = Look(ORANGE, "down", size=4.5, hollow=True)
_FAILED = Look(PURPLE, "cross", size=5)
_BEST = Look(VERMILION, dash="solid", width=1.8)
_BAR = Look(BLUE)


def history(trials: Sequence[TrialView], title: str, subtitle: str = "") -> Picture:
    """The accuracy of each trial, and the best so far.

    Pruned trials are where they were when they were let go; failed ones are below all others.

    Args:
        trials: In the order of their numbers.
        title: Of the picture.
        subtitle: What else there is to say.
    """
    complete = [(trial.number, trial.value) for trial in trials if trial.value is not None]
    pruned = [
        (trial.number, last)
        for trial in trials
        if trial.state is TrialState.PRUNED and trial.validation_accuracies
        if math.isfinite(last := list(trial.validation_accuracies.values())[-1])
    ]
    failed = [trial.number for trial in trials if trial.state is TrialState.FAIL]
    if not (complete or pruned or failed):
        return nothing_yet(title, subtitle, "no trial has ended yet")
    low, high = around([value for _, value in (*complete, *pruned)] or [0.0, 1.0])
    limits = (low - 0.06 * (high - low) if failed else low, high)
    marks: list[Mark] = []
    if complete:
        best = list(accumulate((value for _, value in complete), max))
        numbers = [number for number, _ in complete]
        marks = [
            Series(
                numbers,
                [v for _, v in complete],
                _COMPLETE,
                "complete",
                notes=[f"trial {n}: {v:.4f}" for n, v in complete],
            ),
            Series([*numbers, trials[-1].number], [*best, best[-1]], _BEST, "best so far", stepped=True),
        ]
    if pruned:
        notes = [f"trial {number}, pruned at {value:.4f}" for number, value in pruned]
        marks.append(Series([n for n, _ in pruned], [v for _, v in pruned], _PRUNED, "pruned", notes=notes))
    if failed:
        notes = [f"trial {number} failed" for number in failed]
        marks.append(Series(failed, [low - 0.03 * (high - low)] * len(failed), _FAILED, "failed", notes=notes))
    first, last = trials[0].number, trials[-1].number
    margin = max(0.5, 0.02 * (last - first))
    across = Axis("trial", limits=(first - margin, last + margin), ticks=whole_ticks(first, last))
    chart = Chart(marks, across, Axis(ACCURACY, limits=limits))
    return Picture(title, subtitle, [chart])


def parallel_coordinates(trials: Sequence[TrialView], names: Sequence[str], title: str, subtitle: str = "") -> Picture:
    """The weights of each complete trial, in the colour of its accuracy.

    Args:
        trials: Of one study.
        names: Of its weights, in their order: those of `StudySpec.weight_names`.
        title: Of the picture.
        subtitle: What else there is to say.
    """
    shown = sorted(
        ((trial.value, trial.number, trial.goals) for trial in trials if trial.value is not None and trial.goals),
        key=lambda one: (one[0], -one[1]),  # the best one last, on top; the first of equals, as it is the study's best
    )
    if not shown or not names:
        return nothing_yet(title, subtitle, "no trial is complete yet" if names else "there are no weights to search")
    most = max(1, MOST_SEGMENTS // len(names))
    if len(shown) > most:
        subtitle = "; ".join(filter(None, (subtitle, f"the best {most} of {len(shown)} trials")))
        shown = shown[-most:]
    values = [value for value, _, _ in shown]
    panel = Parallel(
        axes=names,
        lines=[list(named(goals, tuple(names)).values()) for _, _, goals in shown],
        values=values,
        names=[f"trial {number}, {value:.4f}" for value, number, _ in shown],
        best=len(shown) - 1,
    )
    return Picture(title, subtitle, [panel], scale=Scale.of_values(values, ACCURACY))


def importances(ranked: Sequence[tuple[str, float, float | None]], title: str, subtitle: str = "") -> Picture:
    """How much depends on each weight, as bars in the order given.

    Args:
        ranked: For each weight its name, how important it is, and the spread of that, such as a standard deviation.
        title: Of the picture.
        subtitle: What else there is to say, such as what importance and spread are here.
    """
    if not ranked:
        return nothing_yet(title, subtitle, "nothing is known yet")
    of = {name: (mean, spread) for name, mean, spread in ranked}
    ends = [mean + sign * (spread or 0.0) for mean, spread in of.values() for sign in (-1, 1)]
    low, high = around([0.0, *(end for end in ends if math.isfinite(end))])
    limits = (0.0 if min(ends) >= 0 else low, high)
    panels = [
        Chart(
            [Bars(range(len(own)), [of[name][0] for name in own], [of[name][1] for name in own], _BAR)],
            Axis("importance", limits=limits),
            Axis(rows=[term_of(name) for name in own] if layer else own, limits=(len(own) - 0.4, -0.6)),
            layer,
            lying=True,
            width=3.4 if layer else 5.0,
            height=0.235 * len(own),
        )
        for layer, own in by_layer(of).items()
    ]
    return Picture(title, subtitle, panels, columns=min(3, len(panels)))
