"""Goal files: what is written, and where nothing is."""

import json
import os
import re

import pytest

from model.errors import GoalFileError
from model.goal import BIVARIATE_TERMS, Goal, presets
from model.goal_files import read_goals, write_goals

TPE = Goal.preset("optimized_1_100_tpe")
HEURISTIC = Goal.preset("heuristic")
BIVARIATE = Goal((-0.5, 0.0, 1.0, 0.0, 0.25))


@pytest.mark.parametrize("name", ["goal.json", "goal.yaml", "goal.yml", "goal.npy"])
def test_one_goal_is_written_by_itself_and_several_one_after_another(tmp_path, name):
    write_goals(tmp_path / name, (TPE,))
    write_goals(tmp_path / f"several-{name}", (TPE, HEURISTIC))

    assert read_goals(tmp_path / name, "trivariate", 3) == (TPE,) * 3
    assert read_goals(tmp_path / f"several-{name}", "trivariate", 2) == (TPE, HEURISTIC)


def test_json_and_yaml_name_every_term(tmp_path):
    for name in ("goal.json", "goal.yaml"):
        write_goals(tmp_path / name, (BIVARIATE,))

    assert json.loads((tmp_path / "goal.json").read_text()) == dict(zip(BIVARIATE_TERMS, BIVARIATE.gamma, strict=True))
    assert (tmp_path / "goal.yaml").read_text() == "'{1}': -0.5\n'{2}': 0.0\n'{1}{2}': 1.0\n'{12}': 0.0\nH_res: 0.25\n"


def test_a_hydra_file_is_written_as_the_papers_code_reads_it(tmp_path):
    path = tmp_path / "my goal: 2.yaml"

    write_goals(path, (BIVARIATE, Goal((1e-05, 5e-324, -0.0, 0.0, 0.0))), hydra=True)

    assert path.read_text() == (
        "# @package _global_\nexp_params:\n  goal_type: 'my goal: 2'\n\nlayer_params:\n"
        "  hidden_layer1:\n    gamma:\n"
        "      - -0.5  # {1}\n      - 0.0  # {2}\n      - 1.0  # {1}{2}\n      - 0.0  # {12}\n      - 0.25  # h_res\n"
        "  hidden_layer2:\n    gamma:\n"
        "      - 1.0e-05  # {1}\n      - 5.0e-324  # {2}\n      - -0.0  # {1}{2}\n"
        "      - 0.0  # {12}\n      - 0.0  # h_res\n"
    )


def test_terms_of_trivariate_goals_are_numbered_as_in_the_papers_code(tmp_path):
    path = tmp_path / "goal.yaml"

    write_goals(path, (HEURISTIC,), hydra=True)

    assert " ".join(re.findall("# ([^@].*)", path.read_text())) == (
        "{1}{2}{3} {1}{2} {1}{3} {2}{3} {1}{23} {2}{13} {3}{12} {1} {2} {3} "
        "{12}{13}{23} {12}{13} {12}{23} {13}{23} {12} {13} {23} {123} h_res"
    )


def test_a_file_that_is_there_is_replaced_only_when_asked_for(file, tmp_path):
    path = file("goal.json", "mine")

    with pytest.raises(GoalFileError, match=r"goal\.json is there already"):
        write_goals(path, (TPE,))
    assert path.read_text() == "mine"
    write_goals(path, (TPE,), overwrite=True)

    assert read_goals(path) == (TPE,)
    assert [path.name for path in tmp_path.iterdir()] == ["goal.json"]


def test_a_link_that_leads_nowhere_is_there_too(tmp_path):
    path = tmp_path / "goal.json"
    path.symlink_to(tmp_path / "none")

    with pytest.raises(GoalFileError, match="is there already"):
        write_goals(path, (TPE,))


def test_a_file_that_cannot_be_written_leaves_nothing(tmp_path):
    (tmp_path / "goal.json").mkdir()

    with pytest.raises(GoalFileError, match=r"goal\.json cannot be written: "):
        write_goals(tmp_path / "goal.json", (TPE,), overwrite=True)
    with pytest.raises(GoalFileError, match=r"none.goal\.json cannot be written: No such file or directory"):
        write_goals(tmp_path / "none" / "goal.json", (TPE,))

    assert [path.name for path in tmp_path.rglob("*")] == ["goal.json"]


def test_a_reader_finds_the_old_file_until_the_new_one_is_whole(tmp_path, monkeypatch):
    path = tmp_path / "goal.json"
    write_goals(path, (HEURISTIC,))
    seen = []
    replace = type(path).replace

    def look_then_replace(written, target):
        seen.append((read_goals(target), read_goals(written)))
        return replace(written, target)

    monkeypatch.setattr(type(path), "replace", look_then_replace)
    write_goals(path, (TPE,), overwrite=True)

    assert seen == [((HEURISTIC,), (TPE,))]
    assert read_goals(path) == (TPE,)


def test_files_are_as_open_to_others_as_any_new_file(tmp_path):
    before = os.umask(0o027)
    try:
        write_goals(tmp_path / "goal.json", (TPE,))
    finally:
        os.umask(before)

    assert (tmp_path / "goal.json").stat().st_mode & 0o777 == 0o640


@pytest.mark.parametrize(
    ("name", "as_hydra", "said"),
    [
        ("goal.txt", False, r"ends in \.json, \.yaml, \.yml, \.npy"),
        ("goal", False, r"ends in \.json, \.yaml, \.yml, \.npy"),
        ("goal.json", True, r"for Hydra: expected a name that ends in \.yaml or \.yml"),
    ],
)
def test_a_name_without_a_format_is_not_written(tmp_path, name, as_hydra, said):
    with pytest.raises(GoalFileError, match=said):
        write_goals(tmp_path / name, (TPE,), hydra=as_hydra)
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize("goals", [(), (TPE, BIVARIATE)])
def test_goals_of_no_or_several_kinds_are_not_written(tmp_path, goals):
    with pytest.raises(ValueError, match="goals of one kind, one at least"):
        write_goals(tmp_path / "goal.json", goals)


def test_every_preset_survives_every_format(tmp_path):
    for kind, published in presets().items():
        for name, gamma in published.items():
            goals = (Goal(gamma),)
            for ending, as_hydra in ((".json", False), (".yaml", False), (".npy", False), (".yml", True)):
                path = tmp_path / f"{kind}-{name}{ending}"
                write_goals(path, goals, hydra=as_hydra)
                assert read_goals(path, kind, 1) == goals
