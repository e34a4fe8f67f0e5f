"""Whatever bytes of a checkpoint are damaged, it is refused, or still says exactly what was written."""

import shutil

import pytest
import torch
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from model.checkpoints import load, save
from model.checkpoints.snapshot import read
from model.errors import CheckpointError
from tests.trainings import NETWORKS, trained, training


@pytest.fixture(scope="module")
def checkpoint(tmp_path_factory):
    """A checkpoint, and what it says."""
    directory = tmp_path_factory.mktemp("checkpoint")
    run = training({**NETWORKS["limited laterals"], "hidden_neurons": 5})
    trained(run, 1)
    save(run, directory)
    return directory, read(directory)


@pytest.fixture(scope="module")
def copy(tmp_path_factory):
    return tmp_path_factory.mktemp("copies") / "copy"


FILES = pytest.mark.parametrize("pattern", ["config.json", "*.safetensors"], ids=["document", "tensors"])
EXAMPLES = settings(max_examples=300, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])


def damaged(checkpoint, copy, pattern, damage):
    """Whether a damaged copy is refused; if it is not, it says what the whole one says."""
    directory, expected = checkpoint
    shutil.rmtree(copy, ignore_errors=True)
    shutil.copytree(directory, copy)
    path = next(copy.glob(pattern))
    path.write_bytes(damage(path.read_bytes()))
    try:
        found = read(copy)
    except CheckpointError:
        with pytest.raises(CheckpointError):
            load(copy)
        return True
    assert found.description == expected.description
    assert found.tensors.keys() == expected.tensors.keys()
    assert all(torch.equal(found.tensors[name], tensor) for name, tensor in expected.tensors.items())
    return False


@FILES
@EXAMPLES
@given(place=st.floats(0, 1, exclude_max=True), bits=st.integers(1, 255))
def test_a_flipped_byte_is_never_taken_for_what_was_written(checkpoint, copy, pattern, place, bits):
    def flip(content):
        position = int(place * len(content))
        return content[:position] + bytes([content[position] ^ bits]) + content[position + 1 :]

    assert damaged(checkpoint, copy, pattern, flip) or pattern == "config.json"  # where spaces may become tabs


@FILES
@EXAMPLES
@given(kept=st.floats(0, 1, exclude_max=True))
def test_a_truncated_file_is_never_taken_for_a_whole_one(checkpoint, copy, pattern, kept):
    refused = damaged(checkpoint, copy, pattern, lambda content: content[: int(kept * len(content))])

    assert refused or pattern == "config.json"  # which ends with an empty line


@FILES
@EXAMPLES
@given(start=st.floats(0, 1), zeros=st.integers(1, 5000))
def test_a_stretch_of_zeros_is_never_taken_for_what_was_written(checkpoint, copy, pattern, start, zeros):
    def blank(content):
        first = int(start * (len(content) - 1))
        return content[:first] + bytes(len(content[first : first + zeros])) + content[first + zeros :]

    damaged(checkpoint, copy, pattern, blank)
