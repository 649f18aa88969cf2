"""Maximum likelihood and least KL: one curve below its ceiling −H, another above 0, with one best θ."""

import numpy as np
from plotly.graph_objects import Figure

from pages.figures.bands import rule, words
from pages.figures.theme import INK, QUIET, ThemeName, mark, nats, template, text_colour
from vae_core.lessons.likelihood_family import Family

NAMED = 30
"""The place of the θ at which the curves are named."""


def family_fit(family: Family, member: int, *, theme: ThemeName) -> Figure:
    """Draw E log p_θ(x) below −H, and KL(p_D ‖ p_θ), over θ.

    Args:
        family: All of it.
        member: The place of the θ that is set.
        theme: "light" or "dark".
    """
    thetas, fit, kl = (np.asarray(values, np.float64) for values in (family.thetas, family.fit, family.kl))
    ink, orange, here = INK[theme], str(mark("kl")), float(thetas[member])
    ceiling, low = -family.entropy, float(fit.min())
    room = 0.12 * (ceiling - low)
    title = sentence(family, member)
    lines = [
        _line(thetas, fit, ink, "y", "fit", "E log p<sub>θ</sub>(x) %{y:.4f} nats at θ = %{x:.2f}"),
        _line(
            thetas, kl, orange, "y2", "kl", "KL(p<sub>D</sub> ‖ p<sub>θ</sub>) %{y:.4f} nats at θ = %{x:.2f}"
        ),
        _line(
            thetas[[0, -1]], np.full(2, ceiling), QUIET[theme], "y", "entropy", "−H %{y:.4f} nats", dash="dot"
        ),
        _line(
            np.full(2, here),
            np.array([fit[member], ceiling]),
            orange,
            "y",
            "kl",
            "the distance is the KL",
            width=4,
        ),
        _dot(here, fit[member], ink, "y", "fit"),
        _dot(here, kl[member], orange, "y2", "kl"),
    ]
    best, at_best = float(thetas[family.best]), member == family.best
    return Figure(
        data=lines,
        layout=dict(
            template=template(theme),
            title={"text": title},
            meta={
                "alternative": f"{title} Above, E log p_θ(x) over θ, below the ceiling −H = "
                f"{nats(ceiling, 3)}; beneath, KL(p_D ‖ p_θ). The first is greatest and the second least "
                f"at the same θ."
            },
            xaxis={
                "title": {"text": "θ, the probability that a pixel is flipped"},
                "anchor": "y2",
                "range": [0.0, float(thetas[-1]) + 0.01],
                "showgrid": False,
            },
            yaxis={
                "title": {"text": "nats per image"},
                "domain": [0.5, 1.0],
                "range": [low - 0.5 * room, ceiling + 2.2 * room],
            },
            yaxis2={"title": {"text": "nats per image"}, "domain": [0.0, 0.4], "rangemode": "tozero"},
            shapes=[rule(x=best, colour=QUIET[theme], dash="dash", width=1.25)] if at_best else [],
            annotations=[
                _words("−H(p<sub>D</sub>)", thetas[-1], ceiling, QUIET[theme], theme, yanchor="bottom"),
                _words(
                    "E log p<sub>θ</sub>(x)", thetas[NAMED], fit[NAMED], ink, theme, yanchor="top", yshift=-2
                ),
                _words(
                    "KL(p<sub>D</sub> ‖ p<sub>θ</sub>)",
                    thetas[NAMED],
                    kl[NAMED],
                    text_colour("kl", theme),
                    theme,
                    yref="y2",
                    yanchor="bottom",
                    yshift=2,
                ),
            ],
            hovermode="closest",
        ),
    )


def sentence(family: Family, member: int) -> str:
    """Say how far the θ that is set lies below the ceiling."""
    theta, kl = float(family.thetas[member]), float(family.kl[member])
    if member == family.best:
        return f"At θ = {theta:.2f} the data are likeliest, and the KL is least: {nats(kl, 3)} nats."
    return f"At θ = {theta:.2f} the mean log-likelihood lies {nats(kl, 3)} nats below −H: that is the KL."


def _line(
    x: np.ndarray, y: np.ndarray, colour: str, axis: str, word: str, hover: str, *, width=2.0, dash="solid"
) -> dict[str, object]:
    return dict(
        type="scatter",
        x=x.astype(np.float32),
        y=y.astype(np.float32),
        yaxis=axis,
        mode="lines",
        line={"color": colour, "width": width, "dash": dash},
        hovertemplate=f"{hover}<extra></extra>",
        showlegend=False,
        meta={"word": word},
    )


def _dot(x: float, y: float, colour: str, axis: str, word: str) -> dict[str, object]:
    return dict(
        type="scatter",
        x=np.array([x], np.float32),
        y=np.array([y], np.float32),
        yaxis=axis,
        mode="markers",
        marker={"color": colour, "size": 10},
        hoverinfo="skip",
        showlegend=False,
        meta={"word": word},
    )


def _words(text: str, x: float, y: float, colour: str, theme: ThemeName, **more) -> dict[str, object]:
    return words(text, x=float(x), y=float(y), colour=colour, theme=theme, xanchor="right", **more)
