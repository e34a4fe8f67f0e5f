"""Goals as JSON."""

import json
from collections.abc import Sequence
from typing import Any

from model.goal import Goals
from model.goal_files.documents import document_of


def parse(content: bytes) -> object:
    """What a JSON file says; all of its numbers are floats.

    Raises:
        ValueError: If it is not JSON in UTF-8, or has a key twice in an object.
        RecursionError: If it is nested too deeply.
    """
    try:
        return json.loads(content.decode("utf-8-sig"), object_pairs_hook=_each_key_once, parse_int=float)
    except json.JSONDecodeError as error:
        raise ValueError(f"not JSON: {error}") from error


def _each_key_once(pairs: Sequence[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) < len(pairs):
        keys = [key for key, _ in pairs]
        raise ValueError(f"{next(key for key in keys if keys.count(key) > 1)!r} stands there twice")
    return found


def dump(goals: Goals) -> bytes:
    """An object of term and weight, or a list of one for each layer."""
    return (json.dumps(document_of(goals), indent=2) + "\n").encode()
