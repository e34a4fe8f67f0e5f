"""CIFAR-10's format in small: unpacked, in an archive, damaged, missing, or downloaded from a server on 127.0.0.1."""

import hashlib
import io
import re
import tarfile
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from model.data.cifar10 import CIFAR10, FILES, CifarArchive
from model.errors import DataFileError

FOLDER = "cifar-10-batches-bin"
TAR = "small.tar.gz"

# Half of all pixels are 1 and half are 5 (mean 3, deviation 2). Even classes: red 1, green 5, blue 1 in the upper half
# and 5 in the lower; odd classes the other way round. Test images are 3 but for the last pixel, which is 7.
EVEN = bytes([1] * 1024 + [5] * 1024 + [1] * 512 + [5] * 512)
ODD = bytes(6 - pixel for pixel in EVEN)
TRAIN = [[0, 1] * 5, [2, 3] * 5, [4, 5] * 5, [6, 7] * 5, [8, 9] * 5]
TEST = [3, 8, 0, 6, 1, 9, 5, 7, 4, 2]
CONTENTS = {
    f"data_batch_{number}.bin": b"".join(bytes([label]) + (ODD if label % 2 else EVEN) for label in labels)
    for number, labels in enumerate(TRAIN, start=1)
} | {"test_batch.bin": b"".join(bytes([label]) + bytes([3] * 3071 + [7]) for label in TEST)}


def member(name: str, content: bytes = b"", /, **fields: object) -> tuple[tarfile.TarInfo, bytes]:
    info = tarfile.TarInfo(name)
    info.size = len(content)
    for field, value in fields.items():
        setattr(info, field, value)
    return info, content


def tar(*members: tuple[tarfile.TarInfo, bytes]) -> bytes:
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w:gz") as archive:
        for info, content in members:
            archive.addfile(info, io.BytesIO(content))
    return buffer.getvalue()


MEMBERS = [
    member(FOLDER, type=tarfile.DIRTYPE),
    member(f"{FOLDER}/batches.meta.txt", b"airplane\n"),
    *(member(f"{FOLDER}/{file}", content) for file, content in reversed(CONTENTS.items())),
]
ARCHIVE = tar(*MEMBERS)


def without(name: str) -> list[tuple[tarfile.TarInfo, bytes]]:
    return [(info, content) for info, content in MEMBERS if info.name != name]


@pytest.fixture
def small(closed_port) -> CifarArchive:
    """A small published archive whose server cannot be reached."""
    return published(ARCHIVE, f"http://127.0.0.1:{closed_port}/small/")


def published(archive: bytes, base_url: str = "http://127.0.0.1/") -> CifarArchive:
    return CifarArchive("small", f"{base_url}{TAR}", hashlib.sha256(archive).hexdigest(), records_per_file=10)


def unpack(data_dir: Path, **contents: bytes) -> Path:
    folder = data_dir / FOLDER
    folder.mkdir()
    for file, content in CONTENTS.items():
        (folder / file).write_bytes(contents.get(file.removesuffix(".bin"), content))
    return folder


def everything_in(directory: Path) -> list[str]:
    return sorted(str(path.relative_to(directory)) for path in directory.rglob("*"))


def test_unpacked_files_are_read(tmp_path, small):
    unpack(tmp_path)

    data = small.load(tmp_path)

    even = np.array([-1] * 1024 + [1] * 1024 + [-1] * 512 + [1] * 512)
    assert (data.name, data.n_pixels, data.n_classes) == ("small", 3072, 10)
    assert data.train_labels.tolist() == [label for labels in TRAIN for label in labels]
    np.testing.assert_array_equal(data.train_images, np.tile([even, -even], (25, 1)))
    assert data.test_labels.tolist() == TEST
    np.testing.assert_array_equal(data.test_images, np.tile([0] * 3071 + [2], (10, 1)))


