"""The gap of one image: the posterior under q, the staircase, the identity in digits, Jensen's picture."""

import html

import streamlit as st
import torch

from pages.components.carrier import view_of
from pages.components.posterior import LogJointGrid, PosteriorAnswer, PosteriorGaussian, posterior_map
from pages.controls.encoded import model_of
from pages.controls.gap_digits import bounds_table, causes_table, hand_table, identity_table
from pages.controls.shown import show, title
from pages.controls.thumbnail import thumbnail
from pages.figures.jensen import jensen, worth
from pages.figures.log_weights import log_weights
from pages.figures.posterior_line import posterior_line
from pages.figures.staircase import staircase
from pages.figures.theme import nats
from pages.state.current import CurrentModel
from pages.state.gaps import ImageFound
from pages.state.theme import theme_name
from vae_core.data import load_dataset
from vae_core.diagnostics.gap import quadrature_elbo
from vae_core.diagnostics.image_gap import WIDE, ImageGap, Staircase
from vae_core.diagnostics.jensen import JensenPicture, jensen_picture
from vae_core.gaussians import FullGaussian
from vae_core.likelihoods import score_name

STAIRCASE_HEIGHT = 360
JENSEN_HEIGHT = 340
LINE_HEIGHT = 360


def gap_image(model: CurrentModel, found: ImageFound, label: str) -> None:
    """Show what was found about one image.

    Args:
        model: The current model.
        found: What there is so far.
        label: Which image it is, in words.
    """
    _headline(model, found, label)
    left, right = st.columns([1.15, 1], gap="medium")
    answer = None
    with left:
        if found.gap is not None:
            answer = _posterior(model, found, found.gap, label)
        if found.gap is None or found.gap.posterior is None:
            bounds_table(found)
    with right:
        _stairs(found)
        if found.gap is not None:
            _digits(found, found.gap, answer)
    if found.stairs is not None and found.gap is not None:
        _jensen(found.stairs, found.gap)


def _stairs(found: ImageFound) -> None:
    """The importance-weighted bounds, climbing to what is known of log p(x)."""
    known = found.annealed if found.gap is None else found.gap.split.log_likelihood
    if found.stairs is None or known is None:
        title("The importance-weighted bounds come in a moment.")
        return
    ladder = found.stairs.ladder
    elbo = ladder.steps[0] if found.gap is None else found.gap.split.elbo
    figure = staircase(ladder, log_likelihood=known, elbo=elbo, theme=theme_name())
    show(figure, key="lab_gap_staircase", height=STAIRCASE_HEIGHT)


def _jensen(stairs: Staircase, gap: ImageGap) -> None:
    """Jensen's inequality on this image's own weights, and the weights themselves."""
    picture, theme = _picture(stairs, gap), theme_name()
    left, right = st.columns([1.15, 1], gap="medium")
    with left:
        show(jensen(picture, theme=theme), key="lab_gap_jensen", height=JENSEN_HEIGHT)
        st.caption(worth(picture))
    with right:
        show(log_weights(picture, theme=theme), key="lab_gap_log_weights", height=JENSEN_HEIGHT)


def _picture(stairs: Staircase, gap: ImageGap) -> JensenPicture:
    return jensen_picture(stairs.log_w, log_likelihood=gap.split.log_likelihood, elbo=gap.split.elbo)


def _headline(model: CurrentModel, found: ImageFound, label: str) -> None:
    """The image beside its reconstruction, and its gap in a sentence."""
    data, vae = load_dataset(model.config.dataset), model_of(found.snapshot.key, found.snapshot)
    named = f"{label[0].upper()}{label[1:]}"
    with st.container(horizontal=True, vertical_alignment="center", gap="medium"):
        if view_of(data.image_shape) == "image":
            with torch.no_grad():
                again = vae.decode(vae.encode(found.x).mean).mean
            pictures = [(found.x, label), (again, "its reconstruction at the mean of q(z|x)")]
            st.html(
                '<div style="display:flex;gap:0.6rem">'
                + "".join(thumbnail(x[0].numpy(), data.image_shape, alt=alt, size=84) for x, alt in pictures)
                + "</div>",
                width="content",
            )
        st.html(f'<p class="lab-headline">{html.escape(_sentence(model, found, named))}</p>')
    if model.config.beta != 1.0:
        st.caption("Trained with another β, measured at β = 1: only there is the ELBO a bound of log p(x).")
    if not _is_likelihood(model):
        st.caption(
            "These pixels are grey, and a Bernoulli decoder has no likelihood of grey pixels: what is called "
            "log p(x) below is the logarithm of the Bernoulli score, integrated over z."
        )


