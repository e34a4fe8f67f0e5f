"""What the API answers about several studies side by side."""

from typing import Self

from pydantic import BaseModel

from service.comparisons import comparing


class ComparedStudy(BaseModel):
    """One of the studies.

    `trial` has its best goal, `weights` are its, by name; `chosen` says why, as `GET …/best` does. `importance` is of
    each weight, from `source`: what setting it to zero costs in validation accuracy, or its share of all importance.
    Null is a weight of which nothing is known, as its zeroing failed or it is zero already; and all of it where
    nothing is known of any.
    """

    name: str
    trial: int
    chosen: str
    weights: dict[str, float]
    importance: dict[str, float | None] | None
    source: str | None


class Comparison(BaseModel):
    """Studies side by side.

    `cosine_similarity` of the best goals of each two is from −1 to 1; null where one is zero. `rank_agreement` is
    Spearman's rank correlation of the importances that `ranked_by` tells, of the weights `ranked`: those that are
    known in all studies of which any is; null where it is not known. Both are matrices in the order of `studies`. Read
    `notes` before drawing conclusions.
    """

    studies: list[ComparedStudy]
    cosine_similarity: list[list[float | None]]
    rank_agreement: list[list[float | None]]
    ranked_by: str
    ranked: list[str]
    notes: list[str]

    @classmethod
    def of(cls, found: comparing.Comparison) -> Self:
        """A comparison as JSON."""
        return cls(
            studies=[
                ComparedStudy(
                    name=goal.name,
                    trial=goal.trial,
                    chosen=goal.chosen,
                    weights=goal.weights,
                    importance=importance.of_weights,
                    source=importance.source,
                )
                for goal, importance in zip(found.goals, found.importances, strict=True)
            ],
            cosine_similarity=found.cosine_similarity,
            rank_agreement=found.rank_agreement,
            ranked_by=found.ranked_by,
            ranked=list(found.ranked),
            notes=[note for importance in found.importances for note in importance.notes],
        )
