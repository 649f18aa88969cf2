"""Chapter 1: the exact values, the draws beside them, the steps, and how answers are judged."""

import math
from dataclasses import replace

import pytest
import torch

from vae_core.data import load_dataset, tiny_binary_distribution
from vae_core.estimators import (
    effective_sample_size,
    linear_gaussian_log_likelihood,
    log_weights,
    prior_proposal,
    quadrature_log_likelihood,
)
from vae_core.lessons import likelihood
from vae_core.lessons.even_grid import even_grid
from vae_core.lessons.likelihood import LikelihoodSeen
from vae_core.lessons.likelihood_draws import (
    AS_TRAINED,
    SHARPNESS,
    PriorDraws,
    heaviest,
    prior_draws,
    repeats,
    sharpened,
)
from vae_core.lessons.likelihood_family import THETAS, family, log_member
from vae_core.lessons.likelihood_toy import (
    DIMENSIONS,
    toy_draws_for_one,
    toy_estimates,
    toy_image,
    toy_model,
    toy_pools,
    toy_scores,
    toy_sigma,
)
from vae_core.models import VAE
from vae_core.rng import generator
from vae_core.training.shipped import load_shipped

DRAWS = 20_000


@pytest.fixture(scope="module")
def moons() -> tuple[VAE, torch.Tensor, PriorDraws]:
    model, x = load_shipped("two-moons").model(), load_dataset("two-moons").validation.x[:1]
    *_, (_, _, found) = prior_draws(model, x, draws=DRAWS)
    return model, x, found


@pytest.fixture(scope="module")
def seen(moons: tuple[VAE, torch.Tensor, PriorDraws]) -> LikelihoodSeen:
    toy = tuple(toy_estimates(pool, sharpness=1.0, samples=100) for pool in toy_pools(draws=2000))
    return LikelihoodSeen(moons[2], AS_TRAINED, 1000, toy, family(), 20)


def test_a_sharper_decoder_is_a_model_of_its_own() -> None:
    """A Bernoulli with logits s times as large, and a Gaussian with σ/s: both normalised."""
    x = torch.tensor([[1.0, 0.0, 1.0]])
    z = torch.tensor([[0.3, -0.7]])
    bernoulli, gaussian = (
        VAE((1, 1, 3), latent_dim=2, hidden=(5,), likelihood=kind, sigma=0.3)
        for kind in ("bernoulli", "gaussian")
    )
    own = torch.distributions.Bernoulli(logits=3.0 * bernoulli.double().decoder.outputs(z.double()))
    found = sharpened(bernoulli, 3.0).decode(z.double()).log_prob(x.double())
    torch.testing.assert_close(found, own.log_prob(x.double()).sum(1))
    normal = torch.distributions.Normal(gaussian.double().decoder.outputs(z.double()), 0.1)
    found = sharpened(gaussian, 3.0).decode(z.double()).log_prob(x.double())
    torch.testing.assert_close(found, normal.log_prob(x.double()).sum(1), rtol=1e-6, atol=1e-6)


@pytest.mark.parametrize("kind", ["bernoulli", "gaussian", "continuous-bernoulli"])
def test_draws_are_scored_at_each_sharpness(kind: str) -> None:
    model = VAE((1, 3, 3), latent_dim=2, hidden=(8,), likelihood=kind, sigma=0.4)
    x = torch.tensor([[1.0, 0.0, 1.0, 0.0, 0.0, 1.0, 1.0, 1.0, 0.0]])
    *_, (done, _, found) = prior_draws(model, x, draws=50)
    assert done == 1.0
    for place, times in enumerate(SHARPNESS):
        other = sharpened(model, times)
        expected = other.decode(found.z.double()).log_prob(x.double())
        torch.testing.assert_close(found.log_p[place].double(), expected, rtol=1e-4, atol=2e-3)
        known, exact = found.known[place], quadrature_log_likelihood(other, x.double())
        assert known is not None
        assert known.log_likelihood == pytest.approx(float(exact.value), abs=1e-6)


