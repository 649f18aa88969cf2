"""Chapter 1: draws from the prior beside the exact log p(x), and a family whose best θ has the least KL."""

import numpy as np
import streamlit as st
import torch

from pages.components.formula import Shown
from pages.controls.chapters.chapter import Chapter
from pages.controls.chapters.image_choice import image_choice
from pages.controls.chosen_image import ChosenImage, chosen_image
from pages.controls.progress import progress
from pages.controls.shown import show, title
from pages.figures.family_fit import family_fit
from pages.figures.prior_map import prior_map
from pages.figures.repeated_estimates import repeated_estimates
from pages.figures.theme import nats
from pages.state import keys
from pages.state.measures import Measure, Measuring, digest_of, measure
from pages.state.subject import Subject, no_planar_likelihood, subject
from pages.state.theme import theme_name
from vae_core.lessons.likelihood import (
    LikelihoodSeen,
    check_best,
    check_toy,
    check_worth,
    outcome,
    steps,
)
from vae_core.lessons.likelihood_draws import (
    AS_TRAINED,
    SAMPLES,
    SHARPNESS,
    KnownPosterior,
    PriorDraws,
    ladder,
    prior_draws,
    repeats,
)
from vae_core.lessons.likelihood_family import THETAS, Family, family
from vae_core.lessons.likelihood_toy import ToyEstimates, ToyPool, toy_estimates, toy_pools
from vae_core.training.snapshot import Snapshot

KEY = f"{keys.LESSON}likelihood_"
KIND = "draws from the prior"
HEIGHT, LOW_HEIGHT = 380, 330
TICK_S = 0.5
FIRST_SAMPLES = 1000
FIRST_THETA = THETAS[20]


def tick() -> float | None:
    """Return how soon the chapter is drawn again: while draws are scored, or the model trains."""
    about, _, measured = _measured()
    return TICK_S if measured.pending or about.model.moving else None


def instrument() -> LikelihoodSeen:
    """Draw the three pictures, and return what they show."""
    about, image, measured = _measured()
    if about.note:
        st.caption(about.note)
    # While a model trains, the draws of another image may stand in for a moment: they are not shown
    there = measured.value is not None and torch.equal(measured.value.x, image.x)
    samples, sharp = _controls(about, image)
    toy = tuple(_toy(SHARPNESS[sharp], samples))
    seen = LikelihoodSeen(measured.value if there else None, sharp, samples, toy, _family(), _member())
    _sampled(seen, measured)
    left, right = st.columns([1.1, 1], gap="medium")
    with left:
        _dimensions(seen)
    with right:
        figure = family_fit(seen.family, seen.member, theme=theme_name())
        show(figure, key=f"{KEY}family", height=LOW_HEIGHT)
        st.slider("θ", THETAS[0], THETAS[-1], FIRST_THETA, 0.01, key=f"{KEY}theta", help=THETA_HELP)
        st.html(f'<p class="lab-settled" role="status">{_fit_digits(seen)}</p>')
    return seen


THETA_HELP = (
    "A family of models for binary images of 3×3 pixels, all 512 listed: a code picks one of eight patterns, "
    "and each pixel is flipped with probability θ."
)


def _measured() -> tuple[Subject, ChosenImage, Measure[PriorDraws]]:
    about = subject(no_planar_likelihood)
    snapshot, x = about.model.snapshot, chosen_image(about.model.config.dataset).x
    key = (KIND, snapshot.key, digest_of(x))
    found = measure(key, lambda: _measuring(snapshot, x), go_on=about.model.moving)
    return about, chosen_image(about.model.config.dataset), found


def _measuring(snapshot: Snapshot, x: torch.Tensor) -> Measuring[PriorDraws]:
    yield 0.0, "Integrating over all codes.", None
    return (yield from prior_draws(snapshot.model(), x))


