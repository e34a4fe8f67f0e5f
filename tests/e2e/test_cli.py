import json

import pytest

from model.goal import TERMS
from tests.e2e.commands import run

TINY = ("--trials", "2", "--hidden", "10", "--epochs", "2")


@pytest.fixture(scope="module")
def ended(_stack):
    """Name of a study that has run to its end."""
    _stack.ensure()
    name = "ended"
    with _stack.client() as client:
        client.post("/v1/studies", json=spec(name)).raise_for_status()
    done = run("study", "watch", name, "--json", env=_stack.env)
    assert json.loads(done.stdout)["state"] == "completed"
    return name


def spec(name, **changes):
    return {"name": name, "n_trials": 2, "network": {"hidden_neurons": 10}, "training": {"epochs": 2}, **changes}


def answer(*arguments, env, stdin=None):
    """The one JSON document that a command prints, and nothing else on either stream."""
    done = run(*arguments, "--json", env=env, stdin=stdin)
    assert (done.returncode, done.stderr) == (0, "")
    return json.loads(done.stdout)


def said(*arguments, env):
    """What a command tells people."""
    done = run(*arguments, env=env)
    assert (done.returncode, done.stderr) == (0, "")
    return done.stdout


def test_up_prints_its_addresses(stack):
    assert stack.addresses == {
        "api": stack.url,
        "docs": f"{stack.url}/docs",
        "dashboard": f"{stack.url}/dashboard",
        "logs": str(stack.state / "logs"),
        "workers": 2,
    }


def test_a_study_is_created_from_options(stack):
    made = answer("study", "create", "from-options", *TINY, "--sampler", "cmaes", "--seed", "7", env=stack.env)

    assert (made["name"], made["sampler"], made["n_trials"]) == ("from-options", "cmaes", 2)
    assert made["spec"]["seed"] == 7
    assert made["spec"]["training"]["epochs"] == 2
    assert made["spec"]["network"]["hidden_neurons"] == 10


def test_a_study_is_created_from_a_spec_on_standard_input_over_which_options_go(stack):
    document = spec("spec-from-stdin", training={"epochs": 9, "batch_size": 64})

    made = answer("study", "create", "--spec", "-", "--epochs", "2", env=stack.env, stdin=json.dumps(document))

    assert made["spec"]["training"]["epochs"] == 2
    assert made["spec"]["training"]["batch_size"] == 64


def test_an_initial_goal_is_tried_first(stack):
    made = answer("study", "create", "goal-first", *TINY, "--goal", "heuristic", env=stack.env)

    assert made["spec"]["initial_goals"] == ["heuristic"]


def test_studies_are_listed(stack, ended):
    listed = answer("study", "list", env=stack.env)

    (study,) = [study for study in listed["studies"] if study["name"] == ended]
    assert listed["total"] == len(listed["studies"])
    assert study["finished"] == 2


def test_a_study_is_shown(stack, ended):
    shown = answer("study", "show", ended, env=stack.env)

    assert (shown["state"], shown["finished"], shown["tally"]["complete"]) == ("completed", 2, 2)


def test_the_best_goal_is_printed_with_its_accuracy(stack, ended):
    best = answer("best", ended, env=stack.env)

    assert list(best["goal"]) == list(TERMS)
    assert best["gamma"] == list(best["goal"].values())
    assert best["validation_accuracy"] == best["single_trial"]["validation_accuracies"]["2"]


def test_a_study_is_paused_resumed_stopped_and_deleted(stack):
    run("study", "create", "steered", "--trials", "1000", "--hidden", "10", "--epochs", "2", env=stack.env)

    states = [answer("study", action, "steered", env=stack.env)["state"] for action in ("pause", "resume", "stop")]
    deleted = answer("study", "delete", "steered", env=stack.env)

    assert states == ["paused", "running", "stopped"]
    assert deleted == {"deleted": "steered"}
    with stack.client() as client:
        assert client.get("/v1/studies/steered").status_code == 404


def test_populations_repeats_and_generations_from_the_command_line(stack):
    options = {
        "sampler": "cmaes",
        "trials": "12",
        "repeats": "2",
        "trials-per-worker": "6",
        "pruner": "patience",
        "hidden": "10",
        "laterals": "5",
        "epochs": "2",
    }
    arguments = [word for option, value in options.items() for word in (f"--{option}", value)]
    created = answer("study", "create", "generations", *arguments, env=stack.env)

    watched = answer("study", "watch", "generations", env=stack.env)
    shown = said("study", "show", "generations", env=stack.env)
    best = said("best", "generations", env=stack.env)

    spec = created["spec"]
    assert (spec["repeats"], spec["trials_per_worker"], spec["pruner"]["type"]) == (2, 6, "patience")
    assert spec["network"]["lateral_connections"] == 5
    assert watched["tally"]["complete"] == 12
    assert "1 generations of 12 complete, 100.00% of their results used" in shown
    assert "mean of 2 networks ±" in best


def test_migrate_says_the_revision(empty_database_url, stack):
    assert answer("migrate", env={**stack.env, "DATABASE_URL": empty_database_url})["revision"]


@pytest.mark.parametrize(
    ("arguments", "expected"),
    [
        (("study", "list"), ["name", "state", "ended", "completed", "2/2", "tpe", "digits"]),
        (("study", "show", "ended"), ["ended: completed", "finished  2 of 2", "tally     2 complete", "/dashboard/"]),
        (("study", "watch", "ended"), ["ended is completed: 2 complete; best"]),
        (("best", "ended"), ["Best single trial  trial ", "% validation accuracy", "{F}{C}{L}", "H_res"]),
    ],
)
def test_people_are_told_in_words(stack, ended, arguments, expected):
    printed = said(*arguments, env=stack.env)

    assert [words for words in expected if words not in printed] == []
    assert "\x1b" not in printed
