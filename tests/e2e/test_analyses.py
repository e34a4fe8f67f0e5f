"""Analyses from the command line through real workers."""

import json

import pytest

from tests.e2e.commands import run
from tests.patience import eventually

GOAL = {"{F}{C}": 1.0, "{F}{L}": -1.0, "{F}{C}{L}": 0.33}


def searched(stack, name, epochs):
    """A study of one trial that has run to its end; its analyses train a goal at a time, whoever does."""
    training = {"epochs": epochs, "batch_size": 256}
    spec = {
        "name": name,
        "n_trials": 1,
        "network": {"hidden_neurons": 10},
        "training": training,
        "initial_goals": [GOAL],
    }
    with stack.client() as client:
        client.post("/v1/studies", json=spec).raise_for_status()
    assert run("study", "watch", name, "--json", env=stack.env).returncode == 0
    return name


def accuracies(found):
    return [
        each["validation_accuracy"]["runs"]
        for each in (found["baseline"], *found["variants"])
        if each["trial"] is not None
    ]


def test_cumulative_zeroing_follows_the_individual_one_and_is_printed(stack):
    study = searched(stack, "cumulative", 2)

    done = run("analyse", study, "cumulative_zeroing", "--seeds", "2", "--wait", "--json", env=stack.env)

    assert (done.returncode, done.stderr) == (0, "")
    found = json.loads(done.stdout)
    assert (found["state"], found["finished"]) == ("completed", 4)
    printed = run("analyses", study, found["name"], env=stack.env).stdout
    assert (
        f"{study}.cumulative_zeroing-1: cumulative_zeroing of {study} (best), completed\n  4 of 4 goals, seeds: 2\n"
        in printed
    )
    assert "Each line has all weights above it set to zero too." in printed
    assert "Not trained, it is zero already: {C}{L}, " in printed
    listed = run("analyses", study, env=stack.env).stdout
    assert [line.split()[0] for line in listed.splitlines()[1:]] == [found["name"], f"{study}.zeroing-1"]


def test_an_analysis_whose_workers_are_killed_completes_with_the_same_goals_and_seeds(stack):
    study = searched(stack, "killed", 150)
    asked = run("analyse", study, "zeroing", "--seeds", "3", "--json", env=stack.env)
    name = json.loads(asked.stdout)["name"]

    def in_mid_training():
        with stack.client() as client:
            trials = client.get(f"/v1/studies/{name}/trials").json()["trials"]
        return any(trial["state"] == "running" and trial["validation_accuracies"] for trial in trials)

    eventually(in_mid_training, 60)
    for actor in stack.up.actors():
        actor.kill()
    run("study", "watch", name, "--json", env=stack.env)

    found = json.loads(run("analyses", study, name, "--json", env=stack.env).stdout)
    assert (found["state"], found["finished"]) == ("completed", 4)
    assert [len(runs) for runs in accuracies(found)] == [3] * 4
    with stack.client() as client:
        trials = client.get(f"/v1/studies/{name}/trials").json()["trials"]
    complete = {trial["origin"]: trial for trial in trials if trial["state"] == "complete"}
    lost = [trial for trial in trials if trial["state"] == "fail"]
    assert lost
    assert all(trial["goal"] == complete[trial["origin"]]["goal"] for trial in lost)


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("analyse", "refused", "zeroing", "--seeds", "0"), "seeds: must be greater than or equal to 1"),
        (("analyse", "refused", "zeroing", "--term", "{X}"), "terms: unknown terms ['{X}']; valid are {F}{C}{L}"),
        (("analyse", "refused", "sensitivity", "--relative", "a"), "--relative: expected numbers with commas between"),
        (("analyse", "refused", "zeroing", "--goal", "none-such"), "'none-such' is neither a file nor a preset"),
        (("analyse", "nothing", "zeroing"), "there is no study named 'nothing'"),
        (("analyses", "refused", "nothing"), "study 'refused' has no analysis 'nothing'; it has none"),
        (("plot", "refused", "--output", "picture.gif"), "expected a name that ends in .svg, .png, .html"),
        (("compare", "refused"), "study: "),
    ],
)
def test_what_cannot_be_done_is_told_in_one_line(stack, arguments, said):
    with stack.client() as client:
        if client.get("/v1/studies/refused").status_code == 404:
            searched(stack, "refused", 1)

    done = run(*arguments, env=stack.env)

    assert (done.returncode, done.stdout) == (1, "")
    assert said in done.stderr
    assert "Traceback" not in done.stderr


def test_a_picture_is_written_and_none_is_replaced_unasked(stack, tmp_path):
    study = searched(stack, "drawn", 1)
    file = tmp_path / "goal.svg"

    first = run("plot", study, "--output", str(file), env=stack.env)
    drawn = file.read_text()
    second = run("plot", study, "--output", str(file), env=stack.env)

    assert (first.returncode, second.returncode) == (0, 1)
    assert "{FC}{FL}{CL}" in drawn
    assert "--force" in second.stderr


def test_two_studies_are_compared(stack):
    one, other = searched(stack, "one", 1), searched(stack, "other", 1)

    printed = run("compare", one, other, env=stack.env).stdout

    assert "Cosine similarity of the best goals" in printed
    assert "+1.000" in printed
    assert "no zeroing of all weights of its best goal tells anything" in printed
