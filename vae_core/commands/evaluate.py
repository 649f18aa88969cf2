"""`python -m vae_core evaluate`: what a saved run is worth on its test data."""

from __future__ import annotations

import argparse
import json
import math
import sys
from pathlib import Path

import torch
from torch import Tensor

from vae_core.commands.numbers import whole
from vae_core.data import Dataset, load_dataset
from vae_core.diagnostics import gap_decomposition
from vae_core.divergences import standard_normal_kl
from vae_core.estimators import (
    Estimate,
    annealed_log_likelihood,
    importance_log_likelihood,
    linear_gaussian_log_likelihood,
    quadrature_log_likelihood,
)
from vae_core.likelihoods import score_name
from vae_core.models import VAE
from vae_core.rng import generator
from vae_core.training.checkpoint import load_snapshot

Figures = dict[str, Estimate]
GAPS = ("total", "amortization", "covariance", "family")
SAID = {
    "exact": "exact",
    "lower_bound": "at least",
    "upper_bound": "at most",
    "estimate": "estimate",
}


def evaluate(options: argparse.Namespace) -> None:
    """Evaluate and print.

    Raises:
        SettingError: If the folder holds no whole run, or an option is out of its limits.
    """
    samples = whole("--samples", options.samples, low=1, high=1_000_000)
    draws = whole("--elbo-samples", options.elbo_samples, low=2, high=100_000)
    seed = whole("--seed", options.seed, low=0, high=2**31 - 1)
    snapshot = load_snapshot(Path(options.run))
    dataset = load_dataset(snapshot.config.dataset)
    model = snapshot.model().double()
    x = dataset.test.x.double()
    figures = test_figures(model, x, samples=samples, draws=draws, seed=seed)
    figures |= closer_figures(
        model,
        x,
        split=whole("--split-images", options.split_images, low=0, high=1_000_000),
        chains=whole("--chains", options.chains, low=1, high=10_000),
        temperatures=whole("--temperatures", options.temperatures, low=1, high=100_000),
        seed=seed,
    )
    if options.json:
        sys.stdout.write(json.dumps(as_json(figures, snapshot.config.likelihood, dataset, samples)) + "\n")
    else:
        sys.stdout.write(as_table(figures, snapshot.config.likelihood, dataset, samples))


@torch.no_grad()
def test_figures(model: VAE, x: Tensor, *, samples: int, draws: int, seed: int) -> Figures:
    """Return ELBO, reconstruction, KL and the importance-weighted bound of each image, in nats.

    Args:
        model: In float64.
        x: Test images, (B, D), float64.
        samples: K of the bound.
        draws: Of z per image, for the reconstruction.
        seed: Of the noise.
    """
    q = model.encode(x)
    kl = standard_normal_kl(q).sum(1)
    source = generator(seed, "evaluate")
    scores = torch.stack([model.decode(q.sample(source)[0]).log_prob(x) for _ in range(draws)])
    reconstruction, error = scores.mean(0), scores.std(0) / math.sqrt(draws)
    return {
        "elbo": Estimate(reconstruction - kl, error, "lower_bound"),
        "reconstruction": Estimate(reconstruction, error, "estimate"),
        "kl": Estimate(kl, torch.zeros_like(kl), "exact"),
        "log_likelihood": importance_log_likelihood(model, x, samples=samples, generator=source),
    }


