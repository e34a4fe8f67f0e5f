"""Goals into a file: whole or not at all."""

import os
from pathlib import Path
from tempfile import TemporaryDirectory

from model.errors import GoalFileError
from model.goal import Goals
from model.goal_files import hydra_format
from model.goal_files.formats import YAML, format_of


def write_goals(path: Path, goals: Goals, *, hydra: bool = False, overwrite: bool = False) -> None:
    """Write the goal of each hidden layer, or one for all, to the last digit.

    Args:
        path: The file, whose ending says its format.
        goals: Of neurons of one kind.
        hydra: Whether to write YAML as a goal file of the paper's code.
        overwrite: Whether a file of this name may be replaced.

    Raises:
        GoalFileError: If the ending is none of a format, the file is there already, or it cannot be written.
        ValueError: If there is no goal, or they are of several kinds.
    """
    content = file_content(path, goals, hydra=hydra)
    if os.path.lexists(path) and not overwrite:
        raise GoalFileError(f"{path} is there already; with --force it is replaced")
    try:
        with TemporaryDirectory(prefix=".goal-", dir=path.parent) as folder:
            written = Path(folder) / path.name
            written.write_bytes(content)
            written.replace(path)
    except OSError as error:
        raise GoalFileError(f"{path} cannot be written: {error.strerror}") from error


def file_content(path: Path, goals: Goals, *, hydra: bool = False) -> bytes:
    """What `write_goals` writes into a file, which need not be there.

    Raises:
        GoalFileError: If the ending is none of a format.
        ValueError: If there is no goal, or they are of several kinds.
    """
    if len({goal.terms for goal in goals}) != 1:
        raise ValueError("expected goals of one kind, one at least")
    try:
        written_as = format_of(path)
    except ValueError as error:
        raise GoalFileError(f"{path} cannot be written: {error}") from error
    if not hydra:
        return written_as.dump(goals)
    if written_as is not YAML:
        raise GoalFileError(f"{path} cannot be written for Hydra: expected a name that ends in .yaml or .yml")
    return hydra_format.dump(goals, path.stem)
