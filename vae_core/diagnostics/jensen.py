"""Jensen's inequality on one image's own weights: log E[w] above E[log w], and how w is distributed."""

from __future__ import annotations

import math
from dataclasses import dataclass

import torch
from torch import Tensor

from vae_core.checks import refuse
from vae_core.estimators import Estimate, effective_sample_size, log_mean_exp, pareto_shape

BINS = 60
FEWEST = 25
"""Weights of which the shape of a tail can be told."""

DOTS = 200
"""Draws that stand for all."""

REACH = (2.0, 5.0)
"""How far the histogram of the weights goes, in their mean: as far as they do, within these."""

SMALL = 0.01
"""Of the mean: a weight below is next to nothing."""


@dataclass(frozen=True, eq=False)
class JensenPicture:
    """The weights w = p(x, z)/q(z|x) of one image, z drawn from its encoder's q.

    Attributes:
        log_likelihood: log p(x) = log E[w], as it is known, B = 1.
        elbo: E[log w], as it is known, B = 1.
        gap: log E[w] − E[log w] of these two, nats.
        bound: Log of the mean of the draws, nats: the bound L_N with K = N.
        variance: Var(log w) of the draws, nats². Were log w normal, the gap would be half of it.
        draws: N.
        effective: The effective sample size, 1 to N.
        tail: The Pareto shape k̂ of the weights' tail.
        small: Share of draws below a hundredth of p(x).
        greatest: The greatest w/p(x).
        dots: log w/p(x) at even quantiles, (D,) nats: a few draws that stand for all.
        ratio_edges: Of the histogram of w/p(x), (R + 1,), from 0.
        ratio_counts: Draws in each bin, (R,) int64; what lies beyond the last edge is in none.
        log_edges: Of the histogram of log w, (H + 1,) nats, from the least to the greatest.
        log_counts: Draws in each bin, (H,) int64.
        normal_counts: What a normal law of the same mean and variance would have there, (H,).
    """

    log_likelihood: Estimate
    elbo: Estimate
    gap: float
    bound: float
    variance: float
    draws: int
    effective: float
    tail: float
    small: float
    greatest: float
    dots: Tensor
    ratio_edges: Tensor
    ratio_counts: Tensor
    log_edges: Tensor
    log_counts: Tensor
    normal_counts: Tensor

    @property
    def beyond(self) -> int:
        """How many draws lie beyond the last edge of the weights' histogram."""
        return self.draws - int(self.ratio_counts.sum())


@torch.no_grad()
def jensen_picture(log_w: Tensor, *, log_likelihood: Estimate, elbo: Estimate) -> JensenPicture:
    """Return Jensen's picture of one image.

    Args:
        log_w: Log-weights of draws from the encoder's q, (N,) nats, N at least 25.
        log_likelihood: log p(x) of the image, (1,).
        elbo: Its ELBO, (1,).

    Raises:
        SettingError: If there are fewer weights, or they are not of one image.
    """
    if log_w.ndim != 1 or len(log_w) < FEWEST:
        refuse("log_w", f"must be {FEWEST} numbers or more in one row", f"the shape {tuple(log_w.shape)}")
    if log_likelihood.value.numel() != 1 or elbo.value.numel() != 1:
        refuse(
            "log_likelihood", "must be of one image, as the ELBO", f"{log_likelihood.value.numel()} values"
        )
    found = log_w.double()
    log_ratio = found - log_likelihood.value.double()
    ratio = log_ratio.exp()
    reach = min(max(float(torch.quantile(ratio, 0.995)), REACH[0]), REACH[1])
    ratio_counts, ratio_edges = torch.histogram(ratio, BINS, range=(0.0, reach))
    low, high = float(found.min()), float(found.max())
    room = 0.0 if high > low else 0.5
    log_counts, log_edges = torch.histogram(found, BINS, range=(low - room, high + room))
    places = (torch.arange(DOTS, dtype=torch.float64) + 0.5) / DOTS
    return JensenPicture(
        log_likelihood=log_likelihood,
        elbo=elbo,
        gap=float(log_likelihood.value - elbo.value),
        bound=float(log_mean_exp(found[:, None])),
        variance=float(found.var()),
        draws=len(found),
        effective=float(effective_sample_size(found[:, None])),
        tail=float(pareto_shape(found[:, None])),
        small=float((ratio < SMALL).double().mean()),
        greatest=float(ratio.max()),
        dots=torch.quantile(log_ratio, places),
        ratio_edges=ratio_edges,
        ratio_counts=ratio_counts.long(),
        log_edges=log_edges,
        log_counts=log_counts.long(),
        normal_counts=_normal_counts(log_edges, found),
    )


def _normal_counts(edges: Tensor, values: Tensor) -> Tensor:
    """Return how many of the values would lie between the edges, were they normal; (H,)."""
    std = values.std()
    if std == 0.0:
        return torch.zeros(len(edges) - 1, dtype=edges.dtype)
    # N (Φ(b) − Φ(a)), Φ(u) = ½ (1 + erf(u/√2))
    below = 0.5 * (1.0 + torch.erf((edges - values.mean()) / (std * math.sqrt(2.0))))
    return len(values) * below.diff()
