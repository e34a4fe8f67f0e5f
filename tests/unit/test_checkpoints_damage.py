"""Checkpoints that are not what they should be: what is wrong is named, and nothing of them is used."""

import json
import os
import re
import shutil
from hashlib import sha256

import pytest
import safetensors.torch
import torch

from model.checkpoints import load, resume, save
from model.checkpoints.document import parse
from model.errors import CheckpointError
from tests.trainings import NETWORKS, data, trained, training


@pytest.fixture(scope="module")
def whole(tmp_path_factory):
    directory = tmp_path_factory.mktemp("whole")
    run = training(NETWORKS["limited laterals"])
    trained(run, 1)
    save(run, directory)
    return directory


@pytest.fixture
def checkpoint(whole, tmp_path):
    """A copy to be damaged."""
    return shutil.copytree(whole, tmp_path / "checkpoint")


def tensor_file(checkpoint):
    return next(checkpoint.glob("*.safetensors"))


def edit(checkpoint, change, *, sealed=True):
    """Change the document, under a checksum that is right."""
    path = checkpoint / "config.json"
    content = json.loads(path.read_text())
    checksum = content.pop("checksum")
    change(content)
    if sealed:
        checksum = sha256(json.dumps(content, sort_keys=True).encode()).hexdigest()
    path.write_text(json.dumps({**content, "checksum": checksum}))


def replace_tensors(checkpoint, change):
    """Change the tensors, under a sha256 that is right."""
    path = tensor_file(checkpoint)
    tensors = safetensors.torch.load(path.read_bytes())
    change(tensors)
    path.write_bytes(safetensors.torch.save(tensors))
    digest = sha256(path.read_bytes()).hexdigest()
    edit(checkpoint, lambda content: content["tensors"].update(sha256=digest))


def refusal(checkpoint):
    """The one line that both ways of reading a checkpoint refuse it with."""
    with pytest.raises(CheckpointError) as for_use:
        load(checkpoint)
    with pytest.raises(CheckpointError) as to_resume:
        resume(checkpoint, data())
    assert str(for_use.value) == str(to_resume.value)
    assert "\n" not in str(for_use.value)
    return str(for_use.value)


def test_the_copy_that_is_damaged_here_is_whole(checkpoint):
    replace_tensors(checkpoint, dict)

    assert load(checkpoint).description.epochs == 1


def test_where_there_is_no_checkpoint_one_is_missed(tmp_path):
    expected = "there is no checkpoint; expected a directory with a config.json"

    assert refusal(tmp_path / "none") == f"{tmp_path / 'none'}: {expected}"
    assert refusal(tmp_path) == f"{tmp_path}: {expected}"
    (tmp_path / "file").touch()
    assert refusal(tmp_path / "file") == f"{tmp_path / 'file'}: {expected}"


def test_another_version_is_named_with_the_one_that_is_read(checkpoint):
    edit(checkpoint, lambda content: content.update(version=2, something={"new": True}))

    assert refusal(checkpoint) == f"{checkpoint}/config.json: is of version 2, this software reads version 1"


@pytest.mark.parametrize("document", ["", "{", "\x00", '{"version": 1', "[" * 100_000, '{"version": 1} 2'])
def test_a_document_that_is_no_json_is_named(checkpoint, document):
    (checkpoint / "config.json").write_text(document)

    assert refusal(checkpoint).startswith(f"{checkpoint}/config.json: is no JSON document: ")


@pytest.mark.parametrize("document", ["[]", "null", '"version"', "{}", '{"epochs": 3}'])
def test_json_of_something_else_is_named(checkpoint, document):
    (checkpoint / "config.json").write_text(document)

    assert refusal(checkpoint) == (
        f"{checkpoint}/config.json: is no checkpoint's document: expected an object with a version"
    )


def test_a_document_that_is_no_text_is_named(checkpoint):
    (checkpoint / "config.json").write_bytes(b"\xff\xfe{}")

    assert refusal(checkpoint).startswith(f"{checkpoint}/config.json: cannot be read: ")


@pytest.mark.skipif(os.geteuid() == 0, reason="root may read everything")
@pytest.mark.parametrize("which", ["config.json", "tensors"])
def test_a_file_that_may_not_be_read_is_named(checkpoint, which):
    path = tensor_file(checkpoint) if which == "tensors" else checkpoint / which
    path.chmod(0)

    assert refusal(checkpoint).startswith(f"{path}: cannot be read: ")


