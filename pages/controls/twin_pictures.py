"""What a decoder makes of images: its means, honest samples of p(x|z), and what is left over."""

from dataclasses import dataclass

import numpy as np
import streamlit as st
import torch

from pages.components.carrier import view_of
from pages.components.difference import difference_image
from pages.components.images import image_grid
from pages.controls.encoded import model_of
from pages.controls.shown import title
from pages.state.current import CurrentModel
from pages.state.theme import theme_name
from vae_core.data import load_dataset
from vae_core.rng import generator
from vae_core.training.snapshot import Snapshot

SHOWN = {2: 5, 3: 3}
"""Images of each decoder, by how many share 1,280 pixels: at least two screen pixels a pixel of MNIST."""


@dataclass(frozen=True)
class Pictures:
    """What one decoder makes of the first validation images, and of codes from the prior; (N, D) each.

    Attributes:
        x: The images.
        mean: E[x|z] at their mean codes.
        sample: A draw from p(x|z) at the same codes.
        prior_mean: E[x|z] at codes drawn from the prior.
        prior_sample: A draw from p(x|z) at these.
    """

    x: np.ndarray
    mean: np.ndarray
    sample: np.ndarray
    prior_mean: np.ndarray
    prior_sample: np.ndarray


@st.cache_resource(max_entries=16, show_spinner=False)
def pictures_of(key: str, dataset: str, seed: int, count: int, _snapshot: Snapshot) -> Pictures:
    """Return a model's pictures: the codes, and the noise of each draw, are the same for all twins."""
    model, x = model_of(key, _snapshot), load_dataset(dataset).validation.x[:count]
    prior = torch.randn((count, model.latent_dim), generator=generator(seed, "prior of twins"))
    with torch.no_grad():
        at_codes, at_prior = model.decode(model.encode(x).mean), model.decode(prior)
        return Pictures(
            x.numpy(),
            at_codes.mean.numpy(),
            at_codes.sample(generator(seed, "honest samples")).numpy(),
            at_prior.mean.numpy(),
            at_prior.sample(generator(seed, "honest samples of the prior")).numpy(),
        )


def twin_pictures(model: CurrentModel, *, place: int, places: int) -> None:
    """Show the pictures of one decoder, of so many side by side; nothing for data that are no images."""
    shape = model.snapshot.image_shape
    if view_of(shape) != "image":
        st.caption("Points of the plane have no pictures: the pads show them.")
        return
    count = SHOWN[places]
    made = pictures_of(model.snapshot.key, model.config.dataset, model.config.seed, count, model.snapshot)
    title("Images, means, samples of p(x|z), and mean less image.")
    left = difference_image(made.mean - made.x, channels=shape[0], theme=theme_name())
    rows = np.concatenate([_coloured(part, shape[0]) for part in (made.x, made.mean, made.sample)] + [left])
    image_grid(
        rows,
        (3, *shape[1:]),
        columns=count,
        key=f"lab_twin_images_shown_{place}",
        alt="Validation images, the decoder’s means at their codes, samples of p(x|z) there, and the "
        "differences of mean and image: blue where the mean is too bright, orange where it is too dark",
        row_labels=("x", "mean", "sample", "mean − x"),
    )
    title("From the prior: means, and samples of p(x|z).")
    image_grid(
        np.concatenate([made.prior_mean, made.prior_sample]),
        shape,
        columns=count,
        key=f"lab_twin_prior_shown_{place}",
        alt="The decoder’s means at codes drawn from the prior, and samples of p(x|z) at the same codes",
        row_labels=("mean", "sample"),
    )


def _coloured(images: np.ndarray, channels: int) -> np.ndarray:
    """Return images (N, C·H·W) in three channels, uint8: beside coloured differences grey ones are, too."""
    pixels = np.rint(np.clip(images, 0.0, 1.0) * 255.0).astype(np.uint8)
    return np.tile(pixels, (1, 3)) if channels == 1 else pixels
