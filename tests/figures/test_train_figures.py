import numpy as np
import pytest
from plotly.graph_objects import Figure

from pages.figures.curves import MOST_POINTS, curves, thin
from pages.figures.latent_map import latent_map, openness, widest_dimensions
from pages.figures.ledger import ledger, step_ledger, validation_ledger
from pages.figures.theme import mark, template
from pages.figures.toy_scatter import toy_scatter
from tests.figures.records import history, observation

THEMES = ("light", "dark")


def title(figure: Figure) -> str:
    return figure.layout.title.text


def check(figure: Figure) -> None:
    """What holds for every figure: a sentence, an alternative, finite numbers, few points."""
    assert title(figure)
    assert title(figure)[0].isupper() or title(figure)[0] == "−"
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


@pytest.mark.parametrize("theme", THEMES)
@pytest.mark.parametrize("log_steps", [False, True])
@pytest.mark.parametrize("points", [0, 1, 2, 3, 299, 300, 301, 20_000])
def test_curves_have_few_points_and_a_sentence(points: int, log_steps: bool, theme: str) -> None:
    figure = curves(history(points, validations=min(points, 10)), theme=theme, log_steps=log_steps)
    check(figure)
    assert all(len(trace.x) <= MOST_POINTS for trace in figure.data)
    assert len(figure.data) == (6 if points else 0)


def test_curves_train_solid_validation_dashed_in_the_glossarys_colours() -> None:
    figure = curves(history(), theme="light")
    assert [trace.line.dash for trace in figure.data] == ["solid", "dash"] * 3
    assert [trace.line.color for trace in figure.data[::2]] == [
        mark(w) for w in ("elbo", "reconstruction", "kl")
    ]


def test_curves_say_how_the_elbo_moves() -> None:
    assert "level" in title(curves(history(2000), theme="light"))
    assert "rising" in title(curves(history(40), theme="light"))
    assert "Validation ELBO (lower bound) −146.0 nats/image, level by now." in title(
        curves(history(), theme="light")
    )


def test_grey_pixels_have_a_score_and_its_floor() -> None:
    figure = curves(history(), theme="light", reconstruction_name="Bernoulli score")
    assert [trace.name for trace in figure.data if trace.showlegend] == [
        "ELBO (score)",
        "Bernoulli score",
        "KL",
    ]
    for trace in figure.data:
        assert trace.hovertemplate.startswith(f"{trace.name}, ")
    assert "as a score" in title(figure)
    assert "bound" not in title(figure)
    figure = step_ledger(history(), theme="light", reconstruction_name="Bernoulli score", floor=46.28)
    check(figure)
    assert figure.data[0].name == "Bernoulli score"
    assert "nats/image: Bernoulli score 140.0 + KL" in title(figure)
    assert "less than 46.3 on average over all training images." in title(figure)
    assert "log p" not in figure.layout.xaxis.title.text.replace("not of log p", "")
    assert figure.layout.shapes[0].x0 == 46.28
    figure = validation_ledger(
        observation(), theme="light", reconstruction_name="Bernoulli score", floor=46.28
    )
    assert "less than 46.3 on these grey images." in title(figure)


def test_thinned_curves_say_that_a_point_is_a_mean() -> None:
    for log_steps in (False, True):
        for trace in curves(history(2000), theme="light", log_steps=log_steps).data:
            averaged = "batch mean, n = %{customdata:d}" in trace.hovertemplate
            assert averaged == (trace.line.dash == "solid")
            if averaged:
                assert len(trace.customdata) == len(trace.y)
                assert sum(trace.customdata) == 2000
    for trace in curves(history(200), theme="light").data:
        assert "mean" not in trace.hovertemplate


def test_thinning_keeps_the_ends_and_the_mean() -> None:
    steps, values = np.arange(1.0, 10_001), np.linspace(0, 1, 10_000)
    for log_steps in (False, True):
        x, y, sizes = thin(steps, values, log_steps=log_steps)
        assert x[0] == 1
        assert x[-1] == 10_000
        assert (np.diff(x) > 0).all()
        assert (np.diff(y) > 0).all()
        assert (sizes == np.diff(np.concatenate(([0], x)))).all()
        assert np.average(y, weights=sizes) == pytest.approx(values.mean(), abs=1e-6)


