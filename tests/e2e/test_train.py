import json

import pytest

from model.goal import Goal, presets
from tests.e2e.commands import environment, run

QUICK = ("--hidden", "10", "--epochs", "2", "--batch-size", "256", "--threads", "1")


def trained(*arguments):
    done = run("train", *QUICK, *arguments, "--json", env=environment())
    assert (done.returncode, done.stderr) == (0, "")
    return json.loads(done.stdout)


def refusal(*arguments):
    done = run("train", *QUICK, *arguments, env=environment())
    assert done.returncode == 1
    assert done.stdout == ""
    assert done.stderr.startswith("Error: ")
    assert done.stderr.count("\n") == 1
    return done.stderr


def test_a_goal_from_a_file_trains_as_its_preset_does_and_the_same_seed_repeats(tmp_path):
    goal = tmp_path / "goal.json"
    goal.write_text(json.dumps(Goal.preset("heuristic").as_dict()))

    by_name, from_file = trained("--goal", "heuristic"), trained("--goal", str(goal))

    assert by_name.pop("seconds") > 0
    assert from_file.pop("seconds") > 0
    assert by_name == from_file
    assert list(by_name["goal"].values()) == list(presets()["trivariate"]["heuristic"])
    assert (by_name["dataset"], by_name["epochs"], by_name["seed"]) == ("digits", 2, 0)
    assert 0 <= by_name["validation_accuracy"] <= 1
    assert 0 <= by_name["test_accuracy"] <= 1


def test_a_goal_file_of_the_papers_code_may_be_trained_with(tmp_path):
    goal = Goal.preset("optimized_2_100_tpe")
    gamma = "".join(f"\n      - {weight!r}  # a term" for weight in goal.gamma)
    path = tmp_path / "opt.yaml"
    path.write_text(f"# @package _global_\nlayer_params:\n  hidden_layer1:\n    gamma:{gamma}\n")

    assert trained("--goal", str(path))["goal"] == goal.as_dict()


def test_lateral_connections_may_be_limited():
    limited, unlimited = trained("--laterals", "3"), trained()

    assert limited["network"]["lateral_connections"] == 3
    assert unlimited["network"]["lateral_connections"] is None
    assert limited["validation_accuracy"] != unlimited["validation_accuracy"]


def test_an_npz_file_is_trained_on_and_people_are_told_its_accuracies(own_data):
    done = run("train", *QUICK, "--dataset", str(own_data), env=environment())

    assert (done.returncode, done.stderr) == (0, "")
    assert "own " in done.stdout
    assert "2/2 epochs" in done.stdout
    assert done.stdout.splitlines()[-1].startswith("Validation accuracy ")


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("--goal", "none"), "presets are "),
        (("--dataset", "none"), "unknown data set 'none'"),
        (("--dataset", "/none/own.npz"), "/none/own.npz"),
        (("--device", "none"), "cannot compute on 'none'"),
        (("--batch-size", "10000000"), "batch_size"),
        (("--laterals", "10"), "lateral_connections: Value error, each of 10 hidden neurons has 9 others"),
    ],
)
def test_what_is_wrong_is_named(arguments, said):
    assert said in refusal(*arguments)


@pytest.mark.parametrize("document", ["[1, 2]", '{"none": 1}', "{", '{"H_res": 3}', '"none"'])
def test_a_bad_goal_file_is_named(tmp_path, document):
    path = tmp_path / "goal.json"
    path.write_text(document)

    assert f"{path} holds no goal: " in refusal("--goal", str(path))


def test_a_damaged_npz_file_is_named(own_data):
    own_data.write_bytes(own_data.read_bytes()[:-200])

    assert f"{own_data}: " in refusal("--dataset", str(own_data))
