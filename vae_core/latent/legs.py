"""Walks end to end: each leg may be computed by itself, and kept."""

from __future__ import annotations

import math
from collections.abc import Sequence

import torch

from vae_core.checks import refuse
from vae_core.latent.walks import Walk


def join_walks(legs: Sequence[Walk]) -> Walk:
    """Return walks of one style, each of which begins where the one before ends, as one walk.

    Args:
        legs: One or more.

    Raises:
        SettingError: If there is none, their styles differ, or one begins somewhere else.
    """
    if not legs or len({leg.style for leg in legs}) > 1:
        refuse("legs", "must be one or more walks of one style", [leg.style for leg in legs])
    first = legs[0]
    stops, frames = [first.stops], [first.z]
    path, log_prior = [first.path], [first.log_prior]
    stop_frames = list(first.stop_frames)
    for leg in legs[1:]:
        if not torch.equal(leg.stops[0], stops[-1][-1]):
            refuse("legs", "must each begin where the one before ends", leg.stops[0].tolist())
        begin = stop_frames[-1]
        stop_frames += [begin + frame for frame in leg.stop_frames[1:]]
        stops.append(leg.stops[1:])
        frames.append(leg.z[1:])
        path.append(leg.path[1:])
        log_prior.append(leg.log_prior[1:])
    return Walk(
        style=first.style,
        stops=torch.cat(stops),
        z=torch.cat(frames),
        stop_frames=tuple(stop_frames),
        path=torch.cat(path),
        pixel_length=math.fsum(leg.pixel_length for leg in legs),
        latent_length=math.fsum(leg.latent_length for leg in legs),
        log_prior=torch.cat(log_prior),
        converged=all(leg.converged for leg in legs),
    )
