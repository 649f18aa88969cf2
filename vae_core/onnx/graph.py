"""An ONNX graph that grows node by node, and the file that it becomes (IR version 8, opset 17)."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from vae_core.onnx import wire

IR_VERSION = 8
OPSET = 17
FLOAT32 = 1
FLOAT_ATTRIBUTE = 1
PRODUCER = "VAE Lab"


class Graph:
    """Nodes and constants; each value has the name that it was given here."""

    def __init__(self, name: str) -> None:
        """Begin an empty graph."""
        self._name = name
        self._nodes: list[bytes] = []
        self._constants: list[bytes] = []

    def node(self, kind: str, *inputs: str, name: str = "", **attributes: float) -> str:
        """Add an operation, and return the name of its value.

        Args:
            kind: As ONNX calls the operation.
            inputs: Names of values.
            name: Of the value; a new one when "".
            attributes: Of the operation.
        """
        value = name or f"v{len(self._nodes)}"
        parts = [wire.text(1, one) for one in inputs] + [wire.text(2, value), wire.text(4, kind)]
        for key, number in attributes.items():
            parts.append(
                wire.data(5, wire.text(1, key) + wire.single(2, number) + wire.integer(20, FLOAT_ATTRIBUTE))
            )
        self._nodes.append(b"".join(parts))
        return value

    def constant(self, values: NDArray[np.float32] | float, *, name: str = "") -> str:
        """Add an array or a number as float32, and return its name."""
        array = np.ascontiguousarray(values, dtype="<f4")
        called = name or f"c{len(self._constants)}"
        shape = b"".join(wire.integer(1, side) for side in array.shape)
        self._constants.append(
            shape + wire.integer(2, FLOAT32) + wire.text(8, called) + wire.data(9, array.tobytes())
        )
        return called

    def file(self, *, input_name: str, width: int, outputs: Sequence[tuple[str, int]], words: str) -> bytes:
        """Return the whole as a file.

        Args:
            input_name: Of the input, (N, width) float32, N free.
            width: Of the input.
            outputs: Name and width of each output, (N, width) float32.
            words: What the model is, for those who open the file.
        """
        parts = [wire.data(1, node) for node in self._nodes]
        parts.append(wire.text(2, self._name))
        parts += [wire.data(5, constant) for constant in self._constants]
        parts.append(wire.data(11, _matrix(input_name, width)))
        parts += [wire.data(12, _matrix(name, columns)) for name, columns in outputs]
        return b"".join(
            (
                wire.integer(1, IR_VERSION),
                wire.text(2, PRODUCER),
                wire.text(6, words),
                wire.data(7, b"".join(parts)),
                wire.data(8, wire.text(1, "") + wire.integer(2, OPSET)),
            )
        )


def _matrix(name: str, width: int) -> bytes:
    """Return the description of a value (N, width) float32."""
    free, fixed = wire.text(2, "N"), wire.integer(1, width)
    shape = wire.data(1, free) + wire.data(1, fixed)
    tensor = wire.integer(1, FLOAT32) + wire.data(2, shape)
    return wire.text(1, name) + wire.data(2, wire.data(1, tensor))
