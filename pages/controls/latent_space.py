"""The Latent space page's moving part: the pad, and what belongs to the place and the image at hand."""

import html

import numpy as np
import streamlit as st
import torch

from pages.components.carrier import view_of
from pages.components.images import image_grid
from pages.components.pad import PadAnswer
from pages.controls.chosen_image import ChosenImage, board, can_be_drawn, chosen_image
from pages.controls.encoded import aggregate_of, model_of
from pages.controls.image_pad import image_pad
from pages.controls.shown import show, title
from pages.figures.ledger import image_ledger as draw_ledger
from pages.figures.theme import nats
from pages.state import keys
from pages.state.current import CurrentModel, current
from pages.state.link import config_from_link, write_link
from pages.state.theme import theme_name
from pages.state.view import read_z, show_in_link, view, write_z
from vae_core.data import load_dataset
from vae_core.diagnostics.ledger import image_ledger
from vae_core.gaussians import DiagonalGaussian
from vae_core.latent.neighbours import nearest_images
from vae_core.likelihoods import score_name
from vae_core.likelihoods.score_floor import bernoulli_score_floor
from vae_core.rng import generator

TICK_S = 0.8
LEDGER_HEIGHT = 150
NEIGHBOURS = 5
MOST_DOTS = 60


def latent_space(model: CurrentModel) -> None:
    """Show the pad of the current model; it follows while the model trains."""
    st.fragment(_draw, run_every=TICK_S if model.moving else None)(model.token, model.moving)


def _draw(token: str, was_moving: bool) -> None:
    model = current()
    if model.token != token or model.moving != was_moving:
        st.rerun()
    image = chosen_image(model.config.dataset)
    vae = model_of(model.snapshot.key, model.snapshot)
    with torch.no_grad():
        q = vae.encode(image.x)
    answer = _pad(model, image, q)
    _remember(answer)
    about = st.empty()
    drawn = can_be_drawn(load_dataset(model.config.dataset))
    columns = st.columns([1.2, 1.5, 1.1] if drawn else 2, gap="medium")
    if drawn:
        with columns[0]:
            title("Draw one: it is shifted and scaled as the data were.")
            board(model.config.dataset)
    with columns[-2]:
        _image(model, image, q)
        _ledger(model, image)
    with columns[-1]:
        _neighbours(model, answer)
    with about:
        _aggregate(model)


def _pad(model: CurrentModel, image: ChosenImage, q: DiagonalGaussian) -> PadAnswer:
    mean = q.mean[0].tolist()
    linked = read_z(view().get("z", ""))
    return image_pad(
        model,
        image,
        mean=mean,
        std=q.std[0].tolist(),
        key=f"lab_pad_{model.config.latent_dim}",
        carried="lab",
        dots=_noisy(model, q),
        link="latent space",
        start=linked if linked is not None and len(linked) == len(mean) else None,
        z=mean if image.drawn and not model.moving else None,
        name="Latent space",
    )


def _remember(answer: PadAnswer) -> None:
    """Write into the link where z was left."""
    if show_in_link(z=write_z(answer.z) if any(answer.z) else None):
        write_link(config_from_link()[0])


def _noisy(model: CurrentModel, q: DiagonalGaussian) -> np.ndarray:
    """Return the draws z = μ + σ ε made so far for this image, (n, L), the newest last."""
    count = int(st.session_state.get(keys.NOISE, 1))
    draws = q.sample(generator(model.config.seed, "noise of the chosen image"), samples=count)[:, 0]
    return draws[-MOST_DOTS:].numpy()


