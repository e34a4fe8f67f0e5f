"""Goals from a file, or published ones by name."""

from pathlib import Path

from model.errors import GoalFileError
from model.goal import Goals, Kind, for_each_layer, presets
from model.goal_files.documents import goals_in
from model.goal_files.formats import format_of

MOST_BYTES = 4 * 2**20
"""Of a file: a goal takes a thousand, a trial with all of its epochs up to 3 million."""

LONGEST_MESSAGE = 1000
"""Characters of what is wrong, which may quote the file."""


def read_goals(source: str | Path, kind: Kind | None = None, n_layers: int | None = None) -> Goals:
    """The goals that a preset's name or a file stands for.

    Args:
        source: A preset's name, or a file.
        kind: Of the neurons. If None, presets are trivariate ones, and a file's weights tell.
        n_layers: Hidden layers, which share the goal if there is but one. If None, as many as there are goals.

    Raises:
        GoalFileError: If it is neither, or has no goals of such neurons and layers.
    """
    try:
        document = source if source in presets()[kind or "trivariate"] else _document(Path(source))
        goals = goals_in(document, kind)
        return goals if n_layers is None else for_each_layer(goals, n_layers)
    except FileNotFoundError as error:
        raise GoalFileError(f"{str(source)!r} is neither a file nor a preset; {_presets(str(source), kind)}") from error
    except OSError as error:
        raise GoalFileError(f"{source} cannot be read: {error.strerror}") from error
    except RecursionError as error:
        raise GoalFileError(f"{source} holds no goal: it is nested too deeply") from error
    except ValueError as error:
        raise GoalFileError(f"{source} holds no goal: {str(error)[:LONGEST_MESSAGE]}") from error


def _document(path: Path) -> object:
    """What a file says.

    Raises:
        OSError: If it cannot be read.
        ValueError: If it is not of the format that its name says.
        RecursionError: If it is nested too deeply.
    """
    if not path.name:  # '' would be the directory that we are in
        raise FileNotFoundError
    with path.open("rb") as file:
        content = file.read(MOST_BYTES + 1)
    if len(content) > MOST_BYTES:
        raise ValueError(f"it is larger than {MOST_BYTES} bytes")
    return format_of(path).parse(content)


def _presets(name: str, kind: Kind | None) -> str:
    """Which presets there are, and of which other kinds the name is one."""
    of_kind = kind or "trivariate"
    others = [other for other, published in presets().items() if name in published]
    hint = f"; {name!r} is a {' and a '.join(others)} preset" if others else ""
    return f"{of_kind} presets are {', '.join(sorted(presets()[of_kind]))}{hint}"
