"""The Python side of the components: what is packed, and what a browser may answer."""

import json
import math

import numpy as np
import pytest
from plotly.graph_objects import Figure, Heatmap, Scatter

from pages.components.carrier import pack_decoder
from pages.components.decoder import checked_z, instrument_settings
from pages.components.images import as_bytes, checked_pick, pack_images
from pages.components.packing import pack
from pages.components.plot import pack_figure
from tests.browser.harness.models import random_snapshot


def unpack(message: bytes) -> tuple[dict, list[np.ndarray]]:
    length = int.from_bytes(message[:4], "little")
    header = json.loads(message[4 : 4 + length])
    arrays = []
    for place in header["arrays"]:
        count = math.prod(place["shape"])
        start = 4 + length + place["offset"]
        assert start % 8 == 0
        arrays.append(np.frombuffer(message, place["dtype"], count, start).reshape(place["shape"]))
    return header, arrays


def test_arrays_come_out_as_they_went_in() -> None:
    arrays = [
        np.arange(5, dtype=np.uint8),
        np.array([[1.5, -2.0], [np.nan, np.inf]], dtype=np.float32),
        np.zeros((0, 3), dtype=np.float64),
        np.arange(6, dtype=np.int16)[::2],
    ]
    header, found = unpack(pack({"name": "z₁"}, arrays))
    assert header["name"] == "z₁"
    for ours, theirs in zip(found, arrays, strict=True):
        assert ours.dtype == theirs.dtype
        np.testing.assert_array_equal(ours, theirs)


def test_what_no_browser_can_read_is_refused() -> None:
    with pytest.raises(TypeError, match="got int64"):
        pack({}, [np.arange(3)])
    with pytest.raises(ValueError, match="arrays"):
        pack({"arrays": 1}, [])


def test_a_decoder_is_packed_once_and_whole() -> None:
    snapshot = random_snapshot(hidden=(20, 10), latent_dim=3)
    header, arrays = unpack(pack_decoder(snapshot))
    assert [array.shape for array in arrays] == [(10, 3), (10,), (20, 10), (20,), (784, 20), (784,)]
    assert header["key"] == snapshot.key
    assert pack_decoder(snapshot) == pack_decoder(snapshot)


def test_settings_name_the_unused_dimensions_and_no_kl_that_is_none() -> None:
    snapshot = random_snapshot(hidden=(20, 10), latent_dim=3)

    def unused(kl: object) -> list[bool] | None:
        return instrument_settings(snapshot, spread=3.0, z=None, kl_per_dimension=kl)["unused"]

    assert unused(np.array([1.0, 0.001, 0.5])) == [False, True, False]
    assert unused([1.0, 0.001, math.nan]) is None
    assert unused([1.0, 0.001]) is None
    assert unused(None) is None


@pytest.mark.parametrize(
    "answer",
    [
        None,
        "1,2",
        {"0": 1},
        [1.0],
        [1.0, 2.0, 3.0],
        [1.0, "2"],
        [True, False],
        [math.nan, 0.0],
        [1.0, -math.inf],
    ],
)
def test_an_answer_that_is_no_z_is_the_origin(answer: object) -> None:
    assert checked_z(answer, 2) == (0.0, 0.0)


def test_an_answer_is_clamped() -> None:
    assert checked_z([1, -1e300], 2) == (1.0, -6.0)
    assert checked_z([10**400, 0], 2) == (6.0, 0.0)


def test_a_figures_arrays_travel_as_they_are() -> None:
    x = np.linspace(0.0, 1.0, 7, dtype=np.float32)
    figure = Figure([Scatter(x=x, y=[1, None, 3]), Heatmap(z=np.arange(6.0).reshape(2, 3))])
    header, arrays = unpack(pack_figure(figure, alt="A sentence."))
    assert header["alt"] == "A sentence."
    assert header["height"] == 320
    assert header["data"][0]["x"] == {"column": 0}
    assert header["data"][0]["y"] == [1, None, 3]
    np.testing.assert_array_equal(arrays[0], x)
    assert arrays[0].dtype == np.float32
    np.testing.assert_array_equal(arrays[1], np.arange(6.0).reshape(2, 3))


def test_images_become_bytes() -> None:
    assert as_bytes(np.array([[-1.0, 0.0, 0.5, 1.0, 2.0, np.nan]])).tolist() == [[0, 0, 128, 255, 255, 0]]
    header, arrays = unpack(pack_images(np.zeros((3, 12)), (3, 2, 2), columns=9, alt="Nothing"))
    assert header["columns"] == 3
    assert arrays[0].shape == (3, 12)
    with pytest.raises(ValueError, match="got"):
        pack_images(np.zeros((3, 12)), (1, 2, 2), columns=3, alt="Nothing")


def test_a_pick_is_believed_as_far_as_it_can_be() -> None:
    assert checked_pick({"image": 2, "times": 1}, 3) == 2
    for said in (None, 2, {"image": 3}, {"image": -1}, {"image": True}, {"image": 1.0}, {"image": "1"}, {}):
        assert checked_pick(said, 3) is None
    header, _ = unpack(
        pack_images(np.zeros((2, 4)), (1, 2, 2), columns=2, alt="", picks=["image 1", "image 5"], picked=1)
    )
    assert header["picks"] == ["image 1", "image 5"]
    assert header["picked"] == 1