def test_an_archive_is_read_where_it_is_into_the_same_data(tmp_path, small):
    (tmp_path / "whole").mkdir()
    (tmp_path / "unpacked").mkdir()
    (tmp_path / "whole" / TAR).write_bytes(ARCHIVE)
    unpack(tmp_path / "unpacked")

    whole, unpacked = small.load(tmp_path / "whole"), small.load(tmp_path / "unpacked")

    for array in ("train_images", "train_labels", "test_images", "test_labels"):
        np.testing.assert_array_equal(getattr(whole, array), getattr(unpacked, array))
    assert everything_in(tmp_path / "whole") == [TAR]


def test_unpacked_files_win_over_the_archive(tmp_path, small):
    unpack(tmp_path)
    (tmp_path / TAR).write_bytes(b"not looked into")

    assert small.load(tmp_path).train_labels.tolist()[:2] == [0, 1]


@pytest.mark.parametrize("file", FILES)
def test_the_archive_is_read_if_an_unpacked_file_is_missing(tmp_path, small, file):
    folder = unpack(tmp_path, data_batch_1=b"not looked into", test_batch=b"not looked into")
    (folder / file).unlink()
    (tmp_path / TAR).write_bytes(ARCHIVE)

    assert small.load(tmp_path).test_labels.tolist() == TEST


@pytest.mark.parametrize("file", FILES)
@pytest.mark.parametrize(
    "damage",
    [lambda content: content[:-1], lambda content: content[:-3073], lambda _: b"", lambda content: content + b"\0"],
    ids=["a byte short", "a record short", "empty", "a byte more"],
)
def test_an_unpacked_file_of_another_length_is_refused(tmp_path, small, file, damage):
    damaged = damage(CONTENTS[file])
    path = unpack(tmp_path, **{file.removesuffix(".bin"): damaged}) / file

    with pytest.raises(DataFileError) as caught:
        small.load(tmp_path)

    assert str(caught.value) == (f"{path}: expected 10 records of 3073 bytes, 30730 in all, found {len(damaged)} bytes")


@pytest.mark.parametrize("file", FILES)
@pytest.mark.parametrize("label", [10, 255])
def test_a_label_that_is_no_class_is_refused(tmp_path, small, file, label):
    damaged = bytearray(CONTENTS[file])
    damaged[7 * 3073] = label
    path = unpack(tmp_path, **{file.removesuffix(".bin"): bytes(damaged)}) / file

    with pytest.raises(DataFileError) as caught:
        small.load(tmp_path)

    assert str(caught.value) == f"{path}: labels must be smaller than 10, found {label} in record 7"


@pytest.mark.parametrize(
    ("contents", "message"),
    [
        (
            {"data_batch_2": CONTENTS["data_batch_1.bin"]},
            "train_labels: expected 5 images of each class, found [10, 10, 0, 0, 5, 5, 5, 5, 5, 5], classes in order",
        ),
        (
            {"data_batch_5": CONTENTS["data_batch_5.bin"][: 8 * 3073] + bytes(2 * 3073)},
            "train_labels: expected 5 images of each class, found [7, 5, 5, 5, 5, 5, 5, 5, 4, 4], classes in order",
        ),
        (
            {"test_batch": CONTENTS["data_batch_1.bin"]},
            "test_labels: expected 1 images of each class, found [5, 5, 0, 0, 0, 0, 0, 0, 0, 0], classes in order",
        ),
    ],
    ids=["a file twice", "the end never written", "a training file for testing"],
)
def test_whole_files_whose_classes_are_not_equally_frequent_are_refused(tmp_path, small, contents, message):
    folder = unpack(tmp_path, **contents)

    with pytest.raises(DataFileError) as caught:
        small.load(tmp_path)

    assert str(caught.value) == f"{folder}: {message}"


def test_files_that_cannot_be_standardised_are_located(tmp_path, small):
    black = {
        f"data_batch_{number}": b"".join(bytes([label]) + bytes(3072) for label in labels)
        for number, labels in enumerate(TRAIN, start=1)
    }
    folder = unpack(tmp_path, **black)
    with pytest.raises(DataFileError, match=f"^{re.escape(str(folder))}: train_images: all pixels are equal"):
        small.load(tmp_path)


