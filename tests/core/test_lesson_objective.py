"""Chapter 4: exact terms against closed forms and draws, steps that hold, planted mistakes, honest judges."""

import math
from dataclasses import replace

import numpy as np
import pytest
import torch
from torch.distributions import Normal, kl_divergence

from vae_core.data import load_dataset
from vae_core.diagnostics.tug import tug
from vae_core.gaussians import DiagonalGaussian
from vae_core.lessons import objective_checks, objective_steps
from vae_core.lessons.objective import (
    Average,
    ImageBase,
    ObjectiveSeen,
    Setting,
    at_rest,
    average_objective,
    image_base,
    objective,
    outcome,
    parts_of,
)
from vae_core.lessons.objective_checks import check_beta, check_better, check_narrow
from vae_core.lessons.objective_curves import Curve, curve
from vae_core.models import VAE
from vae_core.rng import generator
from vae_core.training.shipped import load_shipped

MOVED = Setting((-0.4, 0.25), 2.0, 4.0)


@pytest.fixture(scope="module")
def measured() -> tuple[ImageBase, Average]:
    images = load_dataset("mnist-5k-binary").validation.x
    model = load_shipped("binary-digits-2d").model()
    return image_base(model, images[:1]), average_objective(model, images)


def seen(measured: tuple[ImageBase, Average], setting: Setting, *, samples: int = 256) -> ObjectiveSeen:
    return objective(measured[0], setting, samples=samples, average=measured[1])


@pytest.fixture(scope="module")
def linear() -> tuple[VAE, torch.Tensor]:
    """A linear Gaussian decoder: E_q log p(x|z) has a closed form."""
    model = VAE(image_shape=(1, 1, 5), latent_dim=2, hidden=(), activation="tanh", likelihood="gaussian")
    source = generator(3, "a linear VAE")
    with torch.no_grad():
        for parameter in model.parameters():
            parameter.add_(torch.randn(parameter.shape, generator=source) * 0.3)
    return model, torch.rand(1, 5, generator=source)


@pytest.mark.parametrize("setting", [at_rest(2), MOVED])
def test_the_terms_of_a_linear_decoder(linear: tuple[VAE, torch.Tensor], setting: Setting) -> None:
    base = image_base(*linear)
    q = setting.moved(base.encoder.q)
    found = parts_of(base.scores, q)
    likelihood = base.model.decode(q.mean)
    zero = base.model.decode(torch.zeros(1, 2, dtype=torch.float64)).mean[0]
    weight = torch.stack(
        [base.model.decode(one[None]).mean[0] - zero for one in torch.eye(2, dtype=torch.float64)], 1
    )
    sigma = float(torch.exp(base.model.decoder.log_sigma))
    # E_q log N(x; Wz + b, σ²) = log N(x; Wμ + b, σ²) − ½ tr(W Σ Wᵀ)/σ²
    normal = Normal(likelihood.mean, sigma).log_prob(base.x).sum()
    spread = (weight.square() * q.std[0].square()).sum() / sigma**2
    assert found.reconstruction == pytest.approx(float(normal - 0.5 * spread), abs=1e-9)
    prior = Normal(torch.zeros(2), torch.ones(2))
    each = kl_divergence(Normal(q.mean[0], q.std[0]), prior)
    assert found.kl_per_dimension == pytest.approx(each.tolist())
    assert found.elbo == pytest.approx(found.reconstruction - float(each.sum()))
    assert found.weighted(4.0) == pytest.approx(found.elbo - 3.0 * found.kl)


def test_the_terms_of_a_trained_model_lie_within_their_draws(measured: tuple[ImageBase, Average]) -> None:
    for setting in (at_rest(2), MOVED):
        found = seen(measured, setting, samples=4096)
        value, error = found.sampled
        assert abs(value - found.hand.reconstruction) < 4.5 * error
    pull = tug(measured[0].model, measured[0].x)
    assert measured[0].encoder.reconstruction == pytest.approx(pull.reconstruction, abs=1e-6)


def test_a_setting_moves_mean_and_width() -> None:
    q = DiagonalGaussian(torch.tensor([[1.0, -1.0]]), torch.tensor([[0.0, -2.0]]))
    moved = MOVED.moved(q)
    np.testing.assert_allclose(moved.mean, [[0.6, -0.75]])
    np.testing.assert_allclose(moved.std, 2.0 * q.std)
    for wrong in ({"factor": 0.0}, {"beta": -1.0}, {"shift": (math.nan, 0.0)}):
        with pytest.raises(ValueError, match="must be"):
            replace(MOVED, **wrong)


