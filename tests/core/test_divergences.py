"""KL between Gaussians against torch.distributions, Monte Carlo and invariances."""

import math

import pytest
import torch
from torch.distributions import MultivariateNormal, Normal, kl_divergence

from vae_core.checks import SettingError
from vae_core.divergences import diagonal_kl, gaussian_kl, monte_carlo_kl, standard_normal_kl
from vae_core.gaussians import DiagonalGaussian

F64 = torch.float64


def seeded(seed=0):
    return torch.Generator().manual_seed(seed)


def random_gaussians(d, *, seed=0, batch=()):
    source = seeded(seed)
    mean = torch.randn(*batch, d, generator=source, dtype=F64)
    root = torch.randn(*batch, d, d, generator=source, dtype=F64)
    return mean, root @ root.mT + 0.1 * torch.eye(d, dtype=F64)


@pytest.mark.parametrize("d", range(1, 7))
def test_full_covariance_equals_torch_distributions(d):
    mean0, cov0 = random_gaussians(d, seed=d, batch=(4,))
    mean1, cov1 = random_gaussians(d, seed=d + 100, batch=(4,))
    truth = kl_divergence(MultivariateNormal(mean0, cov0), MultivariateNormal(mean1, cov1))
    ours = gaussian_kl(mean0, cov0, mean1, cov1)
    torch.testing.assert_close(ours, truth, rtol=1e-9, atol=1e-10)
    assert bool((ours > 0).all())
    zero = gaussian_kl(mean0, cov0, mean0, cov0)
    torch.testing.assert_close(zero, torch.zeros(4, dtype=F64), rtol=0, atol=1e-12)


def test_batches_broadcast():
    mean0, cov0 = random_gaussians(3, seed=1, batch=(4, 2))
    mean1, cov1 = random_gaussians(3, seed=2)
    ours = gaussian_kl(mean0, cov0, mean1, cov1)
    assert ours.shape == (4, 2)
    for i in range(4):
        single = gaussian_kl(mean0[i, 1], cov0[i, 1], mean1, cov1)
        torch.testing.assert_close(ours[i, 1], single, rtol=1e-12, atol=1e-12)
    turned = gaussian_kl(mean1, cov1, mean0, cov0)
    torch.testing.assert_close(turned[2, 0], gaussian_kl(mean1, cov1, mean0[2, 0], cov0[2, 0]))


@pytest.mark.parametrize("d", [1, 3, 6])
def test_an_affine_map_changes_nothing(d):
    mean0, cov0 = random_gaussians(d, seed=3)
    mean1, cov1 = random_gaussians(d, seed=4)
    a = torch.randn(d, d, generator=seeded(5), dtype=F64) + 2 * torch.eye(d, dtype=F64)
    b = torch.randn(d, generator=seeded(6), dtype=F64)
    mapped = gaussian_kl(a @ mean0 + b, a @ cov0 @ a.T, a @ mean1 + b, a @ cov1 @ a.T)
    torch.testing.assert_close(mapped, gaussian_kl(mean0, cov0, mean1, cov1), rtol=1e-8, atol=1e-8)


def test_the_kl_of_a_product_is_the_sum():
    (mean0, cov0), (mean1, cov1) = random_gaussians(2, seed=7), random_gaussians(2, seed=8)
    (mean2, cov2), (mean3, cov3) = random_gaussians(3, seed=9), random_gaussians(3, seed=10)
    joint = gaussian_kl(
        torch.cat((mean0, mean2)),
        torch.block_diag(cov0, cov2),
        torch.cat((mean1, mean3)),
        torch.block_diag(cov1, cov3),
    )
    parts = gaussian_kl(mean0, cov0, mean1, cov1) + gaussian_kl(mean2, cov2, mean3, cov3)
    torch.testing.assert_close(joint, parts, rtol=1e-11, atol=1e-11)


def test_equal_covariances_give_half_the_mahalanobis_distance():
    mean0, cov = random_gaussians(4, seed=11)
    mean1, _ = random_gaussians(4, seed=12)
    shift = mean1 - mean0
    half = 0.5 * shift @ torch.linalg.solve(cov, shift)
    torch.testing.assert_close(gaussian_kl(mean0, cov, mean1, cov), half, rtol=1e-10, atol=1e-11)


def test_bad_gaussians_get_one_sentence():
    mean, cov = random_gaussians(2)
    flat = torch.tensor([[1.0, 1.0], [1.0, 1.0]], dtype=F64)
    crooked = torch.tensor([[1.0, 0.9], [0.0, 1.0]], dtype=F64)
    broken = torch.full((2, 2), math.nan, dtype=F64)
    for bad in (flat, -cov, crooked, broken):
        with pytest.raises(SettingError, match=r"^cov0 must be symmetric and positive definite, got .*\.$"):
            gaussian_kl(mean, bad, mean, cov)
        with pytest.raises(SettingError, match=r"^cov1 must be symmetric"):
            gaussian_kl(mean, cov, mean, bad)
    with pytest.raises(SettingError, match=r"^cov1 must have shape \(\.\.\., 2, 2\)"):
        gaussian_kl(mean, cov, mean, torch.eye(3, dtype=F64))
    with pytest.raises(SettingError, match="cov1"):
        gaussian_kl(mean, cov, torch.zeros(3, dtype=F64), cov)
    with pytest.raises(SettingError, match="mean"):
        gaussian_kl(torch.tensor(0.0), torch.eye(1), torch.tensor(0.0), torch.eye(1))


