"""Data sets by name."""

import re
import subprocess
import sys

import numpy as np
import pytest

from model.data import check_name, describe, load, load_file
from model.errors import DataFileError, UnknownDatasetError

CIFAR10_FILES = [*(f"data_batch_{number}.bin" for number in (1, 2, 3, 4, 5)), "test_batch.bin"]


@pytest.fixture
def save(tmp_path):
    def save_as(name: str) -> None:
        np.savez(
            tmp_path / name,
            train_images=np.array([[0, 2], [4, 6]]),
            train_labels=np.array([0, 1]),
            test_images=np.array([[3, 3]]),
            test_labels=np.array([1]),
        )

    return save_as


def test_an_own_file_is_loaded_by_its_stem(tmp_path, save):
    save("My-cells_2.v1.npz")

    data = load("My-cells_2.v1", tmp_path)

    assert (data.name, data.n_pixels) == ("My-cells_2.v1", 2)


def test_a_file_is_loaded_from_anywhere(tmp_path, save):
    save("any name will do.npz")
    assert load_file(tmp_path / "any name will do.npz").name == "any name will do"


def test_digits_need_no_data_directory(tmp_path):
    assert load("digits", tmp_path / "absent").train_images.shape == (1437, 64)


def test_the_built_in_data_set_wins_over_a_file_of_its_name(tmp_path, save):
    save("digits.npz")

    assert load("digits", tmp_path).n_pixels == 64
    assert [info.name for info in describe(tmp_path)] == ["digits", "mnist", "fashion-mnist", "cifar10"]


def test_a_damaged_own_file_is_named(tmp_path):
    (tmp_path / "mine.npz").write_bytes(b"damaged")
    with pytest.raises(DataFileError, match=r"mine\.npz: is no \.npz file"):
        load("mine", tmp_path)


@pytest.mark.parametrize("name", ["digits", "mnist", "fashion-mnist", "cifar10"])
def test_built_in_names_are_valid_without_their_files(tmp_path, name):
    check_name(name, tmp_path / "absent")


def test_an_own_name_is_valid_while_its_file_is_there(tmp_path, save):
    save("mine.npz")
    check_name("mine", tmp_path)

    (tmp_path / "mine.npz").unlink()

    with pytest.raises(UnknownDatasetError):
        check_name("mine", tmp_path)


def test_an_unknown_name_is_answered_with_the_valid_ones(tmp_path, save):
    save("mine.npz")
    with pytest.raises(
        UnknownDatasetError, match="'minst'; expected one of digits, mnist, fashion-mnist, cifar10, mine, or"
    ):
        check_name("minst", tmp_path)


@pytest.mark.parametrize("function", [check_name, load])
@pytest.mark.parametrize(
    "name",
    [
        "../mine",
        "..",
        ".",
        "",
        "sub/mine",
        "/etc/passwd",
        "-mine",
        ".mine",
        "mine\n",
        "mine\0",
        "mïne",
        "a b",
        "x" * 5000,
    ],
)
def test_a_name_cannot_lead_elsewhere(tmp_path, save, function, name):
    (tmp_path / "data" / "sub").mkdir(parents=True)
    for file in ("mine.npz", "data/sub/mine.npz", "data/-mine.npz", "data/.mine.npz", "data/a b.npz", "data/mïne.npz"):
        save(file)
    with pytest.raises(UnknownDatasetError, match=re.escape(repr(name))):
        function(name, tmp_path / "data")


def test_a_folder_is_no_data_set(tmp_path):
    (tmp_path / "mine.npz").mkdir()
    with pytest.raises(UnknownDatasetError):
        check_name("mine", tmp_path)


def test_descriptions_begin_with_the_built_in_ones(tmp_path, save):
    save("zebras.npz")
    save("ants.npz")
    assert [info.name for info in describe(tmp_path)] == [
        "digits",
        "mnist",
        "fashion-mnist",
        "cifar10",
        "ants",
        "zebras",
    ]


def test_an_own_file_is_ready_and_located(tmp_path, save):
    save("mine.npz")

    info = describe(tmp_path)[-1]

    assert info.ready
    assert info.detail == str(tmp_path / "mine.npz")


def test_a_set_without_its_files_is_not_ready_but_will_be_downloaded(tmp_path):
    _, mnist, fashion, _ = describe(tmp_path / "absent")

    for info, folder in ((mnist, "MNIST"), (fashion, "FashionMNIST")):
        assert not info.ready
        assert "train-images-idx3-ubyte, train-labels-idx1-ubyte, t10k-images" in info.detail
        assert f"missing from {tmp_path / 'absent' / folder / 'raw'}; will be downloaded from http" in info.detail


def test_only_the_missing_files_of_a_set_are_listed(tmp_path):
    directory = tmp_path / "MNIST" / "raw"
    directory.mkdir(parents=True)
    for file in ("train-images-idx3-ubyte.gz", "train-labels-idx1-ubyte", "t10k-images-idx3-ubyte"):
        (directory / file).touch()

    mnist = describe(tmp_path)[1]

    assert not mnist.ready
    assert mnist.detail.startswith("t10k-labels-idx1-ubyte missing from")


def test_an_archive_that_is_there_neither_whole_nor_unpacked_will_be_downloaded(tmp_path):
    unpacked = tmp_path / "cifar-10-batches-bin"
    unpacked.mkdir()
    for file in CIFAR10_FILES[1:5]:
        (unpacked / file).touch()

    cifar10 = describe(tmp_path)[3]

    assert not cifar10.ready
    assert cifar10.detail == (
        f"data_batch_1.bin, test_batch.bin missing from {unpacked}, and {tmp_path / 'cifar-10-binary.tar.gz'} as well, "
        "which will be downloaded from https://www.cs.toronto.edu/~kriz/cifar-10-binary.tar.gz when first loaded"
    )


def test_an_archive_is_ready_whole_or_unpacked_and_then_preferred(tmp_path):
    archive, unpacked = tmp_path / "cifar-10-binary.tar.gz", tmp_path / "cifar-10-batches-bin"
    archive.touch()
    whole = describe(tmp_path)[3]
    unpacked.mkdir()
    for file in CIFAR10_FILES:
        (unpacked / file).touch()
    both = describe(tmp_path)[3]

    assert (whole.ready, whole.detail) == (True, str(archive))
    assert (both.ready, both.detail) == (True, str(unpacked))


def test_a_set_with_its_files_is_ready(real_data_directory):
    _, mnist, fashion = describe(real_data_directory)[:3]

    assert (mnist.ready, mnist.detail) == (True, str(real_data_directory / "MNIST" / "raw"))
    assert (fashion.ready, fashion.detail) == (True, str(real_data_directory / "FashionMNIST" / "raw"))


def test_knowing_the_names_imports_neither_torch_nor_scikit_learn():
    code = "import sys, model.data; print(sorted({'torch', 'sklearn', 'ray'} & sys.modules.keys()))"
    result = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert result.stdout == "[]\n"


def test_a_data_directory_that_may_not_be_looked_into_has_no_data_sets_of_its_own(tmp_path):
    unsearchable = tmp_path / ("x" * 300)  # the system refuses to look, even for root

    check_name("digits", unsearchable)

    assert {info.name: info.ready for info in describe(unsearchable)} == {
        "digits": True,
        "mnist": False,
        "fashion-mnist": False,
        "cifar10": False,
    }
    with pytest.raises(UnknownDatasetError, match="mine"):
        check_name("mine", unsearchable)
