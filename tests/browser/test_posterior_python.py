"""What Python packs for the posterior instrument, and what it believes of its answers."""

import json
from typing import Any

import numpy as np
import pytest

from pages.components.posterior import LogJointGrid, checked_hand, pack_posterior
from tests.browser.harness.posterior_part import BEGINS, closed_scene

GOOD = {"home": "one", "mean": [0.5, -1.0], "cov": [0.04, 0.01, 0.09], "moved": 3}


def test_a_good_answer_is_believed() -> None:
    answer = checked_hand(GOOD, "one", BEGINS)
    np.testing.assert_array_equal(answer.mean, [0.5, -1.0])
    np.testing.assert_array_equal(answer.cov, [[0.04, 0.01], [0.01, 0.09]])
    assert answer.moved == 3


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("home", "another"),
        ("home", None),
        ("mean", [0.5]),
        ("mean", [0.5, 6.5]),
        ("mean", [float("nan"), 0.0]),
        ("mean", ["0.5", 0.0]),
        ("mean", [True, 0.0]),
        ("mean", {"0": 1, "1": 2}),
        ("cov", [0.04, 0.01]),
        ("cov", [0.04, 0.06, 0.09]),  # a square of 0.06 = 0.04 · 0.09: no width
        ("cov", [0.04, 0.07, 0.09]),
        ("cov", [-0.04, 0.0, 0.09]),
        ("cov", [0.0, 0.0, 0.09]),
        ("cov", [10.0, 0.0, 1.0]),  # an axis of more than 3 σ
        ("cov", [1e-9, 0.0, 1.0]),
        ("cov", [float("inf"), 0.0, 1.0]),
        ("cov", [10**400, 0, 1]),
        ("cov", None),
        ("moved", 0),
        ("moved", -1),
        ("moved", 1.5),
        ("moved", True),
        ("moved", 1 << 60),
    ],
)
def test_an_answer_that_cannot_be_is_not(name: str, value: Any) -> None:
    answer = checked_hand({**GOOD, name: value}, "one", BEGINS)
    np.testing.assert_array_equal(answer.mean, BEGINS[0])
    np.testing.assert_array_equal(answer.cov, BEGINS[1])
    assert answer.moved == 0


@pytest.mark.parametrize("value", [None, "hand", 3, [], {}, [GOOD]])
def test_no_answer_is_where_it_began(value: Any) -> None:
    answer = checked_hand(value, "one", BEGINS)
    np.testing.assert_array_equal(answer.mean, BEGINS[0])
    assert answer.moved == 0


def test_the_limits_themselves_are_inside() -> None:
    edge = {**GOOD, "mean": [6.0, -6.0], "cov": [9.0, 0.0, 1e-8]}
    assert checked_hand(edge, "one", BEGINS).moved == 3


def test_values_travel_less_log_p() -> None:
    """Rounded to float32 near 0, not near −150."""
    scene = closed_scene()
    packed = pack_posterior(
        scene.fine,
        scene.coarse,
        log_likelihood=scene.log_likelihood,
        gaussians=scene.gaussians,
        hand=BEGINS,
        name="Posterior",
        home="one",
    )
    length = int.from_bytes(packed[:4], "little")
    header = json.loads(packed[4 : 4 + length])
    assert header["fine"] == {"low": [-1.5, -2.8], "high": [2.4, 2.0], "counts": [160, 160]}
    assert [q["id"] for q in header["gaussians"]] == ["encoder", "diagonal", "full"]
    assert header["hand"] == {"mean": [-0.5, 0.5], "cov": pytest.approx([0.0225, 0.0, 0.01])}
    fine = np.frombuffer(packed, "<f4", 160 * 160, 4 + length + header["arrays"][0]["offset"])
    relative = scene.fine.values.ravel() - scene.log_likelihood
    np.testing.assert_allclose(fine, relative, rtol=1e-7)
    assert np.abs(fine - relative)[relative > -5].max() < 3e-7


@pytest.mark.parametrize(
    ("low", "high", "values", "words"),
    [
        ((0.0, 0.0), (1.0, 1.0), np.zeros((3, 9)), "4 nodes"),
        ((0.0, 0.0), (1.0, 1.0), np.zeros(9), "4 nodes"),
        ((0.0, 0.0), (1.0, 1.0), np.full((4, 4), -np.inf), "finite"),
        ((0.0, 1.0), (1.0, 1.0), np.zeros((4, 4)), "rise"),
    ],
)
def test_a_grid_that_no_surface_goes_through_is_refused(
    low: tuple[float, float], high: tuple[float, float], values: np.ndarray, words: str
) -> None:
    with pytest.raises(ValueError, match=words):
        LogJointGrid(low, high, values)
