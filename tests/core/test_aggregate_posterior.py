"""The aggregate posterior against other mixtures, brute sums, closed forms and quadrature."""

import math

import numpy as np
import pytest
import torch
from sklearn.mixture import GaussianMixture as SklearnMixture
from torch.distributions import Categorical, Independent, MixtureSameFamily, MultivariateNormal, Normal

from vae_core.checks import SettingError
from vae_core.diagnostics import (
    AggregatePosterior,
    aggregate_posterior,
    gaussian_mixture,
    hole_mass,
    prior_kl,
)
from vae_core.models import VAE
from vae_core.training.shipped import load_shipped

F64 = torch.float64


def seeded(seed=0):
    return torch.Generator().manual_seed(seed)


def mixture(n=7, dim=2, *, seed=1, spread=1.5, log_var=-1.0):
    source = seeded(seed)
    mean = spread * torch.randn(n, dim, generator=source, dtype=F64)
    return AggregatePosterior(mean, log_var + 0.5 * torch.randn(n, dim, generator=source, dtype=F64))


def foreign(q):
    std = torch.exp(0.5 * q.log_var)
    return MixtureSameFamily(
        Categorical(torch.ones(len(std), dtype=F64)), Independent(Normal(q.mean, std), 1)
    )


def prior(z):
    return Normal(torch.zeros((), dtype=F64), 1.0).log_prob(z).sum(-1)


def grid(reach=9.0, side=501):
    axis = torch.linspace(-reach, reach, side, dtype=F64)
    return torch.cartesian_prod(axis, axis), float(axis[1] - axis[0]) ** 2


# ---- densities ----------------------------------------------------------------------------------


@pytest.mark.parametrize("dim", [1, 2, 8])
@pytest.mark.parametrize("log_var", [-1.0, -6.0, -19.0])
def test_densities_are_those_of_torchs_mixture(dim, log_var):
    q = mixture(dim=dim, log_var=log_var)
    near = q.mean + torch.exp(0.5 * q.log_var)
    z = torch.cat([near, 3.0 * torch.randn(50, dim, generator=seeded(2), dtype=F64)])
    torch.testing.assert_close(q.log_density(z), foreign(q).log_prob(z), rtol=1e-9, atol=1e-7)


def test_densities_are_those_of_scikit_learn():
    q = mixture(n=5, dim=3)
    other = SklearnMixture(5, covariance_type="diag")
    other.weights_, other.means_, other.covariances_ = (
        np.full(5, 0.2),
        q.mean.numpy(),
        q.log_var.exp().numpy(),
    )
    other.precisions_cholesky_ = np.exp(-0.5 * q.log_var.numpy())
    z = torch.randn(20, 3, generator=seeded(2), dtype=F64)
    torch.testing.assert_close(q.log_density(z), torch.tensor(other.score_samples(z.numpy())))


def test_both_ways_of_computing_agree_with_a_brute_sum(monkeypatch):
    q = mixture(n=300, dim=2, log_var=-5.0)
    z = torch.randn(40, 2, generator=seeded(2), dtype=F64)
    direct = torch.stack([Normal(m, s).log_prob(z).sum(1) for m, s in zip(q.mean, q.log_var.mul(0.5).exp())])  # noqa: B905
    truth = torch.logsumexp(direct, 0) - math.log(300)
    slanted = torch.tensor([[0.6, 0.8], [0.8, -0.6]], dtype=F64)
    for rounding in (1e9, 0.0):
        monkeypatch.setattr(gaussian_mixture, "ROUNDING", rounding)
        for numbers in (1, 301, 500_000):
            monkeypatch.setattr(gaussian_mixture, "CHUNK_NUMBERS", numbers)
            torch.testing.assert_close(q.log_density(z), truth, rtol=1e-10, atol=1e-9)
            turned = q.along(slanted).log_density(z @ slanted.T)
            torch.testing.assert_close(turned, truth, rtol=1e-10, atol=1e-9)


