import json
import shlex
import signal

import numpy as np
import pytest

from model.goal import Goal, presets
from tests.e2e.commands import Running, environment
from tests.e2e.commands_here import run
from tests.patience import eventually

QUICK = ("--hidden", "10", "--epochs", "2", "--batch-size", "256", "--threads", "1")


def trained(*arguments):
    return trained_again(*QUICK, *arguments)


def trained_again(*arguments):
    done = run("train", *arguments, "--json", env=environment())
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


@pytest.mark.parametrize(
    ("options", "expected"),
    [
        (
            ("--hidden", "8, 6", "--context", "label, output"),
            {"hidden_neurons": [8, 6], "context": ["label", "output"]},
        ),
        (("--context", "output", "--activation", "linear"), {"context": ["output"], "activation": "linear"}),
        (("--context", "none", "--laterals", "all"), {"context": [], "lateral_connections": None}),
        (("--laterals", "none"), {"lateral_connections": 0}),
        (("--learning", "backpropagation"), {"learning": "backpropagation"}),
        (("--learning", "fixed", "--hidden", ""), {"learning": "fixed", "hidden_neurons": []}),
    ],
)
def test_every_network_can_be_trained(options, expected):
    document = trained(*options)

    assert expected.items() <= document["network"].items()
    assert 0 <= document["test_accuracy"] <= 1


def test_how_it_is_trained_may_be_said():
    options = {"hidden_learning_rate": 0.01, "output_learning_rate": 0.02, "validation_fraction": 0.3, "data_seed": 4}

    document = trained(
        *(part for name, value in options.items() for part in (f"--{name.replace('_', '-')}", str(value)))
    )

    assert options.items() <= document["training"].items()


def test_layers_may_have_goals_of_their_own(tmp_path):
    goals = [Goal.preset("heuristic").as_dict(), Goal.preset("optimized_1_100_tpe").as_dict()]
    (tmp_path / "goals.json").write_text(json.dumps(goals))

    document = trained("--hidden", "8,6", "--goal", str(tmp_path / "goals.json"))

    assert document["goal"] == goals


def test_a_resumed_training_ends_as_one_in_one_go(tmp_path):
    checkpoint = str(tmp_path / "checkpoint")
    trained("--checkpoint", checkpoint)

    resumed = trained_again("--resume", checkpoint, "--epochs", "4", "--threads", "1")

    whole = trained("--epochs", "4")
    assert resumed.pop("seconds") > 0
    assert whole.pop("seconds") > 0
    assert resumed == whole


def test_an_interrupted_training_leaves_its_checkpoint_and_says_how_to_go_on(tmp_path):
    checkpoint = tmp_path / "check point"
    running = Running("train", *QUICK, "--epochs", "100000", "--checkpoint", str(checkpoint), env=environment())
    try:
        eventually(lambda: running.running and (checkpoint / "config.json").exists() and epochs_of(checkpoint) > 1, 120)
        running.signal(signal.SIGINT)
        status = running.wait()
    finally:
        said = running.err.read_text()
        running.clear()

    epochs = epochs_of(checkpoint)
    assert status == 130
    assert f"{checkpoint} has the checkpoint after epoch {epochs} of 100000" in said
    command = shlex.split(said.splitlines()[-1])
    assert command == ["infomorphic", "train", "--resume", str(checkpoint), "--threads", "1"]
    command = [*command[1:], "--learning", "fixed"]
    assert 'was trained with learning "goals", not "fixed"' in run(*command, env=environment()).stderr


def epochs_of(checkpoint):
    return json.loads((checkpoint / "config.json").read_text())["epochs"]


def test_a_checkpoint_is_evaluated_as_its_training_was(tmp_path):
    checkpoint = str(tmp_path / "checkpoint")
    after_training = trained("--checkpoint", checkpoint, "--noise-free")

    document = json.loads(run("evaluate", checkpoint, "--noise-free", "--json", env=environment()).stdout)

    for name in ("validation_accuracy", "test_accuracy", "epochs", "dataset", "seed"):
        assert document[name] == after_training[name]
    confusion = np.array(document["confusion"])
    assert confusion.trace() / confusion.sum() == document["test_accuracy"]
    assert confusion.shape == (10, 10)


def test_a_checkpoint_is_evaluated_on_another_data_set_as_its_own_pixels_were_seen(tmp_path, own_data):
    checkpoint = str(tmp_path / "checkpoint")
    run("train", *QUICK, "--dataset", str(own_data), "--checkpoint", checkpoint, env=environment())
    arrays = dict(np.load(own_data))
    other = tmp_path / "other.npz"
    np.savez(other, **{**arrays, "train_images": arrays["train_images"] + 3})

    own, others = (
        json.loads(run("evaluate", checkpoint, "--dataset", str(path), "--json", env=environment()).stdout)
        for path in (own_data, other)
    )

    assert others["confusion"] == own["confusion"]
    assert (own["dataset"], others["dataset"]) == ("own", "other")


def test_people_are_shown_what_each_class_was_called(tmp_path, own_data):
    checkpoint = str(tmp_path / "checkpoint")
    run("train", *QUICK, "--dataset", str(own_data), "--checkpoint", checkpoint, env=environment())

    done = run("evaluate", checkpoint, "--dataset", str(own_data), env=environment())

    accuracies, heading, columns, *rows = done.stdout.splitlines()
    assert accuracies.startswith("Validation accuracy ")
    assert "rows" in heading
    assert columns.split() == ["0", "1", "2"]
    assert [row.split()[0] for row in rows] == ["0", "1", "2"]
    assert sum(int(count) for row in rows for count in row.split()[1:]) == 60


def test_data_that_the_network_cannot_see_are_refused(tmp_path, own_data):
    checkpoint = str(tmp_path / "checkpoint")
    run("train", *QUICK, "--dataset", str(own_data), "--checkpoint", checkpoint, env=environment())

    done = run("evaluate", checkpoint, "--dataset", "digits", env=environment())

    assert done.returncode == 1
    assert done.stderr == (
        "Error: the checkpoint's network has 8 inputs and 3 classes; "
        "the data set digits has 64 pixels an image and 10 classes\n"
    )


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
        (("--batch-size", "10000000"), "--batch-size: Input should be less than or equal to 1000000"),
        (("--laterals", "10"), "--laterals: each of 10 hidden neurons has 9 others"),
        (("--laterals", "some"), "--laterals: expected a whole number, all or none; got 'some'"),
        (("--hidden", "10;5"), "--hidden: expected a whole number, several separated by commas"),
        (("--hidden", "10,0"), "--hidden: expected a whole number from 1 to 10000, or a list"),
        (("--context", "image"), "--context: expected label, output, label,output or none; got 'image'"),
        (("--context", "label,label"), "--context: expected each of label and output once"),
        (("--activation", "step"), "--activation: Input should be 'modulating' or 'linear'"),
        (("--learning", "hebbian"), "--learning: Input should be 'goals', 'backpropagation' or 'fixed'"),
        (("--epochs", "0"), "--epochs: Input should be greater than or equal to 1"),
        (("--validation-fraction", "1"), "--validation-fraction: Input should be less than or equal to 0.99"),
        (("--resume", "/none"), "/none: there is no checkpoint; expected a directory with a config.json"),
        (("--checkpoint", "/dev/null/none"), "/dev/null/none: cannot be written to"),
        (("--learning", "fixed", "--goal", "heuristic"), "--goal: the network's hidden layers have none"),
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
