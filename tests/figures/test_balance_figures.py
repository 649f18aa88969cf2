"""The figures of reconstruction against KL: one code's landscape, KL over steps, and the parts of the KL."""

import math

import numpy as np
import pytest
import torch
from plotly.graph_objects import Figure

from pages.figures.kl_over_steps import kl_over_steps
from pages.figures.kl_split import kl_split
from pages.figures.landscape import landscape
from pages.figures.theme import mark
from vae_core.diagnostics import ImageMean, KlSplit, Landscape, MonteCarlo, Turn, turns
from vae_core.training.interventions import Intervention

THEMES = ("light", "dark")


def title(figure: Figure) -> str:
    return figure.layout.title.text


def check(figure: Figure) -> None:
    assert title(figure)
    assert title(figure)[0].isupper() or title(figure)[0].isdigit()
    assert title(figure).endswith(".")
    assert figure.layout.meta["alternative"].startswith(title(figure))
    assert "NaN" not in figure.to_json()
    for trace in figure.data:
        for name in ("x", "y"):
            column = getattr(trace, name)
            if isinstance(column, np.ndarray) and column.dtype.kind == "f":
                assert column.dtype == np.float32
                assert len(column) <= 2000
                assert np.isfinite(column).all()


def said(figure: Figure) -> list[str]:
    return [note.text for note in figure.layout.annotations]


# ---- landscape -----------------------------------------------------------------------------------


def line(over: str = "mean", *, here: float = 0.5, best: float = 0.8, sharp: float = 100.0) -> Landscape:
    values = torch.linspace(0.05, 1.55, 61, dtype=torch.float64)
    reconstruction = -150.0 - 0.5 * sharp * (values - best) ** 2
    minus_kl = -2.0 - 0.1 * values
    return Landscape(0, over, values, reconstruction, minus_kl, reconstruction + minus_kl, here, best)


@pytest.mark.parametrize("theme", THEMES)
@pytest.mark.parametrize("over", ["mean", "width"])
def test_a_landscape_has_three_curves_below_their_own_tops(over: str, theme: str) -> None:
    figure = landscape(line(over), theme=theme)
    check(figure)
    curves = figure.data[:3]
    assert {trace.name: trace.line.color for trace in curves} == {
        "ELBO": mark("elbo"),
        "Reconstruction": mark("reconstruction"),
        "−KL": mark("kl"),
    }
    for trace in curves:
        assert trace.y.max() == 0.0
        shift = trace.customdata - trace.y
        np.testing.assert_allclose(shift, shift[0], atol=1e-4)
    assert [shape.x0 for shape in figure.layout.shapes] == [0.8, 0.5]
    assert said(figure) == ["encoder", "best"]
    assert figure.layout.xaxis.type == ("log" if over == "width" else "linear")
    names = figure.layout.annotations
    assert names[0].x == pytest.approx(math.log10(0.5) if over == "width" else 0.5)
    assert (names[0].xanchor, names[1].xanchor) == ("right", "left")
    assert figure.layout.xaxis.title.text.startswith("σ₁" if over == "width" else "μ₁")


def test_a_landscape_says_what_the_encoder_loses() -> None:
    # ½ · 100 · 0.3² − 0.1 · 0.3 = 4.47; the top lies 0.001 beside the reconstruction's
    assert title(landscape(line(), theme="light")) == (
        "The encoder’s μ₁ of 0.50 loses 4.47 nats against the best, 0.80."
    )
    assert title(landscape(line(here=0.8), theme="light")) == (
        "The encoder’s μ₁ of 0.80 is where the ELBO is highest."
    )
    score = landscape(line(), theme="light", reconstruction_name="Bernoulli score")
    assert {trace.name for trace in score.data[:3]} == {"ELBO (score)", "Bernoulli score", "−KL"}


def test_what_the_encoder_loses_lies_within_the_axis() -> None:
    for sharp in (0.1, 10.0, 1e4):
        low, high = landscape(line(sharp=sharp), theme="light").layout.yaxis.range
        assert low <= -3.0
        assert high > 0.0
        assert low <= -0.5 * sharp * 0.3**2
        assert low >= -12.0 or sharp == 1e4


# ---- KL over steps -------------------------------------------------------------------------------

STEPS = np.arange(0, 3000, 20)


def collapse(latent_dim: int = 3) -> np.ndarray:
    """Every dimension but the first closes at about step 1,000; the second comes back at about 2,000."""
    kl = np.tile(np.linspace(2.0, 1.0, latent_dim), (len(STEPS), 1))
    kl[STEPS >= 1000, 1:] = 0.001
    kl[STEPS >= 2000, 1] = 0.8
    return kl


@pytest.mark.parametrize("theme", THEMES)
@pytest.mark.parametrize("latent_dim", [1, 2, 3, 8, 32])
def test_layers_add_up_to_the_kl(latent_dim: int, theme: str) -> None:
    kl = collapse(max(latent_dim, 2))[:, :latent_dim]
    figure = kl_over_steps(STEPS, kl, turns(STEPS, kl), (), theme=theme)
    check(figure)
    layers = figure.data[:-1]
    assert len(layers) == latent_dim
    assert {layer.stackgroup for layer in layers} == {"kl"}
    np.testing.assert_allclose(sum(layer.y for layer in layers), kl.sum(1), rtol=1e-5)
    assert figure.layout.yaxis.range[1] > kl.sum(1).max()


