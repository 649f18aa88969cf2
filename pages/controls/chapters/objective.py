"""Chapter 4: one image, sliders that move q away from the encoder's answer, and what L(x) makes of it."""

import hashlib

import numpy as np
import streamlit as st
import torch
from torch import Tensor

from pages.components.formula import Shown
from pages.controls.chapters.chapter import Chapter
from pages.controls.chapters.image_choice import another_image
from pages.controls.chapters.objective_numbers import RULES, average_line, terms_table
from pages.controls.chosen_image import ChosenImage, choose_row, chosen_image
from pages.controls.encoded import model_of
from pages.controls.shown import show
from pages.controls.thumbnail import thumbnail
from pages.figures.code_window import code_window
from pages.figures.cost_bars import cost_bars
from pages.figures.objective_curves import objective_curves
from pages.figures.theme import nats, subscript
from pages.state import keys
from pages.state.kept import Kept
from pages.state.subject import Subject, no_exact_likelihood, subject
from pages.state.theme import theme_name
from vae_core.data import load_dataset
from vae_core.lessons.objective import (
    Average,
    ImageBase,
    ObjectiveSeen,
    Setting,
    average_objective,
    image_base,
    objective,
    outcome,
)
from vae_core.lessons.objective_checks import STEP, check_beta, check_better, check_narrow
from vae_core.lessons.objective_curves import REACH, Curve, curve
from vae_core.lessons.objective_steps import steps
from vae_core.likelihoods import score_name
from vae_core.training.snapshot import Snapshot

KEY = f"{keys.LESSON}objective_"
FACTORS = tuple(2.0 ** (power / 4.0) for power in range(-12, 13))
BETAS = (0.0, 0.25, 0.5, 1.0, 2.0, 4.0, 8.0)
DRAWS = (16, 64, 256, 1024)
SHIFTS, FACTOR = (f"{KEY}shift_0", f"{KEY}shift_1"), f"{KEY}factor"
REST = {**dict.fromkeys(SHIFTS, 0.0), FACTOR: 1.0}
"""Where the sliders leave the encoder's q as it is."""
WINDOW_HEIGHT, CURVES_HEIGHT, BARS_HEIGHT = 350, 300, 170


@st.cache_resource(show_spinner=False)
def _bases() -> Kept[tuple[str, str], ImageBase]:
    return Kept(16)


@st.cache_resource(show_spinner=False)
def _measured() -> Kept[tuple[str, str, Setting, int], ObjectiveSeen]:
    return Kept(64)


@st.cache_resource(show_spinner=False)
def _curves() -> Kept[tuple[str, str, Setting, int | None], Curve]:
    return Kept(64)


@st.cache_resource(max_entries=4, show_spinner=False)
def _average(key: str, _snapshot: Snapshot) -> Average:
    return average_objective(model_of(key, _snapshot), load_dataset(_snapshot.config.dataset).validation.x)


def instrument() -> ObjectiveSeen:
    """Draw the image, the sliders and what they do, and return the terms of the moved q."""
    st.html(RULES)
    about = subject(no_exact_likelihood)
    if about.note:
        st.caption(about.note)
    data = load_dataset(about.model.config.dataset)
    image, name = chosen_image(data.name), score_name(about.model.config.likelihood, data.support)
    theme = theme_name()
    left, right = st.columns([1, 1], gap="large")
    with left:
        pictures = st.container(horizontal=True, vertical_alignment="center")
        setting, draws = _controls(about.model.config.latent_dim)
    seen = _seen(about, image, setting, draws)
    with pictures:
        _pictures(seen, image, about)
    with left:
        st.html(terms_table(seen, name))
    with right:
        window = code_window(seen.base.window, seen.base.encoder, seen.hand, theme=theme)
        show(window, key=f"{KEY}window", height=WINDOW_HEIGHT)
        bars = cost_bars(seen.base.encoder, seen.hand, theme=theme, name=name)
        show(bars, key=f"{KEY}bars", height=BARS_HEIGHT)
    _draw_curves(about, image, seen, name)
    st.caption(average_line(seen.average, name))
    return seen


def _controls(dims: int) -> tuple[Setting, int]:
    """The sliders; the names of the dimensions are the model's."""
    for key, rest in REST.items():
        # no default of the widget's own: a button may set them
        st.session_state.setdefault(key, rest)
    shifts = [
        st.slider(f"Shift of μ{subscript(j + 1)}, prior σ", -REACH, REACH, step=STEP, key=SHIFTS[j])
        for j in range(dims)
    ]
    one, two = st.columns(2)
    factor = one.select_slider("Factor on σ", FACTORS, key=FACTOR, format_func=lambda value: f"× {value:.2f}")
    beta = two.select_slider(
        "β, the weight on the KL", BETAS, value=1.0, key=f"{KEY}beta", format_func=lambda value: f"{value:g}"
    )
    row = st.container(horizontal=True, vertical_alignment="bottom")
    draws = row.select_slider("Draws of ε", DRAWS, value=64, key=f"{KEY}draws", width=220)
    row.button("Back to the encoder’s q", key=f"{KEY}rest", on_click=_rest)
    return Setting(tuple(float(value) for value in shifts), float(factor), float(beta)), int(draws)


def _rest() -> None:
    """Put all sliders but β where the encoder's q is."""
    st.session_state.update(REST)


def _take(dataset: str, row: int) -> None:
    """Take another image; its q is the encoder's again."""
    choose_row(dataset, row)
    _rest()


