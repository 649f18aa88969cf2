"""The Python side of the ledger and of the pad's arrows: what they send, and what a browser may answer."""

import json
import math
from dataclasses import dataclass
from typing import Any

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from pages.components.ledger import checked_dimension, pack_ledger
from pages.components.pad import LAYERS, PadArrow, pad_settings
from tests.browser.harness.ledger_part import CASES, numbers_of
from tests.browser.harness.models import random_snapshot
from tests.browser.test_components_python import unpack
from tests.browser.test_pad_python import mostly


@dataclass(frozen=True)
class Terms:
    """A record without an error, as that of a deterministic expectation."""

    reconstruction: float
    kl_per_dimension: torch.Tensor


def packed(**changes: Any) -> tuple[dict[str, Any], list[np.ndarray]]:
    given_ = {
        "record": Terms(-1.5, torch.tensor([0.25, 1.0, 0.0])),
        "x": np.array([0, 51, 255, 255], np.uint8),
        "mean": np.array([0.1, 0.2, 0.9, 0.8]),
        "pixel_map": np.array([-0.5, -0.25, -0.5, -0.25]),
        "std": np.array([0.5, 0.1, 1.0]),
        "q_mean": torch.tensor([0.1, -1.0, 0.0]),
        "image_shape": (1, 2, 2),
        "label": "image 31",
    }
    settings = given_ | changes
    return unpack(pack_ledger(settings.pop("record"), **settings))


def test_all_travels_as_it_is() -> None:
    header, (terms, gaussians, x, mean, pixel_map) = packed(dimension=2, heard=4)
    assert (header["shape"], header["pictures"], header["label"]) == ([1, 2, 2], True, "image 31")
    assert (header["name"], header["error"]) == ("log-likelihood", None)
    assert (header["dimension"], header["heard"]) == (2, 4)
    assert terms.tolist() == [-1.5, 0.25, 1.0, 0.0]
    np.testing.assert_allclose(gaussians, [[0.1, -1.0, 0.0], [0.5, 0.1, 1.0]], rtol=1e-6)
    np.testing.assert_allclose(x, [0, 0.2, 1, 1], rtol=1e-6)
    np.testing.assert_allclose(mean, [0.1, 0.2, 0.9, 0.8], rtol=1e-6)
    np.testing.assert_array_equal(pixel_map, [-0.5, -0.25, -0.5, -0.25])


def test_an_error_is_sent_where_the_record_has_one_and_a_row_is_no_picture() -> None:
    numbers = numbers_of(CASES["values"])
    header, _ = packed(
        record=numbers.record,
        x=numbers.x,
        mean=numbers.mean,
        pixel_map=numbers.pixel_map,
        std=numbers.std,
        q_mean=numbers.q_mean,
        image_shape=(1, 1, 2),
    )
    assert header["error"] == numbers.record.error
    assert not header["pictures"]


def test_a_diverged_model_still_has_a_message() -> None:
    header, arrays = packed(record=Terms(math.nan, torch.tensor([0.0, math.inf, 1.0])))
    assert header["error"] is None
    assert not np.isfinite(arrays[0][:1]).any()


def test_what_does_not_go_together_is_refused() -> None:
    with pytest.raises(ValueError, match="x, mean and pixel_map must be"):
        packed(mean=np.zeros(5))
    with pytest.raises(ValueError, match="C = 1 or 3"):
        packed(image_shape=(2, 1, 2))
    with pytest.raises(ValueError, match="for 3 KLs"):
        packed(std=np.ones(2))
    for dimension in (-1, 3):
        with pytest.raises(ValueError, match="from 0 to 2"):
            packed(dimension=dimension)


@given(mostly(index=st.integers(-2, 9), times=st.integers(0, 9)))
def test_a_dimension_is_one_or_none(answer: Any) -> None:
    found = checked_dimension(answer, 4)
    assert found is None or (type(found) is int and 0 <= found < 4)


def test_a_dimension_is_believed_where_it_can_be() -> None:
    assert checked_dimension({"index": 3, "times": 1}, 4) == 3
    for wrong in (4, -1, 1.0, True, "1", None):
        assert checked_dimension({"index": wrong}, 4) is None
    assert checked_dimension(3, 4) is None


def test_arrows_are_small_and_those_that_are_not_finite_stay_away() -> None:
    assert "forces" in LAYERS
    snapshot = random_snapshot(hidden=(5,), latent_dim=2)
    arrow = PadArrow(np.array([1 / 3, 0.0], np.float32), torch.tensor([1e-7 / 3, -120.0 / 7]), "kl", "−KL")
    broken = PadArrow((0.0, 0.0), (math.nan, 1.0), "residual", "residual")
    settings = pad_settings([snapshot], arrows=[arrow, broken])
    assert "forces" in settings["layers"]
    assert settings["arrows"] == [
        {"start": [0.33333, 0.0], "vector": [3.3333e-08, -17.143], "style": "kl", "label": "−KL"}
    ]
    json.dumps(settings, allow_nan=False)
    assert pad_settings([snapshot])["arrows"] == []
    with pytest.raises(ValueError, match="must have 2 dimensions, got 2 of start and 3 of vector"):
        pad_settings([snapshot], arrows=[PadArrow((0.0, 0.0), (1.0, 2.0, 3.0), "kl", "")])
