"""Chapter 3: a q to drag over the true posterior, and Jensen's inequality on its weights."""

import hashlib

import streamlit as st
import torch
from torch import Tensor

from pages.components.formula import Shown
from pages.components.posterior import LogJointGrid, PosteriorGaussian, posterior_map
from pages.controls.chapters.chapter import Chapter
from pages.controls.chapters.image_choice import image_choice
from pages.controls.chosen_image import ChosenImage, chosen_image
from pages.controls.encoded import model_of
from pages.controls.shown import show, title
from pages.figures.jensen import jensen
from pages.figures.theme import nats
from pages.state import keys
from pages.state.kept import Kept
from pages.state.subject import Subject, no_planar_likelihood, subject
from pages.state.theme import theme_name
from vae_core.data import load_dataset
from vae_core.diagnostics.image_gap import WIDE, ImageGap, image_gap
from vae_core.gaussians import FullGaussian
from vae_core.lessons.bound import (
    BoundSeen,
    bound,
    check_halved,
    check_spread,
    check_touching,
    outcome,
    steps,
)
from vae_core.training.snapshot import Snapshot

KEY = f"{keys.LESSON}bound_"
HEIGHT = 400
POINTS = 96
"""Of the posterior's grid along each axis: a chapter opens the sooner for it."""


@st.cache_resource(show_spinner=False)
def _gaps() -> Kept[tuple[str, str], ImageGap]:
    return Kept(64)


def instrument() -> BoundSeen:
    """Draw both pictures, and return what is seen of the q in the hand."""
    about = subject(no_planar_likelihood)
    if about.note:
        st.caption(about.note)
    snapshot, data = about.model.snapshot, load_dataset(about.model.config.dataset)
    image = chosen_image(data.name)
    image_choice(image, dataset=data.name, key=KEY)
    model = model_of(snapshot.key, snapshot)
    gap = _gap(snapshot, image.x)
    left, right = st.columns([1.1, 1], gap="medium")
    with left:
        title("The true posterior p(z|x) of this image, and the q in your hand.")
        q, moved = _hand(about, image, gap)
    seen = bound(model, image.x, gap, q, moved=moved)
    with right:
        show(jensen(seen.picture, theme=theme_name()), key=f"{KEY}jensen", height=HEIGHT)
        st.html(f'<p class="lab-settled" role="status">{_digits(seen)}</p>')
    return seen


def _gap(snapshot: Snapshot, x: Tensor) -> ImageGap:
    key = (snapshot.key, hashlib.sha256(x.numpy().tobytes()).hexdigest())
    found = _gaps().find(key)
    if found is None:
        found = image_gap(model_of(snapshot.key, snapshot), x, points=POINTS)
        _gaps().keep(key, found)
    return found


def _hand(about: Subject, image: ChosenImage, gap: ImageGap) -> tuple[FullGaussian, bool]:
    """The heat map with the ellipse; where the hand has left it, and whether it has moved it."""
    grid, split = gap.posterior, gap.split
    snapshot = about.model.snapshot
    with torch.no_grad():
        own = model_of(snapshot.key, snapshot).encode(image.x).full()
    best = float(split.log_likelihood.value - split.family.value)
    gaussians = [
        _gaussian("encoder", "encoder’s q", own, "solid", float(split.elbo.value)),
        _gaussian("full", "best q", split.full.q, "dashed", best),
    ]
    low, high = ([float(axis[end]) for axis in grid.axes] for end in (0, -1))
    answer = posterior_map(
        f"{KEY}posterior",
        LogJointGrid(low, high, grid.log_joint.numpy()),
        LogJointGrid([-WIDE, -WIDE], [WIDE, WIDE], gap.wide.numpy()),
        log_likelihood=float(split.log_likelihood.value),
        gaussians=gaussians,
        hand=(gaussians[0].mean, gaussians[0].cov),
        name=f"The true posterior of {image.label}",
        home=f"{snapshot.key} {image.label} {float(split.elbo.value):.4f}",
    )
    root = torch.linalg.cholesky(torch.from_numpy(answer.cov))
    return FullGaussian(torch.from_numpy(answer.mean)[None], root[None]), answer.moved > 0


def _gaussian(name: str, label: str, q: FullGaussian, style: str, elbo: float) -> PosteriorGaussian:
    mean, cov = q.mean[0].double().numpy(), q.cov[0].double().numpy()
    return PosteriorGaussian(id=name, label=label, mean=mean, cov=cov, style=style, elbo=elbo)


def _digits(seen: BoundSeen) -> str:
    whose = "the q in your hand" if seen.moved else "the encoder’s q"
    known, elbo = nats(seen.log_likelihood, 3), nats(float(seen.elbo.value), 3)
    return (
        f'log p(x) <b data-word="log_likelihood">{known}</b> = ELBO of {whose} '
        f'<b data-word="elbo">{elbo}</b> + KL(q ‖ p(z|x)) <b data-word="gap">{nats(seen.kl[0], 3)}</b> nats'
    )


def symbols(seen: BoundSeen) -> dict[str, Shown]:
    """Say what each symbol of the formula is, for the q in the hand."""
    spread = float(seen.log_w.std())
    return {
        "log_likelihood": Shown(
            "The log-likelihood of the image",
            f"{nats(seen.log_likelihood, 3)} nats, exact for this model",
            "The black point on the curve, above 1: the log of the mean weight.",
        ),
        "log_weights": Shown(
            "The weights w = p(x, z)/q(z|x) of draws z from q",
            f"log w has the mean {nats(float(seen.log_w.mean()), 2)} and the spread {spread:.2f} nats",
            "The dots on the curve: across, w; up, log w.",
        ),
        "elbo": Shown(
            "The ELBO of q, a lower bound",
            f"{nats(float(seen.elbo.value), 3)} nats",
            "The point below the curve: the mean of all dots' heights.",
        ),
        "gap": Shown(
            "How far q is from the true posterior",
            f"{nats(seen.kl[0], 3)} nats",
            "The line between the two points; on the map, what the ellipse misses of the heat.",
        ),
        "z": Shown("A code, drawn from q", "", "A place on the map."),
    }


BOUND = Chapter(
    slug="bound",
    instrument=instrument,
    outcome=outcome,
    symbols=symbols,
    steps=steps,
    checks=(check_halved, check_touching, check_spread),
)