def _controls(about: Subject, image: ChosenImage) -> tuple[int, int]:
    """Draw the image and the sliders; return K and the place of the sharpness."""
    what = "σ" if about.model.config.likelihood == "gaussian" else "logits"
    how = "divided by it" if what == "σ" else "times it"
    choice, samples_field, sharp_field = st.columns([1, 1.4, 1], gap="medium", vertical_alignment="center")
    with choice:
        image_choice(image, dataset=about.model.config.dataset, key=KEY)
    samples = samples_field.select_slider(
        "K, draws from the prior",
        SAMPLES,
        value=FIRST_SAMPLES,
        format_func=lambda k: f"{k:,}",
        key=f"{KEY}samples",
    )
    sharp = sharp_field.select_slider(
        "Sharpness of the decoder",
        SHARPNESS,
        value=SHARPNESS[AS_TRAINED],
        format_func=lambda times: {0.5: "½", 1.0: "1, as trained"}.get(times, f"{times:g}"),
        key=f"{KEY}sharp",
        help=f"The decoder’s {what}, {how}. It stays normalised, so each sharpness is a model of its own.",
    )
    return samples, SHARPNESS.index(sharp)


def _sampled(seen: LikelihoodSeen, measured: Measure[PriorDraws]) -> None:
    """The draws on the plane of codes, and the estimates that they give."""
    known = seen.known
    if seen.draws is None or known is None:
        title("The image’s exact log p(x) is being computed.")
        progress(measured, KIND)
        return
    left, right = st.columns([1, 1.1], gap="medium")
    shown = min(seen.samples, len(seen.draws.z))
    weights = torch.softmax(seen.shown[:shown], 0).numpy()
    with left:
        figure = prior_map(known, seen.draws.z[:shown].numpy(), weights, heavy=seen.heavy, theme=theme_name())
        show(figure, key=f"{KEY}map", height=HEIGHT)
    with right:
        columns = [
            (f"{k:,}", (values - known.log_likelihood).numpy())
            for k, values in zip(SAMPLES, ladder(seen.log_p), strict=False)
        ]
        place = SAMPLES.index(seen.samples)
        figure = repeated_estimates(
            columns,
            axis="K, draws from the prior",
            chosen=place if place < len(columns) else None,
            title=_sentence(columns, place),
            theme=theme_name(),
        )
        show(figure, key=f"{KEY}repeats", height=HEIGHT)
    st.html(f'<p class="lab-settled" role="status">{_digits(seen, known)}</p>')
    if not measured.done:
        progress(measured, KIND)


def _sentence(columns: list[tuple[str, np.ndarray]], place: int) -> str:
    name, values = columns[min(place, len(columns) - 1)]
    low, mean = round(100 * float((values < 0).mean())), float(values.mean())
    side = "below" if mean < 0 else "above"
    return (
        f"With K = {name}, {low} % of the estimates are too low; their mean lies {nats(abs(mean), 2)} nats "
        f"{side} log p(x)."
    )


def _dimensions(seen: LikelihoodSeen) -> None:
    """The same with a linear decoder, whose log p(x) is known in any dimension."""
    columns = [(str(one.latent_dim), (one.values - one.log_likelihood).numpy()) for one in seen.toy]
    last, first = seen.toy[-1], seen.toy[0]
    figure = repeated_estimates(
        columns,
        axis="latent dimensions of a linear Gaussian decoder",
        chosen=None,
        title=f"The same K = {seen.samples:,} in more latent dimensions: the estimates sink.",
        theme=theme_name(),
    )
    show(figure, key=f"{KEY}toy", height=LOW_HEIGHT)
    st.html(
        f'<p class="lab-settled" role="status">For one effective draw it takes '
        f"<b>{first.draws_for_one:.3f}</b> in one dimension, {_large(last)} in {last.latent_dim}. "
        f"Dots are estimates, the line is exact: log N(x; 0, W Wᵀ + σ² I).</p>"
    )


