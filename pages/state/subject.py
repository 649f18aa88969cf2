"""The model that a chapter is about: the current one where it fits, else a shipped one that does."""

from collections.abc import Callable
from dataclasses import dataclass

from pages.state.current import CurrentModel, current, of_shipped
from pages.state.shipped import default_shipped
from vae_core.data import load_dataset
from vae_core.likelihoods import score_name
from vae_core.training.snapshot import Snapshot


@dataclass(frozen=True)
class Subject:
    """A model, and why it is not the current one where it is not.

    Attributes:
        model: With its weights at this moment.
        note: A sentence; "" where it is the current one.
    """

    model: CurrentModel
    note: str


def subject(misfit: Callable[[Snapshot], str], *, stand_in: str | None = None) -> Subject:
    """Return the current model, or the shipped one that stands in for it.

    Args:
        misfit: Says in a sentence why a model does not fit the chapter; "" where it does.
        stand_in: A shipped model that fits; the first one when None.
    """
    model = current()
    reason = misfit(model.snapshot) if model.snapshot.finite else "Its weights are no finite numbers."
    if not reason:
        return Subject(model, "")
    other = of_shipped(stand_in or default_shipped())
    return Subject(other, f"{reason} {other.line} stands in.")


def no_exact_likelihood(snapshot: Snapshot) -> str:
    """Say why integrals over the codes of a model are not known by quadrature; "" where they are."""
    dimensions = snapshot.config.latent_dim
    if dimensions <= 2:
        return ""
    return f"The current model has {dimensions} latent dimensions, and this chapter needs one or two."


def no_planar_likelihood(snapshot: Snapshot) -> str:
    """Say why a model has no log p(x) by quadrature over a plane; "" where it has."""
    config = snapshot.config
    if config.latent_dim != 2:
        return f"This chapter needs two latent dimensions, and the current model has {config.latent_dim}."
    if score_name(config.likelihood, load_dataset(config.dataset).support) != "log-likelihood":
        return "The current model gives grey pixels a Bernoulli score, which is no likelihood."
    return ""
