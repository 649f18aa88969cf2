"""Protocol Buffers as bytes: the few kinds of fields that an ONNX file has.

https://protobuf.dev/programming-guides/encoding: a field is its number and wire type, then its value.
"""

from __future__ import annotations

import struct

VARINT, LENGTH, FIXED32 = 0, 2, 5


def varint(value: int) -> bytes:
    """Return a whole number from 0 in groups of seven bits, the lowest first."""
    groups = bytearray()
    while True:
        value, low = value >> 7, value & 0x7F
        if not value:
            return bytes([*groups, low])
        groups.append(low | 0x80)


def integer(field: int, value: int) -> bytes:
    """Return a field with a whole number from 0."""
    return varint(field << 3 | VARINT) + varint(value)


def single(field: int, value: float) -> bytes:
    """Return a field with a float32."""
    return varint(field << 3 | FIXED32) + struct.pack("<f", value)


def data(field: int, value: bytes) -> bytes:
    """Return a field with bytes, or with another message."""
    return varint(field << 3 | LENGTH) + varint(len(value)) + value


def text(field: int, value: str) -> bytes:
    """Return a field with text."""
    return data(field, value.encode())
