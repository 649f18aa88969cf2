"""What training on the bound costs: the same decoder trained on the ELBO, and on log p(x) itself."""

import numpy as np
from plotly.graph_objects import Figure

from pages.figures.bands import WIDTH, band
from pages.figures.gap_history import at_steps, late_range, step_axis
from pages.figures.theme import GRID, INK, ThemeName, blank, mark, nats, template, text_colour
from vae_core.diagnostics.bound_cost import BoundCost

NAMES = {"elbo": "trained on the ELBO", "exact": "trained on log p(x)"}


def bound_cost_curves(cost: BoundCost, *, theme: ThemeName) -> Figure:
    """Draw log p(x) of both decoders against the step, and below it their difference.

    Args:
        cost: Both trainings so far.
        theme: "light" or "dark".

    Returns:
        The figure. Thick lines are validation images, thin ones training images.
    """
    if not len(cost.steps):
        return blank("The curves begin with the first moment that is measured.", theme=theme)
    x = at_steps(cost.steps)
    steps = np.asarray(cost.steps).astype(np.float32)
    colours = {"elbo": text_colour("elbo", theme), "exact": INK[theme]}
    lines, values = [], []
    for trained in (cost.exact, cost.elbo):
        for part in ("validation", "train"):
            y = np.asarray(getattr(trained, f"{part}_log_likelihood"), np.float64)
            values.append(y)
            main = part == "validation"
            lines.append(
                dict(
                    type="scatter",
                    x=x,
                    y=y.astype(np.float32),
                    customdata=steps,
                    mode="lines" if len(x) > 1 else "markers",
                    name=NAMES[trained.name] if main else f"{NAMES[trained.name]}, train",
                    showlegend=main,
                    line={"color": colours[trained.name], "width": 2.5 if main else 1.25},
                    opacity=1.0 if main else 0.75,
                    hovertemplate=f"{NAMES[trained.name]}, {part}, step %{{customdata:,}}: %{{y:.2f}}"
                    "<extra></extra>",
                )
            )
    lost, error = costs(cost), np.asarray(cost.validation_cost_error, np.float64)
    lines.append(band(x, lost, error, colour=str(mark("kl")), axis="y2", share=0.2))
    lines.append(
        dict(
            type="scatter",
            x=x,
            y=lost.astype(np.float32),
            customdata=np.stack([steps, error], 1).astype(np.float32),
            mode="lines+markers",
            name="cost",
            showlegend=False,
            line={"color": mark("kl"), "width": 2},
            marker={"size": 5},
            yaxis="y2",
            hovertemplate="step %{customdata[0]:,}: the bound costs %{y:.2f} ± %{customdata[1]:.2f} nats"
            "<extra></extra>",
        )
    )
    title = sentence(cost)
    layout = dict(
        template=template(theme),
        title={"text": title},
        meta={
            "alternative": f"{title} Log p(x) in nats per image against the step for both decoders, on "
            f"{cost.images} validation images, thick, and as many training images, thin; below it the "
            "difference on validation images with a band of two standard errors."
        },
        xaxis={**step_axis(cost.steps), "anchor": "y2"},
        yaxis={
            "title": {"text": "log p(x),<br>nats per image"},
            "domain": [0.42, 1.0],
            "range": late_range(values),
        },
        yaxis2={
            "title": {"text": "cost, nats"},
            "domain": [0.0, 0.32],
            "zeroline": True,
            "zerolinecolor": GRID[theme],
            "zerolinewidth": 2,
            "nticks": 4,
        },
        showlegend=True,
        hovermode="closest",
    )
    return Figure(data=lines, layout=layout)


def family_gaps(cost: BoundCost, *, theme: ThemeName) -> Figure:
    """Draw what the best Gaussian q still misses under each decoder, with two standard errors."""
    if cost.family_gap is None:
        return blank("The best q of each decoder is fitted at the end.", theme=theme)
    means = np.array([mean for mean, _ in cost.family_gap])
    spread = np.array([error for _, error in cost.family_gap])
    names = [NAMES["elbo"].replace(" on ", "<br>on "), NAMES["exact"].replace(" on ", "<br>on ")]
    title = family_sentence(cost)
    bars = dict(
        type="bar",
        x=names,
        y=means.astype(np.float32),
        width=0.5,
        marker={"color": [text_colour("elbo", theme), INK[theme]]},
        error_y={
            "type": "data",
            "array": (WIDTH * spread).astype(np.float32),
            "color": text_colour("x", theme),
            "thickness": 1.5,
            "width": 6,
        },
        showlegend=False,
        hovertemplate="%{x}: %{y:.2f} nats<extra></extra>",
    )
    layout = dict(
        template=template(theme),
        title={"text": title},
        meta={
            "alternative": f"{title} Two bars in nats per image, with two standard errors between images: "
            f"{nats(means[0], 2)} ± {nats(spread[0], 2)} and {nats(means[1], 2)} ± {nats(spread[1], 2)}."
        },
        xaxis={"showgrid": False, "fixedrange": True},
        yaxis={"title": {"text": "log p(x) less the best q’s ELBO, nats"}, "rangemode": "tozero"},
        hovermode="closest",
    )
    return Figure(data=[bars], layout=layout)


def costs(cost: BoundCost) -> np.ndarray:
    """Return how much more log p(x) the exact training has on validation images at each moment, (S,)."""
    exact = np.asarray(cost.exact.validation_log_likelihood, np.float64)
    return exact - np.asarray(cost.elbo.validation_log_likelihood, np.float64)


def sentence(cost: BoundCost) -> str:
    """Say how many nats of log p(x) the bound has cost on validation images."""
    lost, error = float(costs(cost)[-1]), float(cost.validation_cost_error[-1])
    when = "" if cost.ending is not None else f" by step {int(cost.steps[-1]):,}"
    amount = f"{nats(abs(lost))} ± {nats(error)} nats of log p(x) on validation images{when}"
    if abs(lost) <= WIDTH * error:
        return (
            f"Training on the bound makes no difference that shows: {nats(lost)} ± {nats(error)} nats of "
            f"log p(x) on validation images{when}."
        )
    return f"Training on the bound has {'cost' if lost > 0 else 'gained'} {amount}."


def family_sentence(cost: BoundCost) -> str:
    """Say for which decoder the best Gaussian q comes nearer to the posterior."""
    if cost.family_gap is None:
        return ""
    (bound, bound_error), (exact, exact_error) = cost.family_gap
    both = (
        f"the best Gaussian q misses {nats(bound, 2)} nats after training on the ELBO, {nats(exact, 2)} "
        "after log p(x)"
    )
    if exact - bound > WIDTH * np.hypot(bound_error, exact_error):
        return f"The bound bends the decoder towards Gaussian posteriors: {both}."
    return f"{both[0].upper()}{both[1:]}."
