"""Nats to bits per dimension."""

import math

import pytest
import torch

from vae_core.units import LOG_TWO_PI, bits_per_dimension


def test_one_fair_bit_a_pixel():
    assert bits_per_dimension(-784 * math.log(2), dimensions=784) == pytest.approx(1.0)


def test_dequantised_uniform_pixels_cost_the_bits_of_their_levels():
    # x = (x_int + u)/levels, uniform on [0, 1]: density 1, and each of 256 grey levels costs 8 bits
    assert bits_per_dimension(0.0, dimensions=784, levels=256) == 8.0
    assert bits_per_dimension(0.0, dimensions=64, levels=17) == pytest.approx(math.log2(17))
    # a density of 256 on one level: the pixel is known, and costs nothing
    assert bits_per_dimension(math.log(256), dimensions=1, levels=256) == pytest.approx(0.0)


def test_log_two_pi_is_that_of_torch():
    normal = torch.distributions.Normal(torch.zeros((), dtype=torch.float64), 1.0)
    assert -2 * float(normal.log_prob(torch.zeros((), dtype=torch.float64))) == pytest.approx(LOG_TWO_PI)