@pytest.mark.parametrize("theme", THEMES)
@pytest.mark.parametrize("latent_dim", [1, 2, 8, 32])
def test_the_ledger_adds_up(latent_dim: int, theme: str) -> None:
    figure = step_ledger(history(latent_dim=latent_dim), theme=theme)
    check(figure)
    assert len(figure.data) == latent_dim + 1
    last = history(latent_dim=latent_dim).train
    assert sum(trace.x[0] for trace in figure.data) == pytest.approx(-last.elbo[-1])


def test_the_ledger_of_validation_data_says_whose_it_is() -> None:
    figure = validation_ledger(observation(kl=(1.0, 2.0)), theme="light")
    check(figure)
    assert title(figure) == "Validation data cost 143.0 ± 1.2 nats/image: reconstruction 140.0 + KL 3.0."
    assert figure.layout.xaxis.title.text.startswith("cost = −ELBO ≥ −log p(x); ± standard error")
    assert "KL z₁ 1.0<br>KL z₂ 2.0" in figure.layout.annotations[0].text


def test_the_ledger_of_a_density_and_of_a_weighed_kl() -> None:
    figure = ledger(12.5, [0.5], whose="It costs", theme="light", weight=4.0)
    assert figure.data[0].x[0] == -12.5
    assert "weighs this KL by 4" in title(figure)
    assert title(figure).startswith("It costs −12.0 nats/image: reconstruction −12.5 + KL 0.5.")
    check(ledger(0.0, [0.0], whose="It costs", theme="dark"))
    check(step_ledger(history(0, validations=0), theme="light"))


@pytest.mark.parametrize("theme", THEMES)
@pytest.mark.parametrize("labels", [True, False])
@pytest.mark.parametrize(("latent_dim", "count"), [(1, 50), (2, 500), (2, 2000), (8, 1201), (32, 40)])
def test_the_latent_map(latent_dim: int, count: int, labels: bool, theme: str) -> None:
    seen = observation(latent_dim=latent_dim, count=count, labels=labels)
    figure = latent_map(seen, theme=theme)
    check(figure)
    assert {trace.type for trace in figure.data} <= {"bar", "scatter"}  # WebGL is not there everywhere
    if latent_dim == 1:
        assert sum(trace.y.sum() for trace in figure.data if trace.type == "bar") == count
    else:
        assert sum(len(trace.x) for trace in figure.data) == count
        assert len(figure.layout.shapes) == 2


def test_the_map_takes_the_two_widest_dimensions_and_says_so() -> None:
    seen = observation(latent_dim=4, kl=(0.0, 3.0, 0.005, 5.0))
    figure = latent_map(seen, theme="light")
    assert title(figure) == "KL has closed 2 of 4 dimensions."
    assert figure.layout.xaxis.title.text == "z₂ (KL 3.0 nats)"
    assert figure.layout.yaxis.title.text == "z₄ (KL 5.0 nats)"
    assert widest_dimensions(np.zeros(3)) == (0, 1)


@pytest.mark.parametrize(
    ("kl", "sentence"),
    [
        ((3.0,), "The one latent dimension carries 3.0 nats about x."),
        ((0.0,), "The one latent dimension tells nothing about x."),
        ((1.0, 2.0), "Both latent dimensions are in use."),
        ((1.0, 2.0, 1.0), "All 3 latent dimensions are in use."),
        ((0.0, 0.0), "KL has closed every dimension: z tells nothing about x."),
    ],
)
def test_the_sentence_of_openness(kl: tuple[float, ...], sentence: str) -> None:
    assert openness(np.array(kl)) == sentence


@pytest.mark.parametrize("theme", THEMES)
@pytest.mark.parametrize("dimensions", [1, 2])
def test_toys_show_data_samples_and_reconstructions(dimensions: int, theme: str) -> None:
    figure = toy_scatter(observation(dimensions=dimensions, count=400), theme=theme)
    check(figure)
    assert len(figure.data) == 3


@pytest.mark.parametrize("draw", [latent_map, toy_scatter])
def test_before_the_first_look_a_figure_has_words(draw) -> None:
    figure = draw(None, theme="dark")
    check(figure)
    assert figure.layout.annotations[0].text == title(figure)


def test_templates_differ_in_ink_only() -> None:
    light, dark = (template(name).to_plotly_json()["layout"] for name in THEMES)
    assert light["font"]["color"] != dark["font"]["color"]
    assert light["margin"] == dark["margin"]
    assert light.keys() == dark.keys()
