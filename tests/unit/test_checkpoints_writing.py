"""A checkpoint that is written over another: one or the other is there, whatever happens and whoever looks."""

import subprocess
import sys
import threading
from pathlib import Path

import pytest
import torch

from model.checkpoints import Snapshot, save
from model.checkpoints.directory import read, write
from model.checkpoints.snapshot import read as read_snapshot
from tests.trainings import trained, training


def after(epochs):
    run = training(members=2)
    trained(run, epochs)
    return run


@pytest.fixture(scope="module")
def killed(tmp_path_factory):
    """What is left by a save of epoch 2 over epoch 1, killed at each operation on files, then by one that was not."""
    directory = tmp_path_factory.mktemp("checkpoints") / "before"
    save(after(1), directory)
    command = [sys.executable, "-m", "tests.reference.killed_saving", str(directory)]
    root = Path(__file__).parents[2]
    done = subprocess.run(command, check=False, cwd=root, capture_output=True, text=True, timeout=250)
    assert done.returncode == 0, done.stderr
    return [directory.with_name(f"killed-{operation}") for operation in range(int(done.stdout) + 1)]


def test_a_kill_at_any_moment_leaves_the_old_checkpoint_or_the_new_one(killed):
    states = {epochs: after(epochs).state() for epochs in (1, 2)}

    found = [read_snapshot(directory) for directory in killed]

    epochs = [snapshot.description.epochs for snapshot in found]
    assert epochs == sorted(epochs)
    assert set(epochs) == {1, 2}
    for snapshot in found:
        state = states[snapshot.description.epochs]
        assert all(torch.equal(snapshot.tensors[name], tensor) for name, tensor in state.items())


def test_what_a_kill_has_left_behind_is_cleared_away_by_the_next_save(killed):
    left = [sorted(path.name for path in directory.iterdir()) for directory in killed]
    assert any(len(names) > 2 for names in left)
    run = after(3)

    for directory in killed:
        save(run, directory)

    assert {tuple(sorted(path.name for path in directory.iterdir())) for directory in killed} == {
        ("config.json", next(killed[0].glob("epoch-3-*.safetensors")).name)
    }


def test_who_reads_while_others_write_sees_whole_checkpoints(tmp_path):
    description, seen = Snapshot.of(after(1)).description, []
    written = [description.model_copy(update={"epochs": epochs}) for epochs in range(300)]
    write(tmp_path, written[0], b"0")

    def write_all():
        for one in written:
            write(tmp_path, one, str(one.epochs).encode())

    writer = threading.Thread(target=write_all)
    writer.start()
    while writer.is_alive():
        document, tensors = read(tmp_path)
        seen.append((document.epochs, int(tensors)))
    writer.join()

    assert seen == sorted(seen)
    assert len(set(seen)) > 1
    assert all(epochs == said for epochs, said in seen)


def test_files_that_are_somebody_elses_stay(tmp_path):
    others = [tmp_path / name for name in ("epoch-best.safetensors", "notes.txt")]
    for path in others:
        path.write_text("mine")
    description = Snapshot.of(after(1)).description

    for content in (b"0", b"1"):
        write(tmp_path, description, content)

    assert [path.read_text() for path in others] == ["mine"] * 2
    assert len(list(tmp_path.glob("epoch-1-*"))) == 1