def test_collapse_and_what_brought_it_back_stand_in_words() -> None:
    kl = collapse()
    changes = (Intervention(900, "beta", 8.0), Intervention(1900, "free_bits", 0.25))
    figure = kl_over_steps(STEPS, kl, turns(STEPS, kl), changes, theme="light")
    check(figure)
    assert title(figure) == "2 of 3 dimensions are active; 2 collapsed on the way, 1 came back."
    assert {"z₂, z₃ collapsed", "z₂ opened", "β → 8", "free bits → 0.25"} <= set(said(figure))
    assert [shape.x0 for shape in figure.layout.shapes] == [900, 1900]
    active = figure.data[-1]
    assert active.line.shape == "hv"
    assert active.x.tolist() == [0, 1000, 2000, 2980]
    assert active.y.tolist() == [3, 1, 2, 2]
    alternative = figure.layout.meta["alternative"]
    assert "at step 1,000 z₃ closed" in alternative
    assert "at step 900 β became 8" in alternative


def test_the_strip_counts_as_the_threshold_does() -> None:
    draw = np.random.default_rng(0)
    kl = np.exp(np.cumsum(draw.normal(size=(len(STEPS), 6)), 0) * 0.3 - 4.6)
    figure = kl_over_steps(STEPS, kl, turns(STEPS, kl), (), theme="light")
    active = figure.data[-1]
    after = np.searchsorted(active.x, STEPS, side="right") - 1
    count = active.y[after]
    # Between the threshold and twice it either may be
    assert (count >= (kl >= 0.02).sum(1)).all()
    assert (count <= (kl >= 0.01).sum(1)).all()
    check(figure)


def test_many_turns_leave_words_that_do_not_overlap() -> None:
    events = tuple(Turn(20 * n, n % 4, "closed" if n % 2 else "opened") for n in range(1, 140))
    figure = kl_over_steps(STEPS, np.full((len(STEPS), 4), 0.5), events, (), theme="dark")
    notes = [note for note in figure.layout.annotations if note.yref == "y2"]
    assert 1 <= len(notes) <= 12


@pytest.mark.parametrize("theme", THEMES)
def test_short_runs_and_none(theme: str) -> None:
    check(kl_over_steps([], np.zeros((0, 2)), (), (), theme=theme))
    one = kl_over_steps([0], np.array([[0.3, 0.0]]), (), (), theme=theme)
    check(one)
    assert title(one) == "1 of 2 dimensions are active; none has collapsed."
    check(kl_over_steps([0, 1], np.zeros((2, 1)), (), (), theme=theme))
    long = np.full((20_000, 32), 0.1)
    check(kl_over_steps(np.arange(20_000), long, (), (), theme=theme))


# ---- the parts of the KL -------------------------------------------------------------------------


def parts(
    information: float = 6.1, correlation: float = 0.2, *, own=(0.3, 0.4), images: int = 5000
) -> KlSplit:
    rest = correlation + sum(own)
    return KlSplit(
        mean_kl=ImageMean(information + rest, math.nan if images == 1 else 0.03),
        mutual_information=MonteCarlo(information, 0.004, 10_000),
        total_correlation=MonteCarlo(correlation, 0.004, 10_000),
        dimension_wise=torch.tensor(own, dtype=torch.float64),
        dimension_errors=torch.full((len(own),), 1e-8, dtype=torch.float64),
        prior_kl=MonteCarlo(rest, 0.004, 10_000),
        ceiling=math.log(images),
        images=images,
    )


@pytest.mark.parametrize("theme", THEMES)
@pytest.mark.parametrize("own", [(0.3,), (0.3, 0.4), (0.05,) * 32])
def test_the_pieces_stand_end_to_end(own: tuple[float, ...], theme: str) -> None:
    record = parts(own=own)
    figure = kl_split(record, theme=theme)
    check(figure)
    bars = figure.data[:-1]
    assert len(bars) == 2 + len(own)
    start = 0.0
    for bar in bars:
        assert bar.base[0] == pytest.approx(start)
        start += bar.x[0]
    assert start == pytest.approx(record.mean_kl.value)
    assert figure.data[-1].x[0] == pytest.approx(6.1)
    assert figure.data[-1].error_x.array[0] == pytest.approx(0.008)
    assert figure.layout.shapes[0].x0 == pytest.approx(math.log(5000))
    assert figure.layout.xaxis.range[1] > max(start, math.log(5000))
    assert "ceiling of I: log 5,000 = 8.52" in said(figure)


def test_the_split_says_how_much_is_information() -> None:
    assert title(kl_split(parts(), theme="light")) == (
        "Of 7.00 nats of KL, 6.100 ± 0.004 are information about x: 72 % of the most that 5,000 images allow."
    )
    lone = kl_split(parts(0.001, 0.0, images=1), theme="light")
    check(lone)
    assert title(lone).startswith("One image has 0.70 nats of KL")


def test_what_is_negative_by_its_error_has_no_width() -> None:
    figure = kl_split(parts(-0.003, -0.002, own=(0.0, 0.0)), theme="light")
    check(figure)
    assert all(bar.x[0] >= 0.0 for bar in figure.data[:-1])
    assert "−0.003 ± 0.004" in title(figure)