@pytest.mark.parametrize("setting", [at_rest(2), MOVED, Setting((0.0, 0.0), 0.125)])
def test_every_step_holds(measured: tuple[ImageBase, Average], setting: Setting) -> None:
    found = objective_steps.steps(seen(measured, setting))
    assert [step.rule for step in found if not step.holds] == []
    assert len(found) == 6


def test_steps_hold_where_rules_are_rough() -> None:
    images = load_dataset("two-moons").validation.x
    model = load_shipped("two-moons").model()
    both = image_base(model, images[:1]), average_objective(model, images)
    for setting in (at_rest(2), Setting((0.5, 0.0), 8.0)):
        assert [step.rule for step in objective_steps.steps(seen(both, setting)) if not step.holds] == []


def test_a_wrong_term_is_seen(measured: tuple[ImageBase, Average]) -> None:
    sound = seen(measured, MOVED)

    def failing(wrong: ObjectiveSeen) -> list[str]:
        return [step.rule for step in objective_steps.steps(wrong) if not step.holds]

    shifted = replace(sound.hand, reconstruction=sound.hand.reconstruction + 0.1)
    assert failing(replace(sound, hand=shifted)) == ["Log of a product", "Change of variables"]
    first, second = sound.hand.kl_per_dimension
    forgotten = replace(sound.hand, kl_per_dimension=(first, second - 0.05))
    assert failing(replace(sound, hand=forgotten)) == [
        "Log of a product",
        "Closed form",
        "Independent dimensions",
    ]
    swapped = replace(sound.average, kl=-sound.average.kl)
    assert failing(replace(sound, average=swapped)) == ["Mean over the data"]


def test_the_average_is_over_images_and_draws(measured: tuple[ImageBase, Average]) -> None:
    average, model = measured[1], load_shipped("binary-digits-2d").model()
    images = load_dataset("mnist-5k-binary").validation.x[: average.images]
    with torch.no_grad():
        q = model.encode(images)
    kl = kl_divergence(Normal(q.mean, q.std), Normal(torch.zeros(2), torch.ones(2))).sum(1).mean()
    assert average.kl == pytest.approx(float(kl), rel=1e-5)
    few = [parts_of(image_base(model, x[None]).scores, q_of(model, x)).reconstruction for x in images[:4]]
    again = average_objective(model, images[:4])
    assert again.reconstruction == pytest.approx(float(np.mean(few)), abs=5.0 * again.reconstruction_error)
    assert again.images == 4


def q_of(model: VAE, x: torch.Tensor) -> DiagonalGaussian:
    with torch.no_grad():
        return model.double().encode(x[None].double())


