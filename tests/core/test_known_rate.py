"""Rate and distortion under a known p_D, against enumeration, scipy's quadrature and torch.distributions."""

import itertools
import math

import pytest
import torch
from scipy import integrate, stats

from vae_core.checks import SettingError
from vae_core.data import known_distribution, load_dataset, sample_tiny_binary
from vae_core.data.toys import MIXTURE_MEANS, MIXTURE_STDS, MIXTURE_WEIGHTS
from vae_core.diagnostics import known_rate
from vae_core.models import VAE
from vae_core.rng import generator
from vae_core.sweeps.point import measure
from vae_core.training import Run, TrainConfig


def moved(model: VAE, *, scale: float = 0.6) -> VAE:
    """Return the model with weights of some size, so that every term counts."""
    random = generator(3, "known rate")
    with torch.no_grad():
        for value in model.parameters():
            value.add_(scale * torch.randn(value.shape, generator=random))
    return model


def test_entropies_are_those_of_enumeration_and_of_scipy() -> None:
    tiny, mixture = known_distribution("tiny-binary"), known_distribution("mixture-1d")
    assert tiny is not None
    assert mixture is not None
    assert (tiny.discrete, mixture.discrete) == (True, False)
    assert {tuple(row) for row in tiny.x.int().tolist()} == set(itertools.product((0, 1), repeat=9))
    assert tiny.entropy == pytest.approx(stats.entropy(tiny.weight.numpy()), abs=1e-12)

    def log_density(x: float) -> float:
        parts = zip(MIXTURE_WEIGHTS, MIXTURE_MEANS, MIXTURE_STDS, strict=True)
        return math.log(sum(w * stats.norm.pdf(x, m, s) for w, m, s in parts))

    entropy, _ = integrate.quad(
        lambda x: -math.exp(log_density(x)) * log_density(x),
        -9,
        8,
        epsabs=1e-11,
        limit=400,
        points=[-3, 0, 2.5],
    )
    assert mixture.entropy == pytest.approx(entropy, abs=1e-9)
    assert known_distribution("digits") is None


@pytest.mark.parametrize("dataset", ["tiny-binary", "mixture-1d"])
def test_rate_and_distortion_are_those_of_a_trapezoid_over_z(dataset: str) -> None:
    known, data = known_distribution(dataset), load_dataset(dataset)
    assert known is not None
    likelihood = "bernoulli" if dataset == "tiny-binary" else "gaussian"
    model = VAE(data.image_shape, latent_dim=1, hidden=(8,), activation="tanh", likelihood=likelihood, seed=1)
    model = moved(model).double()
    found = known_rate(model, known)
    with torch.no_grad():
        q = model.encode(known.x)
        kl = torch.distributions.kl_divergence(
            torch.distributions.Normal(q.mean, q.std), torch.distributions.Normal(0.0, 1.0)
        )
        assert found.rate == pytest.approx(float(known.weight @ kl[:, 0]), abs=1e-10)
        step = torch.linspace(-9.1, 9, 377, dtype=torch.float64)
        density = stats.norm.pdf(step.numpy()) * float(step[1] - step[0])
        total = 0.0
        for row in range(len(known.x)):
            z = q.mean[row] + q.std[row] * step[:, None]
            log_prob = model.decode(z).log_prob(known.x[row].expand(len(z), -1))
            total -= float(known.weight[row]) * float(torch.as_tensor(density) @ log_prob)
    assert found.distortion == pytest.approx(total, abs=1e-4)
    assert found.off < 1e-4


def test_no_model_lies_below_the_entropy_less_its_rate() -> None:
    known, data = known_distribution("tiny-binary"), load_dataset("tiny-binary")
    assert known is not None
    gaps = []
    for beta in (0.1, 1.0, 8.0):
        config = TrainConfig(
            dataset="tiny-binary", latent_dim=2, hidden=(16,), beta=beta, steps=150, learning_rate=1e-2
        )
        run = Run(config, data)
        run.advance(steps=150)
        point = measure(run)
        assert (point.rate_error, point.images) == (0.0, 512)
        assert 0.0 < point.distortion_error < 1e-4
        # D − (H − R) = KL(p_D ‖ p) + E KL(q(z|x) ‖ p(z|x))
        gaps.append(point.distortion - (known.entropy - point.rate))
    assert min(gaps) > 0.0
    assert gaps[2] > gaps[1]


def test_a_large_sample_says_the_same() -> None:
    known = known_distribution("tiny-binary")
    assert known is not None
    model = VAE((1, 3, 3), latent_dim=2, hidden=(8,), activation="tanh", likelihood="bernoulli", seed=2)
    model = moved(model).double()
    found = known_rate(model, known)
    x, _ = sample_tiny_binary(40_000, generator=generator(5, "sample"))
    with torch.no_grad():
        q = model.encode(x)
        noise = torch.randn(q.mean.shape, generator=generator(6, "sample"), dtype=torch.float64)
        values = -model.decode(q.mean + q.std * noise).log_prob(x)
    error = float(values.std()) / math.sqrt(len(values))
    assert abs(found.distortion - float(values.mean())) < 4 * error


def test_a_model_of_other_data_is_refused() -> None:
    known = known_distribution("tiny-binary")
    assert known is not None
    model = VAE((1, 8, 8), latent_dim=1, hidden=(4,), activation="tanh", likelihood="bernoulli")
    with pytest.raises(SettingError, match=r"^x must"):
        known_rate(model, known)
