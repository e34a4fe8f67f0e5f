"""Goal files: every form that is read."""

import json
import subprocess
import sys

import pytest

from model.errors import GoalFileError
from model.goal import Goal
from model.goal_files import read_goals
from tests.unit.written_goals import hydra, listed, npy

TPE = Goal.preset("optimized_1_100_tpe")
HEURISTIC = Goal.preset("heuristic")
BIVARIATE = Goal((-0.5, 0.0, 1.0, 0.0, 0.25))


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("goal.json", json.dumps(TPE.as_dict())),
        ("goal.json", json.dumps(list(TPE.gamma))),
        ("goal.json", '"optimized_1_100_tpe"'),
        ("goal.json", json.dumps({"number": 7, "repeats": [0.5], "goal": TPE.as_dict(), "gamma": TPE.gamma})),
        ("goal.json", b"\xef\xbb\xbf" + json.dumps(TPE.as_dict()).encode()),
        ("GOAL.JSON", json.dumps([TPE.as_dict()])),
        ("goal.yaml", "".join(f"'{term}': {weight}\n" for term, weight in TPE.as_dict().items())),
        ("goal.yaml", json.dumps(TPE.as_dict())),
        ("goal.yml", "optimized_1_100_tpe"),
        ("goal.yml", f"number: 7\nreason: null\ngoal: {list(TPE.gamma)}"),
        ("goal.yml", "".join(f"- {weight}\n" for weight in TPE.gamma)),
        ("goal.yaml", hydra(listed(TPE.gamma))),
        ("goal.yaml", hydra(f" {list(TPE.gamma)}")),
        ("goal.yaml", hydra(" ${published}", top=f"published:{listed(TPE.gamma, 2)}\n")),
        ("goal.npy", npy(TPE.gamma)),
        ("goal.npy", npy([TPE.gamma])),
    ],
    ids=lambda value: value if isinstance(value, str) and value.lower().startswith("goal.") else "",
)
def test_a_goal_may_be_written_in_every_form_and_is_that_of_all_layers(file, name, content):
    path = file(name, content)

    assert read_goals(path, "trivariate", 1) == (TPE,)
    assert read_goals(str(path), "trivariate", 3) == (TPE,) * 3
    assert read_goals(path) == (TPE,)


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("goals.json", json.dumps([TPE.as_dict(), list(HEURISTIC.gamma)])),
        ("goals.json", json.dumps({"goal": [TPE.as_dict(), HEURISTIC.as_dict()]})),
        ("goals.yaml", "- optimized_1_100_tpe\n- '{F}{C}': 1\n"),
        ("goals.yaml", hydra(listed(TPE.gamma), listed(HEURISTIC.gamma))),
        ("goals.npy", npy([TPE.gamma, HEURISTIC.gamma])),
    ],
)
def test_a_file_may_have_a_goal_for_each_layer(file, name, content):
    path = file(name, content)

    assert read_goals(path, "trivariate", 2) == (TPE, HEURISTIC)
    assert read_goals(path) == (TPE, HEURISTIC)


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("goal.json", json.dumps(BIVARIATE.as_dict())),
        ("goal.json", '{"{1}": -0.5, "{1}{2}": 1, "H_res": 0.25}'),
        ("goal.yaml", hydra(listed(BIVARIATE.gamma))),
        ("goal.npy", npy(BIVARIATE.gamma)),
    ],
)
def test_a_bivariate_goal_is_told_by_its_weights(file, name, content):
    path = file(name, content)

    assert read_goals(path) == (BIVARIATE,)
    assert read_goals(path, "bivariate_lateral", 2) == (BIVARIATE,) * 2
    assert read_goals(path, "bivariate_context", 1) == (BIVARIATE,)


def test_a_preset_is_found_by_its_name_among_those_of_its_kind():
    assert read_goals("heuristic", "trivariate", 2) == (HEURISTIC,) * 2
    assert read_goals("heuristic") == (HEURISTIC,)
    assert read_goals("heuristic", "bivariate_lateral", 1) == (Goal.preset("heuristic", "bivariate_lateral"),)


def test_layers_of_a_hydra_file_are_taken_by_their_numbers_and_other_parameters_left_alone(file):
    gammas = [[number / 100] * 19 for number in range(1, 12)]
    layers = {f"hidden_layer{number}": {"gamma": gamma, "bias": [True]} for number, gamma in enumerate(gammas, start=1)}
    document = {"layer_params": {"output_layer": {"gamma": [0.1] * 5}, **dict(reversed(layers.items()))}}

    goals = read_goals(file("goal.yaml", json.dumps(document)), "trivariate", 11)

    assert [list(goal.gamma) for goal in goals] == gammas


def test_yaml_numbers_are_what_they_look_like(file):
    goals = read_goals(file("goal.yaml", "'{F}': 1e-05\n'{L}': +.5\n'{C}': -1.\n"))

    # To PyYAML, which follows YAML 1.1, the first is text.
    assert goals == (Goal.of({"{F}": 0.00001, "{L}": 0.5, "{C}": -1.0}),)


@pytest.mark.parametrize("written", ["0:1", "010", "0x1", "0o1", "1_0", "yes"])
def test_other_notations_of_yaml_are_no_weights(file, written):
    with pytest.raises(GoalFileError):
        read_goals(file("goal.yaml", f"'{{F}}': {written}"))


def test_goal_files_are_read_without_torch():
    code = "import sys, model.goal_files, model.commands.goal; sys.exit('torch' in sys.modules)"

    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
