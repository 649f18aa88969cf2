"""Chapter 8: the finite world, its eight forms while a share is dragged, and InfoVAE's two weights."""

import streamlit as st

from pages.components.forms import forms
from pages.components.formula import Shown
from pages.controls.chapters.chapter import Chapter
from pages.controls.claim_rows import number
from pages.controls.encoded import model_of
from pages.controls.shown import show
from pages.controls.thumbnail import thumbnail
from pages.figures.latent_densities import latent_densities
from pages.figures.theme import nats
from pages.state import keys
from pages.state.current import current
from pages.state.theme import theme_name
from vae_core.checks import SettingError
from vae_core.data.tiny_binary import PATTERN_NAMES, tiny_binary_patterns
from vae_core.finite_world import Enumeration, FiniteWorld, curves
from vae_core.lessons.forms import (
    BETAS,
    STEPS,
    FormsSeen,
    bent,
    check_info_vae,
    check_little_information,
    check_perfect_encoder,
    nearest_notch,
    outcome,
    shares,
    steps,
    trained,
    worlds,
)
from vae_core.training.snapshot import Snapshot

KEY = f"{keys.LESSON}forms_"
OWN, HERE = "the current model", "one trained here"
HEIGHT = 300


@st.cache_resource(show_spinner=False)
def _trained(beta: float) -> tuple[Snapshot, ...]:
    return trained(beta)


@st.cache_resource(show_spinner=False, max_entries=8)  # of 10 to 40 MB
def _enumeration(key: str, _snapshot: Snapshot) -> Enumeration:
    return Enumeration.of(model_of(key, _snapshot))


@st.cache_resource(show_spinner=False, max_entries=256)
def _worlds(key: str, pattern: int, _enumeration: Enumeration) -> tuple[FiniteWorld, ...]:
    return worlds(_enumeration, pattern)


@st.cache_resource(show_spinner=False, max_entries=64)
def _own(key: str, _enumeration: Enumeration) -> FiniteWorld:
    return _enumeration.measure()


def instrument() -> FormsSeen:
    """Draw the forms and the densities, and return what is seen of them."""
    snapshot, beta = _model()
    enumeration = _enumeration(snapshot.key, snapshot)
    with st.container(horizontal=True, vertical_alignment="bottom"):
        name = st.selectbox("Pattern", PATTERN_NAMES, key=f"{KEY}pattern", width=220)
        pattern = PATTERN_NAMES.index(name)
        picture = tiny_binary_patterns()[pattern].numpy()
        small = thumbnail(picture, (1, 3, 3), alt=f"The pattern: {name}", size=36)
        st.html(f'<div style="border: 1px solid currentColor">{small}</div>', width="content")
    every = _worlds(snapshot.key, pattern, enumeration)
    notch = forms(
        every,
        shares=shares(),
        notch=nearest_notch(pattern),
        label=f"Share of “{name}” in p_D",
        home=f"{snapshot.key} {pattern}",
        key=f"{KEY}forms",
    )
    p_data = bent(pattern, shares()[notch])
    image = int("".join(str(int(pixel)) for pixel in picture), 2)
    left, right = st.columns([1.25, 1], gap="medium")
    with left:
        drawn = curves(enumeration, image, p_data=p_data)
        show(latent_densities(drawn, image=name, theme=theme_name()), key=f"{KEY}densities", height=HEIGHT)
    with right:
        alpha, weight = _weights()
        seen = FormsSeen(
            enumeration, beta, pattern, every, notch, _own(snapshot.key, enumeration), alpha, weight
        )
        st.html(f'<p class="lab-settled" role="status">{_info(seen)}</p>')
    return seen


def _model() -> tuple[Snapshot, float]:
    """The model: one that is trained here in the wink of an eye, or the current one where it fits."""
    with st.container(horizontal=True, vertical_alignment="bottom"):
        model = current()
        if _fits(model.snapshot):
            whose = st.segmented_control("Model", (HERE, OWN), default=HERE, key=f"{KEY}whose", required=True)
            if whose == OWN:
                try:
                    _enumeration(model.snapshot.key, model.snapshot)
                except SettingError as error:
                    st.caption(f"{error} One that is trained here stands in.")
                else:
                    return model.snapshot, model.config.beta
        beta = st.select_slider("Trained with β", BETAS, value=1.0, key=f"{KEY}beta", width=240)
        step = st.select_slider("Steps of training", STEPS, value=STEPS[-1], key=f"{KEY}steps", width=320)
    return _trained(float(beta))[STEPS.index(step)], float(beta)


