"""What is said after Ctrl-C: a command that goes on with what was interrupted."""

import shlex
from pathlib import Path

import pytest
import typer

from model.checkpoints import save
from model.commands.interruption import INTERRUPTED, interrupted
from tests.trainings import trained, training

DONE = 1


@pytest.fixture(scope="module")
def checkpoint(tmp_path_factory):
    """A checkpoint after the first of six epochs."""
    directory = tmp_path_factory.mktemp("check point")
    run = training()
    trained(run, DONE)
    save(run, directory)
    return directory


@pytest.fixture
def said(checkpoint, capsys):
    """What is said of a training of so many epochs, line by line."""

    def interrupt(epochs=6, **options):
        with pytest.raises(typer.Exit) as end:
            interrupted(checkpoint, epochs, options)
        assert end.value.exit_code == INTERRUPTED
        return capsys.readouterr().err.splitlines()

    return interrupt


@pytest.mark.parametrize(
    ("options", "expected"),
    [
        ({"threads": None, "noise_free": False}, []),
        ({"epochs": 9}, ["--epochs", "9"]),
        ({"dataset": "my own.npz", "data_dir": Path("data")}, ["--dataset", "my own.npz", "--data-dir", "data"]),
        ({"checkpoint_every": 2, "threads": 1}, ["--checkpoint-every", "2", "--threads", "1"]),
        ({"noise_free": True, "json": True}, ["--noise-free", "--json"]),
        ({"record": Path("new"), "record_neurons": True}, ["--record", "new", "--record-neurons"]),
        ({"record": Path("new"), "epochs": DONE}, ["--epochs", str(DONE)]),
    ],
)
def test_the_command_has_what_the_checkpoint_does_not_know(checkpoint, said, options, expected):
    _, command = said(**options)

    assert shlex.split(command) == ["infomorphic", "train", "--resume", str(checkpoint), *expected]


def test_it_is_said_after_which_epoch_of_those_asked_for_it_goes_on(checkpoint, said):
    assert said(epochs=9)[0].startswith(f"Interrupted. {checkpoint} has the checkpoint after epoch {DONE} of 9; go on")


def test_what_is_recorded_already_is_left_alone(said, tmp_path):
    (tmp_path / "history.csv").touch()

    _, command = said(record=tmp_path)

    assert command.endswith(f" --record {tmp_path}-from-{DONE + 1}")


def test_the_rest_of_what_is_recorded_here_goes_beside_this_directory(said, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "history.csv").touch()

    _, command = said(record=Path())

    assert command.endswith(f" --record {tmp_path}-from-{DONE + 1}")


def test_without_a_checkpoint_there_is_nothing_to_say(tmp_path):
    for directory in (None, tmp_path):
        with pytest.raises(KeyboardInterrupt):
            interrupted(directory, 6, {})
