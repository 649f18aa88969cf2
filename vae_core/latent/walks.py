"""A walk through latent space past several stops, in one of three styles."""

from __future__ import annotations

import math
from dataclasses import dataclass
from itertools import pairwise

import torch
from torch import Tensor

from vae_core.checks import check_choice, check_number, refuse
from vae_core.latent.geodesics import FINE, geodesic
from vae_core.latent.paths import MeanOf, on_polyline, pixel_length, spherical_path, straight_path
from vae_core.models import VAE
from vae_core.units import LOG_TWO_PI

STYLES = ("straight", "spherical", "geodesic")
MIN_STOPS, MAX_STOPS = 2, 12
MAX_FRAMES = 120
# Geodesics stay within it, or within their stops: the pad shows no more.
Z_LIMIT = 6.0
# One point of the fine curve in so many is kept for drawing.
STRIDE = 4


@dataclass(frozen=True, eq=False)
class Walk:
    """A way past P stops, as F frames and as a curve. Float64 throughout.

    Attributes:
        style: One of `STYLES`.
        stops: (P, L).
        z: The frames, (F, L) with F = frames · (P − 1) + 1, equal steps within each leg: in the way's own
            parameter where it is straight or spherical, in pixels where it is geodesic.
        stop_frames: Which frame each stop is, (P,).
        path: The curve as a polyline for drawing, (M, L) with M = 64 (P − 1) + 1.
        pixel_length: ∫ ‖dμ(z(t))‖, how far the decoder's mean moves in pixel space, of the curve.
        latent_length: ∫ ‖dz(t)‖ in prior σ, of the curve.
        log_prior: log N(z; 0, I) of each frame, (F,) nats.
        converged: Whether the search for each geodesic leg ended at a minimum; True for other styles.
    """

    style: str
    stops: Tensor
    z: Tensor
    stop_frames: tuple[int, ...]
    path: Tensor
    pixel_length: float
    latent_length: float
    log_prior: Tensor
    converged: bool


def walk(model: VAE, stops: Tensor, *, style: str, frames: int = 8) -> Walk:
    """Walk from stop to stop.

    "straight" is linear; "spherical" turns around the origin at constant angular speed while the norm
    changes linearly (straight where a stop is the origin or opposite to the one before); "geodesic" is the
    shortest path found in the decoder's metric, never longer in pixels than the other two.

    Args:
        model: Any VAE.
        stops: (P, L), 2 to 12 of them.
        style: One of `STYLES`.
        frames: Steps per leg, 1 to 120.

    Raises:
        SettingError: If an argument breaks its rule, or the decoder gives no finite numbers on the way.
    """
    check_choice("style", style, STYLES)
    steps = int(check_number("frames", frames, low=1, high=MAX_FRAMES, integer=True))
    places = _checked_stops(stops, model.latent_dim)
    double = model.double().requires_grad_(False)

    def mean_of(z: Tensor) -> Tensor:
        return double.decoder(z).mean

    legs = [_leg(mean_of, a, b, style) for a, b in pairwise(places)]
    at = torch.linspace(0.0, 1.0, steps + 1, dtype=torch.float64)
    z = [places[:1]]
    for (curve, _, _), stop in zip(legs, places[1:], strict=True):
        z += [on_polyline(curve, at[1:-1]), stop[None]]
    drawn = [places[:1], *(curve[STRIDE::STRIDE] for curve, _, _ in legs)]
    frame = torch.cat(z)
    length = math.fsum(length for _, length, _ in legs)
    if not math.isfinite(length):
        refuse("model", "must decode the way between the stops to finite numbers", "others")
    return Walk(
        style=style,
        stops=places,
        z=frame,
        stop_frames=tuple(range(0, len(frame), steps)),
        path=torch.cat(drawn),
        pixel_length=length,
        latent_length=math.fsum(float(curve.diff(dim=0).norm(dim=1).sum()) for curve, _, _ in legs),
        # log N(z; 0, I) = −½ (‖z‖² + L log 2π)
        log_prior=-0.5 * (frame.square() + LOG_TWO_PI).sum(1),
        converged=all(converged for _, _, converged in legs),
    )


def _leg(mean_of: MeanOf, start: Tensor, end: Tensor, style: str) -> tuple[Tensor, float, bool]:
    """The curve of one leg, (FINE + 1, L), its length in pixels and whether the search for it ended."""
    if style == "geodesic":
        found = geodesic(mean_of, start, end, limit=Z_LIMIT)
        return found.path, found.length, found.converged
    t = torch.linspace(0.0, 1.0, FINE + 1, dtype=torch.float64)
    curve = (straight_path if style == "straight" else spherical_path)(start, end, t)
    return curve, pixel_length(mean_of, curve), True


def _checked_stops(stops: Tensor, latent_dim: int) -> Tensor:
    rule = f"must be {MIN_STOPS} to {MAX_STOPS} finite codes of {latent_dim} numbers each"
    if not isinstance(stops, Tensor):
        refuse("stops", rule, type(stops).__name__)
    if stops.ndim != 2 or stops.shape[1] != latent_dim or not MIN_STOPS <= len(stops) <= MAX_STOPS:
        refuse("stops", rule, f"shape {tuple(stops.shape)}")
    if stops.is_complex() or not bool(stops.isfinite().all()):
        refuse("stops", rule, "others")
    return stops.detach().cpu().double()
