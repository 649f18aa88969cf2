"""One image: its ledger, what pulls at its code, and how the ELBO goes as the code moves."""

from dataclasses import dataclass
from types import SimpleNamespace

import numpy as np
import streamlit as st
import torch

from pages.components.ledger import image_ledger
from pages.components.pad import PadArrow
from pages.controls.chosen_image import ChosenImage
from pages.controls.encoded import model_of
from pages.controls.forces import forces_table
from pages.controls.image_pad import image_pad
from pages.controls.shown import show
from pages.figures.landscape import landscape as draw_landscape
from pages.state import keys
from pages.state.balances import landscape_measure
from pages.state.current import CurrentModel
from pages.state.measures import Measure
from pages.state.theme import theme_name
from vae_core.data import load_dataset
from vae_core.diagnostics import Landscape, Tug, pixel_map, tug
from vae_core.likelihoods import score_name
from vae_core.training.snapshot import Snapshot

HEIGHT = 260


@dataclass(frozen=True, eq=False)
class ImageBalance:
    """What the page shows of one image.

    Attributes:
        pull: The two terms and their forces.
        pixels: E_q log p(x_d|z), (D,), nats.
        mean: E[x|z] at the mean code, (D,).
    """

    pull: Tug
    pixels: np.ndarray
    mean: np.ndarray


def measured_landscapes(model: CurrentModel, image: ChosenImage) -> Measure[tuple[Landscape, ...]] | None:
    """Return the landscapes of the chosen dimension; ``None`` while the model trains."""
    if model.moving:
        return None
    return landscape_measure(model.snapshot, image.x, dimension=_dimension(model))


def _dimension(model: CurrentModel) -> int:
    """Return the latent dimension that the page is about: the chosen one, or the last that this model has."""
    return min(int(st.session_state.get(keys.BALANCE_DIMENSION, 0)), model.config.latent_dim - 1)


def balance_image(
    model: CurrentModel, image: ChosenImage, measured: Measure[tuple[Landscape, ...]] | None
) -> None:
    """Show what one image's ELBO is made of, and why its code is where it is."""
    found = _balance(model.snapshot.key, image.x, model.snapshot)
    dimension = _dimension(model)
    support = load_dataset(model.config.dataset).support
    image_ledger(
        # Its expectation is a rule and no sample: there is no Monte Carlo error to be shown.
        SimpleNamespace(
            reconstruction=found.pull.reconstruction, kl_per_dimension=found.pull.kl_per_dimension
        ),
        x=image.x[0].numpy(),
        mean=found.mean,
        pixel_map=found.pixels,
        std=found.pull.std.numpy(),
        q_mean=found.pull.mean.numpy(),
        image_shape=model.snapshot.image_shape,
        key="lab_balance_ledger",
        label=image.label,
        name=score_name(model.config.likelihood, support),
        dimension=dimension,
        on_dimension=lambda chosen: st.session_state.update({keys.BALANCE_DIMENSION: chosen}),
    )
    st.subheader("The tug of war")
    left, right = st.columns([1.15, 1], gap="medium")
    with left:
        _pad(model, image, found.pull)
    with right:
        forces_table(found.pull, chosen=dimension)
        _landscapes(measured)


@st.cache_resource(
    max_entries=16, show_spinner=False, hash_funcs={torch.Tensor: lambda x: x.numpy().tobytes()}
)
def _balance(key: str, x: torch.Tensor, _snapshot: Snapshot) -> ImageBalance:
    vae = model_of(key, _snapshot)
    with torch.no_grad():
        mean = vae.decode(vae.encode(x).mean).mean[0]
    return ImageBalance(tug(vae, x), pixel_map(vae, x).float().numpy(), mean.numpy())


def _landscapes(measured: Measure[tuple[Landscape, ...]] | None) -> None:
    """The ELBO along the mean and the width of one latent code."""
    if measured is None:
        st.caption("The ELBO along the code’s mean and width is drawn when the training rests.")
        return
    for record in measured.value or ():
        figure = draw_landscape(record, theme=theme_name())
        show(figure, key=f"lab_balance_{record.over}", height=HEIGHT)
    if not measured.done:
        st.caption(measured.sentence)


def _pad(model: CurrentModel, image: ChosenImage, pull: Tug) -> None:
    """The code on the map, and the two forces on it."""
    mean = pull.mean.tolist()
    image_pad(
        model,
        image,
        mean=mean,
        std=pull.std.tolist(),
        key=f"lab_balance_pad_{model.config.latent_dim}",
        carried="lab",
        layers=("points", "rings", "ellipses", "forces"),
        arrows=[
            PadArrow(mean, pull.mean_force_reconstruction.tolist(), "reconstruction", "reconstruction"),
            PadArrow(mean, pull.mean_force_kl.tolist(), "kl", "−KL"),
            PadArrow(mean, pull.mean_residual.tolist(), "residual", "both"),
        ],
        start=mean,
        name="What pulls at the code of the chosen image",
    )
