"""Goals as YAML: the documents that JSON files hold, and Hydra's."""

import re

import yaml

from model.goal import Goals
from model.goal_files.documents import document_of

NUMBER = re.compile(r"[-+]?([0-9]+(\.[0-9]*)?|\.[0-9]+)([eE][-+]?[0-9]+)?", re.ASCII)
NOT_FINITE = re.compile(r"[-+]?\.(inf|nan)", re.IGNORECASE)

WITHOUT_TAG = {f"tag:yaml.org,2002:{tag}" for tag in ("map", "seq", "str")}
"""What the base loader calls a node that does not name a type itself."""


def parse(content: bytes) -> object:
    """What a YAML file says: mappings, sequences, numbers and text.

    Scalars are read here: to PyYAML, which follows YAML 1.1, `1e-05` is text and `1:30` is 90. All numbers are floats.

    Raises:
        ValueError: If it is not YAML in UTF-8, has a key twice in a mapping, or uses aliases or tags.
        RecursionError: If it is nested too deeply.
    """
    try:
        root = yaml.compose(content.decode("utf-8-sig"), yaml.BaseLoader)
    except yaml.MarkedYAMLError as error:
        where = "" if error.problem_mark is None else f" in line {error.problem_mark.line + 1}"
        raise ValueError(f"not YAML: {error.problem}{where}") from error
    except yaml.YAMLError as error:
        raise ValueError(f"not YAML: {str(error).splitlines()[0]}") from error
    if root is None:
        raise ValueError("it is empty")
    return _value(root, set())


def _value(node: yaml.Node, seen: set[int]) -> object:
    if id(node) in seen:  # a few aliases of aliases stand for billions of nodes
        raise ValueError(f"line {node.start_mark.line + 1} is used by an alias; expected every goal to be written out")
    seen.add(id(node))
    if node.tag not in WITHOUT_TAG:
        raise ValueError(f"the tag {node.tag} in line {node.start_mark.line + 1} is not read")
    match node:
        case yaml.ScalarNode(style=None, value=text) if NUMBER.fullmatch(text):
            return float(text)
        case yaml.ScalarNode(style=None, value=text) if NOT_FINITE.fullmatch(text):
            return float(text.replace(".", ""))
        case yaml.SequenceNode(value=items):
            return [_value(item, seen) for item in items]
        case yaml.MappingNode(value=pairs):
            return _mapping(pairs, seen)
    return node.value


def _mapping(pairs: list[tuple[yaml.Node, yaml.Node]], seen: set[int]) -> dict[str, object]:
    found: dict[str, object] = {}
    for key, value in pairs:
        line = key.start_mark.line + 1
        if key.id != "scalar":
            raise ValueError(
                f"the key in line {line} is not text; a term is written in quotes, as in '{{F}}{{C}}': 1.0"
            )
        if key.value in found:
            raise ValueError(f"{key.value!r} stands there twice, again in line {line}")
        found[key.value] = _value(value, seen)
    return found


def dump(goals: Goals) -> bytes:
    """A mapping of term and weight, or a sequence of one for each layer."""
    # PyYAML writes 1.0e-05, which YAML 1.1 and 1.2 read as a number.
    text: str = yaml.safe_dump(document_of(goals), sort_keys=False)
    return text.encode()