def test_far_away_densities_do_not_underflow():
    q = mixture(log_var=-4.0)
    far = torch.tensor([[200.0, -300.0], [1e5, 0.0]], dtype=F64)
    value = q.log_density(far)
    assert bool(value.isfinite().all())
    torch.testing.assert_close(value, foreign(q).log_prob(far), rtol=1e-10, atol=0)


def test_memory_is_bounded(monkeypatch):
    q = mixture(n=1000)
    seen = []
    log_sum = gaussian_mixture._log_sum
    monkeypatch.setattr(gaussian_mixture, "_log_sum", lambda logs: seen.append(logs.numel()) or log_sum(logs))
    q.log_density(torch.zeros(5000, 2, dtype=F64))
    assert max(seen) <= 500_000
    assert sum(seen) == 5_000_000


def test_marginals_have_full_covariances():
    q = mixture(n=6, dim=5)
    basis = torch.linalg.qr(torch.randn(5, 5, generator=seeded(3), dtype=F64)).Q
    for k in (1, 2, 3):
        d = basis[:k]
        points = torch.randn(9, k, generator=seeded(4), dtype=F64)
        covariance = torch.stack([d @ torch.diag(v.exp()) @ d.T for v in q.log_var])
        one = MultivariateNormal(q.mean @ d.T, covariance)
        truth = MixtureSameFamily(Categorical(torch.ones(6, dtype=F64)), one).log_prob(points)
        torch.testing.assert_close(q.along(d).log_density(points), truth)


def test_a_marginal_is_the_integral_over_the_other_direction():
    q = mixture()
    z, _ = grid()
    density = q.log_density(z).exp().reshape(501, 501)
    axis = z[:501, 1]
    marginal = q.along(torch.eye(2, dtype=F64)[:1]).log_density(axis[:, None]).exp()
    torch.testing.assert_close(marginal, torch.trapezoid(density, axis, dim=1), atol=1e-8, rtol=1e-8)


def test_it_encodes_the_images_that_it_is_given(monkeypatch):
    model = VAE((1, 2, 3), hidden=(5,), latent_dim=3)
    x = torch.rand(11, 6, generator=seeded(1))
    q = AggregatePosterior.of(model, x)
    assert q.mean.shape == q.log_var.shape == (11, 3)
    assert q.mean.dtype == F64
    assert not q.mean.requires_grad
    monkeypatch.setattr(aggregate_posterior, "ENCODED_AT_ONCE", 4)
    torch.testing.assert_close(AggregatePosterior.of(model, x).mean, q.mean)
    torch.testing.assert_close(q.mean, model.encode(x).mean.double())


def test_draws_have_its_mean_and_covariance():
    q = mixture(n=4)
    z = q.sample(200_000, seeded(5))
    assert z.shape == (200_000, 2)
    mean = q.mean.mean(0)
    covariance = torch.cov(q.mean.T, correction=0) + torch.diag(q.log_var.exp().mean(0))
    torch.testing.assert_close(z.mean(0), mean, atol=5 * float(covariance.max() / 200_000) ** 0.5, rtol=0)
    torch.testing.assert_close(torch.cov(z.T), covariance, atol=0.03, rtol=0)
    assert torch.equal(q.sample(9, seeded(5)), q.sample(9, seeded(5)))


# ---- KL from the prior --------------------------------------------------------------------------


def test_one_image_gives_the_closed_form():
    mean, log_var = torch.tensor([[1.0, -0.5]]), torch.tensor([[-1.0, 0.3]])
    truth = float(0.5 * (log_var.exp() + mean**2 - 1 - log_var).sum())
    found = prior_kl(AggregatePosterior(mean, log_var), samples=40_000, generator=seeded(1))
    assert found.value == pytest.approx(truth, abs=4.5 * found.error)
    assert 0.001 < found.error < 0.02
    assert found.samples == 40_000


