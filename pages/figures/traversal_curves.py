"""A traversal of data that are points: where each latent dimension takes the decoded x."""

from collections.abc import Sequence

import numpy as np
from plotly.graph_objects import Figure

from pages.figures.theme import ThemeName, class_colour, template

TITLE = "Each curve is where the decoded x goes as one latent dimension moves."


def traversal_curves(
    curves: np.ndarray, values: Sequence[float], *, names: Sequence[str], theme: ThemeName
) -> Figure:
    """Draw one curve a latent dimension.

    Args:
        curves: The decoded x of each dimension at each value, (L, V, 1) or (L, V, 2).
        values: Of the moved dimension, (V,), in prior σ.
        names: Of the dimensions, (L,).
        theme: "light" or "dark".

    Returns:
        Curves in the plane of x; against z_j where x is one number.
    """
    flat = curves.shape[2] == 1
    z = np.asarray(values, np.float32)
    lines = [
        dict(
            type="scatter",
            x=z if flat else curve[:, 0].astype(np.float32),
            y=curve[:, -1].astype(np.float32),
            customdata=z,
            mode="lines",
            name=name,
            line={"color": class_colour(n), "width": 2},
            hovertemplate=f"{name}, z_j = %{{customdata:.1f}}: "
            + ("x = %{y:.2f}" if flat else "x = %{x:.2f}, %{y:.2f}")
            + "<extra></extra>",
        )
        for n, (curve, name) in enumerate(zip(curves, names, strict=True))
    ]
    plane = {"title": {"text": "x₂"}, "scaleanchor": "x", "constrain": "domain"}
    layout = dict(
        template=template(theme),
        title={"text": TITLE},
        meta={"alternative": f"{TITLE} {len(lines)} curves: {', '.join(names)}."},
        xaxis={"title": {"text": "z_j, prior σ" if flat else "x₁"}},
        yaxis={"title": {"text": "x"}} if flat else plane,
        showlegend=True,
        hovermode="closest",
    )
    return Figure(data=lines, layout=layout)
