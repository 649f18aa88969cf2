"""The parts of the mean KL, against 2-D quadrature, enumeration, scipy and limiting cases."""

import importlib
import itertools
import math

import pytest
import scipy.integrate
import torch
from torch.distributions import Categorical, Independent, MixtureSameFamily, Normal, kl_divergence

from vae_core import VAE, SettingError
from vae_core.data import load_dataset
from vae_core.data.tiny_binary import tiny_binary_distribution
from vae_core.diagnostics import AggregatePosterior, kl_split
from vae_core.diagnostics.kl_split import marginal_kl, mixture_split

F64 = torch.float64
MODULE = importlib.import_module("vae_core.diagnostics.kl_split")


def seeded(seed=0):
    return torch.Generator().manual_seed(seed)


def mixture(n=7, dim=2, *, spread=1.5, log_var=-1.0):
    source = seeded(1)
    mean = spread * torch.randn(n, dim, generator=source, dtype=F64)
    return AggregatePosterior(mean, log_var + 0.5 * torch.randn(n, dim, generator=source, dtype=F64))


def foreign(q):
    std = torch.exp(0.5 * q.log_var)
    weights = Categorical(torch.ones(len(std), dtype=F64))
    return MixtureSameFamily(weights, Independent(Normal(q.mean, std), 1))


def split(q, **more):
    return mixture_split(q, generator=seeded(3), **more)


def on_plane(reach=9.0, side=601):
    axis = torch.linspace(-reach, reach, side, dtype=F64)
    return torch.cartesian_prod(axis, axis), axis, float(axis[1] - axis[0])


def near(found, truth):
    return found.value == pytest.approx(truth, abs=4.5 * found.error + 1e-6)


# ---- against values computed another way ---------------------------------------------------------


@pytest.mark.parametrize(("n", "log_var"), [(2, -1.0), (9, -1.0), (9, -3.0), (40, -2.0)])
def test_all_parts_are_those_of_quadrature_over_the_plane(n, log_var):
    q = mixture(n, log_var=log_var)
    found, (z, axis, step) = split(q), on_plane()
    density = foreign(q).log_prob(z).exp().reshape(len(axis), -1)
    first, second = density.sum(1) * step, density.sum(0) * step
    prior = Normal(torch.zeros((), dtype=F64), 1.0).log_prob(axis)

    def against(p, log_other):
        return float((torch.special.xlogy(p, p) - p * log_other).sum())

    whole = against(density, prior[:, None] + prior[None, :]) * step**2
    correlation = against(density, torch.log(first[:, None] * second[None, :])) * step**2
    own = [against(marginal, prior) * step for marginal in (first, second)]
    # I = 1/N Σ_n ∫ q_n log q_n/q
    each = [Normal(m, s).log_prob(z).sum(1) for m, s in zip(q.mean, (0.5 * q.log_var).exp(), strict=True)]
    log_q = foreign(q).log_prob(z)
    information = sum(float((one.exp() * (one - log_q)).sum()) for one in each) * step**2 / n
    assert near(found.prior_kl, whole)
    assert near(found.total_correlation, correlation)
    assert near(found.mutual_information, information)
    assert found.dimension_wise.tolist() == pytest.approx(own, abs=1e-6)
    assert max(found.mutual_information.error, found.total_correlation.error) < 0.03
    kl = kl_divergence(Normal(q.mean, (0.5 * q.log_var).exp()), Normal(0.0, 1.0)).sum(1)
    assert found.mean_kl.value == pytest.approx(float(kl.mean()), rel=1e-12)
    assert found.mean_kl.error == pytest.approx(float(kl.std()) / n**0.5, rel=1e-12)


def test_the_information_is_that_of_every_tiny_image_enumerated():
    data = load_dataset("tiny-binary")
    model, x = VAE((1, 3, 3), latent_dim=2, hidden=(8,), seed=2).double(), data.full.x
    with torch.no_grad():
        model.encoder.linears[-1].weight.mul_(3.0)
        model.encoder.linears[-1].bias[2:] = -2.0
    found = kl_split(model, x, generator=seeded())
    states, _ = tiny_binary_distribution()
    share = torch.bincount((x.double() @ 2.0 ** torch.arange(8, -1, -1, dtype=F64)).long(), minlength=512)
    share = share / share.sum()
    z, _, step = on_plane(7.0, 141)
    with torch.no_grad():
        q = model.encode(states)
    log_each = torch.stack([Normal(m, s).log_prob(z).sum(1) for m, s in zip(q.mean, q.std, strict=True)])
    log_q = torch.logsumexp(log_each + share.log()[:, None], 0)
    # I = Σ_x p(x) ∫ q(z|x) log q(z|x)/q(z) over all 512 images
    information = float(((log_each.exp() * (log_each - log_q)).sum(1) * share).sum()) * step**2
    assert near(found.mutual_information, information)
    assert 0.5 < information < float(torch.special.entr(share).sum()) < found.ceiling == math.log(4096)
    assert found.images == 4096


@pytest.mark.parametrize(("n", "log_var"), [(1, 0.0), (1, -9.0), (5, -2.0), (15, -12.0), (15, 3.0)])
def test_marginals_are_those_of_scipys_quadrature(n, log_var):
    q = mixture(n, dim=3, log_var=log_var)
    mean, std = q.mean[:, 1], (0.5 * q.log_var[:, 1]).exp()
    value, error = marginal_kl(q, 1)
    one = MixtureSameFamily(Categorical(torch.ones(n, dtype=F64)), Normal(mean, std))
    prior = Normal(torch.zeros((), dtype=F64), 1.0)

    def integrand(at):
        z = torch.tensor(at, dtype=F64)
        log_q = one.log_prob(z)
        return float(log_q.exp() * (log_q - prior.log_prob(z)))

    places = torch.cat([mean - 9 * std, mean, mean + 9 * std]).sort().values.tolist()
    truth = sum(
        scipy.integrate.quad(integrand, a, b, limit=200, epsabs=1e-10)[0]
        for a, b in itertools.pairwise(places)
    )
    assert abs(value - truth) < error + 1e-8
    assert error < 1e-5