@pytest.mark.parametrize("log_var", [-1.0, -3.0])
def test_the_kl_is_that_of_quadrature(log_var):
    q = mixture(n=9, log_var=log_var)
    z, cell = grid()
    log_q = foreign(q).log_prob(z)
    truth = float((log_q.exp() * (log_q - prior(z))).sum() * cell)
    assert float(log_q.exp().sum() * cell) == pytest.approx(1.0, abs=1e-5)
    found = prior_kl(q, generator=seeded(1))
    assert found.value == pytest.approx(truth, abs=4.5 * found.error)
    assert found.error < 0.03


@pytest.mark.parametrize(("images", "samples"), [(40, 400), (40, 80), (40, 20), (40, 4)])
def test_the_errors_of_kls_are_the_spread_of_repeated_ones(images, samples):
    q = mixture(n=images, log_var=-2.0)
    found = [prior_kl(q, samples=samples, generator=seeded(s)) for s in range(300)]
    values = torch.tensor([one.value for one in found], dtype=F64)
    claimed = torch.tensor([one.error for one in found], dtype=F64).square().mean().sqrt()
    assert float(claimed / values.std()) == pytest.approx(1.0, abs=0.15)
    truth = prior_kl(q, samples=100_000)
    assert float(values.mean()) == pytest.approx(truth.value, abs=4.5 * float(values.std()) / 300**0.5)


def test_every_image_is_drawn_from_equally_often(monkeypatch):
    q = mixture(n=5)
    drawn = []
    draw = AggregatePosterior._draw
    monkeypatch.setattr(
        AggregatePosterior, "_draw", lambda q, rows, g: drawn.append(rows) or draw(q, rows, g)
    )
    prior_kl(q, samples=23)
    assert drawn[0].bincount().tolist() == [4] * 5


# ---- holes --------------------------------------------------------------------------------------


@pytest.mark.parametrize("below", [0.05, 0.5])
def test_the_mass_of_holes_is_that_of_quadrature(below):
    q = mixture(n=9, log_var=-2.0)
    z, cell = grid()
    log_p = prior(z)
    truth = float(log_p.exp()[foreign(q).log_prob(z) < log_p + math.log(below)].sum() * cell)
    found = hole_mass(q, below=below, samples=20_000, generator=seeded(1))
    assert 0.02 < truth < 0.98
    assert found.value == pytest.approx(truth, abs=4.5 * found.error)
    assert found.error == pytest.approx(math.sqrt(truth * (1 - truth) / 20_000), rel=0.1)


def test_a_posterior_that_is_the_prior_has_no_holes():
    q = AggregatePosterior(torch.zeros(3, 2), torch.zeros(3, 2))
    found = hole_mass(q, samples=500)
    assert found.value == 0.0
    assert 0.0 < found.error < 0.01
    kl = prior_kl(q, samples=500)
    assert kl.value == pytest.approx(0.0, abs=1e-12)


def test_bad_settings_are_refused():
    q = mixture()
    for call in (
        lambda: prior_kl(q, samples=3),
        lambda: hole_mass(q, below=0.0),
        lambda: hole_mass(q, samples=1),
        lambda: q.sample(0, seeded()),
        lambda: q.log_density(torch.zeros(3, 3)),
        lambda: q.along(torch.tensor([[1.0, 1.0]])),
        lambda: q.along(torch.eye(3)),
        lambda: q.along(torch.zeros(0, 2)),
        lambda: AggregatePosterior(torch.zeros(0, 2), torch.zeros(0, 2)),
        lambda: AggregatePosterior(torch.zeros(3, 2), torch.zeros(3, 1)),
        lambda: AggregatePosterior(torch.full((3, 2), math.nan), torch.zeros(3, 2)),
    ):
        with pytest.raises(SettingError):
            call()


def test_a_shipped_models_codes_fill_the_prior_in_part():
    model = load_shipped("two-moons").model()
    x = torch.rand(200, 2, generator=seeded(1))
    q = AggregatePosterior.of(model, x)
    assert 0.0 <= hole_mass(q).value <= 1.0
    assert prior_kl(q).value > 0.0
