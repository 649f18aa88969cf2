"""A page of the three components on fixed data. ?show= says which, so that a test loads what it needs."""

import sys
from pathlib import Path

ROOT = str(Path(__file__).resolve().parents[3])
if ROOT not in sys.path:
    sys.path.insert(0, ROOT)

import numpy as np  # noqa: E402
import streamlit as st  # noqa: E402
from plotly.graph_objects import Figure, Scatter, Scattergl  # noqa: E402

from pages.components.decoder import latent_sliders  # noqa: E402
from pages.components.images import image_grid  # noqa: E402
from pages.components.plot import plot  # noqa: E402
from pages.figures.theme import template  # noqa: E402
from pages.state import theme  # noqa: E402
from tests.browser.harness.draw_part import draw_part  # noqa: E402
from tests.browser.harness.film_part import film_part  # noqa: E402
from tests.browser.harness.follow_part import follow_part  # noqa: E402
from tests.browser.harness.ledger_part import ledger_part  # noqa: E402
from tests.browser.harness.models import random_snapshot  # noqa: E402
from tests.browser.harness.pad_part import empty_part, pad_part  # noqa: E402
from tests.browser.harness.pixels_part import pixels_part  # noqa: E402
from tests.browser.harness.plane_part import plane_part  # noqa: E402
from tests.browser.harness.posterior_part import posterior_part  # noqa: E402

VARIABLES = theme.stylesheet()


def decoder_part() -> None:
    """The instrument, and what Python hears; with ?live the weights change four times a second."""
    live = "live" in st.query_params

    def instrument() -> None:
        ticks = st.session_state["ticks"] = st.session_state.get("ticks", -1) + 1
        snapshot = random_snapshot(
            latent_dim=int(st.query_params.get("latent", "2")),
            image_shape=tuple(int(side) for side in st.query_params.get("shape", "1,28,28").split(",")),
            seed=ticks if live else 0,
        )
        kl = np.linspace(2.4, 0.0, snapshot.config.latent_dim) if "kl" in st.query_params else None
        given = (1.5, -0.5) if st.toggle("Move") else None
        position = latent_sliders(snapshot, key="sliders", z=given, kl_per_dimension=kl)
        st.text("heard " + " ".join(f"{value:.2f}" for value in position.z))
        st.text(f"ticks {ticks}")

    st.fragment(instrument, run_every=0.25 if live else None)()


def plot_part() -> None:
    """A chart of ?points= points, four times a second with ?live; Streamlit's own chart with ?native."""
    live = "live" in st.query_params
    points = int(st.query_params.get("points", "300"))
    native = "native" in st.query_params

    def chart() -> None:
        ticks = st.session_state["ticks"] = st.session_state.get("ticks", -1) + 1
        random = np.random.default_rng(ticks)
        if points > 1000:
            x, y = random.standard_normal((2, points)).astype(np.float32)
            trace = Scattergl(x=x, y=y, mode="markers", marker={"size": 4})
        else:
            x = np.arange(points, dtype=np.float32)
            trace = Scatter(x=x, y=(np.log1p(x) + 0.1 * random.standard_normal(points)).astype(np.float32))
        figure = Figure(trace)
        figure.update_layout(
            title=f"Tick {ticks}",
            uirevision="same",
            template=template(theme.theme_name()),
            margin={"l": 48, "r": 8, "t": 40, "b": 40},
        )
        figure.update_xaxes(title="step")
        figure.update_yaxes(title="nats per image")
        if native:
            st.plotly_chart(figure, key="native", height=320)
        else:
            plot(figure, key="chart", alt=f"A test curve, tick {ticks}")
        st.text(f"ticks {ticks}")

    st.fragment(chart, run_every=0.25 if live else None)()


def images_part() -> None:
    """Two rows of grey images with labels, and one of colour images with captions."""
    random = np.random.default_rng(0)
    changed = st.toggle("Other images")
    grey = random.integers(0, 256, (24, 784), dtype=np.uint8)
    image_grid(
        255 - grey if changed else grey,
        (1, 28, 28),
        columns=12,
        key="grey",
        alt="Twelve originals over their reconstructions",
        row_labels=("originals", "reconstructions"),
    )
    colour = random.integers(0, 256, (5, 3 * 6 * 8), dtype=np.uint8)
    image_grid(
        colour,
        (3, 6, 8),
        columns=5,
        key="colour",
        alt="Five colour images",
        captions=[f"image {n}" for n in range(5)],
    )


def parts() -> None:
    """What ?show= names."""
    shown = {
        "decoder": decoder_part,
        "plot": plot_part,
        "images": images_part,
        "pad": pad_part,
        "empty": empty_part,
        "follow": follow_part,
        "pixels": pixels_part,
        "plane": plane_part,
        "ledger": ledger_part,
        "draw": draw_part,
        "film": film_part,
        "posterior": posterior_part,
    }
    shown[st.query_params.get("show", "decoder")]()


def deeper() -> None:
    """The same at an address of its own."""
    parts()


st.set_page_config(page_title="Components", layout="wide")
st.html(f"<style>{VARIABLES}</style>")
st.navigation(
    [st.Page(parts, title="Parts", default=True), st.Page(deeper, title="Deeper")], position="hidden"
).run()
