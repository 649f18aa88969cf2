"""Closed-form gradients against autograd and finite differences, in float64."""

import itertools

import pytest
import torch

from vae_core.likelihoods import LIKELIHOODS
from vae_core.models import VAE
from vae_core.models.activations import ACTIVATIONS, activation_named
from vae_core.objectives import ElboTerms, Weighting
from vae_core.training.gradients import FlatParameters, write_gradients

F64 = torch.float64
SHAPE, LATENT, BATCH = (1, 3, 3), 3, 7


def seeded(seed=0):
    return torch.Generator().manual_seed(seed)


def made(*, hidden, activation="gelu", likelihood="bernoulli", sigma=1.0, clamped=False):
    model = VAE(
        SHAPE,
        latent_dim=LATENT,
        hidden=hidden,
        activation=activation,
        likelihood=likelihood,
        sigma=sigma,
        seed=5,
    ).double()
    with torch.no_grad():
        for parameter in model.parameters():
            parameter.add_(0.3 * torch.randn(parameter.shape, generator=seeded(1), dtype=F64))
        if clamped:
            # One dimension far below, one far above what the encoder's log σ² may be; small decoder weights
            # keep the numbers of σ = e^10 in reach.
            push = torch.tensor([-30.0, 0.0, 25.0], dtype=F64)
            if hidden:
                model.encoder.linears[-1].bias[LATENT:] += push
            else:
                model.encoder.constant_log_var += push
            model.decoder.linears[0].weight[:, 2] *= 1e-4
    return model


def loss_of(model, x, noise, *, weight, free_bits, capacity=0.0):
    """The objective, by way of the public classes and autograd."""
    q = model.encode(x)
    reconstruction = model.decode(q.at(noise)).log_prob(x)
    per_dimension = torch.distributions.kl_divergence(
        torch.distributions.Normal(q.mean, q.std), torch.distributions.Normal(torch.zeros((), dtype=F64), 1.0)
    )
    terms = ElboTerms(reconstruction, per_dimension.sum(1), per_dimension)
    # The last step of the run, at which the whole capacity is the target.
    return -Weighting(weight, 0, free_bits, capacity=capacity).value(terms, 0), terms


def data(likelihood):
    x = torch.rand(BATCH, 9, generator=seeded(2), dtype=F64)
    if likelihood == "bernoulli":
        x = x.round()
    return x, torch.randn(BATCH, LATENT, generator=seeded(3), dtype=F64)


def assert_same_gradients(model, x, noise, *, weight, free_bits, capacity=0.0):
    parameters = dict(model.named_parameters())
    loss, terms = loss_of(model, x, noise, weight=weight, free_bits=free_bits, capacity=capacity)
    truth = torch.autograd.grad(loss, list(parameters.values()))
    flat = FlatParameters.of(model)
    flat.gradients.fill_(torch.nan)  # whatever stood there is overwritten
    step = write_gradients(
        model, x, noise, weight=weight, free_bits=free_bits, capacity=capacity if capacity > 0 else None
    )
    for (name, parameter), expected in zip(parameters.items(), truth, strict=True):
        scale = float(expected.abs().max())
        torch.testing.assert_close(
            parameter.grad,
            expected,
            rtol=1e-10,
            atol=1e-10 * scale + 1e-14,
            msg=lambda m, n=name: f"{n}: {m}",
        )
    torch.testing.assert_close(step.kl_per_dimension, terms.kl_per_dimension.mean(0), rtol=1e-10, atol=1e-12)
    likelihood = model.decoder.likelihood_of(step.outputs)
    torch.testing.assert_close(likelihood.log_prob(x), terms.reconstruction, rtol=1e-10, atol=1e-10)


KINDS = [(name, 1.0) for name in LIKELIHOODS] + [("gaussian", 0.3), ("gaussian", "learned")]
CASES = list(itertools.product(ACTIVATIONS, KINDS, [(), (5,), (6, 4)]))


@pytest.mark.parametrize(("activation", "kind", "hidden"), CASES)
def test_gradients_equal_autograd(activation, kind, hidden):
    likelihood, sigma = kind
    x, noise = data(likelihood)
    # Free bits of 0.4 close some dimensions here and leave others; 50 closes all.
    for free_bits, clamped in itertools.product((0.0, 0.4, 50.0), (False, True)):
        model = made(
            hidden=hidden, activation=activation, likelihood=likelihood, sigma=sigma, clamped=clamped
        )
        assert_same_gradients(model, x, noise, weight=0.7, free_bits=free_bits)


