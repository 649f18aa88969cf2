"""What two decoders of one data set are compared by: error, sharpness, the ELBO and its other scales."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Self

import torch
from torch import Tensor
from torch.nn import functional as F

from vae_core.checks import check_choice, check_matrix, check_number, refuse
from vae_core.data.arrays import SUPPORTS
from vae_core.diagnostics.comparability import measure_of
from vae_core.divergences import UNUSED_BELOW, standard_normal_kl
from vae_core.likelihoods import Bernoulli, Likelihood, misfit, on_binary
from vae_core.likelihoods.continuous_bernoulli import log_partition
from vae_core.likelihoods.score_floor import bernoulli_score_floor
from vae_core.models import VAE
from vae_core.units import bits_per_dimension

# Pixels that are decoded at once: 2 MB in float64, which a processor's cache holds.
PIXELS_AT_ONCE = 2**18


@dataclass(frozen=True)
class ImageMean:
    """A mean over images.

    Attributes:
        value: The mean.
        error: Its standard error over images; the Monte Carlo noise of each image is in it.
    """

    value: float
    error: float

    @classmethod
    def of(cls, values: Tensor) -> Self:
        """Return the mean of one value an image, (B,), B at least 2."""
        return cls(float(values.mean()), float(values.std()) / math.sqrt(len(values)))


@dataclass(frozen=True)
class DecoderScores:
    """One decoder on some images, by all that decoders are compared by.

    Attributes:
        images: How many images it is made of.
        reconstruction: E_q[log p(x|z)], nats per image, of the model's own likelihood (or score).
        kl: KL(q(z|x) ‖ p(z)), nats per image.
        elbo: Reconstruction less KL, nats per image: β = 1, whatever β trained the model.
        squared_error: ‖x − E[x|z]‖²/D with z the mean code of x, per pixel.
        expected_squared_error: E_q ‖x − E[x|z]‖²/D, per pixel.
        sharpness: Mean squared difference of neighbouring pixels of the reconstructions at the mean code, as
            a share of that of the images; None for data that are no images, or have no edges.
        active_units: Latent dimensions whose mean KL is at least `UNUSED_BELOW` nats.
        latent_dim: L.
        binary_elbo: The ELBO with the likelihood renormalised on {0, 1}ᴰ, nats per image; None unless the
            data are binary.
        bits: Bound on the integers' cost, bits per dimension, from the ELBO; None unless the data are
            dequantised and the likelihood is a density.
        floor: Σ_d h(x_d), nats per image: minus the best score there is; None unless the likelihood is
            Bernoulli and the pixels are grey.
        missing_normaliser: E_q Σ_d log C(λ_d), nats per image: what the score leaves out against the
            continuous Bernoulli of the same logits; None unless the likelihood is Bernoulli and the pixels
            are grey.
    """

    images: int
    reconstruction: ImageMean
    kl: ImageMean
    elbo: ImageMean
    squared_error: ImageMean
    expected_squared_error: ImageMean
    sharpness: float | None
    active_units: int
    latent_dim: int
    binary_elbo: ImageMean | None
    bits: ImageMean | None
    floor: ImageMean | None
    missing_normaliser: ImageMean | None


@torch.no_grad()
def decoder_scores(
    model: VAE,
    x: Tensor,
    *,
    support: str,
    levels: int | None = None,
    samples: int = 8,
    generator: torch.Generator,
) -> DecoderScores:
    """Measure a decoder on images, in float64.

    Two models of the same latent dimension get the same noise from generators of the same seed.

    Args:
        model: Any VAE.
        x: Images, (B, D), B at least 2.
        support: "binary", "unit" or "real".
        levels: Grey levels of dequantised data; None where they are not dequantised.
        samples: Draws of z per image.
        generator: Where the noise comes from.

    Raises:
        SettingError: If a setting breaks its rule, x has the wrong shape, or the likelihood can't be used on
            the support.
    """
    _check(model, x, support=support, levels=levels, samples=samples)
    model, x = model.double(), x.double()
    q = model.encode(x)
    kl_per_dimension = standard_normal_kl(q)
    kl = kl_per_dimension.sum(1)
    noise = torch.randn((samples, *q.mean.shape), generator=generator, dtype=x.dtype)
    found = _per_image(model, x, q.mean, q.at(noise), support)
    elbo = ImageMean.of(found["reconstruction"] - kl)
    kind = measure_of(model.likelihood, support)
    return DecoderScores(
        images=len(x),
        reconstruction=ImageMean.of(found["reconstruction"]),
        kl=ImageMean.of(kl),
        elbo=elbo,
        squared_error=ImageMean.of(found["squared_error"]),
        expected_squared_error=ImageMean.of(found["expected_squared_error"]),
        sharpness=_ratio(found["roughness"], found["data_roughness"]),
        active_units=int((kl_per_dimension.mean(0) >= UNUSED_BELOW).sum()),
        latent_dim=model.latent_dim,
        binary_elbo=ImageMean.of(found["on_binary"] - kl) if support == "binary" else None,
        bits=None if levels is None or kind != "density" else _bits(elbo, model.dimensions, levels),
        floor=ImageMean.of(bernoulli_score_floor(x)) if kind == "score" else None,
        missing_normaliser=ImageMean.of(found["log_normaliser"]) if kind == "score" else None,
    )


def _check(model: VAE, x: Tensor, *, support: str, levels: int | None, samples: int) -> None:
    check_choice("support", support, SUPPORTS)
    problem = misfit(model.likelihood, support)
    if problem is not None:
        refuse("likelihood", "must fit the data", problem)
    if len(check_matrix("x", x, columns=model.dimensions)) < 2:
        refuse("x", "must have at least 2 images, as errors are over images", len(x))
    check_number("samples", samples, low=1, high=100_000, integer=True)
    if levels is not None:
        check_number("levels", levels, low=2, high=65536, integer=True)
        if support != "unit":
            refuse("levels", "must be None unless the support is unit", f"support {support}")


def _per_image(model: VAE, x: Tensor, mean: Tensor, z: Tensor, support: str) -> dict[str, Tensor]:
    """Measure each image, (B,) by name, for x (B, D), mean codes (B, L) and draws z (S, B, L).

    Few images at a time are decoded, and one draw of each at a time.
    """
    parts = []
    for rows in torch.arange(len(x)).split(max(1, PIXELS_AT_ONCE // x.shape[1])):
        images, decoded = x[rows], model.decode(mean[rows]).mean
        part = {
            "squared_error": (images - decoded).square().mean(1),
            "roughness": _roughness(decoded, model.image_shape),
            "data_roughness": _roughness(images, model.image_shape),
        }
        draws = [_of_draw(model.decode(codes), images, support) for codes in z[:, rows]]
        # E_q[f(z)] ≈ 1/S Σ_s f(z_s)
        part |= {name: torch.stack([draw[name] for draw in draws]).mean(0) for name in draws[0]}
        parts.append(part)
    return {name: torch.cat([part[name] for part in parts]) for name in parts[0]}


def _of_draw(p: Likelihood, x: Tensor, support: str) -> dict[str, Tensor]:
    """Measure one p(x|z) for each image, (B,) by name."""
    found = {
        "reconstruction": p.log_prob(x),
        "expected_squared_error": (x - p.mean).square().mean(1),
    }
    if support == "binary":
        found["on_binary"] = on_binary(p).log_prob(x)
    elif isinstance(p, Bernoulli):
        # log C(λ) = log(1 + eˡ) − log ∫₀¹ e^{l u} du, at least log 2
        found["log_normaliser"] = (F.softplus(p.logits, threshold=40.0) - log_partition(p.logits)).sum(1)
    return found


def _roughness(x: Tensor, image_shape: tuple[int, int, int]) -> Tensor:
    """Return the mean squared difference of pixels beside and below each other, (B,); 0 for no images."""
    if min(image_shape[1:]) < 2:
        return torch.zeros_like(x[:, 0])
    images = x.reshape(-1, *image_shape)
    steps = (images.diff(dim=axis).square().flatten(1) for axis in (2, 3))
    return torch.cat(list(steps), dim=1).mean(1)


def _ratio(part: Tensor, whole: Tensor) -> float | None:
    """Return the ratio of two means over images, or None where the second is 0."""
    return float(part.mean() / whole.mean()) if float(whole.mean()) > 0.0 else None


def _bits(elbo: ImageMean, dimensions: int, levels: int) -> ImageMean:
    """Return an ELBO of dequantised data, nats per image, as a bound in bits per dimension."""
    value = bits_per_dimension(elbo.value, dimensions=dimensions, levels=levels)
    # The error has no offset: nats/(D ln 2)
    return ImageMean(value, elbo.error / (dimensions * math.log(2.0)))
