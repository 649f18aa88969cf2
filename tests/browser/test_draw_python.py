"""What Python makes of the drawing board's messages: anything odd is no drawing."""

import base64
import re
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pages.components.draw import SIDE, Drawing, checked_drawing, checked_ink


def text_of(raw: bytes) -> str:
    return base64.b64encode(raw).decode()


@given(st.binary(min_size=1), st.integers(1, 50))
def test_what_the_board_sends_is_read(pattern: bytes, strokes: int) -> None:
    raw = (pattern * SIDE * SIDE)[: SIDE * SIDE]
    drawing = checked_drawing({"ink": text_of(raw), "strokes": strokes, "reset": 3}, reset=3)
    if not any(raw):
        assert drawing is None
        return
    assert isinstance(drawing, Drawing)
    assert drawing.strokes == strokes
    assert drawing.ink.shape == (SIDE, SIDE)
    assert drawing.ink.dtype == np.float32
    assert not drawing.ink.flags.writeable
    np.testing.assert_array_equal(np.rint(255 * drawing.ink).astype(np.uint8).ravel(), list(raw))


anything = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text() | st.binary(),
    lambda children: st.lists(children) | st.dictionaries(st.text(), children),
    max_leaves=8,
)
odd_text = st.text(min_size=4, max_size=4).map(lambda letters: (letters * 2352)[: 4 * SIDE * SIDE // 3])


@given(anything | odd_text)
def test_anything_odd_is_no_ink_and_never_raises(value: Any) -> None:
    ink = checked_ink(value)
    if ink is not None:  # four letters of the alphabet, again and again, are ink
        assert re.fullmatch(r"[A-Za-z0-9+/]{9408}", value)
    assert checked_drawing(value, reset=0) is None


@given(st.fixed_dictionaries({"ink": anything | odd_text, "strokes": anything, "reset": anything}))
def test_odd_parts_of_a_message_never_raise(value: dict[str, Any]) -> None:
    drawing = checked_drawing(value, reset=1)
    assert drawing is None or (drawing.strokes >= 1 and drawing.ink.any())


@pytest.mark.parametrize(
    ("part", "odd"),
    [
        ("ink", text_of(b"\x01" * (SIDE * SIDE - 1)) + "===="),
        ("ink", text_of(b"\x01" * (SIDE * SIDE - 3))),
        ("ink", text_of(b"\x01" * (SIDE * SIDE + 3))),
        ("ink", "\u00e9" * 9408),
        ("ink", "=" * 9408),
        ("ink", [1] * 7056),
        ("strokes", 0),
        ("strokes", True),
        ("strokes", 1.0),
        ("strokes", 10**9),
        ("strokes", None),
        ("reset", 1),
        ("reset", None),
    ],
)
def test_one_odd_part_makes_no_drawing(part: str, odd: Any) -> None:
    message = {"ink": text_of(b"\x01" * (SIDE * SIDE)), "strokes": 1, "reset": 0}
    assert checked_drawing(message, reset=0)
    assert checked_drawing({**message, part: odd}, reset=0) is None
