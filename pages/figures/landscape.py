"""The tug of war over one latent code: reconstruction, −KL and ELBO as its mean or its width moves."""

import numpy as np
from plotly.graph_objects import Figure

from pages.figures.bands import rule, words
from pages.figures.theme import INK, ThemeName, mark, nats, subscript, template, text_colour
from vae_core.diagnostics import Landscape

DEEP = (3.0, 12.0)
"""Nats below each curve's top that are shown: at least, and at most."""

# The ELBO behind: along a mean the reconstruction often lies on it.
NAMES = {"elbo": "ELBO", "reconstruction": "Reconstruction", "minus_kl": "−KL"}
COLOURS = {"reconstruction": "reconstruction", "minus_kl": "kl", "elbo": "elbo"}
TICKS = [float(f"{digit}e{power}") for power in range(-6, 3) for digit in (1, 3)]
ALIKE = 0.01
"""Nats: what an encoder that is as good as the best may lose."""


def landscape(record: Landscape, *, theme: ThemeName, reconstruction_name: str = "log-likelihood") -> Figure:
    """Draw the three curves, each below its own top, with the encoder's answer and the best marked.

    Args:
        record: The landscape of one image.
        theme: "light" or "dark".
        reconstruction_name: "log-likelihood" or "Bernoulli score".
    """
    place = np.asarray(record.values, np.float64)
    is_score = reconstruction_name != "log-likelihood"
    named = {**NAMES, "reconstruction": reconstruction_name, "elbo": "ELBO (score)"} if is_score else NAMES
    curves = {name: np.asarray(getattr(record, name), np.float64) for name in NAMES}
    # Each below its own top: the three differ by hundreds of nats, and only their shapes pull
    below = {name: values - values.max() for name, values in curves.items()}
    deep = _depth(below, record, place)
    wide = record.over == "width"
    code = f"{'σ' if wide else 'μ'}{subscript(record.dimension + 1)}"
    answer, best = (float(np.log10(v)) if wide else v for v in (record.here, record.best))
    title = sentence(record, code)
    lines = [
        dict(
            type="scatter",
            x=place.astype(np.float32),
            y=values.astype(np.float32),
            customdata=curves[name].astype(np.float32),
            mode="lines",
            name=named[name],
            line={"color": mark(COLOURS[name]), "width": 5 if name == "elbo" else 2},
            hovertemplate=f"{named[name]} %{{customdata:.2f}} nats, %{{y:.2f}} to its top<extra></extra>",
        )
        for name, values in below.items()
    ]
    ink, own = INK[theme], text_colour("std" if wide else "mean", theme)
    dots = [
        _dot(record.here, record, below["elbo"], place, deep, own, "circle"),
        _dot(record.best, record, below["elbo"], place, deep, ink, "star"),
    ]
    axis = f"{code}, prior σ"
    span = [float(place[0]), float(place[-1])]
    edges = np.log10(span).tolist() if wide else span
    return Figure(
        data=[*lines, *dots],
        layout=dict(
            template=template(theme),
            title={"text": title},
            meta={"alternative": f"{title} {_alternative(record, curves, code, named)}"},
            xaxis={
                "title": {"text": f"{axis}, logarithmic" if wide else axis},
                "type": "log" if wide else "linear",
                "range": edges,
                "tickvals": [t for t in TICKS if span[0] <= t <= span[1]] if wide else None,
                "showgrid": False,
            },
            yaxis={"title": {"text": "nats below each curve’s own top"}, "range": [-deep, 0.16 * deep]},
            shapes=[
                rule(x=record.best, colour=ink, dash="dash", width=1.25),
                rule(x=record.here, colour=own, width=1.5),
            ],
            annotations=_names(answer, best, edges, deep, own, ink, theme),
            showlegend=True,
            hovermode="x",
        ),
    )


def sentence(record: Landscape, code: str) -> str:
    """Say what the encoder's answer loses against the best on this line."""
    lost = float(record.elbo.max()) - _at(record, record.here)
    if lost < ALIKE:
        return f"The encoder’s {code} of {_number(record.here)} is where the ELBO is highest."
    return (
        f"The encoder’s {code} of {_number(record.here)} loses {nats(lost, 2)} nats against "
        f"the best, {_number(record.best)}."
    )


def _at(record: Landscape, value: float) -> float:
    """The ELBO at a value that the line goes through."""
    place = np.asarray(record.values, np.float64)
    return float(np.asarray(record.elbo, np.float64)[np.abs(place - value).argmin()])


def _number(value: float) -> str:
    """Return three digits of a mean or width, with a true minus sign."""
    digits = 2 if abs(value) >= 0.1 or value == 0 else 3
    return nats(value, digits)


def _depth(below: dict[str, np.ndarray], record: Landscape, place: np.ndarray) -> float:
    """Return how far down the axis goes: to what the encoder loses, and to the ends of −KL and the ELBO."""
    lost = -float(below["elbo"][np.abs(place - record.here).argmin()])
    falls = [float(-below[name].min()) for name in ("minus_kl", "elbo")]
    return max(min(max(DEEP[0], *falls), DEEP[1]), 1.25 * lost)


def _dot(
    value: float,
    record: Landscape,
    elbo: np.ndarray,
    place: np.ndarray,
    deep: float,
    colour: str,
    symbol: str,
) -> dict[str, object]:
    height = float(elbo[np.abs(place - value).argmin()])
    return dict(
        type="scatter",
        x=np.array([value], np.float32),
        y=np.array([height], np.float32),
        mode="markers",
        marker={"color": colour, "size": 11 if symbol == "star" else 9, "symbol": symbol},
        showlegend=False,
        hoverinfo="skip",
    )


def _names(
    answer: float, best: float, edges: list[float], deep: float, own: str, ink: str, theme: ThemeName
) -> list[dict[str, object]]:
    """Name both rules at the top, away from each other."""
    left = answer <= best
    text = (("encoder", answer, own, left), ("best", best, ink, not left))
    return [
        {
            **words(
                name,
                x=min(max(at, edges[0]), edges[1]),
                y=0.16 * deep,
                colour=colour,
                theme=theme,
                xanchor="right" if to_left else "left",
                yanchor="top",
            ),
            "xshift": -5 if to_left else 5,
        }
        for name, at, colour, to_left in text
    ]


def _alternative(record: Landscape, curves: dict[str, np.ndarray], code: str, named: dict[str, str]) -> str:
    place = np.asarray(record.values, np.float64)
    tops = ", ".join(f"{named[name]} at {_number(float(place[v.argmax()]))}" for name, v in curves.items())
    return (
        f"Three curves in nats over {code} from {_number(float(place[0]))} to {_number(float(place[-1]))}, "
        f"each below its own top. Within this span the tops are: {tops}."
    )
