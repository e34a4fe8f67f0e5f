"""The formats of goal files, by the ends of their names."""

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import NamedTuple

from model.goal import Goals
from model.goal_files import json_format, npy_format, yaml_format


class Format(NamedTuple):
    """How goals are read and written.

    Attributes:
        parse: What a file says; raises ValueError, or RecursionError, if it is not of this format.
        dump: A file's content.
    """

    parse: Callable[[bytes], object]
    dump: Callable[[Goals], bytes]


JSON = Format(json_format.parse, json_format.dump)
YAML = Format(yaml_format.parse, yaml_format.dump)
NPY = Format(npy_format.parse, npy_format.dump)

FORMATS: Mapping[str, Format] = {".json": JSON, ".yaml": YAML, ".yml": YAML, ".npy": NPY}


def format_of(path: Path) -> Format:
    """The format that a file's name says.

    Raises:
        ValueError: If it says none.
    """
    ending = path.suffix.lower()
    if ending not in FORMATS:
        raise ValueError(f"expected a name that ends in {', '.join(FORMATS)}")
    return FORMATS[ending]
