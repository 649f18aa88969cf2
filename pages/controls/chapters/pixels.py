"""Chapter 6: one image under a decoder, with a σ to move and one pixel to look at."""

import math
from functools import partial

import numpy as np
import streamlit as st

from pages.components.formula import Shown
from pages.components.pixels import pixel_picker
from pages.controls.chapters.chapter import Chapter
from pages.controls.chapters.decoder_choice import chosen_decoder, decoder_choice, model_named
from pages.controls.chapters.image_choice import another_image
from pages.controls.chosen_image import ChosenImage, chosen_image
from pages.controls.encoded import model_of
from pages.controls.shown import show, title
from pages.controls.thumbnail import thumbnail
from pages.figures.pixel_term import pixel_term
from pages.figures.score_parts import score_parts
from pages.figures.sigma_cost import sigma_cost
from pages.figures.theme import nats
from pages.state import keys
from pages.state.current import of_shipped
from pages.state.theme import theme_name
from vae_core.data import load_dataset
from vae_core.lessons.pixel_steps import steps
from vae_core.lessons.pixels import (
    SIGMAS,
    UNIT,
    Errors,
    PixelsSeen,
    average_errors,
    check_beta,
    check_floor,
    check_sigma,
    decoded,
    errors_of,
    outcome,
    term,
    term_at_best,
)
from vae_core.likelihoods import Gaussian, Likelihood
from vae_core.training.snapshot import Snapshot
from vae_core.units import bits_per_dimension

KEY = f"{keys.LESSON}pixels_"
HEIGHT, BAR_HEIGHT, TERM_HEIGHT = 300, 190, 300
SIZE = 230
"""CSS pixels of the reconstruction, as large as the image beside it."""
REFERENCE = "grey-gaussian-unit"
"""The Gaussian decoder that settles the question where the one at hand is no Gaussian."""
SAME_ROWS = ("mnist-5k", "mnist-5k-binary")
"""Data sets with the same image in the same row."""
EDGE = 0.001
"""a is kept so far from 0 and 1."""
MU_SPAN = (-0.25, 1.25)


def tick() -> float | None:
    """Return how soon the chapter is drawn again: while the model trains."""
    return 1.0 if model_named(chosen_decoder()).moving else None


def instrument() -> PixelsSeen:
    """Draw the image, what its pixels cost, the σ and the pixel."""
    model, chosen = decoder_choice()
    config, snapshot = model.config, model.snapshot
    image = _image(config.dataset)
    exact = model_of(snapshot.key, snapshot)
    likelihood = decoded(exact, image.x)
    gaussian = isinstance(likelihood, Gaussian)
    sigma_key, first = f"{KEY}sigma {chosen}", _first_sigma(likelihood)
    sigma = st.session_state.get(sigma_key, first)
    row, column = _pixel(snapshot.image_shape)
    pixel = row * snapshot.image_shape[2] + column
    own = float(likelihood.mean[0, pixel])
    slider = f"{KEY}value {chosen} {image.row} {pixel}"
    span = MU_SPAN if gaussian else (EDGE, 1.0 - EDGE)
    start = round(min(max(own, span[0]), span[1]), 3)
    seen = PixelsSeen(
        exact,
        image.x.double(),
        likelihood,
        sigma,
        pixel,
        float(st.session_state.get(slider, start)),
        errors_of(likelihood, image.x) if gaussian else _reference(image),
        _average(snapshot.key, config.dataset, snapshot),
    )
    _pictures(seen, config.dataset, image, (row, column))
    left, right = st.columns([1.1, 1], gap="medium")
    with left:
        _whole(seen)
        if gaussian:
            st.select_slider("σ", SIGMAS, value=first, format_func=lambda s: f"{s:.3g}", key=sigma_key)
            _say(_sigma_words(seen))
    with right:
        _one(seen, own, span)
        st.slider(f"{'μ' if gaussian else 'a'} of this pixel", *span, start, 0.001, format="%.3f", key=slider)
    return seen


def _first_sigma(likelihood: Likelihood) -> float:
    """The σ nearest to the decoder's own."""
    own = math.log(float(likelihood.sigma)) if isinstance(likelihood, Gaussian) else 0.0
    return min(SIGMAS, key=lambda sigma: abs(math.log(sigma) - own))


def _image(dataset: str) -> ChosenImage:
    """The image: the same one in grey and in binary."""
    if dataset not in SAME_ROWS:
        return chosen_image(dataset)
    data = load_dataset(dataset)
    row = st.session_state.get(f"{KEY}row", int(data.validation.index[0]))
    return ChosenImage(data.full.x[row : row + 1], f"image {row:,}", None, row)


def _choose(dataset: str, row: int) -> None:
    st.session_state[f"{KEY}row"] = row
    if dataset not in SAME_ROWS:
        st.session_state[keys.IMAGE] = (dataset, row)


