"""The figures of the Jensen gap page about many images and about training."""

import numpy as np
import pytest

from pages.figures.bound_cost import bound_cost_curves, family_gaps
from pages.figures.gap_causes import gap_causes
from pages.figures.gap_histogram import gap_histogram
from pages.figures.gap_history import exact_and_elbo, gap_over_steps
from pages.figures.theme import INK, mark
from tests.figures.gap_records import causes, cost, gap_set, history
from tests.figures.test_train_figures import THEMES, check, title
from vae_core.notation import GAP_COLOURS, PART_COLOURS

# ---- the histogram ---------------------------------------------------------------------------


@pytest.mark.parametrize("theme", THEMES)
@pytest.mark.parametrize("chosen", [None, 0.001, 13.1, 900.0])
def test_the_histogram_outlines_each_part_and_marks_the_chosen_image(
    chosen: float | None, theme: str
) -> None:
    sets = [
        gap_set("validation", 0.1, 1.0, 1.1, 95.0),
        gap_set("train", 2.0, 4.0),
        gap_set("test", -0.003, 6.0),
    ]
    figure = gap_histogram(sets, theme=theme, chosen=chosen)
    check(figure)
    assert [line.line.color for line in figure.data] == [
        PART_COLOURS[part.part][theme == "dark"] for part in sets
    ]
    for line, part in zip(figure.data, sets, strict=True):
        assert line.line.shape == "hv"
        assert line.y.sum() == pytest.approx(100)  # no image is lost, the tiny and the greatest included
        assert set(np.round(line.y * len(part.rows) / 100, 5)) <= {0, 1, 2}
    assert figure.layout.xaxis.type == "log"
    assert [shape.x0 for shape in figure.layout.shapes[:3]] == pytest.approx([24.3, 3.0, 2.9985])
    notes = figure.layout.annotations
    assert len(notes) == (chosen is not None)
    if chosen is not None:
        low, high = figure.layout.xaxis.range
        assert low <= notes[0].x <= high
        assert notes[0].text == f"this image, {chosen:.2f}" if chosen < 1 else f"this image, {chosen:.1f}"
        assert f"{chosen:.2f}" in figure.layout.meta["alternative"]


def test_the_histogram_places_a_gap_in_its_bin() -> None:
    line = gap_histogram([gap_set("test", 0.2, 3.0, 3.0, 3.0, 40.0)], theme="light").data[0]
    highest = int(line.y.argmax())
    assert line.x[highest] <= 3.0 < line.x[highest + 1]
    assert line.y[highest] == pytest.approx(60)


def test_the_histograms_sentence_and_legend_have_means_with_errors() -> None:
    sets = [gap_set("validation", 10.0, 20.0, 30.0), gap_set("train", 5.0, 7.0)]
    figure = gap_histogram(sets, theme="light")
    # std 10, over √3
    assert title(figure) == "The mean gap of 3 validation images is 20.0 ± 5.8 nats; train 6.0."
    assert [line.name for line in figure.data] == ["validation, mean 20.0 ± 5.8", "train, mean 6.0 ± 1.0"]
    alone = gap_histogram([gap_set("test", 3.0, kind="estimate")], theme="light")
    check(alone)
    assert title(alone) == "The mean gap of one test image is about 3.0 nats."
    check(gap_histogram([], theme="dark"))
    check(gap_histogram([gap_set("train")], theme="dark"))


# ---- the causes ------------------------------------------------------------------------------


