"""The Python side of the pixel picker: what it sends, and what a browser may answer."""

from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pages.components.pixels import checked_pixel, checked_times, pack_pixels
from tests.browser.test_components_python import unpack
from tests.browser.test_pad_python import JSON, mostly


@given(mostly(row=st.integers(-2, 9), column=st.integers(-2, 9)))
def test_a_pixel_is_one_or_none(answer: Any) -> None:
    found = checked_pixel(answer, 6, 8)
    if found is not None:
        row, column = found
        assert type(row) is type(column) is int
        assert 0 <= row < 6
        assert 0 <= column < 8


@given(JSON | st.fixed_dictionaries({"times": JSON}))
def test_a_number_of_picks_is_always_one(answer: Any) -> None:
    assert type(checked_times(answer)) is int
    assert 0 <= checked_times(answer) < 1 << 53


def test_a_pixel_is_believed_where_it_can_be() -> None:
    assert checked_pixel({"row": 5, "column": 7, "times": 1}, 6, 8) == (5, 7)
    assert checked_pixel({"row": 0, "column": 0}, 6, 8) == (0, 0)
    for wrong in (6, -1, 1.0, True, "1", None):
        assert checked_pixel({"row": wrong, "column": 0}, 6, 8) is None
    assert checked_pixel({"row": 0, "column": 8}, 6, 8) is None
    assert checked_pixel({"row": 0}, 6, 8) is None
    assert checked_pixel([0, 0], 6, 8) is None
    assert checked_times({"times": 3}) == 3
    assert checked_times({"times": True}) == checked_times({"times": -1}) == checked_times(None) == 0


def test_an_image_travels_as_bytes_and_as_values() -> None:
    image = np.array([0.0, 0.1, 0.5, 1.25])
    header, (pixels, values) = unpack(pack_pixels(image, (1, 2, 2), alt="A.", picked=(1, 0), heard=4))
    assert header["shape"] == [1, 2, 2]
    assert (header["alt"], header["picked"], header["heard"]) == ("A.", [1, 0], 4)
    assert pixels.tolist() == [0, 26, 128, 255]
    np.testing.assert_array_equal(values, image.astype(np.float32))

    levels = np.arange(12, dtype=np.uint8)
    _, (pixels, values) = unpack(pack_pixels(levels, (3, 2, 2), alt="", picked=(0, 0)))
    np.testing.assert_array_equal(pixels, levels)
    np.testing.assert_allclose(values, levels / 255, rtol=1e-6)


def test_what_does_not_go_together_is_refused() -> None:
    for image, shape in ((np.zeros(5), (1, 2, 2)), (np.zeros((1, 4)), (1, 2, 2)), (np.zeros(8), (2, 2, 2))):
        with pytest.raises(ValueError, match="image must be"):
            pack_pixels(image, shape, alt="", picked=(0, 0))
    for picked in ((2, 0), (0, 3), (-1, 0)):
        with pytest.raises(ValueError, match="2 rows and 3 columns"):
            pack_pixels(np.zeros(6), (1, 2, 3), alt="", picked=picked)
