"""The rate-distortion plane: what is drawn where, and what is said."""

import dataclasses

import numpy as np
import pytest
from plotly.graph_objects import Figure

from pages.figures.rate_distortion import rate_distortion
from pages.figures.theme import text_colour
from vae_core import load_dataset
from vae_core.diagnostics import linear_rate
from vae_core.sweeps import SweepPoint
from vae_core.training import TrainConfig

THEMES = ("light", "dark")
BETAS = (0.25, 1.0, 4.0, 16.0)
BASE = TrainConfig(dataset="tiny-binary")


def point(beta: float, seed: int = 0, *, base: TrainConfig = BASE, **changes: object) -> SweepPoint:
    rate = 6.0 / (1.0 + beta) + 0.1 * seed
    distortion = 130.0 + 3.0 * np.log2(1.0 + beta) - 0.2 * seed
    values = dict(
        config=base.replace(beta=beta, seed=seed), rate=rate, rate_error=0.1, distortion=distortion,
        distortion_error=0.5, elbo=-(rate + distortion), elbo_error=0.4, active_units=2,
        run=f"{int(beta * 100):08x}{seed:04x}", images=200,
    )  # fmt: skip
    return SweepPoint(**{**values, **changes})


def points(seeds: int = 1, **more: object) -> list[SweepPoint]:
    return [point(beta, seed, **more) for seed in range(seeds) for beta in BETAS]


def title(figure: Figure) -> str:
    return figure.layout.title.text


def named(figure: Figure) -> list[str]:
    return [trace.name for trace in figure.data if trace.showlegend is not False]


def check(figure: Figure) -> None:
    assert title(figure).endswith(".")
    assert title(figure)[0].isupper() or title(figure)[0] in "β123456789"
    assert figure.layout.meta["alternative"].startswith(title(figure))
    assert "NaN" not in figure.to_json()
    for trace in figure.data:
        assert trace.x.dtype == trace.y.dtype == np.float32


@pytest.mark.parametrize("theme", THEMES)
@pytest.mark.parametrize("seeds", [1, 3])
def test_every_run_is_a_marker_with_its_id(theme: str, seeds: int) -> None:
    runs = points(seeds)
    figure = rate_distortion(runs, theme=theme)
    check(figure)
    marked = figure.data[0]
    assert list(marked.customdata) == [run.run for run in runs]
    np.testing.assert_allclose(marked.x, [run.rate for run in runs], rtol=1e-6)
    np.testing.assert_allclose(marked.y, [run.distortion for run in runs], rtol=1e-6)
    labels = [note.text for note in figure.layout.annotations if note.text.startswith("β")]
    assert labels == ["β 0.25", "β 1", "β 4", "β 16"]


def test_a_curve_goes_through_the_means_over_seeds_with_two_standard_errors() -> None:
    curve = rate_distortion(points(3), theme="light").data[1]
    assert curve.mode == "lines"
    at = [[point(beta, seed).rate for seed in range(3)] for beta in BETAS]
    np.testing.assert_allclose(curve.x, np.mean(at, 1), rtol=1e-6)
    np.testing.assert_allclose(curve.error_x.array, 2 * np.std(at, 1, ddof=1) / np.sqrt(3), rtol=1e-5)
    # one seed says nothing about others
    assert rate_distortion(points(1), theme="light").data[1].error_x.array is None


@pytest.mark.parametrize("theme", THEMES)
def test_lines_of_equal_elbo_have_slope_minus_one_and_their_own_number(theme: str) -> None:
    figure = rate_distortion(points(), theme=theme)
    lines = [shape for shape in figure.layout.shapes if shape.type == "line"]
    notes = [note for note in figure.layout.annotations if note.text.startswith("ELBO")]
    assert 2 <= len(lines) == len(notes) <= 8
    (left, right), (low, high) = figure.layout.xaxis.range, figure.layout.yaxis.range
    for line, note in zip(lines, notes, strict=True):
        assert (line.y1 - line.y0) / (line.x1 - line.x0) == pytest.approx(-1.0)
        assert note.font.color == text_colour("elbo", theme)
        said = float(note.text.removeprefix("ELBO ").replace("−", "-"))
        assert line.x0 + line.y0 == pytest.approx(-said)
        for x, y in ((line.x0, line.y0), (line.x1, line.y1), (note.x, note.y)):
            assert left - 1e-6 <= x <= right + 1e-6
            assert low - 1e-6 <= y <= high + 1e-6


def test_the_sentence_says_the_way_and_the_best_elbo() -> None:
    figure = rate_distortion(points(), theme="light")
    best = max(points(), key=lambda run: run.elbo)
    assert "From β = 0.25 to 16 the rate goes from 4.8 to 0.4 nats" in title(figure)
    assert f"at β = {best.config.beta:g}." in title(figure)
    one = rate_distortion([point(2.0)], theme="light")
    check(one)
    assert title(one).startswith("β = 2: rate 2.0, distortion 134.8, ELBO −136.8 nats.")


