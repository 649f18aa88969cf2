"""One joint of x and z as a heat map, with both of its edges along its sides and the other joint's beside."""

from typing import Literal

import numpy as np
from plotly.graph_objects import Figure

from pages.figures.bands import faint, words
from pages.figures.theme import GROUND, INK, ThemeName, mark, template, text_colour
from vae_core.lessons.joints_grid import JointGrid

Joint = Literal["inference", "generative"]

ACROSS, UP = 5.0, 3.5
"""How far x and z are shown to each side."""
DECADES = 4.0
"""Below the highest density that the logarithmic scale reaches."""
HEAT, EDGE = [0.0, 0.82], [0.85, 1.0]
"""Where the map and the edges stand."""
COLOURS: dict[Joint, str] = {"inference": "mean", "generative": "reconstruction"}
"""The glossary's colour of what learns: the encoder, the decoder."""
NAMES: dict[Joint, tuple[str, str, str]] = {
    "inference": ("q(x, z) = p<sub>D</sub>(x) q(z|x)", "p<sub>D</sub>(x)", "q(z)"),
    "generative": ("p(x, z) = p(z) p(x|z)", "p(x)", "p(z)"),
}


def highest(grid: JointGrid) -> float:
    """Return the highest density of both joints, to which both maps are coloured."""
    return float(np.exp(max(float(grid.log_q.max()), float(grid.log_p.max()))))


def joint_map(grid: JointGrid, joint: Joint, *, logarithmic: bool, theme: ThemeName) -> Figure:
    """Draw one of the two joints of a grid.

    Args:
        grid: Both joints.
        joint: Which one is the map; the other one lends its edges.
        logarithmic: Whether colours are even in the log of the density.
        theme: "light" or "dark".
    """
    x, z = np.asarray(grid.x), np.asarray(grid.z)
    columns, rows = _shown(x, ACROSS), _shown(z, UP)
    log_density = np.asarray(grid.log_q if joint == "inference" else grid.log_p)[np.ix_(columns, rows)].T
    top = highest(grid)
    shares = coloured(log_density, top, logarithmic=logarithmic)
    edges = {
        "inference": (np.exp(np.asarray(grid.log_data)), np.exp(np.asarray(grid.log_codes))),
        "generative": (np.exp(np.asarray(grid.log_model)), np.exp(np.asarray(grid.log_prior))),
    }
    tall = max(float(edges[name][0].max()) for name in NAMES)
    wide = max(float(edges[name][1].max()) for name in NAMES)
    heat = dict(
        type="heatmap",
        x=x[columns].astype(np.float32),
        y=z[rows].astype(np.float32),
        z=shares.astype(np.float32),
        customdata=np.exp(log_density).astype(np.float32),
        zmin=0.0,
        zmax=1.0,
        colorscale=scale(theme),
        showscale=False,
        zsmooth="fast",
        hovertemplate="x %{x:.2f}, z %{y:.2f}: density %{customdata:.3g}<extra></extra>",
        meta={"word": joint},
    )
    other: Joint = "generative" if joint == "inference" else "inference"
    lines = [
        line
        for name in (other, joint)
        for line in _edges(x[columns], z[rows], edges[name], (columns, rows), name, own=name == joint)
    ]
    title = f"{'Inference' if joint == 'inference' else 'Generative'} joint: {NAMES[joint][0]}."
    plain = title.replace("<sub>", "_").replace("</sub>", "")
    return Figure(
        data=[heat, *lines],
        layout=dict(
            template=template(theme),
            title={"text": title.replace("p<sub>D</sub>", "p_D")},
            meta={
                "alternative": f"{plain} {_where(log_density, x[columns], z[rows])} Along the top its edge "
                "over x, along the right its edge over z; the other joint's edges are dotted."
            },
            xaxis={
                "title": {"text": "x, as in the data"},
                "domain": HEAT,
                "range": [-ACROSS, ACROSS],
                "showgrid": False,
            },
            yaxis={
                "title": {"text": "z, prior σ"},
                "domain": HEAT,
                "range": [-UP, UP],
                "showgrid": False,
            },
            xaxis2={"domain": EDGE, "range": [0.0, 1.08 * wide], "visible": False, "anchor": "y"},
            yaxis2={"domain": EDGE, "range": [0.0, 1.08 * tall], "visible": False, "anchor": "x"},
            annotations=[*_named(joint, other, theme)],
            showlegend=False,
            hovermode="closest",
        ),
    )


def coloured(log_density: np.ndarray, top: float, *, logarithmic: bool) -> np.ndarray:
    """Return where densities stand on the scale of colours, 0 to 1."""
    if not logarithmic:
        return np.exp(log_density) / top
    return np.clip(1.0 + (log_density - np.log(top)) / (DECADES * np.log(10.0)), 0.0, 1.0)


def scale(theme: ThemeName) -> list[list[object]]:
    """Return the scale of colours of both maps."""
    blue = str(mark("z"))
    return [[0.0, faint(blue, 0.0)], [0.35, faint(blue, 0.6)], [0.7, blue], [1.0, INK[theme]]]


def _shown(axis: np.ndarray, reach: float) -> np.ndarray:
    """Return the places of every second node that is shown."""
    return np.flatnonzero(np.abs(axis) <= reach + 2.0 * (axis[1] - axis[0]))[::2]


def _edges(
    x: np.ndarray,
    z: np.ndarray,
    edges: tuple[np.ndarray, np.ndarray],
    places: tuple[np.ndarray, np.ndarray],
    name: Joint,
    *,
    own: bool,
) -> list[dict[str, object]]:
    colour = str(mark(COLOURS[name]))
    look = dict(
        type="scatter",
        mode="lines",
        line={"color": colour, "width": 2.25 if own else 1.5, "dash": "solid" if own else "dot"},
        meta={"word": name},
    )
    over_x, over_z = edges[0][places[0]].astype(np.float32), edges[1][places[1]].astype(np.float32)
    _, first, second = NAMES[name]
    return [
        dict(
            **look,
            x=x.astype(np.float32),
            y=over_x,
            yaxis="y2",
            hovertemplate=f"{first} %{{y:.3f}} at x = %{{x:.2f}}<extra></extra>",
        ),
        dict(
            **look,
            x=over_z,
            y=z.astype(np.float32),
            xaxis="x2",
            hovertemplate=f"{second} %{{x:.3f}} at z = %{{y:.2f}}<extra></extra>",
        ),
    ]


def _named(joint: Joint, other: Joint, theme: ThemeName) -> list[dict[str, object]]:
    """Name both edges of each side, in the corners that the curves leave free."""
    ground = faint(GROUND[theme], 0.75)
    said = []
    for row, name in enumerate((joint, other)):
        colour = text_colour(COLOURS[name], theme)
        look = {"colour": colour, "theme": theme, "bgcolor": ground}
        said += [
            words(
                NAMES[name][1], x=-ACROSS, y=1.0 - 0.075 * row, yref="paper", yanchor="top", xshift=2, **look
            ),
            words(
                NAMES[name][2], x=1.0, y=HEAT[1] - 0.075 * row, xref="paper", yref="paper", yanchor="top",
                xanchor="right", **look,
            ),
        ]  # fmt: skip
    return said


def _where(log_density: np.ndarray, x: np.ndarray, z: np.ndarray) -> str:
    row, column = np.unravel_index(int(log_density.argmax()), log_density.shape)
    return f"It is densest at x = {x[column]:.1f}, z = {z[row]:.1f}.".replace("-", "−")
