"""Chapter 6: what σ costs, what a pixel's term is, the steps, and how answers are judged."""

import math
from dataclasses import replace

import pytest
import torch

from vae_core.data import load_dataset
from vae_core.lessons import pixels
from vae_core.lessons.pixel_steps import log_of_product, steps
from vae_core.lessons.pixels import (
    SIGMAS,
    Errors,
    PixelsSeen,
    average_errors,
    best_place,
    decoded,
    errors_of,
    pixel_floor,
    term,
    term_at_best,
)
from vae_core.likelihoods import Bernoulli
from vae_core.training.shipped import load_shipped
from vae_core.units import LossRecipe, implied

GREY = 370
"""A pixel that is neither black nor white, of the first validation image."""


class Unnormalised(Bernoulli):
    """A Bernoulli that forgets to divide by 1 + eˡ."""

    def log_prob_per_dimension(self, x: torch.Tensor) -> torch.Tensor:
        return x * self.logits


def seen(name: str, *, sigma: float = 1.0, pixel: int = GREY) -> PixelsSeen:
    snapshot = load_shipped(name)
    x = load_dataset(snapshot.config.dataset).validation.x[:1].double()
    model = snapshot.model()
    likelihood = decoded(model, x)
    errors = errors_of(likelihood, x)
    return PixelsSeen(model, x, likelihood, sigma, pixel, 0.3, errors, errors)


def grey_pixel() -> int:
    x = load_dataset("mnist-5k").validation.x[0]
    return int((x - 0.5).abs().argmin())


@pytest.mark.parametrize("sigma", [0.05, 0.3, 1.0])
def test_a_cost_is_that_of_a_normal_distribution(sigma: float) -> None:
    here = seen("grey-gaussian", sigma=sigma)
    normal = torch.distributions.Normal(here.likelihood.mean, sigma)
    expected = -float(normal.log_prob(here.x).sum())
    assert here.reference.cost(sigma) == pytest.approx(expected, rel=1e-9)
    assert here.total == pytest.approx(-expected, rel=1e-9)
    best = here.reference.best_sigma
    assert here.reference.excess(sigma) == pytest.approx(expected - here.reference.cost(best), abs=1e-6)
    around = [here.reference.cost(best * factor) for factor in (0.99, 1.01)]
    assert min(around) > here.reference.cost(best)


def test_the_average_is_over_images_and_codes() -> None:
    snapshot = load_shipped("grey-gaussian")
    model, x = snapshot.model(), load_dataset("mnist-5k").validation.x
    found = average_errors(model, x)
    with torch.no_grad():
        q, source = model.encode(x), torch.Generator().manual_seed(7)
        z = q.mean + q.std * torch.randn(30, *q.mean.shape, generator=source)
        at_mean = float((model.decoder.outputs(q.mean) - x).square().sum(1).mean())
        each = (model.decoder.outputs(z) - x).square().sum(2).mean(1)
    spread = float(each.std()) / math.sqrt(pixels.CODES)
    assert found.squared == pytest.approx(float(each.mean()), abs=4.0 * spread)
    assert abs(at_mean - float(each.mean())) > 5.0 * spread


@pytest.mark.parametrize(("x", "value"), [(0.0, 0.2), (1.0, 0.2), (0.4, 0.9)])
def test_a_pixels_term(x: float, value: float) -> None:
    one = torch.tensor(x, dtype=torch.float64)
    bernoulli = torch.distributions.Bernoulli(torch.tensor(value, dtype=torch.float64), validate_args=False)
    assert term(x, value, sigma=None) == pytest.approx(float(bernoulli.log_prob(one)))
    normal = torch.distributions.Normal(torch.tensor(value, dtype=torch.float64), 0.3)
    assert term(x, value, sigma=0.3) == pytest.approx(float(normal.log_prob(one)))
    values = [0.001 * step for step in range(1, 1000)]
    for sigma in (None, 0.3):
        top = max(term(x, place, sigma=sigma) for place in values)
        assert term_at_best(x, sigma=sigma) == pytest.approx(top, abs=2e-3)
        assert term_at_best(x, sigma=sigma) >= top - 1e-12