def _large(one: ToyEstimates) -> str:
    if one.draws_for_one < 1e6:
        return f"<b>{one.draws_for_one:,.0f}</b>"
    digits, power = f"{one.draws_for_one:.0e}".split("e")
    return f"<b>{digits} · 10<sup>{int(power)}</sup></b>"


def _digits(seen: LikelihoodSeen, known: KnownPosterior) -> str:
    values = repeats(seen.log_p, min(seen.samples, len(seen.log_p)))
    again = ""
    if len(values) > 1:
        mean, spread = nats(float(values.mean()), 2), nats(float(values.std()), 2)
        again = f" {len(values)} such estimates: mean {mean}, standard deviation {spread} nats."
    return (
        f'log p(x) <b data-word="log_likelihood">{nats(known.log_likelihood, 3)}</b>, exact. '
        f'These K = {seen.samples:,} draws say <b data-word="estimate">{nats(seen.estimate, 3)}</b> nats; '
        f'they are worth <b data-word="log_weights">{seen.effective:,.1f}</b> draws of equal weight.{again}'
    )


def _fit_digits(seen: LikelihoodSeen) -> str:
    found, here = seen.family, seen.member
    return (
        f'E log p<sub>θ</sub>(x) <b data-word="fit">{nats(float(found.fit[here]), 4)}</b> = −H − KL = '
        f'<b data-word="entropy">{nats(-found.entropy, 4)}</b> − '
        f'<b data-word="kl" style="color: var(--lab-kl-text)">{nats(float(found.kl[here]), 4)}</b> nats'
    )


@st.cache_resource(show_spinner=False)
def _family() -> Family:
    return family()


@st.cache_resource(show_spinner=False)
def _pools() -> tuple[ToyPool, ...]:
    return toy_pools()


@st.cache_resource(max_entries=64, show_spinner=False)
def _toy(sharpness: float, samples: int) -> list[ToyEstimates]:
    return [toy_estimates(pool, sharpness=sharpness, samples=samples) for pool in _pools()]


def _member() -> int:
    theta = st.session_state.get(f"{KEY}theta", FIRST_THETA)
    return int(np.abs(np.array(THETAS) - theta).argmin())


def symbols(seen: LikelihoodSeen) -> dict[str, Shown]:
    """Say what each symbol of the formula is."""
    found, here, known = seen.family, seen.member, seen.known
    pending = "being measured"
    exact = pending if known is None else f"{nats(known.log_likelihood, 3)} nats, exact for this model"
    said = pending if known is None else f"{nats(seen.estimate, 3)} nats from K = {seen.samples:,} draws"
    worth = pending if known is None else f"together worth {seen.effective:,.1f} of equal weight"
    return {
        "fit": Shown(
            "How likely the data are under p_θ, on average",
            f"{nats(float(found.fit[here]), 4)} nats at θ = {THETAS[here]:.2f}",
            "The upper curve of the last picture, and the dot on it.",
        ),
        "entropy": Shown(
            "The entropy of the data, whatever the model",
            f"{nats(found.entropy, 4)} nats",
            "The dotted ceiling lies at −H.",
        ),
        "kl": Shown(
            "How far p_θ is from p_D",
            f"{nats(float(found.kl[here]), 4)} nats at θ = {THETAS[here]:.2f}",
            "The bar from the curve to its ceiling, and the curve beneath.",
        ),
        "log_likelihood": Shown(
            "The log-likelihood of the chosen image", exact, "The level line that the estimates miss."
        ),
        "z": Shown("A code, drawn from the prior N(0, I)", "", "A dot on the map."),
        "log_weights": Shown(
            "How likely a drawn code makes the image: the weight of the draw", worth, "The size of a dot."
        ),
        "estimate": Shown(
            "The estimate of log p(x) from K draws", said, "Each dot beside the line; a bar is their mean."
        ),
    }


LIKELIHOOD = Chapter(
    slug="likelihood",
    instrument=instrument,
    outcome=outcome,
    symbols=symbols,
    steps=steps,
    checks=(check_worth, check_toy, check_best),
)