def test_the_mean_and_the_spread_of_the_weights_are_what_is_said(
    moons: tuple[VAE, torch.Tensor, PriorDraws],
) -> None:
    """E w = p(x) and E w² = p(x)² · draws for one, against other draws from the prior."""
    model, x, found = moons
    known = found.known[AS_TRAINED]
    assert known is not None
    log_w = log_weights(
        model, x, samples=100_000, proposal=prior_proposal(model), generator=generator(5, "others")
    )[:, 0].double()
    ratio = torch.exp(log_w - known.log_likelihood)
    error = math.sqrt((known.draws_for_one - 1.0) / len(ratio))
    assert float(ratio.mean()) == pytest.approx(1.0, abs=4.0 * error)
    apart = 4.0 * known.spread / math.sqrt(len(ratio))
    assert float(ratio.square().mean()) == pytest.approx(known.draws_for_one, abs=apart)
    assert apart < 0.1 * known.draws_for_one
    assert float(ratio.square().std()) == pytest.approx(known.spread, rel=0.1)
    effective = float(effective_sample_size(log_w[:, None])[0])
    assert len(log_w) / effective == pytest.approx(known.draws_for_one, rel=0.05)


@pytest.mark.parametrize("sharpness", SHARPNESS)
def test_the_even_grid_knows_the_moments_of_the_weights(sharpness: float) -> None:
    """Against closed forms of the linear model: log p(x), and E w²/p(x)²."""
    sigma = toy_sigma(sharpness)
    model, x = toy_model(2, sigma), toy_image(2, sigma)
    even, exact = even_grid(model, x), float(linear_gaussian_log_likelihood(model, x).value)
    assert even.log_mean_power(1) == pytest.approx(exact, abs=1e-6)
    second = math.exp(even.log_mean_power(2) - 2.0 * exact)
    assert second == pytest.approx(toy_draws_for_one(2, sigma), rel=1e-5)
    with pytest.raises(ValueError, match="model must have 2 latent dimensions"):
        even_grid(toy_model(4, sigma), x)


def test_repeated_estimates_share_no_draw() -> None:
    log_p = torch.log(torch.tensor([1.0, 3.0, 2.0, 6.0, 9.0]))
    torch.testing.assert_close(repeats(log_p, 2), torch.tensor([2.0, 4.0]).double().log())
    assert len(repeats(log_p, 1, most=3)) == 3
    with pytest.raises(ValueError, match="samples must be a whole number from 1 to 5"):
        repeats(log_p, 6)
    assert heaviest(torch.log(torch.tensor([0.05, 0.85, 0.1]))) == 2


@pytest.mark.parametrize("latent_dim", DIMENSIONS)
def test_the_linear_model_is_one(latent_dim: int) -> None:
    sigma = toy_sigma(2.0)
    model, x = toy_model(latent_dim, sigma), toy_image(latent_dim, sigma)
    pool = toy_pools(draws=50)[DIMENSIONS.index(latent_dim)]
    z = torch.randn(50, latent_dim, generator=generator(0, f"toy of {latent_dim} dimensions")).double()
    torch.testing.assert_close(toy_scores(pool, sigma), model.decode(z).log_prob(x), rtol=1e-5, atol=1e-4)
    # log N(x; 0, W Wᵀ + σ² I)
    cov = sigma**2 * torch.eye(32).double() + torch.diag((torch.arange(32) < latent_dim).double())
    marginal = torch.distributions.MultivariateNormal(torch.zeros(32).double(), cov)
    found = toy_estimates(pool, sharpness=2.0, samples=10)
    assert found.log_likelihood == pytest.approx(float(marginal.log_prob(x)[0]), abs=1e-6)