def _pixel(shape: tuple[int, int, int]) -> tuple[int, int]:
    """Row and column of the picked pixel: near the middle until one is picked."""
    _, height, width = shape
    row, column = st.session_state.get(f"{KEY}pixel", (height // 2, width // 2))
    return min(row, height - 1), min(column, width - 1)


def _reference(image: ChosenImage) -> Errors:
    """The errors of a Gaussian decoder on the same image, or on the first one where there is none."""
    other = of_shipped(REFERENCE)
    row = image.row if 0 <= image.row < len(load_dataset(other.config.dataset).full) else 0
    x = load_dataset(other.config.dataset).full.x[row : row + 1]
    return errors_of(decoded(model_of(other.snapshot.key, other.snapshot), x), x)


@st.cache_resource(max_entries=16, show_spinner=False)
def _average(key: str, dataset: str, _snapshot: Snapshot) -> Errors:
    return average_errors(model_of(key, _snapshot), load_dataset(dataset).validation.x)


def _pictures(seen: PixelsSeen, dataset: str, image: ChosenImage, picked: tuple[int, int]) -> None:
    """The image to pick a pixel on, its reconstruction, and what each pixel costs."""
    shape, cost = load_dataset(dataset).image_shape, (-seen.per_pixel).numpy()
    low, high = float(cost.min()), float(cost.max())
    scaled = (cost - low) / max(high - low, 1e-12)
    name = "a" if not seen.gaussian else "μ"
    here, made, priced = st.columns(3, gap="medium")
    with here:
        title("The image x: pick a pixel.")
        pixel_picker(
            image.x[0].numpy(),
            shape,
            key=f"{KEY}picker",
            alt=f"{image.label}, on which a pixel can be picked",
            picked=picked,
            on_pick=lambda row, column: st.session_state.update({f"{KEY}pixel": (row, column)}),
        )
        another_image(image, dataset=dataset, key=KEY, on_row=_choose)
    with made:
        title(f"Its reconstruction {name}.")
        mean = np.clip(seen.likelihood.mean[0].numpy(), 0.0, 1.0)
        st.html(thumbnail(mean, shape, alt=f"The reconstruction of {image.label}", size=SIZE))
        st.caption("The decoder’s mean at the encoder’s mean code.")
    with priced:
        title("What each pixel costs.")
        st.html(thumbnail(scaled, shape, alt="Minus log p of each pixel: bright costs most", size=SIZE))
        st.caption(f"−log p of each pixel: black is {nats(low, 2)}, white {nats(high, 2)} nats.")


def _whole(seen: PixelsSeen) -> None:
    """The whole image: over σ for a Gaussian, floor and rest for a Bernoulli."""
    theme = theme_name()
    if not seen.gaussian:
        figure = score_parts(-seen.total, seen.floor, binary=seen.binary, theme=theme)
        show(figure, key=f"{KEY}parts", height=BAR_HEIGHT)
        name = "log p(x|z)" if seen.binary else "Bernoulli score"
        more = "" if seen.binary else " It is no log-likelihood: a Bernoulli knows 0 and 1 only."
        _say(
            f'{name} <b data-word="reconstruction">{nats(seen.total, 2)}</b> nats, floor '
            f'<b data-word="floor">{nats(-seen.floor, 2)}</b>.{more}'
        )
        return
    show(
        sigma_cost(seen.reference, seen.average, SIGMAS, seen.sigma, theme=theme),
        key=f"{KEY}sigma_cost",
        height=HEIGHT,
    )


def _sigma_words(seen: PixelsSeen) -> str:
    pixels, excess = seen.reference.pixels, seen.reference.excess(seen.sigma)
    bits = bits_per_dimension(-excess, dimensions=pixels)
    return (
        f'log p(x|z) <b data-word="reconstruction">{nats(seen.total, 1)}</b> nats, '
        f"<b>{nats(excess, 1)}</b> below the best, {bits:.3f} bits/dim. "
        f"Averaged over validation images σ = 1 costs <b>{nats(seen.average.excess(UNIT), 0)}</b> nats. "
        f"To train with this σ is to train with σ = 1 and "
        f'<b data-word="sigma">β = σ² = {seen.sigma**2:.4g}</b>.'
    )


def _one(seen: PixelsSeen, own: float, span: tuple[float, float]) -> None:
    """The picked pixel."""
    sigma = seen.sigma if seen.gaussian else None
    figure = pixel_term(
        partial(term, seen.true_value, sigma=sigma),
        x=seen.true_value,
        value=seen.value,
        own=min(max(own, span[0]), span[1]),
        best=term_at_best(seen.true_value, sigma=sigma),
        span=span,
        symbol="μ" if seen.gaussian else "a",
        score=not seen.gaussian and not seen.binary,
        theme=theme_name(),
    )
    show(figure, key=f"{KEY}term", height=TERM_HEIGHT)


def _say(html: str) -> None:
    st.html(f'<p class="lab-settled" role="status">{html}</p>')


def symbols(seen: PixelsSeen) -> dict[str, Shown]:
    """Say what each symbol of the formulae is."""
    own = float(seen.likelihood.mean[0, seen.pixel])
    other = "Choose a decoder of the other kind to see it."
    name = "The log-likelihood of the image, given its code"
    if not seen.gaussian and not seen.binary:
        name = "The Bernoulli score of the image: no log-likelihood, for its pixels are grey"
    return {
        "reconstruction": Shown(
            name,
            f"{nats(seen.total, 2)} nats",
            "The blue curve at the σ that is set." if seen.gaussian else "Minus the length of the bar.",
        ),
        "x": Shown("The image", f"x_d of the picked pixel is {nats(seen.true_value, 3)}", "The first image."),
        "a": Shown(
            "The probability that a pixel is 1, after the sigmoid",
            "" if seen.gaussian else f"{own:.3f} for the picked pixel",
            other if seen.gaussian else "The open dot on the pixel’s curve.",
        ),
        "mu": Shown(
            "The mean of a pixel",
            f"{nats(own, 3)} for the picked pixel" if seen.gaussian else "",
            "The open dot on the pixel’s curve." if seen.gaussian else other,
        ),
        "sigma": Shown(
            "The decoder’s standard deviation, one for all pixels",
            f"{seen.sigma:g} is set; the best is {seen.reference.best_sigma:.3f}" if seen.gaussian else "",
            "The place on the axis of the blue curve." if seen.gaussian else other,
        ),
    }


PIXELS = Chapter(
    slug="pixels",
    instrument=instrument,
    outcome=outcome,
    symbols=symbols,
    steps=steps,
    checks=(check_sigma, check_beta, check_floor),
)
