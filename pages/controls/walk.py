"""The Latent walk page's moving part: the pad with its pins, the films, and the ways in figures."""

import streamlit as st
import torch

from pages.components.carrier import carry_packed, carry_points, view_of
from pages.components.film import Strip, film
from pages.components.pad import PadPath, latent_pad
from pages.controls.encoded import kl_of, map_points, packed_images, principal_of
from pages.controls.pins import Pin, current_pins, pin_buttons, take_heard
from pages.controls.shown import show, title
from pages.controls.traversal import traversal_grid
from pages.controls.walk_export import WalkExports, export_menu
from pages.controls.walked import Walked, walks_past
from pages.figures.theme import nats
from pages.figures.walk_density import walk_density
from pages.state.current import CurrentModel, current
from pages.state.geodesics import Found
from pages.state.theme import theme_name
from vae_core.checks import SettingError

MOVING_TICK_S = 0.8
WAITING_TICK_S = 0.5
DENSITY_HEIGHT = 320
LINK = "latent walk"


def latent_walk(model: CurrentModel, *, exports: WalkExports) -> None:
    """Show the walk through the current model's latent space; it follows while the model trains."""
    tick = _tick(model, _find(model)[2])
    st.fragment(_draw, run_every=tick)(model.token, tick, exports)


def _find(model: CurrentModel) -> tuple[tuple[Pin, ...], list[Walked], Found | None]:
    """Return the pins, the walks that there are, and how it stands with the geodesic."""
    pins = current_pins(model)
    try:
        return pins, *walks_past(model, pins)
    except SettingError:
        return pins, [], None


def _tick(model: CurrentModel, found: Found | None) -> float | None:
    if model.moving:
        return MOVING_TICK_S
    return WAITING_TICK_S if found is not None and found.pending else None


def _draw(token: str, tick: float | None, exports: WalkExports) -> None:
    model = current()
    pins, walks, found = _find(model)
    if model.token != token or _tick(model, found) != tick:
        st.rerun()
    _pad(model, pins, walks)
    pin_buttons(model, pins)
    if found is None:
        st.caption(
            "The decoder gives no finite numbers between these pins, so there is no walk to show. "
            "Choose another model, or train this one with a smaller learning rate."
        )
        return
    _films(model, walks, found)
    figure, numbers = st.columns([1.7, 1], gap="medium")
    with figure:
        _density(model, walks)
    with numbers:
        _numbers(model, walks)
        export_menu(model, pins, [walked.way for walked in walks], exports)
    traversal_grid(model, pins)


def _pad(model: CurrentModel, pins: tuple[Pin, ...], walks: list[Walked]) -> None:
    points = map_points(model)
    images = packed_images(model.config.dataset)
    carry_points(points, key="lab_points")
    if images is not None:
        carry_packed(images[1], key="lab_images")
    key = f"lab_walk_pad_{model.config.latent_dim}"
    latent_pad(
        [model.snapshot],
        key=key,
        point_count=len(points.mean),
        on_change=lambda: take_heard(key, model),
        points=points.key,
        images=None if images is None else images[0],
        mode="walk",
        kl_per_dimension=kl_of(points),
        principal=principal_of(points),
        layers=("points", "rings"),
        pins=[pin.z for pin in pins],
        paths=[PadPath(walked.way.style, walked.way.path.numpy()) for walked in walks],
        link=LINK,
        home=model.token,
        name="Latent walk",
    )


def _films(model: CurrentModel, walks: list[Walked], found: Found) -> None:
    """The films of all styles; the geodesic's comes when it is found."""
    strips = [
        Strip(walked.way.style, walked.way.style.capitalize(), _length(walked), walked.way.z.numpy())
        for walked in walks
    ]
    stops = walks[0].way.stop_frames
    film(model.snapshot.key, strips, key="lab_film", stops=stops, link=LINK, name="walk past the pins")
    with st.container():  # it comes and goes, and what is below stays where it is
        if not found.fresh:
            st.caption(found.sentence)


def space_of(model: CurrentModel) -> str:
    """Return what the length of a walk is measured in."""
    return "pixel space" if view_of(model.snapshot.image_shape) == "image" else "the space of x"


def _length(walked: Walked) -> str:
    """Say how long a walk is; a geodesic whose search did not settle is at most so long."""
    bound = "" if walked.way.converged else "at most "
    older = "" if walked.step is None else f", of step {walked.step:,}"
    return f"length {bound}{walked.way.pixel_length:.2f}{older}"


def _density(model: CurrentModel, walks: list[Walked]) -> None:
    figure = walk_density(
        [walked.way for walked in walks],
        theme=theme_name(),
        travelled=[walked.travelled for walked in walks],
        space=space_of(model),
    )
    show(figure, key="lab_walk_density", height=DENSITY_HEIGHT)


def _numbers(model: CurrentModel, walks: list[Walked]) -> None:
    """The walks in figures: lengths, and how likely the prior finds them."""
    title("The same pins, three ways.")
    shortest = min(walked.way.pixel_length for walked in walks)
    rows = "".join(
        f'<tr><th style="color: var(--lab-walk-{walked.way.style})">{walked.way.style}</th>'
        f"<td>{walked.way.pixel_length:.2f}</td><td>{_more(walked.way.pixel_length, shortest)}</td>"
        f"<td>{walked.way.latent_length:.2f}</td>"
        f"<td>{nats(float(torch.mean(walked.way.log_prior)), 2)}</td></tr>"
        for walked in walks
    )
    st.html(
        '<table class="lab-numbers"><tr><th>way</th><th colspan="2">length</th><th>in z</th>'
        f"<th>log p(z)</th></tr>{rows}</table>"
    )
    st.caption(
        f"Length is how far the decoded x moves in {space_of(model)}; in z, how far the code does, in prior "
        "σ; log p(z) is the mean over the frames, in nats. The geodesic is the shortest way that was found."
    )


def _more(length: float, shortest: float) -> str:
    percent = 0 if shortest == 0 else round(100 * (length / shortest - 1))
    return f"+{percent} %" if percent else ""


__all__ = ["latent_walk", "space_of"]