def test_what_a_dimension_costs_is_a_factor() -> None:
    sigma = toy_sigma(1.0)
    found = toy_estimates(toy_pools()[0], sharpness=1.0, samples=1)
    ratio = torch.exp(toy_scores(toy_pools()[0], sigma) - found.log_likelihood)
    assert float(ratio.square().mean()) == pytest.approx(toy_draws_for_one(1, sigma), rel=0.02)
    assert toy_draws_for_one(8, sigma) == pytest.approx(toy_draws_for_one(1, sigma) ** 8)


def test_every_member_of_the_family_is_a_distribution() -> None:
    found, p = family(), tiny_binary_distribution()[1]
    data = torch.distributions.Categorical(p)
    assert found.entropy == pytest.approx(float(data.entropy()), abs=1e-12)
    for place in (0, 8, 38):
        log_p = log_member(THETAS[place])
        assert float(log_p.exp().sum()) == pytest.approx(1.0, abs=1e-12)
        kl = torch.distributions.kl_divergence(data, torch.distributions.Categorical(logits=log_p))
        assert float(found.kl[place]) == pytest.approx(float(kl), abs=1e-9)
    assert int(found.fit.argmax()) == int(found.kl.argmin()) == found.best
    # The patterns' own weights with the data's own θ give p_D; even weights do not
    assert float(found.kl.min()) > 0.01


@pytest.mark.parametrize("sharp", range(len(SHARPNESS)))
@pytest.mark.parametrize("samples", [1, 100, 10_000])
def test_every_step_holds(seen: LikelihoodSeen, sharp: int, samples: int) -> None:
    steps = likelihood.steps(replace(seen, sharp=sharp, samples=samples))
    assert [step.rule for step in steps if not step.holds] == []
    assert len(steps) == 6


def test_a_planted_mistake_fails_a_step(seen: LikelihoodSeen) -> None:
    def failing(wrong: LikelihoodSeen) -> list[str]:
        return [step.rule for step in likelihood.steps(wrong) if not step.holds]

    known = seen.known
    assert seen.draws is not None
    assert known is not None
    found = seen.family
    assert failing(replace(seen, family=replace(found, kl=2.0 * found.kl))) == ["Definition of the entropy"]
    assert failing(replace(seen, family=replace(found, fit=found.fit + 0.1))) == [
        "Definition of the KL",
        "Definition of the entropy",
    ]
    lower = replace(known, log_likelihood=known.log_likelihood - 2.0)
    wrong = replace(seen.draws, known=tuple(lower for _ in SHARPNESS))
    assert failing(replace(seen, draws=wrong)) == [
        "Sum rule",
        "The mean of a sample",
        "Variance of a mean",
        "Jensen's inequality",
    ]


def test_the_question_is_settled_by_the_estimates(seen: LikelihoodSeen) -> None:
    found = likelihood.outcome(seen)
    assert found is not None
    values = repeats(seen.log_p, likelihood.ASKED, most=DRAWS)
    assert seen.known is not None
    apart = float(values.mean()) - seen.known.log_likelihood
    assert found.choice == (2 if apart < -2.0 * float(values.std()) / math.sqrt(len(values)) else 0)


def test_nothing_is_said_before_there_is_a_draw(seen: LikelihoodSeen) -> None:
    before = replace(seen, draws=None)
    assert likelihood.outcome(before) is None
    assert likelihood.steps(before) == ()
    assert likelihood.check_worth(before, True) is None


def test_the_model_judges_the_answers(seen: LikelihoodSeen) -> None:
    few, many = (likelihood.check_worth(replace(seen, samples=k), True) for k in (3, 10_000))
    assert few is not None
    assert not few.right
    assert many is not None
    assert many.right
    truth = toy_draws_for_one(likelihood.TOY_ASKED, toy_sigma(1.0))
    assert likelihood.check_toy(seen, truth).right
    assert not likelihood.check_toy(seen, 8 * toy_draws_for_one(1, toy_sigma(1.0))).right
    assert likelihood.check_best(replace(seen, member=seen.family.best), True).right
    assert not likelihood.check_best(seen, True).right