@pytest.mark.parametrize("dimension", [None, 0, 1])
def test_a_curve_goes_through_the_terms(measured: tuple[ImageBase, Average], dimension: int | None) -> None:
    base, setting = measured[0], Setting((-0.1, 0.05), 0.8)
    found = curve(base, setting, dimension=dimension, betas=(1.0, 4.0))
    assert bool((found.values.diff() > 0).all())
    for k in (0, len(found.values) // 2, -1):
        exact = parts_of(base.scores, at(setting, dimension, float(found.values[k])).moved(base.encoder.q))
        assert float(found.kl[k]) == pytest.approx(exact.kl)
        close = 0.3 if dimension is None and k == -1 else 0.02  # a rough rule where q is eight times as wide
        assert float(found.reconstruction[k]) == pytest.approx(exact.reconstruction, abs=close)
    for beta in (1.0, 4.0):
        best = found.best(beta)
        near = (best * 1.02, best / 1.02) if dimension is None else (best + 0.01, best - 0.01)
        top = height(base, setting, dimension, best, beta)
        assert top >= max(height(base, setting, dimension, value, beta) for value in near) - 2e-3


def at(setting: Setting, dimension: int | None, value: float) -> Setting:
    if dimension is None:
        return replace(setting, factor=value)
    return replace(setting, shift=tuple(value if j == dimension else setting.shift[j] for j in (0, 1)))


def height(base: ImageBase, setting: Setting, dimension: int | None, value: float, beta: float) -> float:
    return parts_of(base.scores, at(setting, dimension, value).moved(base.encoder.q)).weighted(beta)


def test_the_best_of_a_parabola_is_its_vertex() -> None:
    place = torch.tensor([-1.0, -0.2, 0.5, 2.0], dtype=torch.float64)
    found = Curve(0, place, -(place - 0.3).square(), torch.zeros(4, dtype=torch.float64))
    assert found.best() == pytest.approx(0.3)
    assert Curve(0, place, place, torch.zeros(4, dtype=torch.float64)).best() == 2.0
    wide = Curve(None, place.exp(), -(place - 0.3).square(), torch.zeros(4, dtype=torch.float64))
    assert wide.best() == pytest.approx(math.exp(0.3))


def test_halving_the_width_is_measured(measured: tuple[ImageBase, Average]) -> None:
    base = measured[0]
    half = parts_of(base.scores, Setting((0.0, 0.0), 0.5).moved(base.encoder.q))
    change = half.elbo - base.encoder.elbo
    found = outcome(seen(measured, MOVED))
    assert found.choice == (0 if change > 0 else 1)
    assert f"{change:+.3f}".replace("-", "−") in found.sentence
    # log 2 in each dimension, less ⅜ σ²
    assert half.kl - base.encoder.kl == pytest.approx(
        2 * math.log(2) - 0.375 * float(base.encoder.q.std.square().sum())
    )


def test_where_the_reconstruction_is_highest(measured: tuple[ImageBase, Average]) -> None:
    found, base = seen(measured, MOVED), measured[0]
    heights = [
        parts_of(base.scores, Setting((0.0, 0.0), factor).moved(base.encoder.q)).reconstruction
        for factor in (0.125, 1.0, 8.0)
    ]
    truth = int(np.argmax(heights))
    assert [check_narrow(found, choice).right for choice in range(3)] == [k == truth for k in range(3)]


def test_a_better_q_is_one(measured: tuple[ImageBase, Average], monkeypatch: pytest.MonkeyPatch) -> None:
    base = measured[0]
    assert not check_better(seen(measured, at_rest(2)), True).right
    assert not check_better(seen(measured, Setting((1.0, 0.0))), True).right
    best = curve(base, at_rest(2), dimension=0).best()
    assert check_better(seen(measured, Setting((round(best, 2), 0.0))), True).right
    barely = check_better(seen(measured, Setting((0.1 * best, 0.0))), True)
    assert not barely.right
    assert "more to gain" in barely.sentence
    monkeypatch.setattr(objective_checks, "best_gain", lambda _: 0.001)
    assert "another image" in check_better(seen(measured, Setting((best, 0.0))), True).sentence


def test_the_factor_that_a_dearer_kl_wants(measured: tuple[ImageBase, Average]) -> None:
    found = seen(measured, at_rest(2))
    factors = np.exp(np.linspace(np.log(2.0), np.log(8.0), 31))
    heights = [height(measured[0], at_rest(2), None, float(factor), 4.0) for factor in factors]
    truth = float(factors[int(np.argmax(heights))])
    assert check_beta(found, truth).right
    assert not check_beta(found, 1.2 * truth).right
    assert "Too low" in check_beta(found, 0.5 * truth).sentence


def test_other_models_are_refused() -> None:
    images = load_dataset("mnist-5k-binary").validation.x
    with pytest.raises(ValueError, match="1 or 2 latent dimensions"):
        image_base(load_shipped("binary-digits-8d").model(), images[:1])
    with pytest.raises(ValueError, match="one image"):
        image_base(load_shipped("binary-digits-2d").model(), images[:2])


def test_one_latent_dimension_is_enough() -> None:
    model = VAE(image_shape=(1, 1, 4), latent_dim=1, hidden=(5,), activation="tanh", likelihood="bernoulli")
    x = torch.bernoulli(torch.full((3, 4), 0.5), generator=generator(0, "four bits"))
    both = image_base(model, x[:1]), average_objective(model, x)
    found = seen(both, Setting((0.3,), 2.0))
    assert [step.rule for step in objective_steps.steps(found) if not step.holds] == []
    assert both[0].window.score.ndim == 1
    assert curve(both[0], at_rest(1), dimension=0).kl.min() >= 0
