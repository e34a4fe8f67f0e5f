"""A user's .npz file, right, wrong and damaged."""

import io
import re
import zipfile
from contextlib import suppress

import numpy as np
import pytest

from model.data.npz import load_npz
from model.errors import DataFileError

RIGHT = {
    "train_images": np.array([[0, 2], [4, 6]], dtype=np.uint8),  # mean 3, variance 5
    "train_labels": np.array([0, 2]),
    "test_images": np.array([[3, 3]], dtype=np.uint8),
    "test_labels": np.array([1]),
}


@pytest.fixture
def path(tmp_path):
    return tmp_path / "mine.npz"


@pytest.mark.parametrize("save", [np.savez, np.savez_compressed])
def test_four_arrays_make_a_data_set(path, save):
    save(path, **RIGHT)

    data = load_npz(path)

    assert (data.name, data.n_pixels, data.n_classes) == ("mine", 2, 3)
    np.testing.assert_allclose(data.train_images, np.array([[-3, -1], [1, 3]]) / 5**0.5, rtol=1e-6)
    np.testing.assert_allclose(data.test_images, [[0, 0]], atol=1e-7)
    assert data.train_labels.tolist() == [0, 2]
    assert data.test_labels.tolist() == [1]


def test_colour_images_in_column_order_are_flattened_row_by_row(path):
    images = np.asfortranarray(np.arange(24.0).reshape(2, 2, 2, 3))
    np.savez(path, **RIGHT | {"train_images": images, "test_images": images[:1]})

    data = load_npz(path)

    assert data.n_pixels == 12
    assert (np.diff(data.train_images.ravel()) > 0).all()


def test_other_arrays_are_ignored(path):
    np.savez(path, **RIGHT, note=np.array(["taken on a rainy day"]))
    assert load_npz(path).n_classes == 3


@pytest.mark.parametrize("absent", RIGHT)
def test_a_missing_array_is_named(path, absent):
    np.savez(path, **{name: array for name, array in RIGHT.items() if name != absent})
    with pytest.raises(DataFileError, match=f"^{re.escape(str(path))}: has no array {absent};"):
        load_npz(path)


def test_all_missing_arrays_are_named(path):
    np.savez(path, x=np.zeros(1))
    with pytest.raises(DataFileError, match="no array train_images, train_labels, test_images, test_labels;"):
        load_npz(path)


@pytest.mark.parametrize(
    ("name", "array"),
    [
        ("train_images", np.zeros((3, 2))),
        ("train_images", np.zeros((0, 2))),
        ("train_images", np.array([[0, np.inf], [1, 2]])),
        ("train_images", np.array([["a", "b"], ["c", "d"]])),
        ("train_labels", np.array([0, -2])),
        ("train_labels", np.array([0.5, 1])),
        ("test_images", np.zeros((1, 3))),
        ("test_images", np.array([[0, np.nan]])),
        ("test_labels", np.array([0, 1])),
        ("test_labels", np.array(["cat"])),
    ],
)
def test_a_wrong_array_is_named_with_its_file(path, name, array):
    np.savez(path, **RIGHT | {name: array})
    # A wrong number of images shows in the labels.
    with pytest.raises(DataFileError, match=f"^{re.escape(str(path))}: {name.replace('images', '(images|labels)')}"):
        load_npz(path)


def test_an_object_array_is_refused_and_not_unpickled(path, tmp_path):
    class Trap:
        def __reduce__(self):
            return (open, (str(tmp_path / "sprung"), "w"))

    np.savez(path, **RIGHT | {"train_images": np.array([[Trap(), Trap()]])}, allow_pickle=True)

    with pytest.raises(DataFileError, match="train_images cannot be read: Object arrays cannot be loaded"):
        load_npz(path)

    assert not (tmp_path / "sprung").exists()


def test_an_absent_file_is_named(path):
    with pytest.raises(DataFileError, match=f"^{re.escape(str(path))}: cannot be read"):
        load_npz(path)


def test_a_folder_is_no_npz_file(tmp_path):
    with pytest.raises(DataFileError, match="cannot be read"):
        load_npz(tmp_path)


@pytest.mark.parametrize("content", [b"", b"not a zip file"])
def test_another_file_is_refused(path, content):
    path.write_bytes(content)
    with pytest.raises(DataFileError, match=f"^{re.escape(str(path))}: is no .npz file"):
        load_npz(path)


