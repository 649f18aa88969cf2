"""log p(x|z) of one image around its code, with the encoder's q and the one that was made of it."""

import numpy as np
from plotly.graph_objects import Figure

from pages.figures.bands import faint, words
from pages.figures.theme import QUIET, ThemeName, mark, nats, subscript, template, text_colour
from vae_core.lessons.objective import Parts, Window

DEEP = 30.0
"""Nats below the top that still have a colour."""
TURNS = np.linspace(0.0, 2.0 * np.pi, 73)


def code_window(record: Window, encoder: Parts, hand: Parts, *, theme: ThemeName) -> Figure:
    """Draw log p(x|z) as a heat map, or as a curve over one latent dimension, with both q over it.

    Args:
        record: log p(x|z).
        encoder: Of the encoder's q.
        hand: Of the moved one.
        theme: "light" or "dark".
    """
    score = np.asarray(record.score, np.float64)
    below = np.maximum(score - score.max(), -DEEP)
    title = "Where the decoder finds this image likely, and where q looks for it."
    said = f"log p(x|z) is highest, {nats(float(score.max()), 1)} nats, at z = ({_places(record, score)})."
    both = (("encoder", encoder, "mean", "dash"), ("yours", hand, "elbo", "solid"))
    axes = [np.asarray(axis, np.float32) for axis in record.axes]
    flat = len(axes) == 1
    ground = _curve(axes[0], below) if flat else _heat(axes, below)
    outlines = [trace for one in both for trace in (_spans(*one) if flat else _outlines(*one))]
    layout = dict(
        template=template(theme),
        title={"text": title},
        meta={
            "alternative": f"{said} The encoder’s q is at ({_centre(encoder)}), yours at ({_centre(hand)})."
        },
        xaxis={
            "title": {"text": "z₁, prior σ"},
            "range": [float(axes[0][0]), float(axes[0][-1])],
            "showgrid": False,
            "constrain": "domain",
        },
        yaxis={
            "title": {"text": "log p(x|z), nats below its top" if flat else "z₂, prior σ"},
            "range": [-DEEP, 2.0] if flat else [float(axes[1][0]), float(axes[1][-1])],
            "showgrid": False,
            **({} if flat else {"scaleanchor": "x", "constrain": "domain"}),
        },
        shapes=[] if flat else [_ring(radius, QUIET[theme]) for radius in (1.0, 2.0)],
        annotations=[] if flat else _labels(axes, encoder, hand, theme),
        showlegend=False,
        hovermode="closest",
    )
    return Figure(data=[ground, *outlines], layout=layout)


def _heat(axes: list[np.ndarray], below: np.ndarray) -> dict[str, object]:
    colour = str(mark("reconstruction"))
    return dict(
        type="heatmap",
        x=axes[0],
        y=axes[1],
        z=below.T.astype(np.float32),
        zmin=-DEEP,
        zmax=0.0,
        colorscale=[[0.0, faint(colour, 0.0)], [0.5, faint(colour, 0.25)], [1.0, faint(colour, 0.85)]],
        showscale=False,
        zsmooth="best",
        name="log p(x|z)",
        meta={"word": "reconstruction"},
        hovertemplate="z = (%{x:.2f}, %{y:.2f}): %{z:.1f} nats to the top<extra></extra>",
    )


def _curve(axis: np.ndarray, below: np.ndarray) -> dict[str, object]:
    return dict(
        type="scatter",
        x=axis,
        y=below.astype(np.float32),
        mode="lines",
        line={"color": mark("reconstruction"), "width": 2.5},
        name="log p(x|z)",
        meta={"word": "reconstruction"},
        hovertemplate="z = %{x:.2f}: %{y:.1f} nats to the top<extra></extra>",
    )


def _outlines(name: str, parts: Parts, word: str, dash: str) -> list[dict[str, object]]:
    (a, b), (s, t) = parts.q.mean[0].tolist(), parts.q.std[0].tolist()
    # Neither a word nor a dimmed trace: both ellipses are about μ and σ at once
    return [
        dict(
            type="scatter",
            x=(a + sigmas * s * np.cos(TURNS)).astype(np.float32),
            y=(b + sigmas * t * np.sin(TURNS)).astype(np.float32),
            mode="lines",
            line={"color": mark(word), "width": 2.5 if sigmas == 1 else 1.25, "dash": dash},
            name=name,
            hovertemplate=f"{name}, {sigmas} σ<extra></extra>",
        )
        for sigmas in (1, 2)
    ]


def _spans(name: str, parts: Parts, word: str, dash: str) -> list[dict[str, object]]:
    """Of one dimension: two standard deviations to each side, at the height of the name."""
    mean, std, y = float(parts.q.mean[0, 0]), float(parts.q.std[0, 0]), 0.6 if name == "encoder" else 1.4
    return [
        dict(
            type="scatter",
            x=np.array([mean - 2 * std, mean, mean + 2 * std], np.float32),
            y=np.full(3, y, np.float32),
            mode="lines+markers",
            line={"color": mark(word), "width": 2.5, "dash": dash},
            name=name,
            hovertemplate=f"{name}, two σ to each side<extra></extra>",
        )
    ]


def _ring(radius: float, colour: str) -> dict[str, object]:
    """The prior at so many σ."""
    line = {"color": colour, "width": 1, "dash": "dot"}
    return {
        "type": "circle",
        "x0": -radius,
        "x1": radius,
        "y0": -radius,
        "y1": radius,
        "line": line,
    }


def _labels(axes: list[np.ndarray], encoder: Parts, hand: Parts, theme: ThemeName) -> list[dict[str, object]]:
    """Name both q beside them, away from each other; one name where they are one."""
    places = {"encoder": encoder, "yours": hand}
    if hand.elbo == encoder.elbo and bool((hand.q.mean == encoder.q.mean).all()):
        places = {"encoder": encoder}
    colours = {"encoder": text_colour("mean", theme), "yours": text_colour("elbo", theme)}
    righter = "yours" if float(hand.q.mean[0, 0]) >= float(encoder.q.mean[0, 0]) else "encoder"
    found = []
    for name, parts in places.items():
        side = 1.0 if name == righter else -1.0
        x = float(parts.q.mean[0, 0]) + side * 2.0 * float(parts.q.std[0, 0])
        label = words(
            name,
            x=float(np.clip(x, axes[0][0], axes[0][-1])),
            y=float(np.clip(float(parts.q.mean[0, 1]), axes[1][0], axes[1][-1])),
            colour=colours[name],
            theme=theme,
            xanchor="left" if side > 0 else "right",
            yanchor="middle",
        )
        found.append({**label, "xshift": 4.0 * side})
    return found


def _places(record: Window, score: np.ndarray) -> str:
    top = np.unravel_index(int(score.argmax()), score.shape)
    return ", ".join(nats(float(axis[k]), 2) for axis, k in zip(record.axes, top, strict=True))


def _centre(parts: Parts) -> str:
    return ", ".join(
        f"z{subscript(j + 1)} {nats(float(value), 2)}" for j, value in enumerate(parts.q.mean[0])
    )
