"""Bytes for the browser: a JSON header and raw arrays in one message (read by assets/components/packing.js).

Streamlit passes ``bytes`` on untouched, and sends unchanged messages of 10 kB or more only once.
"""

import json
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

ALIGNMENT = 8
DTYPES = ("f4", "f8", "u1", "i1", "u2", "i2", "u4", "i4")


def short_dtype(array: np.ndarray) -> str:
    """Return numpy's short name of an array's type ("f4", "u1", ...).

    Raises:
        TypeError: for a type that has no typed array in a browser.
    """
    name = f"{array.dtype.kind}{array.dtype.itemsize}"
    if name not in DTYPES:
        raise TypeError(f"an array for the browser must be one of {', '.join(DTYPES)}, got {array.dtype}")
    return name


def pack(header: Mapping[str, Any], arrays: Sequence[np.ndarray]) -> bytes:
    """Pack a header and arrays: ``<u32 header length><JSON, padded><array><array>...``, little-endian.

    Args:
        header: Anything JSON can hold. The key ``arrays`` is added: dtype, shape and offset of each array.
        arrays: Arrays of any shape; each starts at a multiple of 8 bytes.

    Returns:
        The message.

    Raises:
        ValueError: if the header has an entry ``arrays``.
    """
    if "arrays" in header:
        raise ValueError("the header's entry 'arrays' is written by pack")
    places = []
    pieces: list[bytes] = []
    offset = 0
    for array in arrays:
        dtype = short_dtype(array)
        raw = np.ascontiguousarray(array, dtype=f"<{dtype}").tobytes()
        places.append({"dtype": dtype, "shape": list(array.shape), "offset": offset})
        padding = -len(raw) % ALIGNMENT
        pieces.append(raw + b"\0" * padding)
        offset += len(raw) + padding
    text = json.dumps({**header, "arrays": places}, separators=(",", ":"), allow_nan=False).encode()
    text += b" " * (-(4 + len(text)) % ALIGNMENT)
    return b"".join([len(text).to_bytes(4, "little"), text, *pieces])