@pytest.mark.parametrize("theme", THEMES)
def test_the_causes_are_stacked_and_sorted_by_the_gap(theme: str) -> None:
    found = causes((30.0, 2.0, 1.0), (1.0, 0.2, -0.01), (9.0, 0.5, 0.5))
    figure = gap_causes(found, theme=theme, chosen_row=102)
    check(figure)
    assert figure.layout.barmode == "relative"
    assert [bar.marker.color for bar in figure.data] == [
        GAP_COLOURS[name][theme == "dark"] for name in ("amortization", "covariance", "family")
    ]
    np.testing.assert_allclose(figure.data[0].y, [1, 9, 30])
    np.testing.assert_allclose(figure.data[1].y, [0.2, 0.5, 2])
    np.testing.assert_allclose(figure.data[2].y, [-0.01, 0.5, 1], atol=1e-6)
    (note,) = figure.layout.annotations
    assert (note.x, note.y, note.text) == (2, 10, "this image, 10.0")
    assert not gap_causes(found, theme=theme, chosen_row=7).layout.annotations


def test_the_causes_sentence_gives_shares_of_the_mean() -> None:
    assert title(gap_causes(causes((30.0, 0.2, 0.03), (9.4, 0.16, 0.01)), theme="light")) == (
        "Of 19.90 nats on average, 19.70 are the encoder’s, 0.18 the diagonal’s, 0.02 the Gaussian’s."
    )
    assert title(gap_causes(causes((3.0, 2.0, 1.0), (3.0, 2.0, 1.0)), theme="light")) == (
        "Of 6.0 nats on average, 3.0 are the encoder’s, 2.0 the diagonal’s, 1.0 the Gaussian’s."
    )
    assert "−0" not in title(gap_causes(causes((3.0, 2.0, -0.001)), theme="light"))
    check(gap_causes(causes(), theme="dark"))


# ---- along a training ------------------------------------------------------------------------


@pytest.mark.parametrize("theme", THEMES)
@pytest.mark.parametrize("moments", [0, 1, 2, 5])
def test_the_gap_against_the_step_in_bands(moments: int, theme: str) -> None:
    record = history(tuple(range(2, 2 + moments)), tuple(range(1, 1 + moments)))
    figure = gap_over_steps(record, theme=theme)
    check(figure)
    if not moments:
        return
    shades, lines = figure.data[:2], figure.data[2:]
    assert [line.name for line in lines] == ["validation", "train"]
    np.testing.assert_allclose(lines[0].y, np.arange(2, 2 + moments), atol=1e-5)
    np.testing.assert_allclose(lines[1].y, np.arange(1, 1 + moments), atol=1e-5)
    np.testing.assert_allclose(shades[0].y[:moments] - lines[0].y, 1.0, atol=1e-4)  # two errors of 0.5
    assert lines[0].x[0] == 0.5  # step 0 has a place on a logarithmic axis
    assert figure.layout.xaxis.ticktext[0] == "0"
    assert lines[0].line.color == PART_COLOURS["validation"][theme == "dark"]


def test_the_gaps_sentence_remembers_when_it_was_widest() -> None:
    assert title(gap_over_steps(history((1.0, 80.0, 20.0), (1.0, 70.0, 17.0)), theme="light")) == (
        "After 10 steps the mean gap is 20.0 ± 0.5 nats on validation images and 17.0 ± 0.5 on training "
        "images; at step 1 it was 80.0."
    )
    assert title(gap_over_steps(history((1.0, 19.5, 20.0), (1.0, 17.0, 17.0)), theme="light")).endswith(
        "on training images."
    )


@pytest.mark.parametrize("theme", THEMES)
@pytest.mark.parametrize("moments", [0, 1, 5])
def test_exact_is_solid_and_the_elbo_dashed(moments: int, theme: str) -> None:
    record = history((12.0,) * moments, (10.0,) * moments)
    figure = exact_and_elbo(record, theme=theme)
    check(figure)
    if not moments:
        return
    assert [line.line.dash for line in figure.data] == ["solid", "solid", "dash", "dash"]
    assert [line.name.split(", ")[1] for line in figure.data] == ["validation", "train"] * 2
    assert figure.data[0].line.color == figure.data[1].line.color == INK[theme]
    np.testing.assert_allclose(figure.data[0].y - figure.data[2].y, 12, atol=1e-4)
    np.testing.assert_allclose(figure.data[1].y - figure.data[3].y, 10, atol=1e-4)
    low, high = figure.layout.yaxis.range
    assert low < record.validation_elbo[-1] < record.train_log_likelihood[-1] < high


