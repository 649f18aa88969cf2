"""The curves along a walk, and the sentence that they are read by."""

import numpy as np
import pytest
import torch

from pages.figures.walk_density import sentence, walk_density
from tests.figures.test_train_figures import THEMES, check, title
from vae_core.latent.walks import Walk
from vae_core.notation import WALK_COLOURS


def way(style: str, *, length: float = 10.0, density: float = -3.0, stops: int = 3, frames: int = 4) -> Walk:
    count = frames * (stops - 1) + 1
    return Walk(
        style=style,
        stops=torch.zeros(stops, 2),
        z=torch.zeros(count, 2),
        stop_frames=tuple(range(0, count, frames)),
        path=torch.zeros(64 * (stops - 1) + 1, 2),
        pixel_length=length,
        latent_length=3.0,
        log_prior=density + torch.linspace(-1, 1, count, dtype=torch.float64),
        converged=True,
    )


@pytest.mark.parametrize("theme", THEMES)
@pytest.mark.parametrize("count", [1, 2, 3])
@pytest.mark.parametrize("stops", [2, 12])
def test_a_line_a_style_in_its_colour_with_the_pins_marked(count: int, theme: str, stops: int) -> None:
    walks = [way(style, stops=stops) for style in WALK_COLOURS][:count]
    lengths = [np.linspace(0, 10, len(walk.path)) for walk in walks]
    figure = walk_density(walks, theme=theme, travelled=lengths)
    check(figure)
    assert [trace.name for trace in figure.data] == 2 * [walk.style for walk in walks]
    for trace in figure.data:
        assert trace.line.color == WALK_COLOURS[trace.name][theme == "dark"]
        assert (trace.x[0], trace.x[-1]) == (0, 1)
    assert [a.text for a in figure.layout.annotations] == [str(n + 1) for n in range(stops)]
    assert [shape.x0 for shape in figure.layout.shapes] == pytest.approx(np.linspace(0, 1, stops).tolist())
    np.testing.assert_allclose(figure.data[0].y, walks[0].log_prior.numpy(), rtol=1e-6)
    assert figure.data[count].y[-1] == 10
    assert "nats" in figure.layout.yaxis.title.text
    assert "pixel space" in figure.layout.yaxis2.title.text


def test_the_density_alone() -> None:
    figure = walk_density([way("straight")], theme="light")
    check(figure)
    assert len(figure.data) == 1
    check(walk_density([], theme="dark"))


@pytest.mark.parametrize(
    ("walks", "words"),
    [
        (
            [way("straight", length=11.4, density=-2.9), way("spherical", length=13.0), way("geodesic")],
            "The straight way keeps to where the prior is densest (−2.9 nats on average), and yet is 14 % "
            "longer than the geodesic.",
        ),
        (
            [way("straight", length=11.0), way("spherical", length=13.0), way("geodesic", density=-2.0)],
            "The geodesic is the shortest, and also where the prior is densest (−2.0 nats on average).",
        ),
        (
            [way("straight", density=-2.0), way("spherical", length=13.0)],
            "The straight way is the shortest, and also where the prior is densest (−2.0 nats on average).",
        ),
        (
            [way("straight", length=10.05, density=-2.0), way("spherical", length=13.0), way("geodesic")],
            "The straight way is where the prior is densest (−2.0 nats on average), and as short as the "
            "geodesic, within 1 %.",
        ),
        (
            [way("straight"), way("spherical", length=10.05), way("geodesic", length=9.99)],
            "All ways are equally long, within 1 %: between these pins the decoder is nearly linear.",
        ),
        (
            [way("straight", length=0.0), way("spherical", length=0.0)],
            "The decoded x does not move on any of these ways.",
        ),
    ],
)
def test_the_sentence_is_true_of_the_records(walks: list[Walk], words: str) -> None:
    assert sentence(walks) == words
    assert title(walk_density(walks, theme="light")) == words