def _is_likelihood(model: CurrentModel) -> bool:
    """Whether the decoder's score of these data is the logarithm of a probability or a density."""
    return score_name(model.config.likelihood, load_dataset(model.config.dataset).support) == "log-likelihood"


def _sentence(model: CurrentModel, found: ImageFound, named: str) -> str:
    if found.gap is None:
        return f"{named}: log p(x) is being estimated."
    split = found.gap.split
    what = "log p(x)" if _is_likelihood(model) else "its Bernoulli score"
    gap, error = float(split.total.value), float(split.total.error)
    about = f"about {nats(gap, 2)} ± {error:.2f}" if error >= 5e-3 else nats(gap, 2)
    of = what if split.log_likelihood.kind == "exact" else f"an estimate of {what}"
    return f"{named}: the ELBO lies {about} nats below {of}."


def _posterior(model: CurrentModel, found: ImageFound, gap: ImageGap, label: str) -> PosteriorAnswer | None:
    """The true posterior under the encoder's q and the fitted ones."""
    if gap.posterior is None:
        return None
    title("The true posterior p(z|x), and how the encoder’s q lies on it.")
    gaussians = _gaussians(found, gap)
    if model.config.latent_dim == 1:
        lines = [(g.label, float(g.mean[0]), float(g.cov[0, 0]) ** 0.5, g.style) for g in gaussians]
        figure = posterior_line(gap.posterior, lines, theme=theme_name())
        show(figure, key="lab_gap_line", height=LINE_HEIGHT)
        return None
    axes = gap.posterior.axes
    return posterior_map(
        "lab_gap_posterior",
        LogJointGrid(
            [float(axis[0]) for axis in axes],
            [float(axis[-1]) for axis in axes],
            gap.posterior.log_joint.numpy(),
        ),
        LogJointGrid([-WIDE, -WIDE], [WIDE, WIDE], gap.wide.numpy()),
        log_likelihood=float(gap.split.log_likelihood.value),
        gaussians=gaussians,
        hand=(gaussians[0].mean, gaussians[0].cov),
        name=f"The true posterior of {label}",
        home=f"{model.token} {found.snapshot.key} {label} {float(gap.split.elbo.value):.4f}",
    )


def _gaussians(found: ImageFound, gap: ImageGap) -> list[PosteriorGaussian]:
    """The encoder's q and the two that were fitted, each with its ELBO."""
    with torch.no_grad():
        own = model_of(found.snapshot.key, found.snapshot).encode(found.x).full()
    split = gap.split
    elbo = float(split.elbo.value)
    diagonal = elbo + float(split.amortization.value)
    full = diagonal + float(split.covariance.value)
    rows = [
        ("encoder", "encoder’s q", own, "solid", elbo),
        ("diagonal", "best diagonal q", split.diagonal.q, "dotted", diagonal),
        ("full", "best q", split.full.q, "dashed", full),
    ]
    return [
        PosteriorGaussian(
            id=name,
            label=label,
            mean=q.mean[0].double().numpy(),
            cov=(q.root[0] @ q.root[0].T).double().numpy(),
            style=style,
            elbo=elbo_of,
        )
        for name, label, q, style, elbo_of in rows
    ]


def _digits(found: ImageFound, gap: ImageGap, answer: PosteriorAnswer | None) -> None:
    """The identity log p(x) = ELBO + KL in digits, what the KL is made of, and the same for the hand's q."""
    identity_table(gap)
    causes_table(gap)
    if answer is not None and answer.moved:
        hand_table(gap, _measured(found, gap, answer))


def _measured(found: ImageFound, gap: ImageGap, answer: PosteriorAnswer) -> tuple[float, tuple[float, float]]:
    """Return the ELBO of the hand's q by Gauss-Hermite rules, and its KL from the posterior with an error."""
    mean = torch.from_numpy(answer.mean)
    cov = torch.from_numpy(answer.cov)
    q = FullGaussian(mean[None], torch.linalg.cholesky(cov)[None])
    elbo = quadrature_elbo(model_of(found.snapshot.key, found.snapshot), found.x, q=q)
    return float(elbo.value), gap.posterior.kl_from(mean, cov)
