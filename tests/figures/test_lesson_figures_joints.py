"""The pictures of chapter 2 show what their records say."""

import numpy as np
import pytest

from pages.figures.joint_kl_curve import joint_kl_curve
from pages.figures.joint_map import coloured, highest, joint_map
from vae_core.lessons.joints_grid import JointGrid, JointKl, joint_grid
from vae_core.models import VAE

THEMES = ("light", "dark")


@pytest.fixture(scope="module")
def grid() -> JointGrid:
    return joint_grid(VAE((1, 1, 1), latent_dim=1, hidden=(8,), likelihood="gaussian", sigma=0.5))


@pytest.mark.parametrize("theme", THEMES)
@pytest.mark.parametrize("logarithmic", [False, True])
def test_both_maps_have_one_scale_of_colours(grid: JointGrid, theme, *, logarithmic: bool) -> None:
    figures = [
        joint_map(grid, joint, logarithmic=logarithmic, theme=theme) for joint in ("inference", "generative")
    ]
    heats = [figure.data[0] for figure in figures]
    assert {(heat.zmin, heat.zmax) for heat in heats} == {(0.0, 1.0)}
    # equal densities have equal colours in both
    for heat in heats:
        dense = heat.customdata > 0.05
        share = heat.customdata[dense] / highest(grid)
        expected = 1.0 + np.log10(share) / 4.0 if logarithmic else share
        np.testing.assert_allclose(heat.z[dense], expected, rtol=1e-4, atol=1e-5)
    assert max(float(heat.customdata.max()) for heat in heats) == pytest.approx(highest(grid), rel=0.05)
    assert [heat.meta["word"] for heat in heats] == ["inference", "generative"]


def test_x_lies_across_and_z_up(grid: JointGrid) -> None:
    heat = joint_map(grid, "inference", logarithmic=False, theme="light").data[0]
    assert heat.z.shape == (len(heat.y), len(heat.x))
    # summed over z, the map is p_D(x): its highest column is a mode of the mixture
    column = heat.x[heat.customdata.sum(0).argmax()]
    assert min(abs(column - mode) for mode in (-3.0, 0.0, 2.5)) < 0.2


def test_the_edges_are_drawn_beside_the_maps(grid: JointGrid) -> None:
    figure = joint_map(grid, "generative", logarithmic=False, theme="light")
    other_x, other_z, own_x, own_z = figure.data[1:]
    assert (own_x.line.dash, other_x.line.dash) == ("solid", "dot")
    normal = np.exp(-0.5 * own_z.y**2) / np.sqrt(2.0 * np.pi)
    np.testing.assert_allclose(own_z.x, normal, rtol=1e-5)
    step = float(own_x.x[1] - own_x.x[0])
    assert float(other_x.y.sum()) * step == pytest.approx(1.0, abs=1e-3)
    assert float(other_z.x.max()) > 0.1


def test_the_logarithmic_scale_ends_below() -> None:
    shares = coloured(np.log(np.array([1.0, 0.01, 1e-9])), 1.0, logarithmic=True)
    np.testing.assert_allclose(shares, [1.0, 0.5, 0.0])


@pytest.mark.parametrize("theme", THEMES)
@pytest.mark.parametrize(("order", "first", "second"), [("x first", 1.5, 0.5), ("z first", 0.25, 1.75)])
def test_the_parts_follow_the_order(theme, order, first, second) -> None:
    parts = [JointKl(2.0, 0.0, 1.5, 0.5, 0.25, 1.75, -3.8), JointKl(0.2, 0.0, 0.1, 0.1, 0.05, 0.15, -2.0)]
    figure = joint_kl_curve((0, 9), parts, 0, order=order, last=99, theme=theme)
    whole, one, other, *dots = figure.data
    np.testing.assert_allclose([whole.y[0], one.y[0], other.y[0]], [2.0, first, second])
    np.testing.assert_allclose(whole.x, [0.0, 1.0])
    assert [float(dot.y[0]) for dot in dots] == pytest.approx([2.0, first, second])
    assert [trace.meta["word"] for trace in (whole, one, other)] == ["kl", "marginal", "conditional"]
    assert "At step 0 KL(q ‖ p) is 2.00 nats" in figure.layout.title.text
