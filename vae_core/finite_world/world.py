"""The finite world: all 512 binary images of 3×3 pixels, a model of them, and its ELBO in eight forms.

Nothing is sampled. Sums over x are over every image; integrals over z are trapezoid sums on a grid that
is halved and shifted until all values stay (form 1 has nodes of its own, see `noise`).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import torch
from torch import Tensor

from vae_core.checks import refuse
from vae_core.data import tiny_binary_distribution
from vae_core.divergences import standard_normal_kl
from vae_core.estimators.scores import ImageScores
from vae_core.finite_world.distribution import checked_distribution, entropy, pattern_distribution
from vae_core.finite_world.forms import Form, Term, forms_of
from vae_core.finite_world.grid import MOST_NODES, covering
from vae_core.finite_world.noise import NoiseExpectation, noise_expectation
from vae_core.finite_world.tables import Tables
from vae_core.finite_world.terms import terms_on
from vae_core.gaussians import DiagonalGaussian
from vae_core.models import VAE

AGREE_WITHIN = 1e-8
"""Nats: the eight forms lie no further apart, and none moves further on another grid."""
SETTLED = 1e-9
"""The grid is halved until no term moves further, nats."""


@dataclass(frozen=True)
class FiniteWorld:
    """What was measured, nats per image, at β = 1 whatever β trained the model.

    Attributes:
        forms: The eight, in order.
        entropy: H = −Σ p_D log p_D.
        log_likelihood: E log p(x).
        step: Of the grid, the widest where the axes differ.
        nodes: Of the grid; the halved one has 2ᴸ times as many.
        noise_nodes: The most that an image needed in form 1.
        spread: The largest difference between two forms.
    """

    forms: tuple[Form, ...]
    entropy: float
    log_likelihood: float
    step: float
    nodes: int
    noise_nodes: int
    spread: float

    @property
    def elbo(self) -> float:
        """By the first form."""
        return self.forms[0].total

    @property
    def stability(self) -> float:
        """The furthest that a form moves on the halved and shifted grid."""
        return max(form.stability for form in self.forms)

    @property
    def agrees(self) -> bool:
        """Whether all forms are equal and stay, within `AGREE_WITHIN`."""
        return max(self.spread, self.stability) < AGREE_WITHIN

    def term(self, symbol: str) -> Term:
        """Return a term by its symbol.

        Raises:
            SettingError: If no form has it.
        """
        terms = {term.symbol: term for form in self.forms for _, term in form.terms}
        if symbol not in terms:
            refuse("symbol", f"must be one of {', '.join(terms)}", symbol)
        return terms[symbol]


@dataclass(frozen=True, eq=False)
class Enumeration:
    """A model in the finite world, tabulated: p_D can then change at little cost.

    Attributes:
        x: All images, (512, 9) float64 of 0 and 1, in the order of `tiny_binary_distribution`.
        q: q(z|x) of each, (512, L) float64.
        kl: KL(q(z|x) ‖ p(z)) in closed form, (512,) nats.
        noise: E_q log p(x|z) over the noise.
        tables: On the grid.
        again: On the halved and shifted grid.
    """

    x: Tensor
    q: DiagonalGaussian
    kl: Tensor
    noise: NoiseExpectation
    tables: Tables
    again: Tables

    @classmethod
    @torch.no_grad()
    def of(cls, model: VAE, *, p_data: Tensor | None = None) -> Enumeration:
        """Tabulate a model on a grid that is fine enough for a p_D.

        Args:
            model: A VAE of 3×3 images, Bernoulli, with a smooth decoder and one or two latent dimensions.
            p_data: (512,); the data set's own when None.

        Raises:
            SettingError: If the model is another, or its posteriors are too narrow.
        """
        check_model(model)
        p = checked_distribution(p_data)
        x = tiny_binary_distribution()[0]
        q = model.double().encode(x)
        scores = ImageScores(model, x)
        first = covering(q, least_log_likelihood=0.0)
        rough = Tables(scores, x, q, first)
        tables = Tables(scores, x, q, covering(q, least_log_likelihood=float(rough.log_likelihood.min())))
        again = Tables(scores, x, q, tables.grid.halved())
        before = terms_on(tables, p)
        while True:
            after = terms_on(again, p)
            moved = max(abs(after[name] - value) for name, value in before.items())
            if moved <= SETTLED or again.grid.nodes > MOST_NODES[model.latent_dim]:
                break
            tables, before, again = again, after, Tables(scores, x, q, again.grid.halved())
        noise = noise_expectation(scores, x, q)
        return cls(x, q, standard_normal_kl(q).sum(1), noise, tables, again)

    def measure(self, p_data: Tensor | None = None) -> FiniteWorld:
        """Return the eight forms under a p_D.

        Args:
            p_data: (512,); the data set's own when None.

        Raises:
            SettingError: If it is no distribution over the images.
        """
        p = checked_distribution(p_data)
        h = entropy(p)
        # E KL(q(z|x) ‖ p(z)) needs no grid, and H no z.
        exact = {"prior_kl": float(p @ self.kl), "entropy": h}
        noise = float(p @ self.noise.value)
        values = {**terms_on(self.tables, p), **exact, "noise_reconstruction": noise}
        moved = noise + float(p @ self.noise.change)
        forms = forms_of(values, {**terms_on(self.again, p), **exact, "noise_reconstruction": moved})
        totals = [form.total for form in forms]
        grid = self.tables.grid
        return FiniteWorld(
            forms=forms,
            entropy=h,
            log_likelihood=values["log_likelihood"],
            step=max(grid.steps),
            nodes=grid.nodes,
            noise_nodes=int(self.noise.nodes.max()),
            spread=max(totals) - min(totals),
        )


def check_model(model: VAE) -> None:
    """Check that a model can live in the finite world.

    Raises:
        SettingError: If it can't.
    """
    if model.image_shape != (1, 3, 3):
        refuse("model", "must be one of images of shape (1, 3, 3)", model.image_shape)
    if model.likelihood != "bernoulli":
        rule = "must be bernoulli: only that is a distribution over the 512 images"
        refuse("likelihood", rule, model.likelihood)
    if model.latent_dim > 2:
        refuse("latent_dim", "must be 1 or 2: a grid over more has too many nodes", model.latent_dim)
    if model.hidden and not model.decoder.activation.smooth:
        rule = "must be smooth (tanh, softplus, silu or gelu): a kink spoils the integrals over z"
        refuse("activation", rule, model.activation)


def finite_world(
    model: VAE, *, p_data: Tensor | None = None, weights: Sequence[float] | None = None
) -> FiniteWorld:
    """Measure the ELBO of a model of 3×3 binary images in its eight forms.

    Args:
        model: A VAE of 3×3 images, Bernoulli, with a smooth decoder and one or two latent dimensions.
        p_data: p_D, (512,) in the order of `tiny_binary_distribution`; the data set's own when None.
        weights: Of the eight patterns, instead of p_data.

    Raises:
        SettingError: If the model or p_D is another, or the posteriors are too narrow for any grid.
    """
    if p_data is not None and weights is not None:
        refuse("finite_world", "must be given p_data or weights", "both")
    p = p_data if weights is None else pattern_distribution(weights)
    return Enumeration.of(model, p_data=p).measure(p)