def test_free_bits_really_close_some_dimensions_and_not_others():
    x, noise = data("bernoulli")
    _, terms = loss_of(made(hidden=(5,)), x, noise, weight=1.0, free_bits=0.4)
    below = terms.kl_per_dimension.mean(0) < 0.4
    assert bool(below.any())
    assert not bool(below.all())


@pytest.mark.parametrize("capacity", [1e-3, 50.0])
@pytest.mark.parametrize("free_bits", [0.0, 0.4])
def test_a_capacity_pulls_the_kl_up_to_it_and_down_to_it(capacity, free_bits):
    x, noise = data("bernoulli")
    model = made(hidden=(5,))
    _, terms = loss_of(model, x, noise, weight=1.0, free_bits=free_bits)
    assert 1e-3 < float(terms.kl.mean().detach()) < 50.0
    assert_same_gradients(model, x, noise, weight=0.7, free_bits=free_bits, capacity=capacity)


def test_without_weight_the_kl_has_no_gradient():
    x, noise = data("bernoulli")
    assert_same_gradients(made(hidden=(5,)), x, noise, weight=0.0, free_bits=0.0)


def test_gradients_equal_finite_differences():
    model = made(hidden=(4,), activation="silu", likelihood="gaussian", sigma="learned")
    x, noise = data("gaussian")
    flat = FlatParameters.of(model)
    write_gradients(model, x, noise, weight=0.7, free_bits=0.01)
    analytic = flat.gradients.clone()
    direction = torch.randn(flat.values.shape, generator=seeded(4), dtype=F64)
    start, h = flat.values.clone(), 1e-5
    sides = []
    for sign in (1, -1):
        flat.values.copy_(start + sign * h * direction)
        sides.append(float(loss_of(model, x, noise, weight=0.7, free_bits=0.01)[0].detach()))
    assert (sides[0] - sides[1]) / (2 * h) == pytest.approx(float(analytic @ direction), rel=1e-7)


@pytest.mark.parametrize("name", ACTIVATIONS)
def test_activations_differentiate_themselves(name):
    activation = activation_named(name)
    a = torch.linspace(-60, 60, 4001, dtype=F64).requires_grad_()
    h = activation.apply(a)
    (truth,) = torch.autograd.grad(h.sum(), a)
    ours = activation.backward(torch.ones_like(h), a.detach(), h.detach())
    torch.testing.assert_close(ours, truth, rtol=1e-12, atol=1e-14)


@pytest.mark.parametrize("name", [n for n in ACTIVATIONS if activation_named(n).smooth])
def test_smooth_activations_have_no_steps(name):
    # Neither in value nor in slope, at 0 and where PyTorch's kernels change their formula.
    apply = activation_named(name).apply
    for at in (-20.0, 0.0, 20.0, 40.0):
        a = torch.tensor([at - 1e-7, at, at + 1e-7], dtype=F64).requires_grad_()
        h = apply(a)
        (slope,) = torch.autograd.grad(h.sum(), a)
        h = h.detach()
        assert float(slope.max() - slope.min()) < 1e-6
        assert float((h[1:] - h[:-1] - 1e-7 * slope[:-1]).abs().max()) < 5e-13


def test_flat_parameters_are_views_and_change_no_value():
    model = made(hidden=(5, 4), likelihood="gaussian", sigma="learned")
    before = {name: value.clone() for name, value in model.state_dict().items()}
    flat = FlatParameters.of(model)
    for name, value in model.state_dict().items():
        assert torch.equal(value, before[name])
    flat.values.mul_(2.0)
    flat.gradients.fill_(3.0)
    total = 0
    for name, parameter in model.named_parameters():
        torch.testing.assert_close(parameter.detach(), 2.0 * before[name])
        assert bool((parameter.grad == 3.0).all())
        assert parameter.data_ptr() % 64 == flat.values.data_ptr() % 64
        total += parameter.numel()
    assert total <= flat.values.numel()
    # A copy for evaluation is no view: training on leaves it alone.
    copy = model.double()
    kept = copy.decoder.linears[0].weight.clone()
    flat.values.zero_()
    assert torch.equal(copy.decoder.linears[0].weight, kept)
