"""The samplers and pruners that a study can name, with their options; Optuna's, under Optuna's names."""

from typing import Annotated, Literal, Self

from pydantic import Field, model_validator

from model.config import Flag, Strict

Count = Annotated[int, Field(strict=True, ge=0, le=100_000)]
Positive = Annotated[int, Field(strict=True, ge=1, le=100_000)]


class Tpe(Strict):
    """Tree-structured Parzen estimator; the defaults are those of the published search.

    Attributes:
        n_startup_trials: Random trials before the estimator is used.
        n_ei_candidates: Candidates drawn, of which the one with the greatest expected improvement is tried.
        multivariate: Whether weights are modelled jointly.
        constant_liar: Whether running trials count as bad ones, so that workers keep apart.
    """

    type: Literal["tpe"] = "tpe"
    n_startup_trials: Count = 100
    n_ei_candidates: Annotated[int, Field(strict=True, ge=1, le=10_000)] = 100
    multivariate: Flag = True
    constant_liar: Flag = True


class CmaEs(Strict):
    """Covariance matrix adaptation evolution strategy.

    Its trials are given out a generation at a time: those who would begin the next one wait until all results of this
    one are there, so that every result is used.

    Attributes:
        n_startup_trials: Random trials before the strategy starts.
        population_size: Results a generation; by default 4 + ⌊3 ln(free weights)⌋. With fewer than 4 there is but one
            parent, and no covariance to adapt. Best a multiple of the number of workers.
        use_separable_cma: Whether the covariance matrix is diagonal.
        lr_adapt: Whether the learning rate adapts to noise.
    """

    type: Literal["cmaes"]
    n_startup_trials: Count = 0
    population_size: Annotated[int, Field(strict=True, ge=4, le=100_000)] | None = None
    use_separable_cma: Flag = False
    lr_adapt: Flag = False

    @model_validator(mode="after")
    def _compatible(self) -> Self:
        if self.use_separable_cma and self.lr_adapt:
            raise ValueError("use_separable_cma and lr_adapt exclude each other")
        return self


class Sobol(Strict):
    """Scrambled Sobol points: they fill the space evenly and learn nothing from results, as importances want it.

    A number of trials that is a power of two keeps their balance.
    """

    type: Literal["sobol"]


class Enqueued(Strict):
    """The initial goals alone, and what notebooks enqueue: a list to be gone through, not a search."""

    type: Literal["enqueued"]


class Median(Strict):
    """Ends a trial whose best epoch so far is worse than the median of earlier trials at the same epoch.

    Attributes:
        n_startup_trials: Complete trials before any is ended.
        n_warmup_steps: Epochs before a trial may be ended.
        interval_steps: Epochs between two looks.
        n_min_trials: Trials that must have reached the epoch.
    """

    type: Literal["median"]
    n_startup_trials: Count = 5
    n_warmup_steps: Count = 0
    interval_steps: Positive = 1
    n_min_trials: Positive = 1


class Hyperband(Strict):
    """Successive halving in several brackets; the most that a trial can get are the epochs of the study's training.

    The sampler learns from the trials of all brackets.

    Attributes:
        min_resource: Epochs that every trial gets.
        reduction_factor: One of so many goes on at each rung.
        bootstrap_count: Trials that a rung needs before any goes on from it.
    """

    type: Literal["hyperband"]
    min_resource: Positive = 1
    reduction_factor: Annotated[int, Field(strict=True, ge=2, le=1000)] = 3
    bootstrap_count: Count = 0


class Patience(Strict):
    """Ends a trial that has been worse than its best for some epochs, whatever others did.

    Attributes:
        patience: Epochs in a row below the best before that are put up with.
        min_delta: So much less than the best before, in validation accuracy, is put up with for good.
    """

    type: Literal["patience"]
    patience: Count = 10
    min_delta: Annotated[float, Field(strict=True, ge=0, le=1, allow_inf_nan=False)] = 0.0


Sampler = Annotated[Tpe | CmaEs | Sobol | Enqueued, Field(discriminator="type")]
Pruner = Annotated[Median | Hyperband | Patience, Field(discriminator="type")]
