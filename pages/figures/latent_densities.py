"""Densities over a code of one dimension: the prior, all codes, and one image's q(z|x) and p(z|x)."""

import numpy as np
from plotly.graph_objects import Figure

from pages.figures.theme import INK, QUIET, ThemeName, mark, template
from vae_core.finite_world import Curves

SHOWN = 1e-4
"""Of the highest density: where all lie below, the axis ends."""


def latent_densities(curves: Curves, *, image: str, theme: ThemeName) -> Figure:
    """Draw the four densities over z.

    Args:
        curves: Of one latent dimension.
        image: What the chosen image is, in a few words.
        theme: "light" or "dark".
    """
    (z,) = curves.axes
    lines = (
        ("prior p(z)", curves.prior, QUIET[theme], "solid", "prior"),
        ("all codes q(z)", curves.aggregate, str(mark("z")), "solid", "aggregate"),
        ("encoder q(z|x)", curves.encoder, str(mark("mean")), "solid", "kl"),
        ("posterior p(z|x)", curves.posterior, INK[theme], "dot", "gap"),
    )
    together = np.maximum.reduce([values for _, values, *_ in lines])
    shown = z[together > SHOWN * together.max()]
    title = _sentence(curves, image)
    return Figure(
        data=[
            dict(
                type="scatter",
                x=z.astype(np.float32),
                y=values.astype(np.float32),
                mode="lines",
                line={"color": colour, "width": 2, "dash": dash},
                name=name,
                meta={"word": word},
                hovertemplate=f"{name} at z = %{{x:.2f}}: %{{y:.3f}}<extra></extra>",
            )
            for name, values, colour, dash, word in lines
        ],
        layout=dict(
            template=template(theme),
            title={"text": title},
            meta={"alternative": f"{title} Four curves over z: {', '.join(name for name, *_ in lines)}."},
            xaxis={"title": {"text": "z, in prior σ"}, "range": [float(shown[0]), float(shown[-1])]},
            yaxis={"title": {"text": "density, per prior σ"}, "rangemode": "tozero"},
            hovermode="closest",
        ),
    )


def _sentence(curves: Curves, image: str) -> str:
    """Say how the encoder's density of the image lies on the true one."""
    (z,) = curves.axes
    # half of ∫ |q(z|x) − p(z|x)| dz
    apart = 0.5 * float(np.trapezoid(np.abs(curves.encoder - curves.posterior), z))
    return f"For the {image}, q(z|x) and the true posterior have {100 * (1 - apart):.0f} % in common."