def test_an_archive_with_another_hash_is_refused_with_both(tmp_path, small):
    damaged = ARCHIVE[:-1] + bytes([ARCHIVE[-1] ^ 1])
    (tmp_path / TAR).write_bytes(damaged)

    with pytest.raises(DataFileError) as caught:
        small.load(tmp_path)

    found = hashlib.sha256(damaged).hexdigest()
    assert str(caught.value) == (
        f"{tmp_path / TAR}: is not the published file: expected the sha256 {small.sha256} (compressed), found {found}"
    )


@pytest.mark.parametrize("file", FILES)
def test_a_file_missing_from_the_archive_is_named(tmp_path, file):
    archive = tar(*without(f"{FOLDER}/{file}"))
    (tmp_path / TAR).write_bytes(archive)
    with pytest.raises(DataFileError, match=f"^{re.escape(str(tmp_path / TAR))}: .* but has no {FOLDER}/{file}$"):
        published(archive).load(tmp_path)


@pytest.mark.parametrize(
    "instead",
    [
        {"type": tarfile.SYMTYPE, "linkname": "data_batch_1.bin"},
        {"type": tarfile.SYMTYPE, "linkname": "../outside.bin"},
        {"type": tarfile.LNKTYPE, "linkname": f"{FOLDER}/data_batch_1.bin"},
        {"type": tarfile.DIRTYPE},
        {"type": tarfile.FIFOTYPE},
        {"name": f"../{FOLDER}/test_batch.bin"},
        {"name": f"/{FOLDER}/test_batch.bin"},
        {"name": f"elsewhere/../{FOLDER}/test_batch.bin"},
        {"name": "test_batch.bin"},
    ],
    ids=lambda fields: " ".join(map(str, fields.values())),
)
def test_neither_links_nor_other_paths_stand_for_a_file(tmp_path, instead):
    (tmp_path / "outside.bin").write_bytes(CONTENTS["test_batch.bin"])
    name = f"{FOLDER}/test_batch.bin"
    content = b"" if "type" in instead else CONTENTS["test_batch.bin"]
    archive = tar(*without(name), member(name, content, **instead))
    (tmp_path / TAR).write_bytes(archive)

    with pytest.raises(DataFileError, match=f"but has no {FOLDER}/test_batch.bin$"):
        published(archive).load(tmp_path)

    assert everything_in(tmp_path) == ["outside.bin", TAR]


def test_other_members_are_neither_read_nor_written_anywhere(tmp_path):
    data_dir = tmp_path / "data"
    data_dir.mkdir()
    archive = tar(
        member("../escaped", b"content"),
        member(str(tmp_path / "escaped too"), b"content"),
        member(f"{FOLDER}/../../escaped as well", b"content"),
        member("link", type=tarfile.SYMTYPE, linkname=".."),
        member("link/escaped by a link", b"content"),
        *MEMBERS,
    )
    (data_dir / TAR).write_bytes(archive)

    assert published(archive).load(data_dir).test_labels.tolist() == TEST

    assert everything_in(tmp_path) == ["data", f"data/{TAR}"]


def test_a_file_of_another_length_in_the_archive_is_named(tmp_path):
    name = f"{FOLDER}/data_batch_3.bin"
    archive = tar(*without(name), member(name, CONTENTS["data_batch_3.bin"][:-1]))
    (tmp_path / TAR).write_bytes(archive)
    with pytest.raises(DataFileError, match=r"data_batch_3\.bin: expected 10 records .*, found 30729 bytes"):
        published(archive).load(tmp_path)


