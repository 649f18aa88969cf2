"""The posterior instrument: on a Gaussian posterior in closed form, or with ?model= and ?row= on one of
the validation images of a shipped model.
"""

import math
from dataclasses import dataclass
from functools import cache

import numpy as np
import streamlit as st
import torch

from pages.components.posterior import LogJointGrid, PosteriorGaussian, posterior_map
from vae_core.data import load_dataset
from vae_core.diagnostics.image_gap import image_gap
from vae_core.estimators.scores import ImageScores
from vae_core.models import VAE
from vae_core.training.shipped import load_shipped
from vae_core.units import LOG_TWO_PI

LOG_LIKELIHOOD = -150.53
MEAN, COV = np.array([0.6, -0.4]), np.array([[0.09, 0.06], [0.06, 0.16]])
BEGINS = (np.array([-0.5, 0.5]), np.diag([0.15**2, 0.1**2]))
OTHER = (np.array([0.2, 1.0]), np.diag([0.3**2, 0.2**2]))
REACH = 6.0


@dataclass(frozen=True, eq=False)
class Scene:
    """What the instrument is given."""

    fine: LogJointGrid
    coarse: LogJointGrid
    log_likelihood: float
    gaussians: tuple[PosteriorGaussian, ...]


def grid(log_joint: object, low: np.ndarray, high: np.ndarray, count: int) -> LogJointGrid:
    """Values of a function of z (N, 2) on an even grid."""
    axes = [np.linspace(a, b, count) for a, b in zip(low, high, strict=True)]
    z = np.stack(np.meshgrid(*axes, indexing="ij"), -1).reshape(-1, 2)
    return LogJointGrid(low, high, np.asarray(log_joint(z)).reshape(count, count))  # type: ignore[operator]


def gap_from(mean: np.ndarray, cov: np.ndarray) -> float:
    """KL of a Gaussian from the posterior in closed form."""
    precision = np.linalg.inv(COV)
    apart = mean - MEAN
    ratio = np.linalg.slogdet(COV)[1] - np.linalg.slogdet(cov)[1]
    return float(0.5 * (np.trace(precision @ cov) + apart @ precision @ apart - 2 + ratio))


@cache
def closed_scene() -> Scene:
    precision = np.linalg.inv(COV)

    def log_joint(z: np.ndarray) -> np.ndarray:
        apart = z - MEAN
        log_det = np.linalg.slogdet(COV)[1]
        return (
            LOG_LIKELIHOOD - 0.5 * (np.einsum("ni,ij,nj->n", apart, precision, apart) + log_det) - LOG_TWO_PI
        )

    diagonal = np.diag(1 / np.diag(precision))
    gaussians = [
        PosteriorGaussian(*names, mean, cov, style, LOG_LIKELIHOOD - gap_from(mean, cov))
        for names, (mean, cov), style in (
            (("encoder", "encoder's q"), BEGINS, "solid"),
            (("diagonal", "best diagonal q"), (MEAN, diagonal), "dotted"),
            (("full", "best full-covariance q"), (MEAN, COV), "dashed"),
        )
    ]
    fine = grid(log_joint, np.array([-1.5, -2.8]), np.array([2.4, 2.0]), 160)
    coarse = grid(log_joint, np.full(2, -REACH), np.full(2, REACH), 121)
    return Scene(fine, coarse, LOG_LIKELIHOOD, tuple(gaussians))


def image_of(name: str, row: int) -> tuple[VAE, torch.Tensor]:
    """A shipped model, and one of the validation images of its data."""
    snapshot = load_shipped(name)
    return snapshot.model(), load_dataset(snapshot.config.dataset).validation.x[row : row + 1]


@cache
def shipped_scene(name: str, row: int, count: int = 121) -> Scene:
    """The posterior of an image, its grids and its Gaussians, as the page has them."""
    model, x = image_of(name, row)
    with torch.no_grad():
        found = image_gap(model, x)
        q = model.encode(x)
        axis = torch.linspace(-REACH, REACH, count, dtype=torch.float64)
        z = torch.cartesian_prod(axis, axis)
        scores = ImageScores(model, x)
        likelihood = torch.cat([scores.log_prob(scores.parameters_at(part))[0] for part in z.split(4096)])
        joint = (likelihood - 0.5 * (z.square() + LOG_TWO_PI).sum(1)).reshape(count, count)
    posterior = found.posterior
    assert posterior is not None
    log_likelihood = posterior.log_likelihood[0]
    fine = posterior.log_density.double().numpy() + log_likelihood + posterior.difference
    low, high = (np.array([float(ends[k]) for ends in posterior.axes]) for k in (0, -1))
    fits = [
        ("encoder", "encoder's q", "solid", q.mean[0].double(), q.std[0].double().diag()),
        (
            "diagonal",
            "best diagonal q",
            "dotted",
            found.split.diagonal.q.mean[0],
            found.split.diagonal.q.root[0],
        ),
        ("full", "best full-covariance q", "dashed", found.split.full.q.mean[0], found.split.full.q.root[0]),
    ]
    elbos = {
        "encoder": log_likelihood - float(found.split.total.value[0]),
        "diagonal": float(found.split.diagonal.elbo[0]),
        "full": float(found.split.full.elbo[0]),
    }
    gaussians = tuple(
        PosteriorGaussian(ident, label, mean.numpy(), (root @ root.T).numpy(), style, elbos[ident])
        for ident, label, style, mean, root in fits
    )
    assert all(math.isfinite(q.elbo) for q in gaussians)
    coarse = LogJointGrid((-REACH, -REACH), (REACH, REACH), joint.numpy())
    return Scene(LogJointGrid(low, high, fine), coarse, log_likelihood, gaussians)


def posterior_part() -> None:
    """The instrument, and what Python hears of it."""
    wanted = st.query_params
    other = st.toggle("Other image")
    if "model" in wanted:
        scene = shipped_scene(wanted["model"], int(wanted.get("row", "38")))
        hand = (scene.gaussians[0].mean, scene.gaussians[0].cov)
    else:
        scene, hand = closed_scene(), OTHER if other else BEGINS
    # The same image, told a little otherwise: the message is another one
    nudge = 1e-7 if st.toggle("Again") else 0.0
    heard = st.session_state.get("posterior")
    answer = posterior_map(
        "posterior",
        scene.fine,
        scene.coarse,
        log_likelihood=scene.log_likelihood + nudge,
        gaussians=scene.gaussians,
        hand=hand,
        name="Posterior of image 38",
        home="other" if other else "one",
    )
    st.text(f"hand {answer.mean.tolist()} {answer.cov.tolist()} moved {answer.moved}")
    st.text(f"raw {dict(heard) if heard is not None else None}")
