"""Legs end to end are the walk that is made in one go."""

import dataclasses

import pytest
import torch

from vae_core.checks import SettingError
from vae_core.latent.legs import join_walks
from vae_core.latent.walks import STYLES, walk
from vae_core.models import VAE

PINS = torch.tensor([[-1.0, 0.5], [1.2, 1.0], [0.3, -1.4], [0.0, 0.2]])
MODEL = VAE((1, 3, 3), latent_dim=2, hidden=(12,), seed=1)


def leg(first: int, last: int, style: str = "straight", frames: int = 3):
    return walk(MODEL, PINS[first : last + 1], style=style, frames=frames)


@pytest.mark.parametrize("style", STYLES)
def test_joined_legs_are_the_whole_walk(style):
    whole = leg(0, 3, style)
    for parts in (
        [leg(0, 1, style), leg(1, 2, style), leg(2, 3, style)],
        [leg(0, 2, style), leg(2, 3, style)],
    ):
        joined = join_walks(parts)
        for field in dataclasses.fields(whole):
            ours, theirs = getattr(joined, field.name), getattr(whole, field.name)
            if isinstance(theirs, torch.Tensor):
                torch.testing.assert_close(ours, theirs, rtol=0, atol=0)
            elif isinstance(theirs, float):
                assert ours == pytest.approx(theirs, rel=1e-12)
            else:
                assert ours == theirs, field.name


def test_one_leg_that_was_not_settled_is_said():
    parts = [leg(0, 1), dataclasses.replace(leg(1, 2), converged=False)]
    assert not join_walks(parts).converged
    assert join_walks(parts[:1]).converged


def test_what_does_not_fit_is_refused():
    for parts in ([], [leg(0, 1), leg(1, 2, "spherical")], [leg(0, 1), leg(2, 3)]):
        with pytest.raises(SettingError, match=r"^legs must "):
            join_walks(parts)
