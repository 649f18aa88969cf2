"""Annealing against known normalisers, closed forms and quadrature."""

import math

import pytest
import torch

import vae_core
from vae_core.checks import SettingError
from vae_core.estimators import (
    anneal,
    annealed_log_likelihood,
    bidirectional_log_likelihood,
    linear_gaussian_log_likelihood,
    quadrature_log_likelihood,
)
from vae_core.models import VAE

F64 = torch.float64


def seeded(seed=0):
    return torch.Generator().manual_seed(seed)


# T, forward and reverse gaps between N(0, 1) and N(2, ½²) with independent transitions, and J/2T
TABLE = [
    (1, 8.807, 2.318),
    (4, 1.711, 1.070),
    (16, 0.3694, 0.3259),
    (64, 0.0883, 0.0855),
    (256, 0.02181, 0.02164),
]


@pytest.mark.parametrize(("temperatures", "forward", "reverse"), TABLE)
def test_exact_transitions_follow_the_table(temperatures, forward, reverse):
    source = seeded(temperatures)

    def moments(t):
        beta = t / temperatures
        precision = (1.0 - beta) + beta * 4.0
        return beta * 8.0 / precision, precision**-0.5

    def move(t, z):
        mean, std = moments(t)
        return mean + std * torch.randn(z.shape, generator=source, dtype=F64)

    def increment(t, z):
        # log f_t − log f_{t−1} = [log N(z; 2, ½²) − log N(z; 0, 1)]/T
        return (-2.0 * (z - 2.0) ** 2 + math.log(2.0) + 0.5 * z**2) / temperatures

    zeros = torch.zeros(40_000, dtype=F64)
    up = anneal(move(0, zeros), temperatures, increment=increment, move=move)
    down = anneal(move(temperatures, zeros), temperatures, increment=increment, move=move, backward=True)
    for gaps, truth in ((-up, forward), (down, reverse)):
        error = float(gaps.std()) / 200.0
        assert float(gaps.mean()) == pytest.approx(truth, abs=4.0 * error + 0.001 * truth)
    if temperatures >= 64:
        # J = ∫ (p − q) log p/q = ½ (¼ + 4 − 2) + ½ · 4 · (1 + 4) = 11.125
        for gaps in (-up, down):
            error = float(gaps.std()) / 200.0
            law = 11.125 / (2 * temperatures)
            assert float(gaps.mean()) == pytest.approx(law, abs=4.0 * error + 0.02 * law)


def linear(latent_dim):
    model = VAE((1, 2, 3), latent_dim=latent_dim, hidden=(), likelihood="gaussian", sigma=0.6, seed=3)
    return model.double()


@pytest.mark.parametrize("latent_dim", [1, 3, 6])
def test_linear_models_agree_with_the_closed_form(latent_dim):
    model = linear(latent_dim)
    x = model.decode(torch.randn(8, latent_dim, generator=seeded(2), dtype=F64)).sample(seeded(3)).detach()
    found = annealed_log_likelihood(model, x, chains=200, temperatures=150, generator=seeded(1))
    truth = linear_gaussian_log_likelihood(model, x).value
    assert found.kind == "lower_bound"
    assert bool((found.error <= 0.05).all())
    # four standard errors for one image, a little more for the worst of eight
    assert bool(((found.value - truth).abs() <= 4.5 * found.error).all())


@pytest.mark.parametrize("likelihood", ["bernoulli", "gaussian"])
def test_the_sandwich_is_narrow_and_holds_quadrature(likelihood):
    model = VAE((1, 2, 3), latent_dim=2, hidden=(6,), likelihood=likelihood, sigma=0.5, seed=5)
    held = bidirectional_log_likelihood(model, images=12, chains=48, temperatures=60, generator=seeded(1))
    exact = quadrature_log_likelihood(model, held.x)
    assert (held.lower.kind, held.upper.kind) == ("lower_bound", "upper_bound")
    width = (held.upper.value - held.lower.value).mean()
    noise = float((held.lower.error**2 + held.upper.error**2).sum().sqrt()) / 12
    assert float(width) <= 0.1
    assert float(width) >= -4.0 * noise
    # in expectation: the mean over images, and each within its own noise
    assert float((held.lower.value - exact.value).mean()) <= 4.0 * float(held.lower.error.norm()) / 12
    assert float((held.upper.value - exact.value).mean()) >= -4.0 * float(held.upper.error.norm()) / 12
    assert bool(((held.lower.value - exact.value).abs() <= 5.0 * held.lower.error + 0.02).all())
    assert bool(((held.upper.value - exact.value).abs() <= 5.0 * held.upper.error + 0.02).all())


def test_it_is_deterministic_and_knows_its_limits():
    model = linear(2)
    x = torch.randn(2, 6, generator=seeded(1), dtype=F64)
    one = annealed_log_likelihood(model, x, chains=1, temperatures=3)
    two = annealed_log_likelihood(model, x, chains=1, temperatures=3)
    assert torch.equal(one.value, two.value)
    assert bool(one.error.isinf().all())
    for settings in ({"chains": 0, "temperatures": 3}, {"chains": 1, "temperatures": 0}):
        with pytest.raises(SettingError, match=r"must be a whole number"):
            annealed_log_likelihood(model, x, **settings)
    with pytest.raises(SettingError, match=r"^x must be"):
        annealed_log_likelihood(model, x[:, :5], chains=1, temperatures=3)
    assert vae_core.annealed_log_likelihood is annealed_log_likelihood
