"""`infomorphic best`, with a service whose studies nobody trains."""

import json

import pytest

from model.goal import Goal
from model.goal_files import read_goals
from service.runs import finish
from service.storage.leases import Outcome, Verdict
from tests.e2e.commands import environment
from tests.e2e.commands_here import run
from tests.integration.driving import complete, make, take

GOAL = Goal.of({"{F}{C}": 0.1 + 0.2, "{FCL}": -1e-05})
OTHER = Goal.of({"{FCL}": 0.5})


@pytest.fixture
def best(api):
    """`infomorphic best study` with more arguments."""

    def command(*arguments):
        return run("best", "study", *map(str, arguments), env=environment(INFOMORPHIC_URL=str(api.base_url)))

    return command


@pytest.fixture
def searched(store, tmp_path):
    """A study of single networks whose second trial, with GOAL, is the best one."""
    make(store, tmp_path, initial_goals=[OTHER.as_dict(), GOAL.as_dict()], n_trials=2)
    for accuracy in (0.5, 0.75):
        complete(store, take(store), accuracy)


@pytest.fixture
def repeated(store, tmp_path):
    """A study whose first trial, with OTHER, has the best network, and the second, with GOAL, the best mean."""
    make(store, tmp_path, initial_goals=[OTHER.as_dict(), GOAL.as_dict()], n_trials=2, repeats=2)
    for repeats in ((0.25, 1.0), (0.625, 0.75)):
        finish(store, take(store), Outcome(Verdict.COMPLETE, sum(repeats) / 2, repeats=repeats))


def said(done):
    assert (done.returncode, done.stderr) == (0, "")
    return done.stdout


def refusal(done):
    assert (done.returncode, done.stdout, done.stderr.count("\n")) == (1, "", 1)
    return done.stderr


def test_of_single_networks_the_best_trial_is_printed_with_a_warning(best, searched):
    printed = said(best())

    assert "Best single trial  trial 1: 75.00% validation accuracy\n" in printed
    assert "the best one was also lucky" in " ".join(printed.split())
    assert "Best by mean" not in printed
    assert "Goal of trial 1, the best single trial:\n" in printed
    assert "{F}{C}        +0.3000" in printed


def test_of_repeats_both_are_printed_and_the_goal_of_the_best_mean(best, repeated):
    printed = said(best())

    assert "Best single trial  trial 0: 100.00% validation accuracy, the best of its 2 networks\n" in printed
    assert "Best by mean       trial 1: 68.75% validation accuracy, mean of 2 networks ± 6.25%\n" in printed
    # Student's, ± 12.7 standard errors of 6.25 % each, as far as an accuracy can be.
    assert "95 % interval 0.00% to 100.00%, of its repeats\n" in printed
    assert "lucky" not in printed
    assert "Goal of trial 1, the best by mean:\n" in printed
    assert "{F}{C}        +0.3000" in printed


def test_the_other_goal_is_printed_if_asked_for(best, repeated):
    printed = said(best("--which", "single_trial"))

    assert "Goal of trial 0, the best single trial:\n" in printed
    assert "{FCL}         +0.5000" in printed


@pytest.mark.parametrize("name", ["goal.json", "goal.yaml", "goal.npy"])
def test_the_goal_is_written_as_the_ending_says(best, repeated, tmp_path, name):
    printed = said(best("--output", tmp_path / name))

    assert printed.endswith(f"Wrote {tmp_path / name}.\n")
    assert read_goals(tmp_path / name) == (GOAL,)


def test_the_goal_is_written_for_hydra(best, repeated, tmp_path):
    said(best("--output", tmp_path / "opt.yaml", "--hydra", "--which", "single_trial"))

    assert (tmp_path / "opt.yaml").read_text().startswith("# @package _global_\nexp_params:\n  goal_type: opt\n")
    assert read_goals(tmp_path / "opt.yaml") == (OTHER,)


def test_a_file_is_written_beside_json(best, searched, tmp_path):
    answer = json.loads(said(best("--output", tmp_path / "goal.npy", "--json")))

    assert answer["goal"] == GOAL.as_dict()
    assert read_goals(tmp_path / "goal.npy") == (GOAL,)


def test_a_file_is_replaced_only_by_force(best, searched, tmp_path):
    path = tmp_path / "goal.json"
    path.write_text("mine")

    assert f"{path} is there already; with --force it is replaced" in refusal(best("--output", path))
    assert path.read_text() == "mine"
    said(best("--output", path, "--force"))
    assert read_goals(path) == (GOAL,)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("--hydra",), "expected --output with them"),
        (("--force",), "expected --output with them"),
        (("--output", "goal.txt"), "expected a name that ends in .json, .yaml, .yml, .npy"),
        (("--which", "worst"), "which: must be 'recommended', 'single_trial' or 'by_mean'"),
        (("--which", "by_mean"), "no goal of study 'study' has a mean over several networks"),
    ],
)
def test_what_is_wrong_is_named(best, searched, arguments, message):
    assert message in refusal(best(*arguments))


def test_networks_without_goals_leave_nothing_to_write(best, store, tmp_path):
    make(store, tmp_path, network={"learning": "backpropagation"}, search_space={}, n_trials=1)
    complete(store, take(store))

    assert "no goals" in said(best())
    assert "the network's hidden layers have no goals" in refusal(best("--output", tmp_path / "goal.json"))
    assert not (tmp_path / "goal.json").exists()