def closer_figures(
    model: VAE, x: Tensor, *, split: int, chains: int, temperatures: int, seed: int
) -> Figures:
    """Return log p(x) as closely as the model allows, and where the gap to the ELBO goes, in nats.

    In closed form for a linear Gaussian decoder; by quadrature in one or two latent dimensions; else by
    annealing, for the images of the split only.

    Args:
        model: In float64.
        x: Test images, (B, D), float64.
        split: How many images, the first ones, the gap is split for; 0 leaves the split out.
        chains: Walks of annealing per image.
        temperatures: Steps of each walk.
        seed: Of the noise.
    """
    figures: Figures = {}
    few = x[:split]
    if model.likelihood == "gaussian" and not model.hidden:
        figures["linear_gaussian_log_likelihood"] = linear_gaussian_log_likelihood(model, x)
    elif model.latent_dim <= 2:
        figures["quadrature_log_likelihood"] = quadrature_log_likelihood(model, x)
    elif len(few):
        figures["annealed_log_likelihood"] = annealed_log_likelihood(
            model, few, chains=chains, temperatures=temperatures, generator=generator(seed, "annealed")
        )
    if not len(few):
        return figures
    best = next(iter(figures.values()))
    own = Estimate(best.value[: len(few)], best.error[: len(few)], best.kind)
    parts = gap_decomposition(model, few, log_likelihood=own, seed=seed)
    for name in GAPS:
        figures[f"gap_{name}"] = getattr(parts, name)
    return figures


def as_json(figures: Figures, likelihood: str, dataset: Dataset, samples: int) -> dict[str, object]:
    """Return the figures as a JSON object; infinite errors are null, and a score's figures bound nothing."""
    scale = score_name(likelihood, dataset.support)
    bounds = scale == "log-likelihood"
    record: dict[str, object] = {}
    for name, estimate in figures.items():
        mean, monte_carlo, spread = estimate.mean()
        record[name] = {
            "mean": mean,
            "monte_carlo_error": monte_carlo if math.isfinite(monte_carlo) else None,
            "spread_error": spread,
            "kind": estimate.kind if bounds or name.startswith(("kl", "gap_")) else "score",
            "images": estimate.value.numel(),
        }
    return {
        **record,
        "scale": scale,
        "unit": "nats per image",
        "split": "test",
        "images": len(dataset.test.x),
        "importance_samples": samples,
    }


def as_table(figures: Figures, likelihood: str, dataset: Dataset, samples: int) -> str:
    """Return the figures as a table, with what each is."""
    name = score_name(likelihood, dataset.support)
    words = {
        "elbo": "ELBO, a lower bound",
        "reconstruction": f"reconstruction: {name}",
        "kl": "KL, exact",
        "log_likelihood": f"log p(x), lower bound L_{samples}",
        "linear_gaussian_log_likelihood": "log p(x), closed form",
        "quadrature_log_likelihood": "log p(x), quadrature",
        "annealed_log_likelihood": "log p(x), lower bound by annealing",
        "gap_total": "gap, log p(x) − ELBO",
        "gap_amortization": "  of it the encoder's",
        "gap_covariance": "  the diagonal covariance's",
        "gap_family": "  the Gaussian family's",
    }
    if name != "log-likelihood":
        words["elbo"] = f"ELBO, as a {name}"
        words["log_likelihood"] = f"log of the mean score, K = {samples}"
        words["quadrature_log_likelihood"] = "log of the mean score, quadrature"
        words["annealed_log_likelihood"] = "log of the mean score, annealing"
        words["gap_total"] = "gap of the ELBO"
    lines = [
        f"{len(dataset.test.x)} test images of {dataset.name}, nats per image",
        f"{'':36}{'mean':>10}{'its error':>14}{'between images':>17}",
    ]
    for key, estimate in figures.items():
        mean, monte_carlo, spread = estimate.mean()
        count = estimate.value.numel()
        word = words[key]
        if key.endswith("log_likelihood") and key != "log_likelihood" and name == "log-likelihood":
            word += "" if estimate.kind == "lower_bound" else f", {SAID[estimate.kind]}"
        elif key.startswith("gap_"):
            word += f", {SAID[estimate.kind]}"
        rest = f"   first {count} images" if count < len(dataset.test.x) else ""
        lines.append(
            f"{word:36}{mean:10.3f}{'± ' + f'{monte_carlo:.3f}':>14}{'± ' + f'{spread:.3f}':>17}{rest}"
        )
    return "\n".join(lines) + "\n"