@pytest.mark.parametrize(
    ("validation", "train", "words"),
    [
        (
            12.0,
            10.0,
            "The curves part: on validation images the ELBO lies 2.0 ± 0.7 nats further below log p(x) than "
            "on training images; the encoder overfits.",
        ),
        (
            11.0,
            10.0,
            "Log p(x) and the ELBO lie as far apart on validation images as on training images, within 1.4 "
            "nats: no sign that the encoder overfits.",
        ),
        (
            10.0,
            12.0,
            "On validation images the ELBO lies 2.0 ± 0.7 nats nearer to log p(x) than on training images: "
            "no sign that the encoder overfits.",
        ),
    ],
)
def test_whether_the_curves_part(validation: float, train: float, words: str) -> None:
    assert title(exact_and_elbo(history((1.0, validation), (1.0, train)), theme="light")) == words


# ---- the cost of the bound -------------------------------------------------------------------


@pytest.mark.parametrize("theme", THEMES)
@pytest.mark.parametrize("moments", [0, 1, 5])
def test_the_cost_of_the_bound_below_both_curves(moments: int, theme: str) -> None:
    lost = tuple(0.5 * n for n in range(moments))
    figure = bound_cost_curves(cost(*lost), theme=theme)
    check(figure)
    if not moments:
        return
    exact, exact_train, elbo, _, shade, difference = figure.data
    assert (exact.line.color, exact.line.width) == (INK[theme], 2.5)
    assert exact_train.line.width < exact.line.width
    assert elbo.name == "trained on the ELBO"
    assert {line.line.dash for line in figure.data[:4]} == {None}  # no bounds
    np.testing.assert_allclose(difference.y, lost, atol=1e-4)
    np.testing.assert_allclose(exact.y - elbo.y, lost, atol=1e-4)
    assert (difference.yaxis, difference.line.color) == ("y2", mark("kl"))
    np.testing.assert_allclose(shade.y[:moments] - difference.y, 0.6, atol=1e-4)


@pytest.mark.parametrize(
    ("record", "words"),
    [
        (cost(0.0, 1.3), "Training on the bound has cost 1.3 ± 0.3 nats of log p(x) on validation images."),
        (
            cost(0.0, -1.3),
            "Training on the bound has gained 1.3 ± 0.3 nats of log p(x) on validation images.",
        ),
        (
            cost(0.0, 0.5, ending=None),
            "Training on the bound makes no difference that shows: 0.5 ± 0.3 nats of log p(x) on validation "
            "images by step 1.",
        ),
    ],
)
def test_the_costs_sentence(record, words: str) -> None:
    assert title(bound_cost_curves(record, theme="light")) == words


@pytest.mark.parametrize("theme", THEMES)
def test_the_family_gaps_of_both_decoders(theme: str) -> None:
    figure = family_gaps(cost(1.0, families=((0.9, 0.1), (2.4, 0.3))), theme=theme)
    check(figure)
    np.testing.assert_allclose(figure.data[0].y, [0.9, 2.4], rtol=1e-6)
    np.testing.assert_allclose(figure.data[0].error_y.array, [0.2, 0.6], rtol=1e-6)
    both = "the best Gaussian q misses 0.90 nats after training on the ELBO, 2.40 after log p(x)."
    assert title(figure) == f"The bound bends the decoder towards Gaussian posteriors: {both}"
    alike = family_gaps(cost(1.0, families=((0.9, 0.5), (1.2, 0.5))), theme=theme)
    assert title(alike).startswith("The best Gaussian q misses 0.90 nats after training on the ELBO, 1.20")
    check(family_gaps(cost(1.0), theme=theme))
    assert not family_gaps(cost(1.0), theme=theme).data
