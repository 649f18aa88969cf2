"""What a code's loss implies, against the gradients of the β-ELBO that it is said to be."""

import dataclasses
import itertools
import math

import pytest
import torch
from torch.nn import functional as F

from vae_core.checks import SettingError
from vae_core.models import VAE
from vae_core.rng import generator
from vae_core.units import Implied, LossRecipe, implied

D, L, B = 6, 3, 5
KEYS = list(itertools.product(("squared", "half-squared", "bce"), ("sum", "mean"), ("sum", "mean")))
ERRORS = {
    "squared": lambda out, x: F.mse_loss(out, x, reduction="none"),
    "half-squared": lambda out, x: 0.5 * F.mse_loss(out, x, reduction="none"),
    "bce": lambda out, x: F.binary_cross_entropy_with_logits(out, x, reduction="none"),
}


def recipe(
    error="squared", pixels="sum", latents="sum", weight=1.0, dimensions=D, latent_dim=L
) -> LossRecipe:
    return LossRecipe(error, pixels, latents, weight, dimensions, latent_dim)


def gradients(loss, error: str) -> torch.Tensor:
    """The gradient of a function of (decoder outputs, x, q) in all weights of a small model, in one row."""
    likelihood = "bernoulli" if error == "bce" else "gaussian"
    model = VAE((1, 1, D), latent_dim=L, hidden=(7,), likelihood=likelihood, seed=1).double()
    x = torch.rand(B, D, generator=generator(0, "x"), dtype=torch.float64)
    q = model.encode(x)
    out = model.decoder.outputs(q.sample(generator(0, "noise"))[0])
    q = torch.distributions.Normal(q.mean, q.std)
    found = torch.autograd.grad(loss(out, x, q), [p for p in model.parameters() if p.requires_grad])
    return torch.cat([g.flatten() for g in found])


def kl(q) -> torch.Tensor:
    return torch.distributions.kl_divergence(q, torch.distributions.Normal(0.0, torch.ones_like(q.mean)))


def off_the_line(one: torch.Tensor, other: torch.Tensor) -> float:
    """How far two gradients are from one direction, as a share of the first; infinite if they are opposed."""
    scale = one @ other / (other @ other)
    return float((one - scale * other).norm() / one.norm()) if scale > 0 else math.inf


@pytest.mark.parametrize(("error", "pixels", "latents"), KEYS)
@pytest.mark.parametrize("weight", [1.0, 0.03])
def test_the_loss_has_the_gradient_of_the_beta_elbo_that_it_implies(
    error: str, pixels: str, latents: str, weight: float
) -> None:
    found = implied(recipe(error, pixels, latents, weight))

    def loss(out, x, q):
        misfit, cost = ERRORS[error](out, x), kl(q)
        misfit = misfit.mean(1) if pixels == "mean" else misfit.sum(1)
        return (misfit + weight * (cost.mean(1) if latents == "mean" else cost.sum(1))).mean()

    def negative_elbo(out, x, q, beta, sigma):
        if error == "bce":
            law = torch.distributions.Bernoulli(logits=out, validate_args=False)
        else:
            law = torch.distributions.Normal(out, sigma)
        return (beta * kl(q).sum(1) - law.log_prob(x).sum(1)).mean()

    truth = gradients(loss, error)
    if error == "bce":
        pairs = [(found.beta, None)]
    else:
        # Every β and σ with this product, β = 1 among them
        pairs = [(1.0, found.sigma), *((found.beta_variance / s**2, s) for s in (0.1, 1.0, 7.0))]
    for beta, sigma in pairs:
        mine = gradients(lambda *a, b=beta, s=sigma: negative_elbo(*a, b, s), error)
        assert off_the_line(truth, mine) < 1e-12
        other = gradients(lambda *a, b=1.02 * beta, s=sigma: negative_elbo(*a, b, s), error)
        assert off_the_line(truth, other) > 1e-5


