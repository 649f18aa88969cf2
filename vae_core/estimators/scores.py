"""log p(x|z) of many images at many codes, as one matrix product.

Each family of the package is log p(x|z) = x·η(z) − A(z) + c(x), with natural parameters η and log-partition
A.
"""

from __future__ import annotations

import copy
from dataclasses import dataclass, field

import torch
from torch import Tensor

from vae_core.checks import check_matrix
from vae_core.likelihoods import Bernoulli, ContinuousBernoulli
from vae_core.likelihoods.continuous_bernoulli import log_partition
from vae_core.likelihoods.softplus import softplus_sum
from vae_core.models import VAE
from vae_core.units import LOG_TWO_PI


@dataclass
class Work:
    """The matrix products that were needed: what the rest is measured against.

    Attributes:
        decoded: Codes of each call of the decoder.
        scored: (codes, images) of each product with images.
    """

    decoded: list[int] = field(default_factory=list)
    scored: list[tuple[int, int]] = field(default_factory=list)


class ImageScores:
    """Images, and a decoder in float64 that scores them."""

    def __init__(self, model: VAE, x: Tensor, work: Work | None = None) -> None:
        """Hold images x (B, D); the model itself stays as it is.

        Raises:
            SettingError: If x has the wrong shape.
        """
        x = check_matrix("x", x, columns=model.dimensions).detach().double()
        self.decoder = copy.deepcopy(model.decoder).to(torch.float64)
        self.latent_dim = model.latent_dim
        self.work = Work() if work is None else work
        self._centre = x.new_zeros(())
        self._constant = x.new_zeros(len(x))
        self._x = x
        if model.likelihood == "gaussian":
            # Around the decoder's bias, as −½ (‖x‖² − 2 x·μ + ‖μ‖²)/σ² loses digits with large numbers.
            self._centre = self.decoder.linears[-1].bias.detach()
            self._x = x - self._centre
            variance = torch.exp(2.0 * self.decoder.log_sigma.detach())
            log_scale = 0.5 * x.shape[1] * (LOG_TWO_PI + torch.log(variance))
            self._constant = -0.5 * self._x.square().sum(1) / variance - log_scale

    def __len__(self) -> int:
        """B."""
        return len(self._x)

    @torch.no_grad()
    def parameters_at(self, z: Tensor) -> tuple[Tensor, Tensor]:
        """Return η (G, D) and A (G,) at codes z (G, L)."""
        self.work.decoded.append(len(z))
        outputs = self.decoder.outputs(z)
        likelihood = self.decoder.likelihood_of(outputs)
        if isinstance(likelihood, Bernoulli):
            return outputs, softplus_sum(outputs)
        if isinstance(likelihood, ContinuousBernoulli):
            return outputs, log_partition(outputs).sum(1)
        precision = torch.exp(-2.0 * self.decoder.log_sigma.detach())
        mean = outputs - self._centre
        return mean * precision, 0.5 * precision * mean.square().sum(1)

    @torch.no_grad()
    def log_prob(self, parameters: tuple[Tensor, Tensor], images: Tensor | None = None) -> Tensor:
        """Return log p(x|z), (N, G), of chosen images (all when None) at the codes of `parameters_at`."""
        natural, partition = parameters
        x = self._x if images is None else self._x[images]
        constant = self._constant if images is None else self._constant[images]
        self.work.scored.append((len(natural), len(x)))
        # x·η − A + c
        return torch.addmm(-partition, x, natural.T).add_(constant[:, None])