@pytest.mark.parametrize("which", ["config.json", "tensors"])
def test_a_directory_in_the_place_of_a_file_is_named(checkpoint, which):
    path = tensor_file(checkpoint) if which == "tensors" else checkpoint / which
    path.unlink()
    path.mkdir()

    assert refusal(checkpoint).startswith(f"{path}: cannot be read: ")


FIELDS = ["software", "network", "training", "goals", "seeds", "members", "epochs", "data", "dtype", "tensors"]


@pytest.mark.parametrize("field", FIELDS)
def test_a_missing_field_is_named(checkpoint, field):
    edit(checkpoint, lambda content: content.pop(field))

    assert refusal(checkpoint) == f"{checkpoint}/config.json: {field}: Field required"


@pytest.mark.parametrize("within", [(), ("network",), ("training",), ("data",), ("tensors",)])
def test_an_unknown_field_is_named_with_the_valid_ones(checkpoint, within):
    def add(content):
        for name in within:
            content = content[name]
        content["mystery"] = 1

    edit(checkpoint, add)

    assert re.search(r"unknown fields \['mystery'\]; valid are \w+, ", refusal(checkpoint))


@pytest.mark.parametrize(
    ("path", "value", "said"),
    [
        ("software", 1, "software: Input should be a valid string"),
        ("epochs", "3", "epochs: Input should be a valid integer"),
        ("epochs", True, "epochs: Input should be a valid integer"),
        ("epochs", -1, "epochs: Input should be greater than or equal to 0"),
        ("dtype", "float16", "dtype: Input should be 'float32' or 'float64'"),
        ("network.hidden_neurons", 0, "network.hidden_neurons: expected a whole number from 1 to 10000"),
        ("training.batch_size", "32", "training.batch_size: Input should be a valid integer"),
        ("data.mean", "1", "data.mean: Input should be a valid number"),
        ("data.mean", float("nan"), "data.mean: Input should be a finite number"),
        ("data.deviation", 0, "data.deviation: Input should be greater than 0"),
        ("data.n_classes", 0, "data.n_classes: Input should be greater than or equal to 1"),
        ("seeds", [], "expected a seed for each of 1 members; got 0 seeds"),
        ("seeds", [-1], "seeds.0: Input should be greater than or equal to 0"),
        ("members", [1], "members: expected some of 0 to 0, ascending; got (1,)"),
        ("members", [0, 0], "members: expected some of 0 to 0, ascending; got (0, 0)"),
        ("goals", [[]], "expected one goal for all hidden layers, or 1, one for each; got 0"),
        ("goals", [[{"{F}": 2}]], "goals.0.0.{F}: Input should be less than or equal to 1"),
        ("goals", [[{"{X}": 0.5}]], "unknown terms ['{X}']; expected some of ['{F}{C}{L}', "),
        ("tensors.name", "../weights.safetensors", "tensors.name: String should match pattern"),
        ("tensors.sha256", "none", "tensors.sha256: String should match pattern"),
    ],
)
def test_a_wrong_value_is_named_by_its_field(checkpoint, path, value, said):
    def put(content):
        *within, field = path.split(".")
        for name in within:
            content = content[name]
        content[field] = value

    edit(checkpoint, put)

    assert refusal(checkpoint).startswith(f"{checkpoint}/config.json: {said}")


def test_a_document_that_was_edited_is_noticed(checkpoint):
    edit(checkpoint, lambda content: content["data"].update(mean=0.5), sealed=False)

    assert refusal(checkpoint) == (
        f"{checkpoint}/config.json: has been damaged or edited: its checksum is not that of its content"
    )


def test_a_document_without_a_checksum_is_refused(checkpoint):
    path = checkpoint / "config.json"
    content = json.loads(path.read_text())
    del content["checksum"]
    path.write_text(json.dumps(content))

    assert refusal(checkpoint) == f"{path}: checksum: expected a sha256 in hexadecimal"


def test_a_document_may_be_spaced_and_ordered_otherwise(checkpoint):
    path = checkpoint / "config.json"
    content = json.loads(path.read_text())

    rewritten = json.dumps(dict(reversed(content.items())))

    assert parse(rewritten, path) == parse(path.read_text(), path)