@pytest.mark.parametrize(
    "content",
    [b"", b"no archive", ARCHIVE[:9], ARCHIVE[: len(ARCHIVE) // 2], ARCHIVE[:200] + b"\xff" * 50 + ARCHIVE[250:]],
    ids=["empty", "text", "its start", "its half", "overwritten"],
)
def test_what_is_no_whole_archive_is_refused_whatever_its_hash(tmp_path, content):
    (tmp_path / TAR).write_bytes(content)
    with pytest.raises(DataFileError, match=f"^{re.escape(str(tmp_path / TAR))}: is no .tar.gz archive, or a damaged"):
        published(content).load(tmp_path)


def test_without_network_the_error_says_what_is_missing_where_and_whence(tmp_path, small):
    folder = unpack(tmp_path)
    (folder / "data_batch_4.bin").unlink()
    (folder / "test_batch.bin").unlink()

    with pytest.raises(DataFileError) as caught:
        small.load(tmp_path)

    assert str(caught.value).startswith(
        f"small: data_batch_4.bin, test_batch.bin missing from {folder}, {tmp_path / TAR} missing as well, "
        f"and not to be had from {small.url}: "
    )
    assert everything_in(tmp_path) == sorted(
        [FOLDER, *(f"{FOLDER}/data_batch_{number}.bin" for number in (1, 2, 3, 5))]
    )


def test_a_missing_archive_is_downloaded_silently_and_once(tmp_path, small, mirror, capfd):
    mirror.files[TAR] = ARCHIVE

    data = replace(small, url=f"{mirror.base_url}{TAR}").load(tmp_path / "new")
    output = capfd.readouterr()
    again = small.load(tmp_path / "new")

    assert data.test_labels.tolist() == again.test_labels.tolist() == TEST
    assert output.out == output.err == ""
    assert everything_in(tmp_path / "new") == [TAR]
    assert (tmp_path / "new" / TAR).read_bytes() == ARCHIVE
    assert mirror.requests == [TAR]


@pytest.mark.parametrize(
    "answer",
    [tar(*MEMBERS[:-1]), b"<html>Log in to the hotel's network</html>", ARCHIVE[:-9]],
    ids=["another archive", "a web page", "a truncated archive"],
)
def test_a_wrong_download_is_refused_and_not_kept(tmp_path, small, mirror, answer):
    mirror.files[TAR] = answer
    url = f"{mirror.base_url}{TAR}"

    with pytest.raises(DataFileError) as caught:
        replace(small, url=url).load(tmp_path)

    assert str(caught.value) == (
        f"download of {url} failed: {url}: is not the published file: "
        f"expected the sha256 {small.sha256} (compressed), found {hashlib.sha256(answer).hexdigest()}"
    )
    assert everything_in(tmp_path) == []


def test_a_download_that_breaks_off_leaves_nothing(tmp_path, small, mirror):
    mirror.files[TAR] = ARCHIVE
    mirror.announced_excess = 5

    with pytest.raises(DataFileError, match=f"not to be had from {mirror.base_url}{TAR}"):
        replace(small, url=f"{mirror.base_url}{TAR}").load(tmp_path)

    assert everything_in(tmp_path) == []


def test_an_archive_the_server_lacks_is_named(tmp_path, small, mirror):
    with pytest.raises(DataFileError, match=f"^small: .*{TAR} missing as well, .*404"):
        replace(small, url=f"{mirror.base_url}{TAR}").load(tmp_path)

    assert everything_in(tmp_path) == []


def test_a_data_directory_that_cannot_be_made_is_named(tmp_path, small, mirror):
    mirror.files[TAR] = ARCHIVE
    (tmp_path / "data").write_text("in the way")
    with pytest.raises(DataFileError, match=f"{re.escape(str(tmp_path / 'data' / TAR))} missing as well"):
        replace(small, url=f"{mirror.base_url}{TAR}").load(tmp_path / "data")


def test_the_published_files_hold_10000_images_each(tmp_path):
    path = unpack(tmp_path) / "data_batch_1.bin"
    with pytest.raises(DataFileError, match=f"{path}: expected 10000 records of 3073 bytes, 30730000 in all"):
        CIFAR10.load(tmp_path)


def test_only_the_published_archive_is_read(tmp_path):
    (tmp_path / "cifar-10-binary.tar.gz").write_bytes(ARCHIVE)
    with pytest.raises(DataFileError, match="expected the sha256 c4a38c50a1bc5f3a1c5537f2155ab9d68f9f25eb1ed8d9ddda3d"):
        CIFAR10.load(tmp_path)
