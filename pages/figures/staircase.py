"""The staircase: the importance-weighted bound L_K climbs from the ELBO towards log p(x) as K grows."""

import numpy as np
from plotly.graph_objects import Figure

from pages.figures.bands import band, rule, words
from pages.figures.theme import INK, QUIET, ThemeName, blank, nats, template, text_colour
from vae_core.estimators import Estimate, Ladder

NEARLY = 0.05
"""Of the gap: what may be left of a gap that is called closed."""

MOST_ERROR = 0.5
"""Of the gap: a standard error above says nothing."""

NO_GAP = 0.05
"""Nats: a smaller gap is not worth a climb."""

TICKS = (1, 10, 100, 1000)


def staircase(ladder: Ladder, *, log_likelihood: Estimate, elbo: Estimate, theme: ThemeName) -> Figure:
    """Draw L_K against K, between the ELBO and log p(x).

    Args:
        ladder: L_K of one image, B = 1.
        log_likelihood: log p(x) of the image, (1,); a solid line where it is exact, else a dashed one in its
            band of two standard errors.
        elbo: Its ELBO, (1,).
        theme: "light" or "dark".

    Returns:
        The figure; K stands on a logarithmic axis. Bounds are dashed, with a band of two standard errors.
    """
    if not ladder.samples:
        return blank("The staircase begins with the first weights.", theme=theme)
    k = np.asarray(ladder.samples, np.float32)
    value = np.array([float(step.value[0]) for step in ladder.steps])
    error = np.array([float(step.error[0]) for step in ladder.steps])
    top, bottom = float(log_likelihood.value[0]), float(elbo.value[0])
    ink, purple, quiet = INK[theme], text_colour("elbo", theme), QUIET[theme]
    # The delta method's error of a few draws may be beyond all measure: such steps stand hollow.
    told = error < MOST_ERROR * max(top - bottom, 1.0)
    trust = float(log_likelihood.error[0])
    known = log_likelihood.kind == "exact"
    low, high = min(bottom, value.min()), max(top, value.max())
    room = max(high - low, 0.2)
    span = [low - 0.12 * room, high + 0.14 * room]
    ends = np.log10([k[0], max(k[-1], 10.0)])
    across = [float(ends[0]) - 0.12, float(ends[1]) + 0.12]
    title = sentence(ladder, log_likelihood=log_likelihood, elbo=elbo)
    shapes = [rule(y=bottom, colour=purple, dash="dot", width=1), _log_likelihood_line(top, known, ink)]
    if not known and np.isfinite(trust):
        shapes.append(_trusted(top, trust, ink))
    stairs = dict(
        type="scatter",
        x=k,
        y=value.astype(np.float32),
        customdata=[f" ± {e:.2f}" if ok else ", error unknown" for e, ok in zip(error, told, strict=True)],
        mode="lines+markers",
        name="L_K",
        line={"color": purple, "width": 2, "dash": "dash"},
        marker={
            "color": purple,
            "size": [11] + [7] * (len(k) - 1),
            "symbol": ["circle" if ok else "circle-open" for ok in told],
        },
        showlegend=False,
        hovertemplate="K = %{x:,}: L_K = %{y:.2f}%{customdata} nats, a lower bound<extra></extra>",
    )
    return Figure(
        data=[band(k[told], value[told], error[told], colour=purple, share=0.2), stairs],
        layout=dict(
            template=template(theme),
            title={"text": title},
            meta={"alternative": f"{title} {_alternative(k, value, top, bottom, _named(log_likelihood))}"},
            xaxis={
                "title": {"text": "K, samples from the encoder’s q"},
                "type": "log",
                "range": across,
                "tickvals": [t for t in (*TICKS, float(k[-1])) if t <= k[-1]],
                "ticktext": [f"{t:,.0f}" for t in (*TICKS, float(k[-1])) if t <= k[-1]],
                "showgrid": False,
            },
            yaxis={"title": {"text": "nats per image"}, "range": span},
            shapes=shapes,
            annotations=[
                words(
                    f"{_named(log_likelihood)} {nats(top, 2)}{_spread(log_likelihood)}",
                    x=across[0],
                    y=top,
                    colour=ink,
                    theme=theme,
                    yanchor="bottom",
                ),
                words(
                    f"ELBO ≤ log p(x), {nats(bottom, 2)}",
                    x=across[1],
                    y=bottom,
                    colour=purple,
                    theme=theme,
                    xanchor="right",
                    yanchor="top",
                ),
                *_last_step(float(k[-1]), float(value[-1]), top, room, theme, quiet),
            ],
            hovermode="closest",
        ),
    )


