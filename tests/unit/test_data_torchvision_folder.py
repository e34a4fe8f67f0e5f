"""Sets of IDX files: whole, damaged, missing, or downloaded from a server on 127.0.0.1."""

import gzip
import hashlib
import re
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from model.data.torchvision_folder import FILES, TorchvisionFolder
from model.errors import DataFileError

TRAIN_IMAGES, TRAIN_LABELS, TEST_IMAGES, TEST_LABELS = FILES

# Two 1×2 training images with the pixels 0, 2, 4, 6 (mean 3, variance 5), one test image.
CONTENTS = {
    TRAIN_IMAGES: bytes.fromhex("00000803 00000002 00000001 00000002 00020406"),
    TRAIN_LABELS: bytes.fromhex("00000801 00000002 0002"),
    TEST_IMAGES: bytes.fromhex("00000803 00000001 00000001 00000002 0303"),
    TEST_LABELS: bytes.fromhex("00000801 00000001 02"),
}
HASHES = tuple(hashlib.sha256(content).hexdigest() for content in CONTENTS.values())


@pytest.fixture
def mirror(mirror):
    mirror.files = {f"{name}.gz": gzip.compress(content) for name, content in CONTENTS.items()}
    return mirror


@pytest.fixture
def small(closed_port) -> TorchvisionFolder:
    """A small published set whose server cannot be reached."""
    return TorchvisionFolder("small", "Small", f"http://127.0.0.1:{closed_port}/small/", HASHES)


@pytest.fixture
def raw(tmp_path) -> Path:
    directory = tmp_path / "Small" / "raw"
    directory.mkdir(parents=True)
    return directory


def write(raw: Path, gzipped: tuple[str, ...] = ()) -> None:
    for name, content in CONTENTS.items():
        if name in gzipped:
            (raw / f"{name}.gz").write_bytes(gzip.compress(content))
        else:
            (raw / name).write_bytes(content)


def content_of(directory: Path) -> list[str]:
    return sorted(path.name for path in directory.iterdir())


def test_a_truncated_gz_file_is_refused_with_the_sha256_that_was_expected(tmp_path, raw, small):
    write(raw, FILES)
    path = raw / f"{TRAIN_LABELS}.gz"
    path.write_bytes(path.read_bytes()[:-9])

    with pytest.raises(DataFileError, match=f"{path}: the gzip file is truncated; expected the sha256 {HASHES[1]}"):
        small.load(tmp_path)


@pytest.mark.parametrize("gzipped", [(), FILES, (TRAIN_IMAGES, TEST_LABELS)], ids=["plain", "gz", "mixed"])
def test_files_are_read_plain_or_gzipped(tmp_path, raw, small, gzipped):
    write(raw, gzipped)

    data = small.load(tmp_path)

    assert (data.name, data.n_pixels, data.n_classes) == ("small", 2, 3)
    np.testing.assert_allclose(data.train_images, np.array([[-3, -1], [1, 3]]) / 5**0.5, rtol=1e-6)
    np.testing.assert_allclose(data.test_images, [[0, 0]], atol=1e-7)
    assert (data.train_labels.tolist(), data.test_labels.tolist()) == ([0, 2], [2])


@pytest.mark.parametrize("name", FILES)
@pytest.mark.parametrize("gzipped", [False, True])
def test_a_flipped_byte_is_reported_with_both_hashes(tmp_path, raw, small, name, gzipped):
    write(raw)
    damaged = CONTENTS[name][:-1] + bytes([CONTENTS[name][-1] ^ 1])
    (raw / name).unlink()
    path = raw / (f"{name}.gz" if gzipped else name)
    path.write_bytes(gzip.compress(damaged) if gzipped else damaged)

    with pytest.raises(DataFileError) as caught:
        small.load(tmp_path)

    assert str(caught.value).startswith(f"{path}: ")
    assert hashlib.sha256(CONTENTS[name]).hexdigest() in str(caught.value)
    assert hashlib.sha256(damaged).hexdigest() in str(caught.value)


