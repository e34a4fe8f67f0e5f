"""The goal that `--goal` names."""

import json
from pathlib import Path

from model.config import NetworkConfig
from model.errors import ModelError
from model.goal import Goals, parse_goals, presets


class GoalFileError(ModelError):
    """A goal is neither a preset's name nor a file that holds one."""


def read_goal(name_or_file: str, network: NetworkConfig) -> Goals:
    """The goals that a preset's name or a JSON file stands for.

    Raises:
        GoalFileError: If it is neither, or does not fit the network.
    """
    published = presets()[network.kind]
    if name_or_file in published:
        return parse_goals(name_or_file, network.kind, network.n_goals)
    path = Path(name_or_file)
    try:
        return parse_goals(json.loads(path.read_text("utf-8")), network.kind, network.n_goals)
    except FileNotFoundError as error:
        raise GoalFileError(
            f"{name_or_file!r} is neither a file nor a preset; presets are {', '.join(sorted(published))}"
        ) from error
    except (OSError, ValueError, RecursionError) as error:
        raise GoalFileError(f"{path} holds no goal: {error}") from error
