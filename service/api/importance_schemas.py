"""What the API answers about which weights matter."""

from dataclasses import asdict
from typing import Literal, Self

from pydantic import BaseModel

from service.importances.evaluation import Method
from service.importances.report import Pending, Report
from service.importances.sources import Choice, Source


class LeftOut(BaseModel):
    """Finished trials that are not used.

    `failed` are those that failed for good, `pruned` those that were ended early, `unusable` complete ones, told by a
    notebook, that have no finite value or not every searched weight.
    """

    failed: int
    pruned: int
    unusable: int


class TrialsUsed(BaseModel):
    """The trials that importances are told from: of which study, by which sampler, how many, and how many are not."""

    study: str
    sampler: str
    n_trials: int
    left_out: LeftOut

    @classmethod
    def of(cls, source: Source) -> Self:
        """Where trials came from as JSON."""
        return cls(
            study=source.study,
            sampler=source.sampler,
            n_trials=source.n_trials,
            left_out=LeftOut(**asdict(source.left_out)),
        )


class WeightImportance(BaseModel):
    """How much a searched weight matters: its share of all importance, and its rank, 1 for the most important."""

    name: str
    importance: float
    standard_deviation: float
    rank: int


class Importances(BaseModel):
    """How much each searched weight matters for the validation accuracy, in the published order of weights.

    `evaluator` is Optuna's class, `version` Optuna's. `trials` is what was asked for, `source` what that came to.
    `spread` says over what `standard_deviation` is. `fixed` are the weights that are not searched, of which the trials
    say nothing. `warnings` is what to know before drawing conclusions.
    """

    status: Literal["ready"] = "ready"
    study: str
    method: Method
    evaluator: str
    version: str
    trials: Choice
    source: TrialsUsed
    spread: str
    weights: list[WeightImportance]
    fixed: list[str]
    warnings: list[str]

    @classmethod
    def of(cls, report: Report) -> Self:
        """Importances as JSON."""
        return cls(
            study=report.study,
            method=report.method,
            evaluator=report.evaluator,
            version=report.version,
            trials=report.trials,
            source=TrialsUsed.of(report.source),
            spread=report.spread,
            weights=[WeightImportance(**asdict(weight)) for weight in report.weights],
            fixed=list(report.source.fixed),
            warnings=list(report.warnings),
        )


class ImportancesPending(BaseModel):
    """Importances that are still calculated, of these trials; `detail` says what to do."""

    status: Literal["computing"] = "computing"
    study: str
    method: Method
    trials: Choice
    source: TrialsUsed
    detail: str

    @classmethod
    def of(cls, pending: Pending, seconds: int) -> Self:
        """That they are not there yet, and when to ask again."""
        return cls(
            study=pending.study,
            method=pending.method,
            trials=pending.trials,
            source=TrialsUsed.of(pending.source),
            detail=f"importances of {pending.source.n_trials} trials are being computed; ask again in {seconds} s",
        )
