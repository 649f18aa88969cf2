"""One pixel's term of log p(x|z), over a of a Bernoulli or μ of a Gaussian."""

from collections.abc import Callable

import numpy as np
from plotly.graph_objects import Figure

from pages.figures.bands import rule, words
from pages.figures.theme import INK, QUIET, ThemeName, mark, nats, template

POINTS = 161
DEEP = 6.0
"""Nats below the top that are shown, at least."""


def pixel_term(
    term: Callable[[float], float],
    *,
    x: float,
    value: float,
    own: float,
    best: float,
    span: tuple[float, float],
    symbol: str,
    score: bool,
    theme: ThemeName,
) -> Figure:
    """Draw the term, the value that is set, the decoder's own and the pixel itself.

    Args:
        term: The term in nats at a value.
        x: The pixel.
        value: The one that is set.
        own: The decoder's.
        best: The highest that the term can be.
        span: From where to where.
        symbol: "a" or "μ".
        score: Whether the term is a score and no log-likelihood.
        theme: "light" or "dark".
    """
    places = np.linspace(*span, POINTS)
    terms = np.array([term(float(place)) for place in places])
    ink, quiet, blue = INK[theme], QUIET[theme], str(mark("reconstruction"))
    top, here, there = best, term(value), term(own)
    deep = max(DEEP, 1.15 * (top - here), 1.15 * (top - there))
    deep = min(deep, float(top - terms.min()) + 0.5)
    title = sentence(x, value, here, top, symbol=symbol, score=score)
    curve = dict(
        type="scatter",
        x=places.astype(np.float32),
        y=terms.astype(np.float32),
        mode="lines",
        line={"color": blue, "width": 2.5},
        hovertemplate=f"{symbol} = %{{x:.3f}}: %{{y:.3f}} nats<extra></extra>",
        showlegend=False,
        meta={"word": "reconstruction"},
    )
    word = "a" if symbol == "a" else "mu"
    decoders = _dot(
        own, there, {"color": ink, "size": 12, "symbol": "circle-open", "line": {"width": 2}}, word
    )
    hand = _dot(value, here, {"color": blue, "size": 11}, word)
    return Figure(
        data=[curve, decoders, hand],
        layout=dict(
            template=template(theme),
            title={"text": title},
            meta={
                "alternative": f"{title} The term over {symbol} from {span[0]:g} to {span[1]:g}; it is "
                f"highest at {symbol} = x, {nats(top, 3)} nats. The decoder’s {symbol} is {nats(own, 3)}."
            },
            xaxis={
                "title": {"text": f"{symbol} of this pixel"},
                "range": [min(0.0, span[0]), max(1.0, span[1])],
                "showgrid": False,
            },
            yaxis={
                "title": {"text": "score, nats" if score else "log p(x<sub>d</sub>|z), nats"},
                "range": [top - deep, top + 0.14 * deep],
            },
            shapes=[rule(x=x, colour=quiet, dash="dash", width=1.25)],
            annotations=[
                words(
                    f"x = {nats(x, 2)}",
                    x=x,
                    y=top + 0.14 * deep,
                    colour=quiet,
                    theme=theme,
                    xanchor="left" if x < 0.5 else "right",
                    yanchor="top",
                    xshift=5 if x < 0.5 else -5,
                )
            ],
            hovermode="closest",
        ),
    )


def sentence(x: float, value: float, here: float, top: float, *, symbol: str, score: bool) -> str:
    """Say what the pixel is, what its term is, and what it could be at most."""
    name = "score" if score else "term"
    return (
        f"The pixel is {nats(x, 2)}. With {symbol} = {nats(value, 3)} its {name} is {nats(here, 3)} nats, "
        f"at best {nats(top + 0.0, 3)}."
    )


def _dot(x: float, y: float, marker: dict[str, object], word: str) -> dict[str, object]:
    return dict(
        type="scatter",
        x=np.array([x], np.float32),
        y=np.array([y], np.float32),
        mode="markers",
        marker=marker,
        hovertemplate="%{y:.3f} nats<extra></extra>",
        showlegend=False,
        meta={"word": word},
    )
