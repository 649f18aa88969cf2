"""The ledger of one image agrees with the ELBO's other ways, and its error is its error."""

import pytest
import torch
from torch.distributions import Normal, kl_divergence

from vae_core.checks import SettingError
from vae_core.data import load_dataset
from vae_core.diagnostics.ledger import image_ledger
from vae_core.models import VAE
from vae_core.rng import generator
from vae_core.training.shipped import load_shipped


def test_its_kl_is_that_of_torch() -> None:
    model = VAE((1, 3, 3), latent_dim=3, hidden=8, seed=2).double()
    x = torch.bernoulli(torch.full((1, 9), 0.4, dtype=torch.float64), generator=generator(0, "x"))
    record = image_ledger(model, x, samples=2, generator=generator(0, "noise"))
    q = model.encode(x)
    theirs = kl_divergence(Normal(q.mean, q.std), Normal(0.0, 1.0))[0]
    torch.testing.assert_close(torch.tensor(record.kl_per_dimension, dtype=torch.float64), theirs.detach())
    assert record.elbo == record.reconstruction - sum(record.kl_per_dimension)


def test_the_reconstruction_is_the_integral_over_q_within_its_error() -> None:
    model = load_shipped("binary-digits-2d").model()
    x = load_dataset("mnist-5k-binary").validation.x[:1]
    q = model.encode(x)
    # E_q[f] on a grid of 7 σ either way: the trapezoid rule is exact to many digits for a Gaussian weight
    steps = torch.linspace(-7, 7, 141)
    noise = torch.cartesian_prod(steps, steps)
    weights = torch.softmax(-0.5 * noise.double().square().sum(1), 0)
    with torch.no_grad():
        scores = model.decode(q.mean + q.std * noise).log_prob(x.expand(len(noise), -1)).double()
    exact = float((weights * scores).sum())
    found = [image_ledger(model, x, samples=256, generator=generator(seed, "ledger")) for seed in range(40)]
    scaled = torch.tensor([(record.reconstruction - exact) / record.error for record in found])
    assert scaled.abs().max() < 4.5
    assert 0.7 < float(scaled.square().mean().sqrt()) < 1.4


def test_two_draws_at_least() -> None:
    model = VAE((1, 3, 3), latent_dim=2, hidden=8)
    with pytest.raises(SettingError, match="samples must be a whole number"):
        image_ledger(model, torch.zeros(1, 9), samples=1, generator=generator(0, "noise"))