def test_what_well_known_recipes_imply() -> None:
    digits = implied(recipe(pixels="mean", dimensions=784))
    assert (digits.beta_variance, digits.beta) == (392.0, None)
    assert digits.sigma == pytest.approx(19.8, abs=0.01)
    assert digits.formula == "β σ² = w D / 2 = 392"
    faces = implied(recipe(pixels="mean", weight=2.5e-4, dimensions=12_288, latent_dim=128))
    assert faces.sigma == pytest.approx(1.24, abs=0.005)
    assert faces.formula == "β σ² = w D / 2 = 1.54"
    assert implied(recipe()).beta_variance == 0.5
    assert implied(recipe("half-squared", weight=0.7)).beta_variance == 0.7
    assert implied(recipe("half-squared")).formula == "β σ² = w = 1"
    assert implied(recipe(latents="mean", latent_dim=10)).formula == "β σ² = w / (2 L) = 0.05"
    assert implied(recipe("half-squared", "mean", "mean", 2.0, 100, 10)).formula == "β σ² = w D / L = 20"
    cross = implied(recipe("bce", "mean", dimensions=784))
    assert (cross.beta_variance, cross.beta, cross.sigma) == (None, 784.0, None)
    assert cross.formula == "β = w D = 784"
    assert implied(recipe("bce")).beta == 1.0
    assert implied(recipe("bce", latents="mean", latent_dim=8)).formula == "β = w / L = 0.125"


@pytest.mark.parametrize(
    ("told", "words"),
    [
        (recipe(pixels="mean", dimensions=784), "σ = 19.8. That σ is far wider than the range of pixels"),
        (recipe(pixels="mean", dimensions=784), "β = 392 with σ = 1 as well as β = 1 with σ = 19.8"),
        (recipe(pixels="mean", dimensions=784), "costs 0.00128 nats, so reconstructions count for little."),
        (recipe(pixels="mean", weight=2.5e-4, dimensions=12_288), "wider than the whole range of pixels"),
        (recipe(), "That σ is wider than pixels in [0, 1] can spread at all, which is 0.5: "),
        (recipe(), "an error from black to white costs 1 nat."),
        (recipe(weight=0.02), "if reconstructions miss them by 0.1, root mean square: an error"),
        (recipe(weight=2e-8), "β σ² = 1 × 10⁻⁸, and the code fixes only that product"),
        (recipe(weight=2e-8), "costs 5 × 10⁷ nats, so the KL counts for little."),
        (recipe(pixels="mean", weight=2 * 999.7, dimensions=1), "β σ² = 1,000, and"),
        (recipe("bce"), "trains on the ELBO of a Bernoulli decoder, β = 1. On grey pixels"),
        (recipe("bce", "mean", dimensions=784), "the KL counts 784 times as much as in the ELBO. On grey"),
        (
            recipe("bce", weight=0.5),
            "only 0.5 times as much as in the ELBO, so that it is no lower bound of log",
        ),
        (recipe("bce"), "On grey pixels cross-entropy is a score and no likelihood."),
    ],
)
def test_the_sentence_says_what_it_means(told: LossRecipe, words: str) -> None:
    found = implied(told)
    assert isinstance(found, Implied)
    assert words in found.sentence
    assert found.sentence.endswith(".")
    assert "\n" not in found.formula + found.sentence


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"error": "l1"}, "error must be one of squared, half-squared, bce, got 'l1'."),
        ({"pixels": "max"}, "pixels must be one of sum, mean, got 'max'."),
        ({"latents": None}, "latents must be one of sum, mean, got None."),
        ({"kl_weight": 0.0}, "kl_weight must be a number above 0, at most 1e+12, got 0.0."),
        ({"kl_weight": math.nan}, "kl_weight must be a number above 0, at most 1e+12, got nan."),
        ({"dimensions": 0}, "dimensions must be a whole number from 1 to 1000000000, got 0."),
        ({"latent_dim": 1.5}, "latent_dim must be a whole number from 1 to 1000000000, got 1.5."),
    ],
)
def test_a_broken_recipe_is_refused(change: dict[str, object], message: str) -> None:
    with pytest.raises(SettingError) as refused:
        implied(dataclasses.replace(recipe(), **change))
    assert str(refused.value) == message
