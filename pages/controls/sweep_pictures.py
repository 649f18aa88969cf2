"""What the models of a sweep make of the same codes: a contact sheet of each."""

import numpy as np
import streamlit as st

from pages.components.images import as_bytes
from pages.state.sweeps import ShownSweep, snapshot_of
from vae_core.checks import SettingError
from vae_core.data import load_dataset
from vae_core.latent import prior_draws, prior_sheet
from vae_core.sweeps import SweepPoint

SIDE = 5
GRID = 64
"""Cells a side of a picture of points."""

DRAWS = 4000
ROOM = 0.25


def sheets(sweep: ShownSweep, points: tuple[SweepPoint, ...]) -> np.ndarray:
    """Return one sheet a run, (n, H, W) or (n, H, W, 3), uint8; grey where its weights can't be read."""
    found: list[np.ndarray | None] = []
    for point in points:
        try:
            found.append(_sheet(sweep.name, point.run, sweep))
        except SettingError:
            found.append(None)
    shape = next((sheet.shape for sheet in found if sheet is not None), None)
    if shape is None:
        return np.zeros((0, 1, 1), np.uint8)
    return np.stack([np.full(shape, 128, np.uint8) if sheet is None else sheet for sheet in found])


def sheet_words(points: tuple[SweepPoint, ...]) -> str:
    """Return what the sheets of these runs show."""
    dimensions = {point.config.latent_dim for point in points}
    if min(load_dataset(points[0].config.dataset).image_shape[1:]) < 2:
        return f"{DRAWS:,} draws from the model, by the same seed for every run"
    if len(dimensions) > 1:
        return f"E[x|z] at {SIDE * SIDE} codes of the prior, the same for runs of as many dimensions"
    if max(dimensions) <= 2:
        return f"E[x|z] over the prior’s middle quantiles, {SIDE * SIDE} codes, the same for every run"
    return f"E[x|z] at {SIDE * SIDE} draws of z from the prior, the same for every run"


@st.cache_resource(max_entries=512, show_spinner=False)
def _sheet(sweep: str, run: str, _shown: ShownSweep) -> np.ndarray:
    """Return the sheet of a run, (H, W) or (H, W, 3)."""
    snapshot = snapshot_of(_shown, run)
    model = snapshot.model()
    channels, height, width = snapshot.image_shape
    if min(height, width) < 2:
        reach = load_dataset(snapshot.config.dataset).full.x.numpy()
        return _cloud(prior_draws(model, count=DRAWS).numpy(), reach)
    images = as_bytes(prior_sheet(model, side=SIDE).numpy()).reshape(SIDE, SIDE, channels, height, width)
    # a blank line of one pixel between the images
    tiles = np.full((SIDE, SIDE, channels, height + 1, width + 1), 128, np.uint8)
    tiles[..., :height, :width] = images
    sheet = tiles.transpose(0, 3, 1, 4, 2).reshape(SIDE * (height + 1), SIDE * (width + 1), channels)
    sheet = sheet[:-1, :-1]
    return sheet[..., 0] if channels == 1 else sheet


def _cloud(x: np.ndarray, data: np.ndarray) -> np.ndarray:
    """Return a picture of points (N, D), D up to 2, on the ground that the data need, (GRID, GRID)."""
    low, high = data.min(0), data.max(0)
    low, high = low - ROOM * (high - low), high + ROOM * (high - low)
    if x.shape[1] == 1:
        counts, _ = np.histogram(x[:, 0], bins=GRID, range=(low[0], high[0]))
        heights = counts / max(1, counts.max()) * GRID
        return np.where(np.arange(GRID)[::-1, None] < heights, 230, 20).astype(np.uint8)
    counts, _, _ = np.histogram2d(x[:, 1], x[:, 0], GRID, ((low[1], high[1]), (low[0], high[0])))
    shade = np.sqrt(counts[::-1] / max(1.0, counts.max()))
    return (20 + 210 * shade).astype(np.uint8)
