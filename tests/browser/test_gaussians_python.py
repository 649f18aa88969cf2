"""The Python side of the two Gaussians: what it sends, and what a browser may answer."""

import json
from typing import Any

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from pages.components.gaussians import (
    PlaneGaussian,
    Preset,
    TwoGaussians,
    checked_gaussian,
    checked_gaussians,
    header,
)
from tests.browser.test_pad_python import JSON, mostly

START = TwoGaussians(
    PlaneGaussian(np.array([1.0, 0.5]), np.diag([1.0, 0.25])), PlaneGaussian(np.zeros(2), np.eye(2))
)
ONE = mostly(
    mean=st.lists(st.floats(-6, 6), min_size=2, max_size=2),
    cov=st.lists(st.floats(-2, 12), min_size=3, max_size=3),
)
PRIOR = {"mean": [0, 0], "cov": [1, 0, 1]}


@given(mostly(q=ONE, p=ONE | st.just(PRIOR), vae=st.booleans()))
def test_both_are_always_gaussians(answer: Any) -> None:
    found = checked_gaussians(answer, START)
    for one in (found.q, found.p):
        assert one.mean.shape == (2,)
        assert one.cov.shape == (2, 2)
        assert np.isfinite(one.mean).all()
        assert np.abs(one.mean).max() <= 4.00001
        axes = np.sqrt(np.linalg.eigvalsh(one.cov))
        assert 0.0199 < axes[0] <= axes[1] < 3.001
    if found.vae_case:
        assert (found.p.cov == np.eye(2)).all()
        assert abs(found.q.cov[0, 1]) < 1e-8


@given(JSON)
def test_nonsense_is_nothing(answer: Any) -> None:
    assert checked_gaussian(answer) is None
    assert checked_gaussians(answer, START) is START


def test_a_pair_is_believed_where_it_can_be() -> None:
    q = {"mean": [1, -2.5], "cov": [1, 0.5, 2]}
    found = checked_gaussians({"q": q, "p": PRIOR, "vae": False}, START)
    np.testing.assert_array_equal(found.q.cov, [[1, 0.5], [0.5, 2]])
    np.testing.assert_array_equal(found.q.mean, [1, -2.5])
    assert not found.vae_case
    straight = {"mean": [1, -2.5], "cov": [1, 0, 2]}
    assert checked_gaussians({"q": straight, "p": PRIOR, "vae": True}, START).vae_case
    wrong = [
        {"q": q, "p": PRIOR, "vae": True},  # q is turned
        {"q": straight, "p": straight, "vae": True},  # p is not the prior
        {"q": straight, "p": PRIOR, "vae": 1},
        {"q": straight, "vae": False},
        {"q": {**q, "mean": [5, 0]}, "p": PRIOR, "vae": False},
        {"q": {**q, "cov": [1, 2, 1]}, "p": PRIOR, "vae": False},  # not positive definite
        {"q": {**q, "cov": [1, 0, 1e-5]}, "p": PRIOR, "vae": False},
        {"q": {**q, "cov": [16, 0, 1]}, "p": PRIOR, "vae": False},
        {"q": {**q, "mean": [float("nan"), 0]}, "p": PRIOR, "vae": False},
        {"q": {**q, "mean": [True, 0]}, "p": PRIOR, "vae": False},
    ]
    for answer in wrong:
        assert checked_gaussians(answer, START) is START


def test_presets_travel_as_numbers() -> None:
    sent = header(START, [Preset("Wide", START)], name="Two")
    assert json.loads(json.dumps(sent)) == sent
    assert sent["presets"] == [{"label": "Wide", **sent["now"]}]
    assert sent["now"]["q"] == {"mean": [1.0, 0.5], "cov": [1.0, 0.0, 0.25]}
    again = checked_gaussians(sent["presets"][0], START)
    np.testing.assert_array_equal(again.q.cov, START.q.cov)