def test_a_single_array_is_refused(path):
    with path.open("wb") as file:
        np.save(file, RIGHT["train_images"])
    with pytest.raises(DataFileError, match=r"is no \.npz file"):
        load_npz(path)


@pytest.mark.parametrize("save", [np.savez, np.savez_compressed])
def test_a_truncated_file_is_refused(path, save):
    save(path, **RIGHT)
    content = path.read_bytes()
    for length in range(0, len(content), 7):
        path.write_bytes(content[:length])
        with pytest.raises(DataFileError, match=re.escape(str(path))):
            load_npz(path)


@pytest.mark.parametrize("save", [np.savez, np.savez_compressed])
@pytest.mark.parametrize("mask", [0x01, 0x02, 0x08, 0x80, 0xFF])
def test_a_flipped_byte_is_noticed_or_harmless(path, save, mask):
    save(path, **RIGHT)
    content = path.read_bytes()
    right = load_npz(path)
    refused = 0
    for position in range(len(content)):
        damaged = bytearray(content)
        damaged[position] ^= mask
        path.write_bytes(damaged)
        try:
            data = load_npz(path)
        except DataFileError as error:
            assert str(path) in str(error)  # noqa: PT017 - either outcome is right
            refused += 1
        else:
            for name in RIGHT:
                np.testing.assert_array_equal(getattr(data, name), getattr(right, name))
    assert refused > len(content) // 2


@pytest.mark.parametrize("save", [np.savez, np.savez_compressed])
@pytest.mark.parametrize("replacement", [0, ord("|"), ord("("), 255])
def test_a_changed_header_of_an_array_too_large_to_be_read_at_once_is_refused(path, save, replacement):
    """Then numpy parses the header before zipfile has compared the checksum."""
    rng = np.random.default_rng(0)
    save(
        path,
        **RIGHT
        | {"train_images": rng.integers(0, 255, (20_000, 2), dtype=np.uint8)}
        | {"train_labels": np.zeros(20_000, dtype=np.int64), "test_labels": np.array([0])},
    )
    content = path.read_bytes()
    with zipfile.ZipFile(path) as archive:
        begins = [info.header_offset for info in archive.infolist()]
    for position in [begin + offset for begin in begins for offset in range(0, 170, 3)]:
        damaged = bytearray(content)
        damaged[position] = replacement
        path.write_bytes(damaged)
        with suppress(DataFileError):
            load_npz(path)


@pytest.mark.parametrize(
    ("header", "message"),
    [
        ("{'descr': '|u1', 'fortran_order': False, 'shape': (1000000000000000, 2)}", "cannot be read"),
        ("{'descr': '|u1', 'fortran_order': False, 'shape': (1, 2)}", "longer than its header says"),
        ("{'descr': '|u1', 'fortran_order': False, 'shape': (3, 2)}", "cannot be read"),
        ("{'descr': '|u1', 'fortran_order': False, 'shape': (2, -2)}", "cannot be read"),
        ("{'descr': '|u1', 'fortran_order': False}", "cannot be read"),
        ("__import__('os').getcwd()", "cannot be read"),
    ],
)
def test_an_array_with_a_wrong_header_is_refused(path, header, message):
    np.savez(path, **{name: array for name, array in RIGHT.items() if name != "train_images"})
    padded = header.encode().ljust(117) + b"\n"
    array = b"\x93NUMPY\x01\x00" + len(padded).to_bytes(2, "little") + padded + bytes([0, 2, 4, 6])
    with zipfile.ZipFile(path, "a") as archive:
        archive.writestr("train_images.npy", array)

    with pytest.raises(DataFileError, match=f"^{re.escape(str(path))}: train_images.*{message}"):
        load_npz(path)


def test_an_encrypted_file_is_refused(path):
    buffer = io.BytesIO()
    np.savez(buffer, **RIGHT)
    content = bytearray(buffer.getvalue())
    for signature, flags in ((b"PK\x03\x04", 6), (b"PK\x01\x02", 8)):
        position = content.find(signature)
        while position >= 0:
            content[position + flags] |= 1
            position = content.find(signature, position + 1)
    path.write_bytes(content)

    with pytest.raises(DataFileError, match=r"train_images cannot be read: .*encrypted"):
        load_npz(path)
