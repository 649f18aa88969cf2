"""The pictures of chapter 1 show what their records say."""

import numpy as np
import pytest
import torch

from pages.figures.family_fit import family_fit
from pages.figures.prior_map import prior_map
from pages.figures.repeated_estimates import bent, repeated_estimates
from vae_core.estimators import PosteriorGrid
from vae_core.lessons.likelihood_draws import KnownPosterior
from vae_core.lessons.likelihood_family import THETAS, family

THEMES = ("light", "dark")


def known() -> KnownPosterior:
    axis = torch.linspace(-2.0, 2.0, 32, dtype=torch.float64)
    density = -0.5 * (axis[:, None] ** 2 + 4.0 * axis[None] ** 2)
    grid = PosteriorGrid((axis, axis), density, (-3.0, 0.0), 0.0, torch.zeros(2), torch.eye(2))
    return KnownPosterior(-3.0, 0.0, -3.0, grid, 20.0, 30.0)


@pytest.mark.parametrize("theme", THEMES)
def test_draws_are_as_large_as_their_weight(theme) -> None:
    z, weights = np.array([[0.1, 0.2], [1.0, 1.0], [2.0, -2.0]]), np.array([0.9, 0.0999, 0.0001])
    figure = prior_map(known(), z, weights, heavy=1, theme=theme)
    heat, small, large = figure.data
    # z₁ across: the density is wider along it than along z₂
    assert heat.z.shape == (32, 32)
    assert (heat.z[16] > 0.5).sum() > (heat.z[:, 16] > 0.5).sum()
    assert list(small.x) == [2.0]
    assert large.marker.size[0] > large.marker.size[1]
    assert "3 draws from the prior, 1 carries" in figure.layout.title.text


@pytest.mark.parametrize("theme", THEMES)
def test_each_setting_has_its_column(theme) -> None:
    columns = [("1", np.array([-300.0, 1.0])), ("10", np.array([0.5]))]
    figure = repeated_estimates(columns, axis="K", chosen=1, title="Title.", theme=theme)
    dots, exact, means = figure.data
    np.testing.assert_allclose(dots.customdata, [-300.0, 1.0, 0.5])
    np.testing.assert_allclose(np.round(dots.x), [0, 0, 1])
    np.testing.assert_allclose(means.customdata, [-149.5, 0.5])
    np.testing.assert_allclose(means.y, np.arcsinh([-149.5, 0.5]), rtol=1e-6)
    np.testing.assert_allclose(exact.y, 0.0)
    assert figure.layout.yaxis.range[0] < bent(-300.0)


@pytest.mark.parametrize("theme", THEMES)
def test_the_bar_below_the_ceiling_is_the_kl(theme) -> None:
    record, member = family(), 20
    figure = family_fit(record, member, theme=theme)
    bar = figure.data[3]
    assert bar.y[1] - bar.y[0] == pytest.approx(float(record.kl[member]), abs=1e-5)
    assert bar.x[0] == pytest.approx(THETAS[member])
    assert not figure.layout.shapes
    assert len(family_fit(record, record.best, theme=theme).layout.shapes) == 1
