"""What files say of goals, whatever their format, and the goals that are meant."""

from collections.abc import Mapping

from model.goal import BIVARIATE_ATOMS, BIVARIATE_TERMS, Goals, Kind, goal_documents, parse_each
from model.goal_files import hydra_format


def goals_in(document: object, kind: Kind | None = None) -> Goals:
    """The goals in a document: what `Goal.parse` reads, a list of such, an answer of the service with one, or Hydra's.

    Args:
        document: What a file says.
        kind: Of all goals; what their weights tell if None.

    Raises:
        ValueError: If the document is none of these.
    """
    if isinstance(document, Mapping) and hydra_format.LAYERS in document:
        document = hydra_format.goals_in(document)
    elif isinstance(document, Mapping) and "goal" in document:
        document = document["goal"]
    parts = goal_documents(document)
    if {} in parts:
        raise ValueError("it names no term; expected terms and their weights")
    kind = kind or _kind_of(parts[0])
    return parse_each(parts, kind)


def document_of(goals: Goals) -> dict[str, float] | list[dict[str, float]]:
    """An object of term and weight, or a list of one for each layer; an empty object if there is no goal."""
    documents = [goal.as_dict() for goal in goals]
    return documents if len(documents) > 1 else next(iter(documents), {})


def _kind_of(document: object) -> Kind:
    """The kind that a goal's weights tell; the terms are the same with context as with lateral input."""
    named = isinstance(document, Mapping) and document.keys() & set(BIVARIATE_ATOMS)
    counted = isinstance(document, list) and len(document) == len(BIVARIATE_TERMS)
    return "bivariate_context" if named or counted else "trivariate"
