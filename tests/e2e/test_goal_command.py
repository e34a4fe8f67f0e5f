import json

import numpy as np
import pytest

from model.goal import BIVARIATE_TERMS, TERMS, Goal, presets
from tests.e2e.commands import environment
from tests.e2e.commands_here import run
from tests.integration.driving import complete, make, take

TPE_NAME = "optimized_1_100_tpe"
TPE = Goal.preset(TPE_NAME)


def goal(*arguments):
    return run("goal", *map(str, arguments), env=environment())


def said(*arguments):
    done = goal(*arguments)
    assert (done.returncode, done.stderr) == (0, "")
    return done.stdout


def refusal(*arguments):
    done = goal(*arguments)
    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr.startswith("Error: ")
    assert done.stderr.count("\n") == 1
    return done.stderr


def test_a_goal_is_shown_term_by_term_and_as_json():
    lines, document = said("show", TPE_NAME).splitlines(), json.loads(said("show", TPE_NAME, "--json"))

    assert [line.split()[0] for line in lines] == list(TERMS)
    assert lines[0].rstrip() == "{F}{C}{L}     +0.3307            │███"
    assert document == TPE.as_dict()


def test_the_goals_of_several_layers_are_shown_one_after_another(tmp_path):
    path = tmp_path / "goals.npy"
    np.save(path, [[1.0, 0, 0, 0, 0], [-1.0, 0, 0, 0, 0]])

    lines = said("show", path).splitlines()

    assert (lines[0], lines[6]) == ("Hidden layer 1", "Hidden layer 2")
    assert [line.split()[0] for line in lines[1:6]] == [line.split()[0] for line in lines[7:]] == list(BIVARIATE_TERMS)
    assert [goal["{1}"] for goal in json.loads(said("show", path, "--json"))] == [1.0, -1.0]


def test_published_goals_are_listed_for_people_and_as_json():
    lines, document = said("list").splitlines(), json.loads(said("list", "--json"))

    assert [tuple(line.split()) for line in lines] == [(kind, name) for kind in presets() for name in presets()[kind]]
    assert document == {kind: list(published) for kind, published in presets().items()}


def test_a_goal_goes_through_every_format_without_losing_a_digit(tmp_path):
    files = [tmp_path / name for name in ("a.json", "b.yaml", "c.npy", "d.yml")]

    for source, file in zip([TPE_NAME, *files], files, strict=False):
        options = ("--hydra",) if file.suffix == ".yml" else ()
        assert said("convert", source, file, *options) == f"Wrote {file}.\n"

    assert files[-1].read_text().startswith("# @package _global_\nexp_params:\n  goal_type: d\n")
    assert json.loads(said("show", files[-1], "--json")) == TPE.as_dict()


def test_what_best_prints_is_a_goal_file(api, store, tmp_path):
    make(store, tmp_path, initial_goals=[{"{F}{C}": 0.1 + 0.2}], n_trials=1)
    complete(store, take(store))
    trial = run("best", "study", "--json", env=environment(INFOMORPHIC_URL=str(api.base_url)))
    (tmp_path / "trial.json").write_text(trial.stdout)

    assert json.loads(said("show", tmp_path / "trial.json", "--json")) == Goal.of({"{F}{C}": 0.1 + 0.2}).as_dict()


def test_bivariate_presets_are_found_by_their_kind(tmp_path):
    message = refusal("show", "optimized_1_100")
    shown = json.loads(said("show", "optimized_1_100", "--kind", "bivariate_lateral", "--json"))

    assert "'optimized_1_100' is a bivariate_context and a bivariate_lateral preset" in message
    assert list(shown.values()) == list(presets()["bivariate_lateral"]["optimized_1_100"])


def test_a_file_is_replaced_only_by_force(tmp_path):
    path = tmp_path / "goal.json"
    path.write_text("mine")

    assert f"{path} is there already; with --force it is replaced" in refusal("convert", "heuristic", path)
    assert path.read_text() == "mine"
    said("convert", "heuristic", path, "--force")
    assert json.loads(path.read_text()) == Goal.preset("heuristic").as_dict()


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("show", "none"), "'none' is neither a file nor a preset; trivariate presets are heuristic, "),
        (("show", "heuristic.txt"), "'heuristic.txt' is neither a file nor a preset"),
        (("convert", "heuristic", "goal.txt"), "expected a name that ends in .json, .yaml, .yml, .npy"),
        (("convert", "heuristic", "goal.npy", "--hydra"), "expected a name that ends in .yaml or .yml"),
        (("convert", "heuristic", "/none/goal.npy"), "/none/goal.npy cannot be written: No such file or directory"),
    ],
)
def test_what_is_wrong_is_named(arguments, message):
    assert message in refusal(*arguments)
