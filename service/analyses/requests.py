"""What an analysis is asked to do, as a lab posts it."""

from typing import Annotated, Any, Literal, TypeVar

from pydantic import AfterValidator, Field, ValidatorFunctionWrapHandler, WrapValidator

from model.config import Seed, Strict
from service.spec import OneGoal, StudyName

BEST: Literal["best"] = "best"
"""Names the goal of the study's trial with the highest validation accuracy."""


EXPECTED = (
    'expected "best", the number of a trial, the name of a preset, a list of weights, an object of terms and weights, '
    "or a list of such goals, one for each hidden layer"
)

Several = TypeVar("Several", list[str], tuple[float, ...])


def _once(values: Several) -> Several:
    if len(set(values)) < len(values):
        raise ValueError("expected each once; got one that is named twice")
    return values


def _a_change(change: float) -> float:
    if change == 0:
        raise ValueError("a change of 0 changes nothing; expected another")
    return change


def _goal_or_trial(document: Any, validate: ValidatorFunctionWrapHandler) -> Any:  # noqa: ANN401 - whatever the JSON holds
    if isinstance(document, int) and not isinstance(document, bool) and not 0 <= document <= 10**9:
        raise ValueError(f"a trial has a number from 0 on; got {str(document)[:20]}")
    try:
        choice = validate(document)
    except ValueError as error:
        raise ValueError(EXPECTED) from error
    if isinstance(document, bool) or choice in ([], {}):
        raise ValueError(EXPECTED)
    return choice


GoalChoice = Annotated[int | OneGoal | list[OneGoal], WrapValidator(_goal_or_trial)]
Terms = Annotated[
    list[Annotated[str, Field(max_length=100)]], Field(min_length=1, max_length=400), AfterValidator(_once)
]
Seeds = Annotated[int, Field(strict=True, ge=1, le=100)]
Change = Annotated[float, Field(strict=True, ge=-2, le=2, allow_inf_nan=False), AfterValidator(_a_change)]
Changes = Annotated[tuple[Change, ...], Field(max_length=20), AfterValidator(_once)]


def words_of(goal: GoalChoice) -> str:
    """What an analysis starts from, in a few words."""
    if isinstance(goal, int):
        return f"trial {goal}"
    return goal if isinstance(goal, str) else "a given goal"


class _Request(Strict):
    """What all analyses have.

    Attributes:
        name: Name of the analysis, which is a study too; by default that of the study, the kind and a number.
        seed: Keys the seeds of its networks, which are others than those of any search; the study's own by default.
            Analyses with the same one, and as many seeds, train their baseline alike.
    """

    name: StudyName | None = None
    seed: Seed | None = None


class Zeroing(_Request):
    """Each weight alone set to zero, and the network trained again.

    Attributes:
        goal: What to start from: `"best"`, a trial's number, a preset, or a goal.
        terms: Which weights to set to zero; all by default.
        seeds: Networks that each goal is trained with.
    """

    kind: Literal["zeroing"]
    goal: GoalChoice = BEST
    terms: Terms | None = None
    seeds: Seeds = 5


class CumulativeZeroing(_Request):
    """One weight after the other set to zero, the least harmful first, until none is left.

    Attributes:
        goal: What to start from, as for `Zeroing`.
        order: In which order; by default that of an individual zeroing of the same goal with as many seeds, which is
            made if there is none, and waited for.
        seeds: Networks that each goal is trained with.
    """

    kind: Literal["cumulative_zeroing"]
    goal: GoalChoice = BEST
    order: Terms | None = None
    seeds: Seeds = 5


class Sensitivity(_Request):
    """Each weight changed a little; the result is kept in [−1, 1].

    Attributes:
        goal: What to start from, as for `Zeroing`.
        terms: Which weights to change; all by default.
        relative: Changes in proportion to the weight; 0.1 is ten percent.
        absolute: Changes of the weight itself.
        seeds: Networks that each goal is trained with.
    """

    kind: Literal["sensitivity"]
    goal: GoalChoice = BEST
    terms: Terms | None = None
    relative: Changes = (-0.1, 0.1)
    absolute: Changes = (-0.1, 0.1)
    seeds: Seeds = 5


class Confirmation(_Request):
    """The best trials again with fresh seeds: of many that were tried once, the best one was also lucky.

    Attributes:
        top: How many of the best trials.
        seeds: Networks that each goal is trained with.
    """

    kind: Literal["confirmation"]
    top: Annotated[int, Field(strict=True, ge=1, le=100)] = 5
    seeds: Seeds = 10


class Design(_Request):
    """Goals spread evenly over the study's search space (scrambled Sobol points), for importances that can be trusted.

    Attributes:
        n_trials: How many; a power of two keeps their balance.
        seeds: Networks that each goal is trained with.
    """

    kind: Literal["design"]
    n_trials: Annotated[int, Field(strict=True, ge=1, le=100_000)] = 1024
    seeds: Seeds = 1


Analysis = Annotated[Zeroing | CumulativeZeroing | Sensitivity | Confirmation | Design, Field(discriminator="kind")]
