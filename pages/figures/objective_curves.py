"""The terms of one image’s objective along one control: reconstruction, −KL, their sum, the weighted sum."""

import numpy as np
from plotly.graph_objects import Figure

from pages.figures.bands import rule, words
from pages.figures.theme import INK, ThemeName, mark, nats, subscript, template, text_colour
from vae_core.lessons.objective_curves import Curve

DEEP = (6.0, 40.0)
"""Nats below each curve's top that are shown: at least, and at most."""
TICKS = (0.125, 0.25, 0.5, 1, 2, 4, 8)
ROOM = 0.17
"""Of the depth, above the tops: for words."""


def objective_curves(
    record: Curve, *, now: float, beta: float, theme: ThemeName, name: str = "log-likelihood"
) -> Figure:
    """Draw the terms along one control, each below its own top, with the encoder's place, yours and the best.

    Args:
        record: The curves.
        now: Where the control stands.
        beta: The weight on the KL; a dashed curve is the weighted sum where it is not 1.
        theme: "light" or "dark".
        name: What the reconstruction is: "log-likelihood" or "Bernoulli score".
    """
    width = record.dimension is None
    place = np.asarray(record.values, np.float64)
    curves = {
        "reconstruction": np.asarray(record.reconstruction, np.float64),
        "kl": -np.asarray(record.kl, np.float64),
        "elbo": np.asarray(record.objective(), np.float64),
    }
    below = {word: values - values.max() for word, values in curves.items()}
    here = 1.0 if width else 0.0
    lost = [float(np.interp(at, place, below["elbo"])) for at in (here, now)]
    deep = float(np.clip(1.25 * -min(lost), *DEEP))
    named = {"elbo": "L(x)", "reconstruction": _capital(name), "kl": "−KL"}
    lines = [
        _line(place, below[word], curves[word], word, named[word], wide=word == "elbo")
        for word in ("elbo", "reconstruction", "kl")
    ]
    if beta != 1.0:
        weighted = np.asarray(record.objective(beta), np.float64)
        dashed = _line(place, weighted - weighted.max(), weighted, "elbo", f"at β = {beta:g}", dash="dash")
        lines.append({**dashed, "line": {**dashed["line"], "color": text_colour("elbo", theme)}})
    best = record.best(beta)
    title = sentence(record, beta=beta, now=now)
    ink, own = INK[theme], text_colour("std" if width else "mean", theme)
    span = [float(place[0]), float(place[-1])]
    edges = np.log10(span).tolist() if width else span
    return Figure(
        data=[*lines, _star(best, ink)],
        layout=dict(
            template=template(theme),
            title={"text": title},
            meta={"alternative": f"{title} {_tops(place, curves, named, width=width)}"},
            xaxis={
                "title": {"text": _axis(record)},
                "type": "log" if width else "linear",
                "range": edges,
                "tickvals": list(TICKS) if width else None,
                "ticktext": [f"{tick:g}" for tick in TICKS] if width else None,
                "showgrid": False,
            },
            yaxis={
                "title": {"text": "nats below each curve’s top"},
                "range": [-deep, ROOM * deep],
                "zeroline": False,
            },
            shapes=[
                rule(x=here, colour=own, width=1.5, dash="dot"),
                rule(x=now, colour=text_colour("elbo", theme), width=1.5),
            ],
            annotations=_names(here, now, edges, ROOM * deep, own, theme, width=width),
            showlegend=True,
            hovermode="x",
        ),
    )


def sentence(record: Curve, *, beta: float, now: float) -> str:
    """Say where the weighted sum is highest, and what is lost where the control stands."""
    place = record.values.log() if record.dimension is None else record.values
    at = np.log(now) if record.dimension is None else now
    heights = np.asarray(record.objective(beta), np.float64)
    lost = float(heights.max() - np.interp(at, np.asarray(place, np.float64), heights))
    whose = "L(x)" if beta == 1.0 else f"Reconstruction − {beta:g} KL"
    best = record.best(beta)
    where = f"σ × {best:.2f}" if record.dimension is None else f"a shift of {nats(best, 2)}"
    return f"{whose} is highest at {where}; here it is {nats(max(lost, 0.0), 2)} nats lower."


def _axis(record: Curve) -> str:
    if record.dimension is None:
        return "factor on σ, logarithmic"
    return f"shift of μ{subscript(record.dimension + 1)}, prior σ"


def _capital(name: str) -> str:
    return "Reconstruction" if name == "log-likelihood" else name


def _line(
    x: np.ndarray,
    y: np.ndarray,
    values: np.ndarray,
    word: str,
    name: str,
    *,
    wide: bool = False,
    dash: str = "solid",
) -> dict[str, object]:
    return dict(
        type="scatter",
        x=x.astype(np.float32),
        y=y.astype(np.float32),
        customdata=values.astype(np.float32),
        mode="lines",
        name=name,
        meta={"word": word},
        line={"color": mark(word), "width": 5 if wide else 2, "dash": dash},
        hovertemplate=f"{name} %{{customdata:.2f}} nats<extra></extra>",
    )


def _star(best: float, colour: str) -> dict[str, object]:
    return dict(
        type="scatter",
        x=np.array([best], np.float32),
        y=np.array([0.0], np.float32),
        mode="markers",
        marker={"color": colour, "size": 12, "symbol": "star"},
        name="best",
        showlegend=False,
        hovertemplate="highest at %{x:.3f}<extra></extra>",
    )


def _names(
    here: float, now: float, edges: list[float], top: float, own: str, theme: ThemeName, *, width: bool
) -> list[dict[str, object]]:
    """Name both rules at the top, away from each other; one name where they are one."""
    at = {"encoder": here, "yours": now}
    if abs(here - now) < 1e-6:
        at = {"encoder": here}
    colours = {"encoder": own, "yours": text_colour("elbo", theme)}
    return [
        {
            **words(
                name,
                x=float(np.clip(np.log10(x) if width else x, *edges)),
                y=top,
                colour=colours[name],
                theme=theme,
                xanchor="right" if (name == "encoder") == (here <= now) else "left",
                yanchor="top",
            ),
            "xshift": -5 if (name == "encoder") == (here <= now) else 5,
        }
        for name, x in at.items()
    ]


def _tops(place: np.ndarray, curves: dict[str, np.ndarray], named: dict[str, str], *, width: bool) -> str:
    over = "a factor on σ" if width else "a shift of the mean"
    tops = ", ".join(f"{named[word]} at {place[values.argmax()]:.2f}" for word, values in curves.items())
    return f"Curves over {over}, each below its own top. Highest: {tops}.".replace("-", "−")