def test_grey_pixels_have_a_score_and_no_likelihood() -> None:
    figure = rate_distortion(points(base=TrainConfig(dataset="digits")), theme="light")
    assert "Bernoulli score" in figure.layout.yaxis.title.text
    assert "log p" not in figure.layout.yaxis.title.text
    assert "ELBO (as a score)" in title(figure)
    assert "ELBO (as a score)" in figure.data[0].text[0]


def test_other_likelihoods_are_on_curves_that_are_not_compared() -> None:
    gaussian = BASE.replace(likelihood="gaussian", sigma=0.5)
    figure = rate_distortion([*points(2), *points(2, base=gaussian)], theme="dark")
    check(figure)
    assert named(figure) == ["bernoulli", "gaussian, sigma 0.5"]
    assert figure.data[0].marker.color != figure.data[1].marker.color
    assert "other scales" in title(figure)
    wide = rate_distortion([*points(), *points(base=BASE.replace(latent_dim=3, hidden=()))], theme="dark")
    assert named(wide) == ["latent dim 2, hidden 400", "latent dim 3, hidden linear"]
    assert title(wide).startswith("2 curves of 8 runs")


def test_the_exact_curve_of_linear_models_lies_under_the_points() -> None:
    x = load_dataset("digits").train.x
    exact = linear_rate(x, latent_dim=2, sigma=0.3, betas=np.geomspace(0.1, 10.0, 50))
    base = TrainConfig(dataset="digits", likelihood="gaussian", sigma=0.3, hidden=())
    runs = [
        point(float(beta), base=base, rate=float(rate), distortion=float(height))
        for beta, rate, height in zip(exact.beta[::10], exact.rate[::10], exact.distortion[::10], strict=True)
    ]
    figure = rate_distortion(runs, theme="light", exact=exact)
    check(figure)
    line = next(trace for trace in figure.data if trace.name == "best linear model, exact")
    np.testing.assert_allclose(line.x, exact.rate, rtol=1e-6)
    np.testing.assert_allclose(line.y, exact.distortion, rtol=1e-6)
    assert "exact curve" in figure.layout.meta["alternative"]
    other = dataclasses.replace(exact, held_out=True)
    assert "on these data" in rate_distortion(runs, theme="light", exact=other).data[1].name


def test_the_bound_is_drawn_only_where_the_entropy_is_known() -> None:
    runs = points()
    entropy = min(run.rate + run.distortion for run in runs) - 1.0
    figure = rate_distortion(runs, theme="light", bound=entropy)
    check(figure)
    ground = next(shape for shape in figure.layout.shapes if shape.type == "path")
    assert ground.layer == "below"
    assert any("below D = H − R" in note.text for note in figure.layout.annotations)
    line = next(shape for shape in figure.layout.shapes if shape.type == "line" and shape.line.width == 2)
    assert line.x0 + line.y0 == pytest.approx(entropy)
    plain = rate_distortion(runs, theme="light")
    assert not any(shape.type == "path" for shape in plain.layout.shapes)
    # far off, it is said and not drawn
    far = rate_distortion(runs, theme="light", bound=0.0)
    check(far)
    assert "No model lies below" in far.layout.meta["alternative"]


def test_the_chosen_run_is_ringed() -> None:
    runs = points()
    ring = rate_distortion(runs, theme="dark", chosen=runs[2].run).data[-1]
    assert (ring.meta, ring.marker.symbol) == ("ring", "circle-open")
    assert (ring.x[0], ring.y[0]) == pytest.approx((runs[2].rate, runs[2].distortion))
    for nobody in (None, "nobody"):
        ring = rate_distortion(runs, theme="dark", chosen=nobody).data[-1]
        assert (ring.meta, len(ring.x), len(ring.y)) == ("ring", 0, 0)


@pytest.mark.parametrize("theme", THEMES)
def test_without_points_it_says_why(theme: str) -> None:
    assert title(rate_distortion([], theme=theme)) == "The plane fills as runs finish."
    broken = point(1.0, failed="Stopped at step 3: the loss became infinite.", rate=float("inf"))
    assert title(rate_distortion([broken], theme=theme)) == "No run of this sweep reached its end."
    figure = rate_distortion([*points(), broken], theme=theme)
    check(figure)
    assert len(figure.data[0].x) == 4
    assert "Not drawn: 1 run" in figure.layout.meta["alternative"]


@pytest.mark.parametrize("scale", [1e-4, 1.0, 1e4])
def test_any_size_of_numbers_has_a_few_lines(scale: float) -> None:
    runs = [point(1.0, rate=scale, distortion=-3 * scale), point(2.0, rate=0.0, distortion=-2 * scale)]
    figure = rate_distortion(runs, theme="light")
    check(figure)
    assert 1 <= sum(shape.type == "line" for shape in figure.layout.shapes) <= 8
