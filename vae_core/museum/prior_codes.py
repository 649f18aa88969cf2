"""4: the decoder is fed with draws from the prior while it trains."""

from __future__ import annotations

import torch
from torch import Tensor

from vae_core.divergences import standard_normal_kl
from vae_core.models import VAE
from vae_core.museum.bug import Answer, Bug, Numbers, Part
from vae_core.museum.evidence import ROWS, autograd_slope, case_of, slope
from vae_core.museum.identity import Identity
from vae_core.museum.run import Bound, RunSettings, Trained
from vae_core.rng import generator
from vae_core.theorems import Link, Side

SETTINGS = RunSettings()
DRAWS = 4096
GRADIENTS = 64
FIRST_MEAN = 0


def posterior_code(mean: Tensor, log_var: Tensor, noise: Tensor) -> Tensor:
    """Draw z from q(z|x)."""
    z = mean + torch.exp(0.5 * log_var) * noise
    return z


def prior_code(mean: Tensor, log_var: Tensor, noise: Tensor) -> Tensor:
    """Draw z from the prior."""
    z = noise
    return z


def _bound(part: Part) -> Bound:
    def bound(model: VAE, x: Tensor, noise: Tensor) -> Tensor:
        q = model.encode(x)
        z = part(q.mean, q.log_var, noise[0])
        return (model.decoder(z).log_prob(x) - standard_normal_kl(q).sum(1)).mean()

    return bound


def _means(part: Part, run: Trained) -> tuple[Link, ...]:
    """Of the first image's draws and of q, in the first dimension, before the first step."""
    q = case_of(SETTINGS, run.first).few_q
    source = generator(SETTINGS.seed, "museum: codes")
    noise = torch.randn((DRAWS, *q.mean.shape), generator=source, dtype=q.mean.dtype)
    z = part(q.mean, q.log_var, noise)[:, 0, FIRST_MEAN]
    drawn = Side("mean of the draws", float(z.mean()), float(z.std()) / DRAWS**0.5, "Monte Carlo")
    return (Link.between(drawn, Side("μ_1(x)", float(q.mean[0, FIRST_MEAN]), 0.0, "exact")),)


def _slopes(part: Part, run: Trained) -> tuple[Link, ...]:
    """Of the bound in the encoder's first mean: by the code's gradient, and by exact differences."""
    case, bound = case_of(SETTINGS, run.first), _bound(part)
    source = generator(SETTINGS.seed, "museum: slope")
    many = case.few.repeat(ROWS // len(case.few), 1)
    shape = (1, len(many), SETTINGS.latent_dim)
    found = []
    for _ in range(GRADIENTS):
        noise = torch.randn(shape, generator=source, dtype=many.dtype)
        found.append(autograd_slope(bound, run.first, many, noise, place=FIRST_MEAN))
    values = torch.tensor(found, dtype=torch.float64)
    exact, error = slope(lambda model: case_of(SETTINGS, model).elbo.mean()[0], run.first, place=FIRST_MEAN)
    return (
        Link.between(
            Side(
                "gradient of the code",
                float(values.mean()),
                float(values.std()) / GRADIENTS**0.5,
                "Monte Carlo",
            ),
            Side("slope of the exact ELBO", exact, error, "exact"),
        ),
    )


def _measure(part: Part, run: Trained) -> tuple[tuple[Link, ...], ...]:
    return _means(part, run), _slopes(part, run)


def _answer(sound: Numbers, wrong: Numbers) -> Answer:
    share = wrong.contrast / sound.contrast
    choice = 0 if share < 0.3 else 2 if share < 0.9 else 1
    return Answer(
        choice,
        f"From image to image a reconstructed pixel varies by {wrong.contrast:.3f}, and by "
        f"{sound.contrast:.3f} in the sound run.",
    )


PRIOR_CODES = Bug(
    number=4,
    slug="prior-codes",
    title="Fed from the prior",
    words="In training the decoder gets z from N(0, I), as it will when the model makes new images. But then "
    "the code has nothing to do with the image that it should explain.",
    source="AntixK #32, which asks whether to sample from N(0, I) or from q",
    question="The decoder is trained on codes from the prior. What do reconstructions look like?",
    choices=(
        "All alike: the mean of all digits",
        "As sharp as before; samples get better",
        "Blurred, but each still shows its own digit",
    ),
    answer=_answer,
    shows="The decoder learns to ignore z, the KL falls to nothing, and one blur stands everywhere. At the "
    "end the reported bound is right, about a useless model: only the first steps betray the code.",
    sound=posterior_code,
    wrong=prior_code,
    settings=SETTINGS,
    trains=_bound,
    reports=_bound,
    in_training=True,
    identities=(
        Identity(
            title="Draws belong to their image",
            statement="The mean of 4,096 draws of the code for the first held-out image, and what the "
            "encoder says of it; before the first step.",
            formula="E[z_1] = μ_1(x)",
            unit="prior σ",
        ),
        Identity(
            title="The gradient is the slope of the bound",
            statement="How the bound answers to a shift of the encoder’s first mean: by the gradient that "
            "the code trains with, and by differences of the exact ELBO; before the first step, two images.",
            formula="E[∂ code/∂μ_1] = ∂ ELBO/∂μ_1",
            most_error=0.5,
            unit="nats per prior σ",
        ),
    ),
    measure=_measure,
)
