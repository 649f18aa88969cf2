"""Training on exact log p(x): its value, its gradient and its course, against closed forms and autograd."""

import math

import pytest
import torch

from tests.core.small_runs import TINY, digits
from vae_core import Dataset, Run, TrainConfig, quadrature_log_likelihood
from vae_core.checks import SettingError
from vae_core.estimators import linear_gaussian_log_likelihood, posterior_moments
from vae_core.models import VAE
from vae_core.rng import generator
from vae_core.training import ExactRun, exact
from vae_core.training.exact import Spacing, posteriors, write_exact_gradients
from vae_core.training.gradients import FlatParameters
from vae_core.training.lattice import Lattice, LatticeSum, log_prob

F64 = torch.float64
FAMILIES = (
    ("bernoulli", 1.0),
    ("continuous-bernoulli", 1.0),
    ("gaussian", 0.4),
    ("gaussian", "learned"),
)


def seeded(seed=0):
    return torch.Generator().manual_seed(seed)


def bent(likelihood, sigma, latent_dim=2):
    """A small decoder with narrow, bent posteriors, and images that it may have made."""
    model = VAE((1, 4, 5), latent_dim=latent_dim, hidden=(6,), likelihood=likelihood, sigma=sigma, seed=4)
    with torch.no_grad():
        for layer in model.decoder.linears:
            layer.weight.mul_(2.0)
        if sigma == "learned":
            model.decoder.log_sigma.fill_(-0.9)
    return model, model.decode(torch.randn(12, latent_dim, generator=seeded(1))).sample(seeded(2)).detach()


def binary_digits():
    return Dataset.from_arrays(
        (digits().full.x > 0.5).float(), name="bits", support="binary", image_shape=(1, 8, 8)
    )


SMALL = TrainConfig(dataset="digits", hidden=(8,), latent_dim=2, batch_size=32, steps=60, precision="float32")


@pytest.mark.parametrize(("likelihood", "sigma"), FAMILIES)
def test_scores_are_the_likelihoods_own(likelihood, sigma):
    model, x = bent(likelihood, sigma)
    z = torch.randn(30, 2, generator=seeded(3))
    with torch.no_grad():
        expected = model.double().decode(z.double()[:, None].flatten(0, 1)).log_prob_per_dimension
        expected = torch.stack([expected(image.double().expand(30, -1)).sum(1) for image in x])
        found = log_prob(model.decoder, x, z)
    torch.testing.assert_close(found.double(), expected, rtol=1e-5, atol=1e-4)


@pytest.mark.parametrize("latent_dim", [1, 2])
@pytest.mark.parametrize(("likelihood", "sigma"), FAMILIES)
def test_the_value_and_the_posterior_are_those_of_adaptive_quadrature(likelihood, sigma, latent_dim):
    model, x = bent(likelihood, sigma, latent_dim)
    truth = posterior_moments(model, x, tolerance=1e-5)
    found = posteriors(model, x, Spacing(aim=1e-4), source=seeded(5))
    assert float(found.error.mean()) < 1e-3
    torch.testing.assert_close(found.log_likelihood, truth.log_mass, rtol=0, atol=3e-3)
    mean = found.weight.double() @ found.z.double()
    torch.testing.assert_close(mean, truth.mean, rtol=0, atol=3e-3)


@pytest.mark.parametrize(("likelihood", "sigma"), FAMILIES)
def test_the_gradient_is_autograds_through_a_fine_grid(likelihood, sigma):
    model, x = bent(likelihood, sigma)
    x = x[:6]
    side = 0.03 if likelihood == "gaussian" else 0.08
    axis = torch.arange(-6.0, 6.0, side, dtype=F64)
    z = torch.cartesian_prod(axis, axis)
    fine = model.double()
    outputs = fine.decoder.likelihood_of(fine.decoder.outputs(z))
    log_joint = torch.stack([outputs.log_prob(image) for image in x.double()])
    log_joint = log_joint - 0.5 * z.square().sum(1) - math.log(2.0 * math.pi)
    value = (torch.logsumexp(log_joint, 1) + 2.0 * math.log(side)).mean()
    (-value).backward()
    value = value.detach()
    flat = FlatParameters.of(model.decoder)
    found = posteriors(model, x, Spacing(aim=1e-4), source=seeded(5))
    assert float(found.log_likelihood.mean()) == pytest.approx(float(value), abs=1e-3)
    for _ in range(2):  # what stood there before does not matter
        write_exact_gradients(model, x, found, flat=flat)
    for mine, theirs in zip(model.decoder.parameters(), fine.decoder.parameters(), strict=True):
        torch.testing.assert_close(mine.grad.double(), theirs.grad, rtol=3e-3, atol=3e-3)


def test_a_linear_decoders_value_and_gradient_are_the_closed_forms():
    model = VAE((1, 2, 3), latent_dim=2, hidden=(), likelihood="gaussian", sigma="learned", seed=3)
    with torch.no_grad():
        model.decoder.log_sigma.fill_(-1.0)
    x = torch.randn(10, 6, generator=seeded(1))
    w = model.decoder.linears[0].weight.detach().double().requires_grad_(True)
    b = model.decoder.linears[0].bias.detach().double().requires_grad_(True)
    log_sigma = torch.tensor(-1.0, dtype=F64, requires_grad=True)
    # p(x) = N(b, W Wᵀ + σ² I)
    cov = w @ w.T + torch.exp(2.0 * log_sigma) * torch.eye(6, dtype=F64)
    value = torch.distributions.MultivariateNormal(b, cov).log_prob(x.double()).mean()
    (-value).backward()
    value = value.detach()
    flat = FlatParameters.of(model.decoder)
    found = posteriors(model, x, Spacing(aim=1e-5), source=seeded(5))
    assert float(found.log_likelihood.mean()) == pytest.approx(float(value), abs=1e-4)
    torch.testing.assert_close(
        found.log_likelihood, linear_gaussian_log_likelihood(model, x).value, rtol=0, atol=1e-3
    )
    write_exact_gradients(model, x, found, flat=flat)
    layer = model.decoder.linears[0]
    for mine, theirs in ((layer.weight, w), (layer.bias, b), (model.decoder.log_sigma, log_sigma)):
        torch.testing.assert_close(mine.grad.double(), theirs.grad, rtol=1e-3, atol=1e-3)