def _key(about: Subject, image: ChosenImage) -> tuple[str, str]:
    return about.model.snapshot.key, hashlib.sha256(image.x.numpy().tobytes()).hexdigest()


def _seen(about: Subject, image: ChosenImage, setting: Setting, draws: int) -> ObjectiveSeen:
    snapshot, place = about.model.snapshot, _key(about, image)
    found = _measured().find((*place, setting, draws))
    if found is None:
        base = _bases().find(place)
        if base is None:
            base = image_base(model_of(snapshot.key, snapshot), image.x)
            _bases().keep(place, base)
        average = _average(snapshot.key, snapshot)
        found = objective(base, setting, samples=draws, average=average)
        _measured().keep((*place, setting, draws), found)
    return found


def _pictures(seen: ObjectiveSeen, image: ChosenImage, about: Subject) -> None:
    """The image, what its code decodes to, and the button that takes another image."""
    data = load_dataset(about.model.config.dataset)
    if min(data.image_shape[1:]) > 1:
        mean = _decoded(seen)
        for values, words in ((image.x[0].numpy(), "x"), (mean, "decoded at your μ")):
            small = thumbnail(values, data.image_shape, alt=f"{image.label}: {words}", size=64)
            figure = f'<figure class="lab-small">{small}<figcaption>{words}</figcaption></figure>'
            st.html(figure, width="content")
    with st.container(width="content", gap="small"):
        st.html(f'<p class="lab-settled">{image.label[:1].upper()}{image.label[1:]}</p>')
        another_image(image, dataset=data.name, key=KEY, on_row=_take)


@torch.no_grad()
def _decoded(seen: ObjectiveSeen) -> np.ndarray:
    mean: Tensor = seen.base.model.decode(seen.hand.q.mean).mean[0]
    return mean.clamp(0.0, 1.0).float().numpy()


def _draw_curves(about: Subject, image: ChosenImage, seen: ObjectiveSeen, name: str) -> None:
    setting = seen.setting
    choices = ["Factor on σ", *(f"Shift of μ{subscript(j + 1)}" for j in range(len(setting.shift)))]
    chosen = st.segmented_control(
        "Curves over", choices, default=choices[0], key=f"{KEY}over_{len(setting.shift)}", required=True
    )
    place = choices.index(chosen) if chosen in choices else 0
    dimension = None if place == 0 else place - 1
    kept = (*_key(about, image), _without(setting, dimension), dimension)
    found = _curves().find(kept)
    if found is None:
        found = curve(seen.base, setting, dimension=dimension, betas=(1.0, setting.beta))
        _curves().keep(kept, found)
    now = setting.factor if dimension is None else setting.shift[dimension]
    figure = objective_curves(found, now=now, beta=setting.beta, theme=theme_name(), name=name)
    show(figure, key=f"{KEY}curves", height=CURVES_HEIGHT)
    if setting.beta != 1.0:
        st.caption(_bound_words(setting.beta, name))


def _bound_words(beta: float, name: str) -> str:
    """Say what the weighted sum is to log p(x)."""
    if name != "log-likelihood":
        return f"A {name} is no log-likelihood: neither L(x) nor the weighted sum is a bound on log p(x)."
    if beta < 1.0:
        return "Below β = 1 the weighted sum lies above L(x): it is no bound on log p(x)."
    return "Above β = 1 the weighted sum lies below L(x): a bound, but a looser one."


def _without(setting: Setting, dimension: int | None) -> Setting:
    """Return a setting in which what a curve moves over is at rest: the curve is the same."""
    if dimension is None:
        return Setting(setting.shift, 1.0, setting.beta)
    shift = tuple(0.0 if j == dimension else value for j, value in enumerate(setting.shift))
    return Setting(shift, setting.factor, setting.beta)


def symbols(seen: ObjectiveSeen) -> dict[str, Shown]:
    """Say what each symbol of the formula is, for the q that the sliders have made."""
    hand, mean, std = seen.hand, seen.hand.q.mean[0].tolist(), seen.hand.q.std[0].tolist()
    average = seen.average
    return {
        "elbo": Shown(
            "The objective of this image",
            f"{nats(hand.elbo, 3)} nats",
            "The end of the lower bar; the broad curve.",
        ),
        "reconstruction": Shown(
            "How likely the decoder finds the image, averaged over q",
            f"{nats(hand.reconstruction, 3)} nats",
            "The blue piece of the bars and the blue curve; on the map, the blue that q covers.",
        ),
        "kl": Shown(
            "What q costs against the prior",
            f"{nats(hand.kl, 3)} nats",
            "The orange pieces of the bars, one a dimension; the orange curve is −KL.",
        ),
        "average": Shown(
            "The mean over the images of the data",
            f"over {average.images} of them {nats(average.reconstruction - average.kl, 1)} "
            f"± {nats(average.reconstruction_error, 1)} nats",
            "The line below the curves.",
        ),
        "mean": Shown("The centre of q", _list(mean), "The middle of the solid ellipse."),
        "std": Shown("How far q spreads", _list(std), "The half-axes of the solid ellipse."),
        "noise": Shown("Standard normal noise", "", "Drawn anew for each draw of z."),
        "z": Shown("A code, drawn from q", "", "A place on the map."),
    }


def _list(values: list[float]) -> str:
    return "(" + ", ".join(nats(value, 3) for value in values) + ") prior σ"


OBJECTIVE = Chapter(
    slug="objective",
    instrument=instrument,
    outcome=outcome,
    symbols=symbols,
    steps=steps,
    checks=(check_narrow, check_better, check_beta),
)
