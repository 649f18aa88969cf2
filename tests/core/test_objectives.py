"""The ELBO against an independent formula, and the weighting of training."""

import math

import pytest
import torch
from torch.distributions import Bernoulli, Normal, kl_divergence

from vae_core.checks import SettingError
from vae_core.models import VAE
from vae_core.objectives import ElboTerms, Weighting, elbo_terms

F64 = torch.float64


def seeded(seed=0):
    return torch.Generator().manual_seed(seed)


def small(**settings):
    return VAE((1, 2, 3), **{"hidden": (5,), "latent_dim": 3, "activation": "gelu", **settings}).double()


def images(n=8):
    return torch.bernoulli(torch.full((n, 6), 0.5, dtype=F64), generator=seeded(1))


@torch.no_grad()
def test_terms_equal_an_independent_formula():
    model, x = small(), images()
    terms = elbo_terms(model, x, samples=4, generator=seeded(2))
    hidden = torch.nn.functional.gelu(x @ model.encoder.layers[0].weight.T + model.encoder.layers[0].bias)
    head = hidden @ model.encoder.layers[1].weight.T + model.encoder.layers[1].bias
    q = Normal(head[:, :3], (0.5 * head[:, 3:]).exp())
    noise, total = seeded(2), torch.zeros(8, dtype=F64)
    for _ in range(4):
        z = q.mean + q.stddev * torch.randn(1, 8, 3, generator=noise, dtype=F64)[0]
        h = torch.nn.functional.gelu(z @ model.decoder.layers[0].weight.T + model.decoder.layers[0].bias)
        logits = h @ model.decoder.layers[1].weight.T + model.decoder.layers[1].bias
        total += Bernoulli(logits=logits).log_prob(x).sum(1) / 4
    kl = kl_divergence(q, Normal(torch.zeros((), dtype=F64), 1.0))
    torch.testing.assert_close(terms.kl_per_dimension, kl, rtol=1e-11, atol=1e-12)
    torch.testing.assert_close(terms.kl, kl.sum(1), rtol=1e-11, atol=1e-12)
    torch.testing.assert_close(terms.reconstruction, total, rtol=1e-11, atol=1e-12)
    torch.testing.assert_close(terms.elbo, total - kl.sum(1), rtol=1e-11, atol=1e-12)


@torch.no_grad()
def test_the_reconstruction_of_a_linear_gaussian_has_a_closed_form():
    model = small(hidden=(), likelihood="gaussian", sigma=0.5)
    x = torch.randn(5, 6, generator=seeded(3), dtype=F64)
    q, w = model.encode(x), model.decoder.layers[0].weight
    # E_q‖x − Wz − b‖² = ‖x − Wμ − b‖² + Σ_j σ_j² ‖w_j‖²
    error = (x - model.decode(q.mean).mean).square().sum(1) + q.std.square() @ w.square().sum(0)
    truth = -0.5 * error / 0.25 - 3 * math.log(2 * math.pi * 0.25)
    draws = torch.stack([elbo_terms(model, x, generator=seeded(s)).reconstruction for s in range(1000)])
    standard_error = draws.std(0) / math.sqrt(1000)
    assert bool(((draws.mean(0) - truth).abs() < 4 * standard_error).all())
    whole = elbo_terms(model, x, samples=1000, generator=seeded(9)).reconstruction
    assert bool(((whole - truth).abs() < 4 * standard_error).all())


def test_terms_are_differentiable_and_seeded():
    model, x = small(), images()
    before = torch.random.get_rng_state()
    first, again = elbo_terms(model, x), elbo_terms(model, x)
    assert torch.equal(first.elbo, again.elbo)
    assert not torch.equal(first.elbo, elbo_terms(model, x, generator=seeded(1)).elbo)
    assert torch.equal(before, torch.random.get_rng_state())
    first.elbo.sum().backward()
    assert all(p.grad is not None and bool(p.grad.isfinite().all()) for p in model.parameters())


