"""In which order weights are set to zero cumulatively: the least harmful first."""

from sqlalchemy import select
from sqlalchemy.orm import Session

from service.analyses.report import NOT_TRAINED, Finding, Report
from service.spec import StudySpec
from service.storage.tables import Analysis, Study, StudyState

USABLE = (StudyState.RUNNING, StudyState.PAUSED, StudyState.COMPLETED)
"""States of an individual zeroing that has an order, or will have one."""


def zeroing_like(session: Session, parent_id: int, spec: StudySpec) -> Study | None:
    """The newest zeroing of all weights that trains the same baseline with the same seeds; None if there is none.

    Args:
        session: Our tables.
        parent_id: Of the analysed study.
        spec: Of the study of a zeroing that might be made.
    """
    zeroings = (
        select(Study)
        .join(Analysis, Analysis.study_id == Study.id)
        .where(
            Analysis.parent_id == parent_id,
            Analysis.request["kind"].astext == "zeroing",
            Study.state.in_(USABLE),
            Study.spec["initial_goals"] == spec.model_dump(mode="json")["initial_goals"],
            Study.spec["repeats"].as_integer() == spec.repeats,
            Study.spec["seed"].as_integer() == spec.seed,
        )
    )
    # Locked, so that it is not deleted before it is waited for.
    return session.scalar(
        zeroings.order_by(Study.id.desc()).limit(1).with_for_update(read=True, key_share=True, of=Study)
    )


def least_harmful_first(zeroing: Report) -> list[str]:
    """The weights in order: those that are zero already, by what zeroing them costs, those that diverged without."""
    return [finding.variant.weight for finding in sorted(zeroing.findings, key=_harm) if finding.variant.weight]


def _harm(finding: Finding) -> tuple[int, float]:
    if finding.variant.before == 0:
        return 0, 0.0
    return (1, -finding.change.mean) if finding.change is not None else (2, 0.0)


def unknown_in(zeroing: Report) -> list[str]:
    """What keeps it from telling an order: goals that have failed, unless they diverged, as they would again."""
    return [
        finding.variant.label
        for finding in zeroing.all_findings
        if finding.state != NOT_TRAINED and finding.accuracy is None
        if finding is zeroing.baseline or not finding.has_diverged
    ]