def test_single_precision_covariances_pass_as_symmetric():
    root = torch.randn(6, 6, generator=seeded())
    cov = root @ root.T + torch.eye(6)
    crooked = cov + 1e-6 * torch.randn(6, 6, generator=seeded(1))
    assert bool(gaussian_kl(torch.zeros(6), crooked, torch.ones(6), cov).isfinite())


def random_diagonal(seed, shape=(3, 4), scale=1.0):
    mean, log_var = scale * torch.randn(2, *shape, generator=seeded(seed), dtype=F64)
    return DiagonalGaussian(mean, log_var)


def test_diagonal_forms_equal_torch_distributions():
    q, p = random_diagonal(1), random_diagonal(2)
    truth = kl_divergence(Normal(q.mean, q.std), Normal(p.mean, p.std))
    torch.testing.assert_close(diagonal_kl(q, p), truth, rtol=1e-11, atol=1e-12)
    truth = kl_divergence(Normal(q.mean, q.std), Normal(torch.zeros((), dtype=F64), 1.0))
    torch.testing.assert_close(standard_normal_kl(q), truth, rtol=1e-11, atol=1e-12)
    full = gaussian_kl(q.mean, torch.diag_embed(q.std**2), p.mean, torch.diag_embed(p.std**2))
    torch.testing.assert_close(diagonal_kl(q, p).sum(1), full, rtol=1e-11, atol=1e-12)


@pytest.mark.parametrize("dtype", [torch.float32, F64])
def test_near_the_prior_nothing_cancels(dtype):
    # KL = ½ (e^v − v − 1) ≈ v²/4 + v³/12: naive arithmetic loses it all, or turns it negative
    for v in (1e-2, 1e-3, -1e-3) if dtype == torch.float32 else (1e-4, -1e-4, 1e-6):
        q = DiagonalGaussian(torch.zeros(1, 1, dtype=dtype), torch.full((1, 1), v, dtype=dtype))
        ours = float(standard_normal_kl(q))
        assert ours == pytest.approx(v**2 / 4 + v**3 / 12, rel=2e-3)
        p = DiagonalGaussian(torch.zeros(1, 1, dtype=dtype), torch.zeros(1, 1, dtype=dtype))
        assert float(diagonal_kl(q, p)) == ours


def test_extreme_variances_stay_finite_and_non_negative():
    q = DiagonalGaussian(torch.zeros(1, 5), torch.tensor([[-20.0, -1e-6, 0.0, 1e-6, 20.0]]))
    kl = standard_normal_kl(q)
    assert bool(kl.isfinite().all())
    assert bool((kl >= 0).all())
    assert float(kl[0, 0]) == pytest.approx(0.5 * (math.exp(-20) + 20 - 1), rel=1e-6)
    assert float(kl[0, 4]) == pytest.approx(0.5 * (math.exp(20) - 20 - 1), rel=1e-6)


def test_monte_carlo_agrees_within_its_error():
    q, p = random_diagonal(3, scale=0.7), random_diagonal(4, scale=0.7)
    value, error = monte_carlo_kl(q, p, samples=20_000, generator=seeded(5))
    truth = diagonal_kl(q, p).sum(1)
    assert bool(((value - truth).abs() < 4 * error).all())
    # Its error is a standard error: four times the samples halve it.
    _, wide = monte_carlo_kl(q, p, samples=5_000, generator=seeded(6))
    torch.testing.assert_close(wide / error, torch.full_like(wide, 2.0), rtol=0.25, atol=0)
    with pytest.raises(SettingError, match=r"^samples"):
        monte_carlo_kl(q, p, samples=1, generator=seeded())


def test_the_full_form_agrees_with_monte_carlo():
    (mean0, cov0), (mean1, cov1) = random_gaussians(3, seed=13), random_gaussians(3, seed=14)
    root = torch.linalg.cholesky(cov0)
    z = mean0 + torch.randn(50_000, 3, generator=seeded(15), dtype=F64) @ root.T
    q, p = MultivariateNormal(mean0, cov0), MultivariateNormal(mean1, cov1)
    difference = q.log_prob(z) - p.log_prob(z)
    error = float(difference.std()) / math.sqrt(len(z))
    assert abs(float(difference.mean() - gaussian_kl(mean0, cov0, mean1, cov1))) < 4 * error


def test_a_diagonal_gaussian_samples_what_it_scores():
    q = random_diagonal(16, shape=(1, 2))
    z = q.sample(seeded(17), samples=20_000)
    assert z.shape == (20_000, 1, 2)
    error = q.std / math.sqrt(len(z))
    assert bool(((z.mean(0) - q.mean).abs() < 4 * error).all())
    truth = Normal(q.mean, q.std).log_prob(z).sum(-1)
    torch.testing.assert_close(q.log_prob(z), truth, rtol=1e-12, atol=1e-12)
