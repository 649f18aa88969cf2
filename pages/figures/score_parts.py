"""The cost of an image under a Bernoulli decoder: a floor that no decoder gets below, and the rest."""

import numpy as np
from plotly.graph_objects import Figure

from pages.figures.bands import faint, words
from pages.figures.theme import QUIET, ThemeName, mark, nats, template, text_colour


def score_parts(cost: float, floor: float, *, binary: bool, theme: ThemeName) -> Figure:
    """Draw both as parts of one bar.

    Args:
        cost: Minus the log-likelihood, or minus the score, nats per image.
        floor: Σ h(x_d).
        binary: Whether the pixels are black and white.
        theme: "light" or "dark".
    """
    blue, quiet = str(mark("reconstruction")), QUIET[theme]
    title = sentence(cost, floor, binary=binary)
    parts = [
        ("Σ h(x_d), the floor", floor, faint(quiet, 0.45), "floor"),
        ("Σ KL(x_d ‖ a_d)", cost - floor, blue, "reconstruction"),
    ]
    bars = [
        dict(
            type="bar",
            orientation="h",
            x=np.array([size], np.float32),
            y=["cost"],
            width=0.5,
            name=name.replace("x_d", "x<sub>d</sub>").replace("a_d", "a<sub>d</sub>"),
            marker={"color": colour},
            hovertemplate=f"{name.split(',')[0]}: %{{x:.2f}} nats<extra></extra>",
            meta={"word": word},
        )
        for name, size, colour, word in parts
        if size > 1e-9
    ]
    return Figure(
        data=bars,
        layout=dict(
            template=template(theme),
            title={"text": title},
            meta={"alternative": f"{title} Floor {nats(floor, 2)}, the rest {nats(cost - floor, 2)} nats."},
            barmode="stack",
            xaxis={"title": {"text": "nats per image"}, "rangemode": "tozero"},
            yaxis={"visible": False},
            showlegend=True,
            hovermode="closest",
            annotations=[
                words(
                    nats(cost, 1),
                    x=cost,
                    y="cost",
                    colour=text_colour("reconstruction", theme),
                    theme=theme,
                    xshift=4,
                )
            ],
        ),
    )


def sentence(cost: float, floor: float, *, binary: bool) -> str:
    """Say what of the cost no decoder can save."""
    if binary:
        return f"This image costs {nats(cost)} nats. Its pixels are black or white: the floor is 0."
    return f"This image’s Bernoulli score costs {nats(cost)} nats; {nats(floor)} of them are a floor."