# ---- what holds always ---------------------------------------------------------------------------


@pytest.mark.parametrize("dim", [1, 2, 6])
@pytest.mark.parametrize("n", [1, 3, 300])
def test_the_parts_add_up_and_keep_their_limits(dim, n):
    found = split(mixture(n, dim))
    information, correlation = found.mutual_information, found.total_correlation
    assert information.value + found.prior_kl.value == pytest.approx(found.mean_kl.value, rel=1e-12)
    assert correlation.value + float(found.dimension_wise.sum()) == pytest.approx(found.prior_kl.value)
    assert -4.5 * information.error - 1e-9 <= information.value
    assert information.value <= found.ceiling + 4.5 * information.error + 1e-9
    assert correlation.value >= -4.5 * correlation.error - 1e-9
    assert bool((found.dimension_wise >= -found.dimension_errors).all())
    assert found.ceiling == math.log(n)
    assert information.error == found.prior_kl.error > 0.0
    assert correlation.error >= found.prior_kl.error
    if dim == 1:
        assert abs(correlation.value) < 4.5 * correlation.error + 1e-9


def test_one_image_tells_nothing_of_which_it_is():
    found = split(mixture(1))
    assert found.ceiling == 0.0
    assert near(found.mutual_information, 0.0)
    assert near(found.total_correlation, 0.0)
    assert float(found.dimension_wise.sum()) == pytest.approx(found.mean_kl.value, abs=1e-6)
    assert math.isnan(found.mean_kl.error)


def test_codes_far_apart_tell_all_there_is():
    mean = 20.0 * torch.arange(8, dtype=F64)[:, None].expand(8, 2) - 70.0
    found = split(AggregatePosterior(mean, torch.full((8, 2), -2.0)))
    assert near(found.mutual_information, math.log(8))
    # Codes on a line: either coordinate says which it was
    assert near(found.total_correlation, math.log(8))


def test_codes_that_are_the_prior_have_no_parts():
    found = split(AggregatePosterior(torch.zeros(5, 3), torch.zeros(5, 3)))
    parts = (found.mutual_information.value, found.total_correlation.value, found.prior_kl.value)
    assert parts == pytest.approx((0.0, 0.0, 0.0), abs=1e-9)
    assert float(found.dimension_wise.abs().max()) < 1e-9


def test_the_errors_are_the_spread_of_repeated_splits():
    q = mixture(30, log_var=-2.0)
    found = [mixture_split(q, samples=200, generator=seeded(s)) for s in range(60)]
    for part in ("mutual_information", "total_correlation"):
        values = torch.tensor([getattr(one, part).value for one in found])
        claimed = torch.tensor([getattr(one, part).error for one in found]).square().mean().sqrt()
        assert float(claimed / values.std()) == pytest.approx(1.0, abs=0.35)


def test_all_images_are_in_the_mixture_and_each_is_drawn_from():
    model = VAE((1, 2, 3), hidden=(5,))
    x = torch.rand(300, 6, generator=seeded(1))
    found = kl_split(model, x, generator=seeded())
    assert found.images == 300
    assert found.prior_kl.samples >= 9_900
    again = kl_split(model, x, generator=seeded())
    assert again.prior_kl == found.prior_kl
    assert model.dtype == torch.float32
    assert found.dimension_wise.dtype == found.dimension_errors.dtype == F64
    assert kl_split(model, x, samples=600, generator=seeded()).prior_kl.samples == 600


# ---- the quadrature's own error ------------------------------------------------------------------


def test_a_narrow_code_among_many_is_not_missed_unnoticed(monkeypatch):
    mean = torch.linspace(-3.0, 3.0, 500, dtype=F64)[:, None]
    log_var = torch.full((500, 1), -2.0, dtype=F64)
    log_var[217] = -16.0
    q = AggregatePosterior(mean, log_var)
    value, error = marginal_kl(q, 0)
    assert error < 1e-5
    # Edges at each of the 500 codes miss none
    monkeypatch.setattr(MODULE, "FIRST_PANELS", (1500,))
    truth, _ = marginal_kl(q, 0)
    assert abs(value - truth) < 1e-5
    monkeypatch.setattr(MODULE, "FIRST_PANELS", (64,))
    rough, claimed = marginal_kl(q, 0)
    assert 1e-3 < abs(rough - truth) < claimed


def test_bad_settings_are_refused():
    model, x = VAE((1, 2, 3), hidden=(5,)), torch.rand(4, 6, generator=seeded(1))
    with pytest.raises(SettingError, match=r"^samples must be a whole number from 4 "):
        kl_split(model, x, samples=3, generator=seeded())
    with pytest.raises(SettingError, match=r"^x must be a "):
        kl_split(model, x[:, :5], generator=seeded())
    with pytest.raises(SettingError, match=r"^mean and log_var must be finite"):
        kl_split(model, x[:0], generator=seeded())
    with pytest.raises(SettingError, match=r"^dimension must be a whole number from 0 to 1"):
        marginal_kl(mixture(), 2)