def test_without_network_the_error_says_what_is_missing_where_and_whence(tmp_path, raw, small):
    write(raw)
    (raw / TRAIN_LABELS).unlink()
    (raw / TEST_IMAGES).unlink()

    with pytest.raises(DataFileError) as caught:
        small.load(tmp_path)

    assert f"{TRAIN_LABELS}, {TEST_IMAGES} (each as it is or as .gz) missing from {raw}" in str(caught.value)
    assert small.base_url in str(caught.value)
    assert TRAIN_IMAGES not in str(caught.value).partition("missing from")[0]
    assert content_of(raw) == sorted([TRAIN_IMAGES, TEST_LABELS])


def test_missing_files_are_downloaded_silently_and_once(tmp_path, small, mirror, capfd):
    data = replace(small, base_url=mirror.base_url).load(tmp_path / "new")
    output = capfd.readouterr()
    again = small.load(tmp_path / "new")

    assert data.train_labels.tolist() == again.train_labels.tolist() == [0, 2]
    assert output.out == output.err == ""
    assert content_of(tmp_path / "new" / "Small" / "raw") == sorted(f"{name}.gz" for name in FILES)
    assert mirror.requests == [f"{name}.gz" for name in FILES]


def test_only_missing_files_are_downloaded(tmp_path, raw, small, mirror):
    write(raw, gzipped=(TRAIN_LABELS,))
    (raw / TEST_LABELS).unlink()

    replace(small, base_url=mirror.base_url).load(tmp_path)

    assert mirror.requests == [f"{TEST_LABELS}.gz"]


def test_others_may_read_what_was_downloaded(tmp_path, small, mirror):
    reference = tmp_path / "reference"
    reference.touch()

    replace(small, base_url=mirror.base_url).load(tmp_path)

    for path in (tmp_path / "Small" / "raw").iterdir():
        assert path.stat().st_mode == reference.stat().st_mode


@pytest.mark.parametrize(
    ("answer", "message"),
    [
        (gzip.compress(CONTENTS[TRAIN_IMAGES]), f"expected the sha256 {HASHES[1]} .*found {HASHES[0]}"),
        (b"<html>Log in to the hotel's network</html>", f"expected the sha256 {HASHES[1]}"),
        (gzip.compress(CONTENTS[TRAIN_LABELS])[:-9], "truncated"),
    ],
    ids=["another file", "a web page", "a truncated gzip file"],
)
def test_a_wrong_download_is_refused_and_not_kept(tmp_path, raw, small, mirror, answer, message):
    write(raw)
    (raw / TRAIN_LABELS).unlink()
    mirror.files[f"{TRAIN_LABELS}.gz"] = answer

    with pytest.raises(DataFileError, match=f"download of {mirror.base_url}{TRAIN_LABELS}.gz failed.*{message}"):
        replace(small, base_url=mirror.base_url).load(tmp_path)

    assert content_of(raw) == sorted({*FILES} - {TRAIN_LABELS})


def test_a_download_that_breaks_off_leaves_nothing(tmp_path, small, mirror):
    mirror.announced_excess = 5

    with pytest.raises(DataFileError, match=f"not to be had from {mirror.base_url}"):
        replace(small, base_url=mirror.base_url).load(tmp_path)

    assert content_of(tmp_path / "Small" / "raw") == []


def test_a_file_the_server_lacks_is_named(tmp_path, small, mirror):
    del mirror.files[f"{TEST_IMAGES}.gz"]

    with pytest.raises(DataFileError, match=f"^small: {TEST_IMAGES}, {TEST_LABELS} .*missing from .*404"):
        replace(small, base_url=mirror.base_url).load(tmp_path)

    assert content_of(tmp_path / "Small" / "raw") == sorted([f"{TRAIN_IMAGES}.gz", f"{TRAIN_LABELS}.gz"])


def test_a_data_directory_that_cannot_be_made_is_named(tmp_path, small, mirror):
    (tmp_path / "Small").write_text("in the way")
    with pytest.raises(DataFileError, match=f"missing from {re.escape(str(tmp_path / 'Small' / 'raw'))}"):
        replace(small, base_url=mirror.base_url).load(tmp_path)
