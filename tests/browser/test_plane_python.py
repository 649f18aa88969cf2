"""The Python side of the rate-distortion plane: what it sends, and what a browser may answer."""

import dataclasses
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from plotly.graph_objects import Figure

from pages.components.plane import PlaneRun, checked_run, pack_pictures, pack_plane
from tests.browser.test_components_python import unpack
from tests.browser.test_pad_python import JSON, mostly

RUN = PlaneRun("a1", "β 1, seed 0", 0, 1.0, 0, 3.1, 120.4, "rate 3.10, distortion 120.4")
OTHER = dataclasses.replace(RUN, run="b2", seed=1)


def packed(*runs: PlaneRun, chosen: str | None = None, heard: int = 0) -> bytes:
    figure = Figure({"type": "scatter", "x": np.arange(3, dtype=np.float32)})
    about = {"height": 420, "alt": "Runs.", "picture_words": "25 samples"}
    return pack_plane(figure, runs, pictures="digest", chosen=chosen, heard=heard, **about)


@given(mostly(run=st.sampled_from(["a1", "b2", "c3", ""])))
def test_a_run_is_one_of_those_or_none(answer: Any) -> None:
    assert checked_run(answer, ["a1", "b2"]) in ("a1", "b2", None)


@given(JSON | st.fixed_dictionaries({"run": JSON}))
def test_nothing_else_is_believed(answer: Any) -> None:
    assert checked_run(answer, ["a1 and more"]) is None


def test_a_run_is_believed_where_it_can_be() -> None:
    assert checked_run({"run": "b2", "times": 3}, ["a1", "b2"]) == "b2"
    for wrong in ({"run": "c3"}, {"run": ["b2"]}, {"run": None}, {}, "b2", ["b2"], None):
        assert checked_run(wrong, ["a1", "b2"]) is None
    assert checked_run({"run": "b2"}, []) is None


def test_runs_travel_with_the_figure_inside() -> None:
    header, (figure,) = unpack(packed(RUN, OTHER, chosen="b2", heard=4))
    assert header["runs"] == [dataclasses.asdict(RUN), dataclasses.asdict(OTHER)]
    assert (header["pictures"], header["chosen"], header["heard"]) == ("digest", "b2", 4)
    inside, (x,) = unpack(figure.tobytes())
    assert (inside["alt"], inside["height"]) == ("Runs.", 420)
    assert x.tolist() == [0, 1, 2]
    for nobody in (None, "c3"):
        assert unpack(packed(RUN, chosen=nobody))[0]["chosen"] is None


def test_pictures_travel_channel_by_channel_under_their_digest() -> None:
    grey = np.arange(24, dtype=np.uint8).reshape(2, 3, 4)
    digest, message = pack_pictures(grey, count=2) or ("", b"")
    header, (pixels,) = unpack(message)
    assert (header["kind"], header["key"], header["shape"]) == ("images", digest, [1, 3, 4])
    np.testing.assert_array_equal(pixels, grey.reshape(2, -1))
    assert pack_pictures(grey.copy(), count=2) == (digest, message)
    others = (grey + 1, grey.reshape(2, 4, 3))
    assert digest not in [(pack_pictures(other, count=2) or ("",))[0] for other in others]

    colour = np.random.default_rng(0).integers(0, 256, (2, 3, 4, 3), dtype=np.uint8)
    header, (pixels,) = unpack((pack_pictures(colour, count=2) or ("", b""))[1])
    assert header["shape"] == [3, 3, 4]
    assert pixels.reshape(2, 3, 3, 4)[1, 2, 0, 3] == colour[1, 0, 3, 2]
    assert pack_pictures(grey[:0], count=2) is None


def test_what_does_not_go_together_is_refused() -> None:
    for wrong in (np.zeros((2, 3, 4)), np.zeros((2, 12), np.uint8), np.zeros((2, 3, 4, 2), np.uint8)):
        with pytest.raises(ValueError, match=r"pictures must be \(n, H, W\)"):
            pack_pictures(wrong, count=2)
    with pytest.raises(ValueError, match=r"pictures must be \(n, H, W\)"):
        pack_pictures(np.zeros((2, 0, 4), np.uint8), count=2)
    with pytest.raises(ValueError, match="got 2 for 3 runs"):
        pack_pictures(np.zeros((2, 3, 4), np.uint8), count=3)
    with pytest.raises(ValueError, match="an id of its own, got a1, a1"):
        packed(RUN, RUN)
    with pytest.raises(ValueError, match=r"must be finite, got .* inf"):
        packed(dataclasses.replace(RUN, rate=float("inf")))
