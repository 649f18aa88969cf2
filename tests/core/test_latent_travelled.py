"""How far a walk has come: against an integral along the curve that we did not write."""

import numpy as np
import pytest
import torch
from scipy.integrate import quad

from vae_core.latent.travelled import travelled
from vae_core.latent.walks import STYLES, walk
from vae_core.models import VAE

PINS = torch.tensor([[-1.0, 0.5], [1.2, 1.0], [0.3, -1.4]], dtype=torch.float64)


def test_it_is_the_integral_of_the_speed():
    model = VAE((1, 3, 3), latent_dim=2, hidden=(12,), seed=1)
    double = model.double()
    way = walk(model, PINS, style="straight", frames=4)
    found = travelled(model, way).numpy()
    assert found.shape == (129,)
    assert found[0] == 0.0

    def speed(t: float, start: torch.Tensor, direction: torch.Tensor) -> float:
        # ‖J v‖
        jacobian = torch.autograd.functional.jacobian(
            lambda z: double.decode(z[None]).mean[0], start + t * direction
        )
        return float((jacobian @ direction).norm())

    reached = 0.0
    for leg in range(2):
        start, direction = PINS[leg], PINS[leg + 1] - PINS[leg]
        for part in (0.25, 0.5, 1.0):
            length = quad(speed, 0.0, part, args=(start, direction), epsabs=1e-10)[0]
            assert found[64 * leg + int(64 * part)] == pytest.approx(reached + length, rel=2e-4)
        reached += length
    assert found[-1] == pytest.approx(reached, rel=1e-6)


@pytest.mark.parametrize("style", STYLES)
def test_it_rises_to_the_length_of_the_walk(style):
    model = VAE((1, 3, 3), latent_dim=2, hidden=(12,), seed=2)
    way = walk(model, PINS, style=style, frames=4)
    found = travelled(model, way)
    assert bool((found.diff() > 0).all())
    assert float(found[-1]) == pytest.approx(way.pixel_length)
    if style == "geodesic":  # equal steps in pixels within a leg
        assert np.ptp(found[:65].diff().numpy()) < 1e-2 * float(found[64]) / 64


def test_a_decoder_that_does_not_move_goes_nowhere():
    model = VAE((1, 3, 3), latent_dim=2, hidden=(), seed=0)
    with torch.no_grad():
        model.decoder.linears[0].weight.zero_()
    assert travelled(model, walk(model, PINS, style="straight", frames=2)).tolist() == [0.0] * 129
