import subprocess
import sys
from json import loads
from pathlib import Path

import pytest

from model.data import load
from tests.e2e.commands import environment

SCRIPT = Path(__file__).with_name("node_data.py")


def mean(directory):
    return float(load("own", directory).split(0.2, 0).train_images.mean())


def test_workers_of_a_node_share_one_copy_of_the_data_and_get_it_again_when_its_keeper_died(own_data):
    """The second worker gets what is in memory: the file was gone before it asked."""
    before = mean(own_data.parent)

    done = subprocess.run(
        [sys.executable, "-W", "error::UserWarning:__main__", SCRIPT, own_data.parent],
        env=environment(PYTHONPATH=str(SCRIPT.parents[2])),
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )

    assert done.returncode == 0, done.stderr
    found = loads(done.stdout.splitlines()[-1])
    assert found["first"] == found["second"] == [pytest.approx(before, abs=1e-7), False]
    assert found["as tensors"] is True
    name, message = found["absent"]
    assert name == "UnknownDatasetError"
    assert message.startswith("unknown data set 'absent'")
    assert found["after the keeper died"] == [pytest.approx(mean(own_data.parent), abs=1e-7), False]
    assert mean(own_data.parent) != pytest.approx(before, abs=1e-7)