def test_a_lattice_that_is_too_coarse_says_so():
    model, x = bent("gaussian", 0.05)
    truth = quadrature_log_likelihood(model, x, tolerance=1e-4).value
    for seed in range(3):
        for spacing in (0.2, 0.1, 0.05, 0.02, 0.01):
            total = LatticeSum(model, x, Lattice.drawn(2, spacing, seeded(seed)), radius=6.0)
            for _ in total.chunks():
                pass
            off = (total.log_mass - truth).abs()
            # a wrong mean is never called right
            assert float(total.error.mean()) > min(0.02, float(off.nan_to_num(nan=1.0).mean()) - 1e-3)
    assert float(off.max()) < 0.02


def test_codes_far_out_make_the_lattice_grow():
    model = VAE((1, 1, 2), latent_dim=2, hidden=(), likelihood="gaussian", sigma=0.1, seed=0)
    with torch.no_grad():
        model.decoder.linears[0].weight.copy_(torch.eye(2))
    x = torch.tensor([[6.5, 0.0], [0.0, 0.0]])
    spacing = Spacing()
    found = posteriors(model, x, spacing, source=seeded(1))
    assert spacing.radius > exact.FIRST_RADIUS
    truth = linear_gaussian_log_likelihood(model, x).value
    torch.testing.assert_close(found.log_likelihood, truth, rtol=0, atol=0.02)


def test_it_starts_as_the_run_does_and_sees_the_same_images(monkeypatch):
    data = binary_digits()
    run, other = Run(SMALL, data), ExactRun(SMALL, data)
    for mine, theirs in zip(other.model.parameters(), run.model.parameters(), strict=True):
        assert torch.equal(mine, theirs)
    seen = []
    monkeypatch.setattr(
        exact, "posteriors", lambda model, x, *a, **k: seen.append(x) or posteriors(model, x, *a, **k)
    )
    other.advance(steps=3)
    run.advance(steps=3)
    ours, theirs = other._batches.next()[0], run._learner._batches.next()[0]
    assert torch.equal(ours, theirs)
    assert len(seen) == 3


def test_it_trains_the_decoder_and_nothing_else_and_its_value_is_exact():
    data = binary_digits()
    run = ExactRun(SMALL.replace(learning_rate=2e-2), data)
    before = run.snapshot()
    x = data.train.x[:40]
    first = float(quadrature_log_likelihood(run.model, x, tolerance=1e-2).value.mean())
    assert run.advance(steps=1000) == 60
    assert (run.step, run.finished, run.failed, run.stop_reason) == (60, True, False, "Finished: 60 steps.")
    after = run.snapshot()
    for name, value in after.weights.items():
        assert name.startswith("encoder") == bool((value == before.weights[name]).all())
    found = posteriors(run.model, x, Spacing(), source=seeded(2))
    truth = quadrature_log_likelihood(run.model, x, tolerance=1e-2).value
    assert float(truth.mean()) > first + 1.0
    assert float(found.log_likelihood.mean()) == pytest.approx(float(truth.mean()), abs=0.01)
    assert after.model().double().encode(x[:2].double()).mean.shape == (2, 2)


def test_the_same_seed_gives_the_same_run():
    one, two = (ExactRun(SMALL, binary_digits()) for _ in range(2))
    one.advance(steps=6)
    for _ in range(6):
        two.advance(steps=1)
    assert one.snapshot().key == two.snapshot().key
    assert one.value == two.value


def test_what_cant_be_summed_stops_with_a_sentence(monkeypatch):
    monkeypatch.setattr(exact, "MOST_CODES", 100)
    monkeypatch.setattr(exact.Spacing.__init__, "__kwdefaults__", {"aim": 1e-6, "most_codes": 100})
    run = ExactRun(SMALL, binary_digits())
    assert run.advance(steps=5) == 0
    assert run.stop_reason == "Stopped at step 0: the posteriors have become too narrow to be summed over."
    assert not run.failed


def test_an_infinite_value_stops_it():
    run = ExactRun(SMALL.replace(learning_rate=1.0, schedule="constant"), binary_digits())
    with torch.no_grad():
        run.model.decoder.linears[-1].bias.fill_(math.inf)
    assert run.advance(steps=5) == 0
    assert run.finished
    assert run.step == 0


def test_settings_are_checked():
    with pytest.raises(
        SettingError, match=r"^latent_dim must be 1 or 2 for training on exact log p\(x\), got 3\.$"
    ):
        ExactRun(TINY, digits())
    with pytest.raises(SettingError, match="likelihood must fit the data"):
        ExactRun(
            SMALL.replace(likelihood="continuous-bernoulli"),
            Dataset.from_arrays(torch.randn(20, 4), name="real", support="real"),
        )
    assert generator(0, "lattice").initial_seed() != generator(1, "lattice").initial_seed()