def test_bad_input_is_refused_in_one_sentence():
    model, x = small(), images()
    for samples in (0, -1, 1.5, "3", True, 2_000_000):
        with pytest.raises(SettingError, match=r"^samples must be a whole number from 1 to 1000000, got"):
            elbo_terms(model, x, samples=samples)
    for bad in (x[:, :5], x[0], x.long(), [[0.0] * 6]):
        with pytest.raises(SettingError, match=r"^x must be a float64 tensor of shape \(rows, 6\), got"):
            elbo_terms(model, bad)


# ---- the weighting ------------------------------------------------------------------------------


def terms_with(kl_per_dimension):
    kl = torch.tensor(kl_per_dimension, dtype=F64)
    return ElboTerms(torch.full((len(kl),), -10.0, dtype=F64), kl.sum(1), kl)


def test_warm_up_rises_linearly_to_beta():
    w = Weighting(beta=2.0, kl_warmup=4)
    assert [w.weight(t) for t in range(6)] == [0.5, 1.0, 1.5, 2.0, 2.0, 2.0]
    assert [Weighting(beta=3.0).weight(t) for t in (0, 5)] == [3.0, 3.0]
    assert Weighting(beta=3.0, kl_warmup=1).weight(0) == 3.0
    assert Weighting(beta=0.0, kl_warmup=10).weight(20) == 0.0


def test_cycles_raise_the_weight_over_the_first_half_of_each():
    cyclical = Weighting(beta=4.0, kl_warmup=7, cycles=2, steps=16)
    first = [cyclical.weight(t) for t in range(8)]
    assert first == [1.0, 2.0, 3.0, 4.0, 4.0, 4.0, 4.0, 4.0]
    assert [cyclical.weight(t) for t in range(8, 16)] == first
    assert Weighting(beta=4.0, cycles=100, steps=10).weight(3) == 4.0  # shorter than a step: no rise


def test_a_capacity_rises_over_the_first_half_and_costs_on_both_sides():
    weighting = Weighting(beta=3.0, capacity=6.0, steps=8)
    assert [weighting.target(t) for t in (0, 1, 3, 7)] == [1.5, 3.0, 6.0, 6.0]
    assert Weighting(beta=3.0).target(0) is None
    terms = terms_with([[1.0, 3.0], [2.0, 0.0]])  # a mean KL of 3, a mean reconstruction of -10
    assert float(weighting.value(terms, 0)) == -10.0 - 3.0 * 1.5
    assert float(weighting.value(terms, 1)) == -10.0
    assert float(weighting.value(terms, 7)) == -10.0 - 3.0 * 3.0


def test_the_objective_weighs_the_kl_and_the_elbo_does_not():
    terms = terms_with([[1.0, 3.0], [2.0, 0.0]])
    assert float(Weighting(beta=1.0).value(terms, 0)) == float(terms.elbo.mean()) == -13.0
    assert float(Weighting(beta=4.0).value(terms, 0)) == -22.0
    assert float(Weighting(beta=0.0).value(terms, 0)) == -10.0
    assert float(Weighting(beta=4.0, kl_warmup=8).value(terms, 1)) == -13.0
    assert terms.elbo.tolist() == [-14.0, -12.0]


def test_free_bits_cost_nothing_below_and_pull_nothing():
    kl = torch.tensor([[0.1, 3.0], [0.7, 1.0]], dtype=F64, requires_grad=True)
    terms = ElboTerms(torch.zeros(2, dtype=F64), kl.sum(1), kl)
    value = Weighting(beta=2.0, free_bits=0.5).value(terms, 0)
    # The batch means are 0.4 and 2.0: the first is lifted to 0.5, though one image lies above.
    assert float(value.detach()) == pytest.approx(-2.0 * (0.5 + 2.0))
    (gradient,) = torch.autograd.grad(value, kl)
    assert gradient.tolist() == [[0.0, -1.0], [0.0, -1.0]]