def test_the_log_of_a_product_that_would_vanish() -> None:
    factors = torch.full((784,), 1e-9, dtype=torch.float64)
    assert float(factors.prod()) == 0.0
    assert log_of_product(factors) == pytest.approx(784 * math.log(1e-9))


@pytest.mark.parametrize("sigma", [SIGMAS[0], 0.1768, 1.0, SIGMAS[-1]])
@pytest.mark.parametrize("name", ["grey-gaussian-unit", "binary-gaussian"])
def test_every_step_of_a_gaussian_holds(name: str, sigma: float) -> None:
    found = steps(seen(name, sigma=sigma))
    assert [step.rule for step in found if not step.holds] == []
    assert len(found) == 6


@pytest.mark.parametrize("name", ["grey-bernoulli", "binary-bernoulli", "binary-digits-8d"])
def test_every_step_of_a_bernoulli_holds(name: str) -> None:
    here = seen(name)
    found = steps(here)
    assert [step.rule for step in found if not step.holds] == []
    own = torch.distributions.Bernoulli(logits=here.likelihood.logits, validate_args=False)  # type: ignore[attr-defined]
    assert found[1].left_value == pytest.approx(float(own.log_prob(here.x).sum()), abs=1e-6)
    assert (here.floor == 0.0) == here.binary == (name != "grey-bernoulli")


def test_a_planted_mistake_fails_a_step() -> None:
    sound = seen("grey-gaussian-unit")
    wrong = replace(sound, reference=Errors(2.0 * sound.reference.squared, sound.reference.pixels))
    failed = [step.rule for step in steps(wrong) if not step.holds]
    assert failed == ["Slope zero", "Subtract"]
    grey = seen("grey-bernoulli")
    unnormalised = replace(grey, likelihood=Unnormalised(grey.likelihood.logits))  # type: ignore[attr-defined]
    failed = [step.rule for step in steps(unnormalised) if not step.holds]
    assert failed == ["Sigmoid", "Entropy and KL", "KL ≥ 0"]


def test_the_question_is_settled_by_the_errors() -> None:
    here = seen("grey-gaussian-unit")
    assert pixels.outcome(here).choice == 2
    few = replace(here, reference=Errors(2.0, 4))
    assert pixels.outcome(few).choice == 0
    assert pixels.outcome(replace(here, reference=Errors(0.1 * 10, 10))).choice == 1
    assert "beside it" in pixels.outcome(seen("grey-bernoulli")).sentence


def test_the_model_judges_the_answers() -> None:
    here, bernoulli = seen("grey-gaussian-unit"), seen("grey-bernoulli", pixel=grey_pixel())
    best = SIGMAS[best_place(here.reference)]
    assert pixels.check_sigma(replace(here, sigma=best), True).right
    assert not pixels.check_sigma(here, True).right
    assert not pixels.check_sigma(bernoulli, True).right
    # The weight of a KL beside half the squared error, at which the loss is the ELBO with the best σ
    recipe = LossRecipe("half-squared", "sum", "sum", here.reference.best_sigma**2, 784, 2)
    beta = implied(recipe).beta_variance
    assert beta is not None
    assert implied(recipe).sigma == pytest.approx(here.reference.best_sigma)
    assert pixels.check_beta(here, beta).right
    assert not pixels.check_beta(here, here.reference.best_sigma).right
    x = bernoulli.true_value
    own = torch.distributions.Bernoulli(torch.tensor(x)).entropy()
    assert pixels.check_floor(bernoulli, float(own)).right
    assert pixel_floor(x) == pytest.approx(float(own), abs=1e-6)
    assert not pixels.check_floor(bernoulli, 0.0).right
    assert "black or white" in pixels.check_floor(replace(bernoulli, pixel=0), 0.0).sentence
    assert "Choose a Bernoulli" in pixels.check_floor(here, 0.5).sentence


def test_other_decoders_are_refused() -> None:
    snapshot = load_shipped("grey-continuous")
    x = load_dataset("mnist-5k").validation.x[:1]
    with pytest.raises(ValueError, match="likelihood must be a Bernoulli or a Gaussian"):
        decoded(snapshot.model(), x)
    with pytest.raises(ValueError, match="a must be a number above 0"):
        term(0.5, 0.0, sigma=None)