def test_a_missing_tensor_file_is_named(checkpoint):
    path = tensor_file(checkpoint)
    path.unlink()

    assert refusal(checkpoint) == f"{path}: is missing; {checkpoint}/config.json expects the weights there"


@pytest.mark.parametrize("kept", [0, 1, 8, 100, -1])
def test_a_truncated_tensor_file_is_named_with_what_was_expected(checkpoint, kept):
    path = tensor_file(checkpoint)
    expected = sha256(path.read_bytes()).hexdigest()
    path.write_bytes(path.read_bytes()[:kept])

    found = sha256(path.read_bytes()).hexdigest()
    assert refusal(checkpoint) == (f"{path}: is truncated or damaged: expected the sha256 {expected}, found {found}")


def test_a_file_that_holds_no_tensors_is_named(checkpoint):
    path = tensor_file(checkpoint)
    path.write_bytes(b"not tensors")
    edit(checkpoint, lambda content: content["tensors"].update(sha256=sha256(b"not tensors").hexdigest()))

    assert refusal(checkpoint).startswith(f"{path}: holds no tensors in the safetensors format: ")


WEIGHT = "hidden.0.lateral.weight"


def renamed(tensors):
    tensors["hidden.1.lateral.weight"] = tensors.pop(WEIGHT)


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (lambda t: t.pop(WEIGHT), f"has no tensor {WEIGHT}"),
        (renamed, f"has no tensor {WEIGHT}"),
        (lambda t: t.pop("inverted"), "has no tensor inverted"),
        (
            lambda t: t.update({WEIGHT: t[WEIGHT][:, :, :2].contiguous()}),
            f"{WEIGHT} has the shape [1, 12, 2] of float32; expected [1, 12, 3] of float32",
        ),
        (
            lambda t: t.update({WEIGHT: t[WEIGHT].double()}),
            f"{WEIGHT} has the shape [1, 12, 3] of float64; expected [1, 12, 3] of float32",
        ),
        (
            lambda t: t["hidden.0.lateral.sources"].fill_(12),
            "hidden.0.lateral.sources names neurons outside of the layer; expected 0 to 11",
        ),
        (
            lambda t: t["hidden.0.lateral.sources"].fill_(-1),
            "hidden.0.lateral.sources names neurons outside of the layer; expected 0 to 11",
        ),
    ],
)
def test_tensors_of_another_network_are_named(checkpoint, change, said):
    replace_tensors(checkpoint, change)

    assert refusal(checkpoint) == f"{tensor_file(checkpoint)}: {said}"


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (lambda t: t.update(mystery=torch.zeros(1)), "has tensors that the network has not: mystery"),
        (lambda t: t.pop("step"), "has no tensor step"),
        (lambda t: t.pop(f"adam.{WEIGHT}.exp_avg"), f"has no tensor adam.{WEIGHT}.exp_avg"),
        (lambda t: t.update(step=torch.zeros(2)), "step has the shape [2] of float32; expected [] of int64"),
        (lambda t: t.update(step=torch.tensor(4)), "4 batches in 1 epochs; of this data set they would be 3"),
    ],
)
def test_what_only_a_training_needs_is_missed_when_it_is_resumed(checkpoint, change, said):
    replace_tensors(checkpoint, change)

    with pytest.raises(CheckpointError) as refused:
        resume(checkpoint, data())

    assert str(refused.value) == f"{tensor_file(checkpoint)}: {said}"


@pytest.mark.parametrize("shape", [(2, 12, 3), (0, 12, 3), ()])
def test_weights_of_more_or_fewer_members_are_named(checkpoint, shape):
    replace_tensors(checkpoint, lambda t: t.update({WEIGHT: torch.zeros(shape)}))

    with pytest.raises(CheckpointError) as refused:
        load(checkpoint)
    with pytest.raises(CheckpointError, match=f"{WEIGHT} has the shape"):
        resume(checkpoint, data())

    said = f"{WEIGHT} has the shape {list(shape)}; expected 1 members"
    assert str(refused.value) == f"{tensor_file(checkpoint)}: {said}"


def test_a_directory_that_cannot_be_written_to_is_named(tmp_path):
    (tmp_path / "file").touch()

    with pytest.raises(CheckpointError, match=f"{tmp_path}/file/below: cannot be written to: "):
        save(training(), tmp_path / "file" / "below")
