"""The IDX format of the MNIST family: a big-endian header of type and dimensions, then the elements.

Source: http://yann.lecun.com/exdb/mnist/, "The IDX file format".
"""

import gzip
import math
import struct
import zlib
from pathlib import Path

import numpy as np
from jaxtyping import Shaped

from model.data.directory import read_bytes
from model.errors import DataFileError

_TYPES = {0x08: ">u1", 0x09: ">i1", 0x0B: ">i2", 0x0C: ">i4", 0x0D: ">f4", 0x0E: ">f8"}
_GZIP_MAGIC = b"\x1f\x8b"  # an IDX file begins with two zeros instead


def read_content(path: Path) -> bytes:
    """The bytes of a file, decompressed if its content (not its name) says that it is gzipped.

    Raises:
        DataFileError: If the file cannot be read, or is a truncated or corrupted gzip file.
    """
    content = read_bytes(path)
    try:
        return gzip.decompress(content) if content.startswith(_GZIP_MAGIC) else content
    except EOFError as error:
        raise DataFileError(f"{path}: the gzip file is truncated") from error
    except (zlib.error, gzip.BadGzipFile) as error:
        raise DataFileError(f"{path}: the gzip file is corrupted: {error}") from error


def parse_idx(content: bytes, path: Path) -> Shaped[np.ndarray, "..."]:
    """Read the decompressed content of an IDX file into a read-only array in the machine's byte order.

    Args:
        content: The whole file.
        path: The file to name in an error.

    Raises:
        DataFileError: If it is truncated, too long or no IDX file.
    """
    if len(content) < 4:
        raise DataFileError(f"{path}: {len(content)} bytes cannot hold the 4 bytes an IDX file begins with")
    zeros, type_code, n_axes = struct.unpack_from(">HBB", content)
    if zeros != 0 or type_code not in _TYPES or n_axes == 0:
        raise DataFileError(f"{path}: is no IDX file: it begins with the bytes {content[:4].hex(' ')}")
    header_length = 4 + 4 * n_axes
    if len(content) < header_length:
        raise DataFileError(f"{path}: {len(content)} bytes cannot hold the dimensions of {n_axes} axes")
    shape = struct.unpack_from(f">{n_axes}I", content, offset=4)
    dtype = np.dtype(_TYPES[type_code])
    expected_length = header_length + math.prod(shape) * dtype.itemsize
    if len(content) != expected_length:
        raise DataFileError(
            f"{path}: {len(content)} bytes, but its header (shape {shape}, {dtype.itemsize} bytes per element) "
            f"asks for {expected_length}"
        )
    elements = np.frombuffer(content, dtype=dtype, offset=header_length)
    return elements.astype(dtype.newbyteorder("="), copy=False).reshape(shape)
