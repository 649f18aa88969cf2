"""Class arithmetic: the mean codes of classes added and subtracted, as an equation of thumbnails."""

import html

import streamlit as st
import torch

from pages.components.carrier import view_of
from pages.components.pad import MOST_PINS
from pages.controls.encoded import model_of
from pages.controls.pins import Pin, add_pin, current_pins
from pages.controls.thumbnail import thumbnail
from pages.figures.theme import nats
from pages.state.current import CurrentModel, current
from vae_core.data import load_dataset
from vae_core.gaussians import DiagonalGaussian
from vae_core.latent.classes import ClassMeans, class_means
from vae_core.training.snapshot import Snapshot

TICK_S = 1.0
MOST_IMAGES = 4_000
SIGNS = (1, -1, 1)
FIRST_CHOICE = (7, 1, 4)

RULES = """
<style>
.lab-equation { display: flex; flex-wrap: wrap; align-items: center; gap: 0.5rem 0.75rem; margin: 0.25rem 0; }
.lab-equation figure { margin: 0; display: grid; gap: 0.25rem; justify-items: center; }
.lab-equation figcaption { font-size: 0.8rem; opacity: 0.75; font-variant-numeric: tabular-nums; }
.lab-equation .sign { font-size: 1.5rem; padding-bottom: 1.25rem; }
</style>
"""


def class_arithmetic(model: CurrentModel) -> None:
    """Show the equation of the current model, or in a sentence why there is none."""
    st.fragment(_draw, run_every=TICK_S if model.moving else None)(model.token)


def _draw(token: str) -> None:
    model = current()
    if model.token != token:
        st.rerun()
    data = load_dataset(model.config.dataset)
    st.html('<p class="lab-title">Class arithmetic: mean codes, added and subtracted, decode to this.</p>')
    if data.train.labels is None:
        st.caption(f"{model.config.dataset} has no classes, so there are no class means to add.")
        return
    means = means_of(model.snapshot.key, model.config.dataset, model.snapshot)
    names = {n: data.class_names[n] if data.class_names else str(n) for n in means.labels}
    terms = _choose(means, names, model.config.dataset)
    total = means.sum(terms)
    _equation(model, means, terms, total, names)
    prior = DiagonalGaussian(torch.zeros_like(total)[None], torch.zeros_like(total)[None])
    st.caption(
        f"The sum lies at |z| = {float(total.norm()):.2f} prior σ, where log p(z) = "
        f"{nats(float(prior.log_prob(total[None])[0]), 2)} nats. Means of μ over {sum(means.counts):,} "
        "training images. That the sum decodes to something sensible is no law: the decoder is not linear."
    )
    if st.button(
        "Add the sum as a pin",
        key="lab_sum_pin",
        disabled=len(current_pins(model)) >= MOST_PINS,
        help="The walk then ends there.",
    ):
        add_pin(model, Pin(None, tuple(round(float(value), 4) for value in total)))
        st.rerun()


@st.cache_resource(max_entries=4, show_spinner=False)
def means_of(key: str, dataset: str, _snapshot: Snapshot) -> ClassMeans:
    """Return the class means of a model over training images of a data set that has labels."""
    train = load_dataset(dataset).train
    with torch.no_grad():
        codes = model_of(key, _snapshot).encode(train.x[:MOST_IMAGES]).mean
    return class_means(codes, train.labels[:MOST_IMAGES])


def _choose(means: ClassMeans, names: dict[int, str], dataset: str) -> list[tuple[int, int]]:
    """Show the selectors, and return sign and label of each term."""
    terms = []
    with st.container(horizontal=True, gap="small", vertical_alignment="bottom"):
        for place, (sign, first) in enumerate(zip(SIGNS, FIRST_CHOICE, strict=True)):
            words = "First class" if not place else "plus" if sign > 0 else "minus"
            label = st.selectbox(
                words,
                means.labels,
                index=means.labels.index(first) if first in means.labels else place % len(means.labels),
                format_func=lambda label: names[label],
                key=f"lab_term_{dataset}_{place}",
                width=140,
            )
            terms.append((sign, label))
    return terms


def _equation(
    model: CurrentModel,
    means: ClassMeans,
    terms: list[tuple[int, int]],
    total: torch.Tensor,
    names: dict[int, str],
) -> None:
    codes = torch.stack([*(means.of(label) for _, label in terms), total])
    with torch.no_grad():
        decoded = model_of(model.snapshot.key, model.snapshot).decode(codes).mean.numpy()
    written = " ".join(f"{'+' if sign > 0 else '−'} {names[label]}" for sign, label in terms).lstrip("+ ")
    captions = [f"mean of {names[label]}" for _, label in terms] + [written]
    signs = ["", *("+" if sign > 0 else "−" for sign, _ in terms[1:]), "="]
    shape = model.snapshot.image_shape
    parts = []
    for sign, caption, x in zip(signs, captions, decoded, strict=True):
        if view_of(shape) == "image":
            picture = thumbnail(x, shape, alt=f"Decoded {caption}")
        else:
            numbers = ", ".join(f"{value:.2f}" for value in x).replace("-", "−")
            picture = f"<span>x = ({numbers})</span>"
        if sign:
            parts.append(f'<span class="sign">{sign}</span>')
        parts.append(f"<figure>{picture}<figcaption>{html.escape(caption)}</figcaption></figure>")
    st.html(f'{RULES}<div class="lab-equation">{"".join(parts)}</div>')
