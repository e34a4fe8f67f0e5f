"""The IDX format, checked against files written byte by byte."""

import gzip
import re

import numpy as np
import pytest

from model.data.idx import parse_idx, read_content
from model.errors import DataFileError

# Unsigned bytes (08), 2 axes, of lengths 2 and 3, and six elements.
SMALL = bytes.fromhex("00000802 00000002 00000003 000102fdfeff")


def read_idx(path):
    return parse_idx(read_content(path), path)


def test_unsigned_bytes_are_read_row_by_row(tmp_path):
    path = tmp_path / "file"
    path.write_bytes(SMALL)

    array = read_idx(path)

    assert array.dtype == np.uint8
    assert array.tolist() == [[0, 1, 2], [253, 254, 255]]


@pytest.mark.parametrize(
    ("content", "dtype", "element"),
    [
        ("00000901 00000001 ff", "i1", -1),
        ("00000b01 00000001 0102", "i2", 258),
        ("00000c01 00000001 01020304", "i4", 16909060),
        ("00000d01 00000001 3fc00000", "f4", 1.5),
        ("00000e01 00000001 3ff8000000000000", "f8", 1.5),
    ],
)
def test_big_endian_elements_come_in_the_machines_order(tmp_path, content, dtype, element):
    path = tmp_path / "file"
    path.write_bytes(bytes.fromhex(content))

    array = read_idx(path)

    assert array.dtype == np.dtype(f"={dtype}")
    assert array.tolist() == [element]


def test_an_axis_may_have_no_elements(tmp_path):
    path = tmp_path / "file"
    path.write_bytes(bytes.fromhex("00000802 00000000 00000003"))
    assert read_idx(path).shape == (0, 3)


@pytest.mark.parametrize("name", ["file.gz", "file"])
def test_a_gzipped_file_is_known_by_its_content(tmp_path, name):
    path = tmp_path / name
    path.write_bytes(gzip.compress(SMALL))
    assert read_idx(path).tolist() == [[0, 1, 2], [253, 254, 255]]


@pytest.mark.parametrize("content", [SMALL, gzip.compress(SMALL)], ids=["plain", "gz"])
def test_a_file_truncated_anywhere_is_refused(tmp_path, content):
    path = tmp_path / "file"
    for length in range(len(content)):
        path.write_bytes(content[:length])
        with pytest.raises(DataFileError, match=re.escape(str(path))):
            read_idx(path)


def test_a_gzipped_file_with_a_wrong_checksum_is_corrupted(tmp_path):
    path = tmp_path / "file.gz"
    content = gzip.compress(SMALL)
    path.write_bytes(content[:-8] + bytes(4) + content[-4:])
    with pytest.raises(DataFileError, match=f"{re.escape(str(path))}: the gzip file is corrupted: CRC check failed"):
        read_idx(path)


@pytest.mark.parametrize("mask", [0x01, 0x80, 0xFF])
def test_a_flipped_byte_in_a_gzipped_file_is_noticed_or_harmless(tmp_path, mask):
    path = tmp_path / "file.gz"
    content = gzip.compress(SMALL)
    refused = 0
    for position in range(len(content)):
        damaged = bytearray(content)
        damaged[position] ^= mask
        path.write_bytes(damaged)
        try:
            assert read_idx(path).tolist() == [[0, 1, 2], [253, 254, 255]]
        except DataFileError as error:
            assert str(path) in str(error)  # noqa: PT017 - either outcome is right
            refused += 1
    assert refused >= len(content) - 10  # gzip's header is 10 bytes long, and has no checksum


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (SMALL + b"\0", "19 bytes, but its header .* asks for 18"),
        (b"\x01" + SMALL[1:], "is no IDX file: it begins with the bytes 01 00 08 02"),
        (b"\0\x01" + SMALL[2:], "is no IDX file"),
        (b"\0\0\x0a" + SMALL[3:], "is no IDX file"),
        (b"\0\0\x08\0" + SMALL[4:], "is no IDX file"),
        (b"<html>404 Not Found</html>", "is no IDX file"),
        (b"\0\0\x08\xff" + SMALL[4:], "cannot hold the dimensions of 255 axes"),
        (b"\0\0\x08\x03" + b"\xff" * 12, f"asks for {16 + (2**32 - 1) ** 3}"),
        (b"", "0 bytes cannot hold"),
    ],
)
def test_other_content_is_refused(tmp_path, content, message):
    path = tmp_path / "file"
    path.write_bytes(content)
    with pytest.raises(DataFileError, match=f"{re.escape(str(path))}: .*{message}"):
        read_idx(path)


def test_an_absent_file_is_named(tmp_path):
    with pytest.raises(DataFileError, match=f"{re.escape(str(tmp_path / 'none'))}: cannot be read"):
        read_idx(tmp_path / "none")


def test_a_folder_is_no_idx_file(tmp_path):
    with pytest.raises(DataFileError, match="cannot be read"):
        read_idx(tmp_path)
