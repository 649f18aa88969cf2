"""What a σ costs: −log p(x|z) of one image and of many, over σ, with σ = 1 and the best one marked."""

from collections.abc import Sequence

import numpy as np
from plotly.graph_objects import Figure

from pages.figures.bands import rule, words
from pages.figures.theme import GROUND, INK, QUIET, ThemeName, mark, nats, template
from vae_core.lessons.pixels import UNIT, Errors

ABOVE = 1.25
"""How far above the cost of σ = 1 the axis goes, counted from the least."""
LOW = 0.22
"""How far up the bar its words stand: beside the curves."""
TICKS = (0.05, 0.1, 0.2, 0.5, 1.0, 2.0)


def sigma_cost(
    image: Errors, average: Errors, sigmas: Sequence[float], sigma: float, *, theme: ThemeName
) -> Figure:
    """Draw the cost over σ.

    Args:
        image: Of the image at hand.
        average: Of the validation images.
        sigmas: Where the curves are drawn.
        sigma: The one that is set.
        theme: "light" or "dark".
    """
    ink, quiet, blue = INK[theme], QUIET[theme], str(mark("reconstruction"))
    best, least, unit = image.best_sigma, image.cost(image.best_sigma), image.cost(UNIT)
    high = least + ABOVE * max(unit - least, 50.0)
    title = sentence(image, sigma)
    curves = [
        _curve(average, sigmas, quiet, "validation images", dash="dash", width=1.5),
        _curve(image, sigmas, blue, "this image"),
    ]
    bar = dict(
        type="scatter",
        x=np.array([UNIT, UNIT], np.float32),
        y=np.array([least, unit], np.float32),
        mode="lines",
        line={"color": ink, "width": 2, "dash": "dot"},
        hoverinfo="skip",
        showlegend=False,
        meta={"word": "sigma"},
    )
    dots = dict(
        type="scatter",
        x=np.array([best, UNIT, sigma], np.float32),
        y=np.array([least, unit, min(image.cost(sigma), high)], np.float32),
        mode="markers",
        marker={
            "color": [ink, ink, blue],
            "symbol": ["star", "circle-open", "circle"],
            "size": [12, 10, 12],
            "line": {"width": 2},
        },
        hovertemplate="σ = %{x:.3f}: %{y:,.1f} nats<extra></extra>",
        showlegend=False,
        meta={"word": "sigma"},
    )
    room = 0.12 * (high - least)
    return Figure(
        data=[*curves, bar, dots],
        layout=dict(
            template=template(theme),
            title={"text": title},
            meta={
                "alternative": f"{title} −log p(x|z) over σ from {sigmas[0]:.2f} to {sigmas[-1]:g}, nats: "
                f"least at σ = {best:.3f}, {nats(least)}; at σ = 1 it is {nats(unit)}. Averaged over "
                f"validation images it is least at σ = {average.best_sigma:.3f}."
            },
            xaxis={
                "title": {"text": "σ, in pixel values, logarithmic"},
                "type": "log",
                "range": [float(np.log10(sigmas[0])), float(np.log10(sigmas[-1]))],
                "tickvals": list(TICKS),
                "showgrid": False,
            },
            yaxis={"title": {"text": "−log p(x|z), nats per image"}, "range": [least - room, high]},
            shapes=[rule(x=sigma, colour=blue, width=1)],
            annotations=[
                # Places on a logarithmic axis are given as powers of ten
                words(
                    f"best σ {best:.3f}",
                    x=float(np.log10(best)),
                    y=least,
                    colour=ink,
                    theme=theme,
                    xanchor="center",
                    yanchor="top",
                    yshift=-8,
                    bgcolor=GROUND[theme],
                ),
                words(
                    f"σ = 1 costs<br>{nats(unit - least, 0)} nats",
                    x=0.0,
                    y=least + LOW * (unit - least),
                    colour=ink,
                    theme=theme,
                    xanchor="right",
                    xshift=-7,
                ),
            ],
            showlegend=True,
            hovermode="closest",
        ),
    )


def sentence(image: Errors, sigma: float) -> str:
    """Say what the σ that is set costs more than the best one."""
    excess = image.excess(sigma)
    if excess < 1.0:
        return f"σ = {sigma:g} is the best for these means: σ² is their mean squared error."
    return f"With σ = {sigma:g} the same means cost {nats(excess, 0)} nats more than with the best σ."


def _curve(
    errors: Errors, sigmas: Sequence[float], colour: str, name: str, *, width=2.5, dash="solid"
) -> dict[str, object]:
    return dict(
        type="scatter",
        x=np.asarray(sigmas, np.float32),
        y=np.array([errors.cost(sigma) for sigma in sigmas], np.float32),
        mode="lines",
        line={"color": colour, "width": width, "dash": dash},
        name=name,
        hovertemplate=f"{name}, σ = %{{x:.3f}}: %{{y:,.1f}} nats<extra></extra>",
        meta={"word": "reconstruction"},
    )