def _image(model: CurrentModel, image: ChosenImage, q: DiagonalGaussian) -> None:
    """The image beside what the decoder makes of its mean code and of a draw from q."""
    named = "" if image.class_name is None else f", class {image.class_name}"
    title(f"{image.label[0].upper()}{image.label[1:]}{named}: x, its reconstruction, and one with noise.")
    draw = torch.from_numpy(_noisy(model, q)[-1:])
    with torch.no_grad():
        decoded = model_of(model.snapshot.key, model.snapshot).decode(torch.cat([q.mean, draw])).mean
    shown = torch.cat([image.x, decoded]).numpy()
    names = ("x", "at μ", "at μ + σε")
    if view_of(model.snapshot.image_shape) == "image":
        alt = f"{image.label}, its reconstruction at the mean code, and at a noisy code"
        image_grid(shown, model.snapshot.image_shape, columns=3, key="lab_chosen", alt=alt, captions=names)
    else:
        rows = "".join(
            f"<tr><th>{n}</th><td>{_coordinates(x)}</td></tr>" for n, x in zip(names, shown, strict=True)
        )
        st.html(f'<table class="lab-numbers">{rows}</table>')
    again, clear = st.columns([1.3, 1])
    again.button(
        "Draw ε", on_click=_draw_noise, key="lab_noise_again", help="Another z = μ + σ ε from q(z|x)"
    )
    clear.button("Clear", on_click=_clear_noise, key="lab_noise_clear", help="One draw only")


def _draw_noise() -> None:
    st.session_state[keys.NOISE] = int(st.session_state.get(keys.NOISE, 1)) + 1


def _clear_noise() -> None:
    st.session_state[keys.NOISE] = 1


def _ledger(model: CurrentModel, image: ChosenImage) -> None:
    """What this image's ELBO is made of."""
    data = load_dataset(model.config.dataset)
    name = score_name(model.config.likelihood, data.support)
    vae = model_of(model.snapshot.key, model.snapshot)
    record = image_ledger(vae, image.x, generator=generator(model.config.seed, "ledger of the chosen image"))
    figure = draw_ledger(
        record,
        whose=f"{image.label[0].upper()}{image.label[1:]} costs",
        theme=theme_name(),
        reconstruction_name=name,
        floor=0.0 if name == "log-likelihood" else float(bernoulli_score_floor(image.x).mean()),
    )
    show(figure, key="lab_image_ledger", height=LEDGER_HEIGHT)


def _neighbours(model: CurrentModel, answer: PadAnswer) -> None:
    """The training images that are nearest to what z decodes to, pixel by pixel."""
    data = load_dataset(model.config.dataset)
    z = torch.tensor([answer.z], dtype=torch.float32)
    with torch.no_grad():
        decoded = model_of(model.snapshot.key, model.snapshot).decode(z).mean[0]
    near = nearest_images(decoded, data.train.x, count=NEIGHBOURS)
    captions = [f"{float(distance):.2f}" for distance in near.distances]
    title("The training data nearest to the decoded x, and how far.")
    found = data.train.x[near.rows].numpy()
    if view_of(data.image_shape) == "image":
        alt = f"The {len(found)} training images nearest to the decoded image"
        image_grid(found, data.image_shape, columns=len(found), key="lab_near", alt=alt, captions=captions)
    else:
        rows = "".join(
            f"<tr><td>{_coordinates(x)}</td><td>{far}</td></tr>"
            for x, far in zip(found, captions, strict=True)
        )
        st.html(f'<table class="lab-numbers"><tr><th>x</th><th>distance</th></tr>{rows}</table>')
    density = DiagonalGaussian(torch.zeros_like(z), torch.zeros_like(z)).log_prob(z)
    st.caption(
        f"log p(z) = {nats(float(density[0]), 2)} nats at this z, |z| = {float(z.norm()):.2f} prior σ. "
        "Distances are Euclidean, in pixel values."
    )


def _aggregate(model: CurrentModel) -> None:
    """How far the codes of all images, taken together, are from the prior."""
    if model.moving:
        st.caption("KL(q(z)‖p(z)) is measured when the training rests.")
        return
    found = aggregate_of(model.snapshot.key, model.config.dataset, model.snapshot)
    st.caption(
        f"Aggregate posterior q(z) over {found.images:,} images: KL(q(z)‖p(z)) = {found.kl:.3f} ± "
        f"{found.kl_error:.3f} nats. Holes: {100 * found.holes:.1f} ± {100 * found.holes_error:.1f} % of the "
        "prior's mass lies where q(z) < 0.05 p(z). Both by Monte Carlo, ± its standard error."
    )


def _coordinates(x: np.ndarray) -> str:
    return html.escape(", ".join(f"{value:.2f}" for value in x).replace("-", "−"))