def sentence(ladder: Ladder, *, log_likelihood: Estimate, elbo: Estimate) -> str:
    """Say how far the last step lies below log p(x)."""
    last, most = ladder.steps[-1], ladder.samples[-1]
    count = "one sample" if most == 1 else f"{most:,} samples"
    top = float(log_likelihood.value[0])
    left, gap = top - float(last.value[0]), top - float(elbo.value[0])
    if log_likelihood.kind != "exact":
        either = 2 * float(np.hypot(float(last.error[0]), float(log_likelihood.error[0])))
        if abs(left) <= either < 0.25 * gap:
            met = f"With {count} the bound meets the estimate of log p(x)"
            return f"{met}, within {nats(either, 2)} nats."
        side = "below" if left >= 0 else "above"
        said = f"With {count} the bound lies {nats(abs(left), 2)} nats {side} the estimate of log p(x)."
        return said if left >= 0 else f"{said[:-1]}: the estimate is too low."
    if gap < NO_GAP:
        return (
            f"The ELBO is within {nats(max(gap, 0.01), 2)} nats of log p(x): there is hardly a gap to close."
        )
    if left <= NEARLY * gap:
        short = "all" if left < 0.005 else f"all but {nats(left, 2)}"
        whole = nats(gap, 1 if gap >= 0.95 else 2)
        return f"With {count} the bound has closed {short} of the {whole}-nat gap."
    short = nats(left, 1 if left >= 0.95 else 2)
    return f"With {count} the bound is still {short} nats short of log p(x)."


def _named(log_likelihood: Estimate) -> str:
    names = {"exact": "exact log p(x)", "lower_bound": "log p(x), estimate (AIS)"}
    return names.get(log_likelihood.kind, "log p(x), estimate")


def _spread(log_likelihood: Estimate) -> str:
    error = float(log_likelihood.error[0])
    return "" if log_likelihood.kind == "exact" or not np.isfinite(error) else f" ± {nats(error, 2)}"


def _log_likelihood_line(top: float, known: bool, ink: str) -> dict[str, object]:
    return rule(y=top, colour=ink, dash="solid" if known else "longdash", width=2)


def _trusted(top: float, error: float, ink: str) -> dict[str, object]:
    return {
        "type": "rect",
        "x0": 0,
        "x1": 1,
        "xref": "paper",
        "y0": top - 2 * error,
        "y1": top + 2 * error,
        "fillcolor": ink,
        "opacity": 0.1,
        "line": {"width": 0},
        "layer": "below",
    }


def _last_step(
    k: float, value: float, top: float, room: float, theme: ThemeName, quiet: str
) -> list[dict[str, object]]:
    """Name the last step, and the way that is left above it where there is room for words."""
    x = float(np.log10(k))
    named = words(
        f"L<sub>{k:,.0f}</sub> {nats(value, 2)}",
        x=x,
        y=value,
        colour=text_colour("elbo", theme),
        theme=theme,
        xanchor="right",
    )
    if top - value < 0.2 * room:
        return [{**named, "yanchor": "top", "yshift": -14}]
    named.update(yanchor="bottom", yshift=5, xshift=-7)
    arrow = {
        "x": x,
        "y": top,
        "ax": x,
        "ay": value,
        "axref": "x",
        "ayref": "y",
        "text": "",
        "showarrow": True,
        "arrowhead": 2,
        "arrowsize": 0.9,
        "arrowwidth": 1.25,
        "arrowcolor": quiet,
        "startstandoff": 6,
        "standoff": 2,
    }
    left = words(
        f"{nats(top - value)} nats left",
        x=x,
        y=0.5 * (top + value),
        colour=quiet,
        theme=theme,
        xanchor="right",
    )
    return [named, arrow, {**left, "xshift": -7, "yanchor": "middle"}]


def _alternative(k: np.ndarray, value: np.ndarray, top: float, bottom: float, named: str) -> str:
    climbed = ", ".join(f"{nats(v)} at {int(n):,}" for n, v in zip(k, value, strict=True))
    return (
        f"The bound L_K against the number of samples K, in nats: {climbed}. The ELBO is {nats(bottom)}, "
        f"{named} {nats(top)}."
    )
