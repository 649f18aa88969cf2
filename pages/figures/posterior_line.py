"""The true posterior over one latent dimension, and Gaussians laid over it."""

from collections.abc import Sequence

import numpy as np
from plotly.graph_objects import Figure

from pages.figures.bands import faint
from pages.figures.theme import INK, ThemeName, blank, mark, nats, template, text_colour
from vae_core.estimators import PosteriorGrid

DASHES = {"solid": "solid", "dotted": "dot", "dashed": "dash"}
SEEN = 1e-3
"""Of a curve's peak: the axis begins and ends where all are below."""

ALIKE = 0.1


def posterior_line(
    grid: PosteriorGrid, gaussians: Sequence[tuple[str, float, float, str]], *, theme: ThemeName
) -> Figure:
    """Draw p(z|x) as a filled curve, and Gaussians over it.

    Args:
        grid: The posterior of one image over one latent dimension.
        gaussians: Name, mean, standard deviation and style, "solid", "dotted" or "dashed"; the encoder's q
            first.
        theme: "light" or "dark".
    """
    if len(grid.axes) != 1:
        return blank("This curve is drawn for one latent dimension.", theme=theme)
    z = np.asarray(grid.axes[0], np.float64)
    density = np.exp(np.asarray(grid.log_density, np.float64))
    ink = INK[theme]
    curves = [
        dict(
            type="scatter",
            x=z.astype(np.float32),
            y=density.astype(np.float32),
            mode="lines",
            fill="tozeroy",
            fillcolor=faint(str(mark("z")), 0.3),
            line={"color": mark("z"), "width": 2},
            name="p(z|x)",
            hovertemplate="z = %{x:.3f}: p(z|x) = %{y:.3g}<extra></extra>",
        )
    ]
    seen = density > SEEN * density.max()
    for n, (name, mean, std, style) in enumerate(gaussians):
        # N(z; μ, σ²)
        q = np.exp(-0.5 * ((z - mean) / std) ** 2) / (std * np.sqrt(2 * np.pi))
        seen |= q > SEEN * q.max()
        curves.append(
            dict(
                type="scatter",
                x=z.astype(np.float32),
                y=q.astype(np.float32),
                mode="lines",
                line={
                    "color": text_colour("mean", theme) if n == 0 else ink,
                    "width": 2,
                    "dash": DASHES.get(style, "solid"),
                },
                name=name,
                hovertemplate=f"{name}: z = %{{x:.3f}}: %{{y:.3g}}<extra></extra>",
            )
        )
    title = sentence(grid, gaussians)
    told = "; ".join(f"{name}: mean {nats(mean, 3)}, σ {nats(std, 3)}" for name, mean, std, _ in gaussians)
    layout = dict(
        template=template(theme),
        title={"text": title},
        meta={"alternative": f"{title} Densities over z. {told}"},
        xaxis={
            "title": {"text": "z, prior σ"},
            "range": [float(z[seen][0]), float(z[seen][-1])],
            "showgrid": False,
        },
        yaxis={"title": {"text": "density"}, "rangemode": "tozero"},
        showlegend=True,
        hovermode="closest",
    )
    return Figure(data=curves, layout=layout)


def sentence(grid: PosteriorGrid, gaussians: Sequence[tuple[str, float, float, str]]) -> str:
    """Say how the first Gaussian lies to the posterior: how far off, and how wide."""
    mean, std = float(grid.mean[0]), float(grid.cov[0, 0]) ** 0.5
    if not gaussians:
        return f"The true posterior p(z|x) has its mean at {nats(mean, 2)} and σ {nats(std, 3)}."
    name, centre, wide, _ = gaussians[0]
    off = abs(centre - mean) / std
    place = f"The {name} lies {off:.1f} posterior σ beside the true posterior’s mean"
    if wide < (1 - ALIKE) * std:
        return f"{place} and is {std / wide:.1f} times too narrow."
    if wide > (1 + ALIKE) * std:
        return f"{place} and is {wide / std:.1f} times too wide."
    return f"{place} and is as wide."