def _fits(snapshot: Snapshot) -> bool:
    """Whether a model lives in the finite world: a Bernoulli of 3×3 images, smooth, of one dimension."""
    config = snapshot.config
    smooth = not config.hidden or config.activation != "relu"
    known = config.dataset == "tiny-binary" and config.likelihood == "bernoulli"
    return known and config.latent_dim == 1 and smooth and snapshot.finite


def _weights() -> tuple[float, float]:
    st.markdown("**InfoVAE: the pieces of form (7), weighed anew**")
    with st.container(horizontal=True):
        alpha = st.slider("α, of the information", 0.0, 1.0, 0.0, 0.05, key=f"{KEY}alpha", width=200)
        weight = st.slider("λ, of KL(q(z) ‖ p(z))", 0.0, 10.0, 1.0, 0.25, key=f"{KEY}lambda", width=200)
    return float(alpha), float(weight)


def _info(seen: FormsSeen) -> str:
    """The objective in digits, and what it is where it is the ELBO."""
    world = seen.world
    pieces = (
        ("−", seen.weight, "KL(q(z) ‖ p(z))", world.term("KL(q(z) ‖ p(z))").value),
        ("−", 1.0, "E KL(q(x|z) ‖ p(x|z))", world.term("E_q(z) KL(q(x|z) ‖ p(x|z))").value),
        ("+", seen.alpha, "I<sub>q</sub>(x; z)", world.term("I_q(x; z)").value),
    )
    rows = "".join(
        f"<tr><td>{sign} {weight:g} × {symbol}</td>"
        f'<td class="lab-value">{nats(weight * value if sign == "+" else -weight * value, 4)}</td></tr>'
        for sign, weight, symbol, value in pieces
    )
    total = f'<tr><th>L<sub>Info</sub></th><td class="lab-value"><b>{nats(seen.info, 4)}</b></td></tr>'
    what = "Less H it is, with these weights, in general no bound of log p(x)."
    if seen.alpha == 0.0 and seen.weight == 1.0:
        what = f"Here it is the ELBO plus H: {nats(world.elbo, 4)} + {nats(world.entropy, 4)}."
    elif seen.alpha == 0.0 and seen.weight > 1.0:
        what = "Less H it is a looser bound of E log p(x) than the ELBO."
    return f'<table class="lab-numbers lab-digits">{rows}{total}</table>{what}'


def symbols(seen: FormsSeen) -> dict[str, Shown]:
    """Say what each symbol of the formula is, under the p_D that is shown."""
    world = seen.world

    def value(symbol: str) -> str:
        return f"{number(world.term(symbol).value)} nats"

    return {
        "elbo": Shown("The ELBO", f"{nats(world.elbo, 8)} nats", "The line on which all eight rows end."),
        "reconstruction": Shown("Reconstruction", value("E_q log p(x|z)"), "In forms (1) and (8)."),
        "kl": Shown(
            "Mean KL of the encoder to the prior",
            value("E KL(q(z|x) ‖ p(z))"),
            "In form (1); in the picture, how q(z|x) of each image differs from the prior.",
        ),
        "aggregate": Shown(
            "KL of all codes together to the prior",
            value("KL(q(z) ‖ p(z))"),
            "In forms (7) and (8); in the picture, the curve of all codes against the prior’s.",
        ),
        "decoder_kl": Shown(
            "Mean KL of q(x|z) to the decoder",
            value("E_q(z) KL(q(x|z) ‖ p(x|z))"),
            "In form (7): what images q holds behind a code, against what the decoder draws there.",
        ),
        "information": Shown(
            "What z tells about x", value("I_q(x; z)"), "In form (8); zero where all images have one code."
        ),
        "entropy": Shown("Entropy of p_D", value("H"), "In forms (5) to (7): the model cannot change it."),
        "info": Shown("InfoVAE’s objective", f"{nats(seen.info, 4)} nats", "The digits beside the picture."),
    }


FORMS = Chapter(
    slug="forms",
    instrument=instrument,
    outcome=outcome,
    symbols=symbols,
    steps=steps,
    checks=(check_perfect_encoder, check_little_information, check_info_vae),
)
