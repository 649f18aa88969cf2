"""The Python side of the pad: what it sends, what carriers pack, and what a browser may answer."""

import json
import math
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pages.components.carrier import NO_LABEL, MapPoints, pack_data_images, pack_points
from pages.components.pad import (
    MOST_PINS,
    WIDEST_ELLIPSE,
    DraggedEllipse,
    PadEllipse,
    Principal,
    checked_ellipse,
    checked_pins,
    checked_position,
    pad_settings,
)
from tests.browser.harness.models import random_snapshot
from tests.browser.test_components_python import unpack

JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=4),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=4), inner, max_size=3),
    max_leaves=8,
)
GIVEN = ((0.5, -1.0), (2.0, 0.25))


def mostly(**fields: Any) -> st.SearchStrategy[Any]:
    """Messages with these fields, some of them nonsense, and nonsense altogether."""
    return JSON | st.fixed_dictionaries({name: JSON | good for name, good in fields.items()})


PAIR = st.lists(st.floats(-20, 20), min_size=2, max_size=2)


@given(mostly(z=PAIR, row=st.integers(-2, 12), moves=st.integers(0, 9)))
def test_a_position_is_always_one(answer: Any) -> None:
    z, row, moves = checked_position(answer, 2, 10)
    assert len(z) == 2
    assert all(type(entry) is float and abs(entry) <= 6 for entry in z)
    assert row is None or (type(row) is int and 0 <= row < 10)
    assert type(moves) is int
    assert moves >= 0


def test_a_position_is_believed_where_it_can_be() -> None:
    assert checked_position({"z": [1, -9.5], "row": 3, "moves": 2}, 2, 10) == ((1.0, -6.0), 3, 2)
    assert checked_position({"z": [1, 2], "row": 10, "moves": -1}, 2, 10) == ((1.0, 2.0), None, 0)
    assert checked_position({"z": [1, 2], "row": True, "moves": True}, 2, 10) == ((1.0, 2.0), None, 0)
    assert checked_position({"z": [1, 2], "row": 2.0, "moves": 1.5}, 2, 10) == ((1.0, 2.0), None, 0)
    assert checked_position({"row": 0}, 2, 0) == ((0.0, 0.0), None, 0)


@given(JSON | st.lists(JSON | PAIR, max_size=16))
def test_pins_are_always_some(answer: Any) -> None:
    pins = checked_pins(answer, 2, GIVEN)
    assert 2 <= len(pins) <= MOST_PINS
    assert all(len(pin) == 2 and all(abs(entry) <= 6 for entry in pin) for pin in pins)


def test_pins_are_believed_all_or_none() -> None:
    assert checked_pins([[1, 2], [0, 0], [-7, 3]], 2, GIVEN) == ((1.0, 2.0), (0.0, 0.0), (-6.0, 3.0))
    assert checked_pins([[1, 2], [1, math.nan]], 2, GIVEN) == GIVEN
    assert checked_pins([[1, 2], [1, 2, 3]], 2, GIVEN) == GIVEN
    assert checked_pins([[1, 2]], 2, GIVEN) == GIVEN  # a walk keeps two
    assert checked_pins([[1, 2]] * (MOST_PINS + 1), 2, GIVEN) == GIVEN
    assert checked_pins([], 2, ()) == ()


@given(mostly(id=st.sampled_from(["own", "other"]), centre=PAIR, axes=PAIR, angle=st.floats(-9, 9)))
def test_an_ellipse_is_one_or_none(answer: Any) -> None:
    found = checked_ellipse(answer, ["own"])
    if found is None:
        return
    assert found.id == "own"
    assert all(abs(entry) <= WIDEST_ELLIPSE for entry in found.centre)
    assert all(0 < entry <= WIDEST_ELLIPSE for entry in found.axes)
    assert abs(found.angle) <= math.pi


def test_an_ellipse_is_believed_where_it_can_be() -> None:
    said = {"id": "own", "centre": [1, -99.0], "axes": [0, 2.5], "angle": 7.0}
    expected = DraggedEllipse("own", (1.0, -WIDEST_ELLIPSE), (1e-3, 2.5), 7.0 - math.tau)
    assert checked_ellipse(said, ["own"]) == expected
    assert checked_ellipse(said, []) is None
    for wrong in (
        {"centre": [1, 2, 3], "axes": [4]},
        {"axes": [1, True]},
        {"angle": math.inf},
        {"angle": "1"},
    ):
        assert checked_ellipse(said | wrong, ["own"]) is None


def test_settings_are_small_and_json() -> None:
    snapshot = random_snapshot(hidden=(20, 10), latent_dim=3)
    settings = pad_settings(
        [snapshot],
        labels=["fitted"],
        z=np.array([1 / 3, 0, -2], np.float32),
        layers=("manifold", "points", "no such layer"),
        kl_per_dimension=np.array([2.0, 0.001, 0.5]),
        principal=Principal(np.eye(3)[:2], (0.5, 0.25)),
        ellipses=[PadEllipse("own", (0.0, 1.0), (0.5, 0.25), "yours", angle=0.1, draggable=True)],
    )
    assert len(json.dumps(settings, allow_nan=False)) < 1500
    assert settings["decoders"] == [{"key": snapshot.key, "label": "fitted"}]
    assert settings["layers"] == ["points", "manifold"]
    assert settings["unused"] == [False, True, False]
    assert settings["z"] == [0.33333, 0.0, -2.0]
    unknown = pad_settings([snapshot], kl_per_dimension=[1.0, math.nan, 0.0])
    assert unknown["kl_per_dimension"] is None
    assert unknown["unused"] is None


def test_points_travel_as_they_are() -> None:
    random = np.random.default_rng(0)
    mean, std = random.standard_normal((2, 7, 3))
    points = MapPoints(
        key="k",
        mean=mean.astype(np.float32),
        std=np.abs(std).astype(np.float32),
        labels=np.arange(7) % 3,
        rows=np.arange(7) * 1000,
        class_names=("a", "b", "c"),
        class_colours=("#000000",) * 3,
    )
    header, arrays = unpack(pack_points(points))
    assert (header["kind"], header["key"], header["count"], header["latent_dim"]) == ("points", "k", 7, 3)
    for ours, theirs in zip(arrays, (points.mean, points.std, points.labels, points.rows), strict=True):
        np.testing.assert_array_equal(ours, theirs)
    assert [array.dtype for array in arrays] == [np.float32, np.float32, np.uint8, np.uint32]
    unlabelled = MapPoints("k", points.mean, points.std, None, points.rows, None, ())
    assert (unpack(pack_points(unlabelled))[1][2] == NO_LABEL).all()


def test_images_travel_a_byte_a_pixel() -> None:
    header, (pixels,) = unpack(pack_data_images("k", np.array([[0.0, 0.5, 1.0, 2.0]]), (1, 2, 2)))
    assert (header["kind"], header["shape"], header["count"]) == ("images", [1, 2, 2], 1)
    assert pixels.tolist() == [[0, 128, 255, 255]]


@pytest.mark.parametrize("latent_dim", [1, 2, 8])
def test_the_origin_is_what_is_heard_of_nothing(latent_dim: int) -> None:
    assert checked_position(None, latent_dim, 5) == ((0.0,) * latent_dim, None, 0)
