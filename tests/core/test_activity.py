"""Dimensions in use, by both rules, and when they turn."""

import math

import numpy as np
import pytest
import torch

from vae_core import VAE, SettingError
from vae_core.diagnostics import Turn, activity, decoder_scores, turns
from vae_core.diagnostics.activity import MOVED_ABOVE
from vae_core.divergences import UNUSED_BELOW

F64 = torch.float64


def seeded(seed=0):
    return torch.Generator().manual_seed(seed)


def images(rows=400):
    return torch.randn(rows, 4, generator=seeded(4), dtype=F64)


def coded(slopes, offsets, log_vars):
    """A model whose mean codes are slope · x_j + offset, of constant widths."""
    model = VAE((1, 1, 4), latent_dim=len(slopes), hidden=(), likelihood="gaussian").double()
    with torch.no_grad():
        model.encoder.linears[0].weight.copy_(
            torch.eye(4, dtype=F64)[: len(slopes)] * torch.tensor(slopes)[:, None]
        )
        model.encoder.linears[0].bias.copy_(torch.tensor(offsets, dtype=F64))
        model.encoder.constant_log_var.copy_(torch.tensor(log_vars, dtype=F64))
    return model


def test_both_rules_are_their_definitions():
    x, slopes, offsets, log_vars = images(), [1.2, 0.05, 0.3], [0.0, 1.0, -0.2], [-1.0, 0.0, -0.1]
    found = activity(coded(slopes, offsets, log_vars), x)
    mean = x[:, :3].numpy() * slopes + offsets
    np.testing.assert_allclose(found.mean_variance, mean.var(0, ddof=1), rtol=1e-6)
    q = torch.distributions.Normal(torch.tensor(mean), torch.tensor(log_vars, dtype=F64).mul(0.5).exp())
    kl = torch.distributions.kl_divergence(q, torch.distributions.Normal(0.0, 1.0)).mean(0)
    torch.testing.assert_close(found.kl, kl, rtol=1e-6, atol=1e-9)
    assert found.images == 400


def test_the_rules_differ_where_a_code_is_constant_and_where_it_moves_a_little():
    x = images()
    std = float(x[:, 2].std())
    # used · closed · moves by a variance of 0.012 at a KL of 0.006 · constant but narrow
    found = activity(coded([1.0, 0.0, 0.012**0.5 / std, 0.0], [0.0] * 4, [-1.0, 0.0, 0.0, -2.0]), x)
    assert found.by_kl.tolist() == [True, False, False, True]
    assert found.by_variance.tolist() == [True, False, True, False]
    assert found.differ == (2, 3)
    assert float(found.mean_variance[2]) == pytest.approx(0.012, rel=1e-5)
    assert float(found.kl[2]) == pytest.approx(0.006, rel=0.02)


def test_the_count_by_kl_is_that_of_the_scores():
    x, model = images(), VAE((1, 1, 4), latent_dim=3, hidden=(6,), likelihood="gaussian")
    scores = decoder_scores(model, x.float(), support="real", generator=seeded())
    assert int(activity(model, x.float()).by_kl.sum()) == scores.active_units


def test_the_thresholds_belong_to_the_side_that_they_are_said_to():
    x = images()
    # KL = ½ μ² of a constant code
    at = activity(
        coded([0.0] * 2, [(2 * UNUSED_BELOW) ** 0.5 * (1 + s) for s in (1e-6, -1e-6)], [0.0] * 2), x
    )
    assert at.by_kl.tolist() == [True, False]
    std = float(x[:, 0].std()), float(x[:, 1].std())
    slopes = [MOVED_ABOVE**0.5 / s * (1 + e) for s, e in zip(std, (1e-5, -1e-5), strict=True)]
    assert activity(coded(slopes, [0.0] * 2, [0.0] * 2), x).by_variance.tolist() == [True, False]


def test_one_image_has_no_variance():
    with pytest.raises(SettingError, match=r"^x must have at least 2 images, .* got 1\.$"):
        activity(coded([1.0], [0.0], [0.0]), images(1))


# ---- turns ---------------------------------------------------------------------------------------


def of(*columns, steps=None):
    kl = np.column_stack(columns)
    return turns(np.arange(len(kl)) * 10 if steps is None else steps, kl)


def test_turns_come_in_order_with_their_steps():
    found = of([0.0, 0.5, 0.6, 0.001, 0.3], [0.4, 0.3, 0.001, 0.0, 0.3], [1.0, 1.0, 1.0, 1.0, 1.0])
    assert found == (
        Turn(10, 0, "opened"),
        Turn(20, 1, "closed"),
        Turn(30, 0, "closed"),
        Turn(40, 0, "opened"),
        Turn(40, 1, "opened"),
    )


def test_noise_around_the_threshold_is_no_event():
    wobble = [0.0099, 0.0101, 0.0099, 0.0150, 0.0099, 0.0199]
    assert of(wobble) == ()
    # Once open it stays so above the threshold, and is closed below
    assert of([0.0, 0.02, 0.0101, 0.0199, 0.0100, 0.0099, 0.0199, 0.0200]) == (
        Turn(10, 0, "opened"),
        Turn(50, 0, "closed"),
        Turn(70, 0, "opened"),
    )


def test_how_it_begins_is_no_event():
    assert of([5.0, 5.0]) == of([0.0, 0.0]) == of([0.0]) == ()
    assert of([0.015, 0.015, 0.009]) == (Turn(20, 0, "closed"),)
    assert turns(np.zeros(0), np.zeros((0, 3))) == ()


def test_what_opens_and_closes_alternates_whatever_the_noise():
    draw = np.random.default_rng(1)
    kl = np.exp(np.cumsum(draw.normal(size=(400, 5)), 0) * 0.4 - 4.6)
    found = turns(np.arange(400), kl)
    assert found == tuple(sorted(found, key=lambda turn: (turn.step, turn.dimension)))
    for j in range(5):
        kinds = [turn.kind for turn in found if turn.dimension == j]
        first = "closed" if kl[0, j] >= UNUSED_BELOW else "opened"
        other = {"closed": "opened", "opened": "closed"}[first]
        assert kinds == ([first, other] * 200)[: len(kinds)]
        for turn in (t for t in found if t.dimension == j):
            value = kl[turn.step, j]
            assert value >= 2 * UNUSED_BELOW if turn.kind == "opened" else value < UNUSED_BELOW
    assert len(found) > 10


@pytest.mark.parametrize(
    ("steps", "kl", "sentence"),
    [
        ([0, 1], [[0.1]], r"^kl_per_dimension must have one row for each of the steps"),
        ([0, 1], [0.1, 0.2], r"^kl_per_dimension must have one row"),
        ([0, 0], [[0.1], [0.1]], r"^steps and kl_per_dimension must be finite, and the steps increase"),
        ([0, 1], [[0.1], [math.nan]], r"^steps and kl_per_dimension must be finite"),
    ],
)
def test_bad_records_are_refused(steps, kl, sentence):
    with pytest.raises(SettingError, match=sentence):
        turns(steps, kl)
