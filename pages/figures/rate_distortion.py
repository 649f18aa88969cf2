"""The rate-distortion plane: where each run of a sweep lies between KL and reconstruction."""

from collections.abc import Sequence

import numpy as np
from plotly.graph_objects import Figure

from pages.figures.bands import WIDTH, words
from pages.figures.rate_plane import View
from pages.figures.sweep_curves import Place, curves_of, means_of, names_of, several_seeds
from pages.figures.theme import INK, QUIET, ThemeName, blank, class_colour, nats, template
from vae_core.data import dataset_info, known_distribution
from vae_core.diagnostics.linear_rate import LinearRate
from vae_core.likelihoods import score_name
from vae_core.sweeps import SweepPoint


def rate_distortion(
    points: Sequence[SweepPoint],
    *,
    theme: ThemeName,
    exact: LinearRate | None = None,
    bound: float | None = None,
    chosen: str | None = None,
) -> Figure:
    """Draw runs by rate (across) and distortion (up), with lines of equal ELBO.

    Args:
        points: Finished runs. A run that broke off is named in the alternative and not drawn.
        theme: "light" or "dark".
        exact: The curve of the best linear VAEs, drawn under the points.
        bound: H, the entropy of the data in nats per image, where it is known: D ≥ H − R for every model.
        chosen: Id of the run to be ringed.

    Returns:
        The figure. The first traces hold one marker a run, with its id as `customdata`. Where there are
        several seeds, a curve goes through the means over them, with two standard errors to each side. The
        last trace, of ``meta`` "ring", is the chosen run's, and empty where none is chosen.
    """
    drawn = [point for point in points if point.failed is None]
    if not drawn:
        empty = "No run of this sweep reached its end." if points else "The plane fills as runs finish."
        return blank(empty, theme=theme)
    curves = curves_of(drawn)
    names = names_of(list(curves))
    view = View.around(drawn, exact, bound)
    # Runs first, so that a click's trace and point lead to an id; means and curves above the theory.
    data = [
        _runs(found, name, class_colour(place), faint_runs=several_seeds(found))
        for place, (found, name) in enumerate(zip(curves.values(), names, strict=True))
    ]
    notes, shapes = view.equal_elbo(theme, entropy=bound)
    if exact is not None:
        data.append(_exact(exact, theme))
    for place, found in enumerate(curves.values()):
        means = means_of(found)
        data.append(_curve(means, class_colour(place), bars=several_seeds(found)))
        notes.extend(_betas(places, theme) for places in view.neighbours(means))
    if bound is not None:
        more_notes, more_shapes = view.bound(bound, theme)
        notes, shapes = [*notes, *more_notes], [*shapes, *more_shapes]
    ring = next((point for point in drawn if point.run == chosen), None)
    data.append(_ring(ring, theme))
    scores = sorted({_score(point) for point in drawn})
    title = sentence(points)
    layout = dict(
        template=template(theme),
        title={"text": title},
        meta={"alternative": f"{title} {_alternative(points, exact, bound)}"},
        xaxis={"title": {"text": "rate: KL(q(z|x) ‖ p(z)), nats per image"}, "range": list(view.rate)},
        yaxis={"title": {"text": _distortion_axis(scores)}, "range": list(view.distortion)},
        shapes=shapes,
        annotations=notes,
        showlegend=len(curves) > 1 or exact is not None,
        hovermode="closest",
    )
    return Figure(data=data, layout=layout)


def sentence(points: Sequence[SweepPoint]) -> str:
    """Say how rate and distortion move with β, or why curves can't be compared."""
    drawn = [point for point in points if point.failed is None]
    if len({(point.config.dataset, point.config.likelihood) for point in drawn}) > 1:
        return "Distortions of other data or other likelihoods are on other scales: compare along a curve."
    curves = curves_of(drawn)
    if len(curves) > 1:
        return f"{len(curves)} curves of {len(drawn)} runs: up and left, β pulls the codes to the prior."
    means = means_of(next(iter(curves.values())))
    best = max(means, key=lambda mean: -(mean.rate + mean.distortion))
    top = f"{elbo_word(drawn[0])} {nats(-(best.rate + best.distortion))} nats"
    if len(means) == 1:
        return f"β = {means[0].beta:g}: rate {nats(best.rate)}, distortion {nats(best.distortion)}, {top}."
    first, last = means[0], means[-1]
    return (
        f"From β = {first.beta:g} to {last.beta:g} the rate goes from {nats(first.rate)} to "
        f"{nats(last.rate)} nats and the distortion from {nats(first.distortion)} to "
        f"{nats(last.distortion)}; the best {top}, at β = {best.beta:g}."
    )


def _runs(points: Sequence[SweepPoint], name: str, colour: str, *, faint_runs: bool) -> dict[str, object]:
    return dict(
        type="scatter",
        x=np.array([point.rate for point in points], np.float32),
        y=np.array([point.distortion for point in points], np.float32),
        customdata=[point.run for point in points],
        text=[_hover(point) for point in points],
        mode="markers",
        name=name,
        marker={
            "color": colour,
            "size": 7 if faint_runs else 10,
            "opacity": 0.55 if faint_runs else 1.0,
        },
        hovertemplate="%{text}<extra></extra>",
    )


def _hover(point: SweepPoint) -> str:
    config = point.config
    return (
        f"β = {config.beta:g}, seed {config.seed}<br>"
        f"rate {nats(point.rate, 2)} ± {nats(point.rate_error, 2)}<br>"
        f"distortion {nats(point.distortion, 2)} ± {nats(point.distortion_error, 2)}<br>"
        f"{elbo_word(point)} {nats(point.elbo, 2)} ± {nats(point.elbo_error, 2)}<br>"
        f"{point.active_units} of {config.latent_dim} dimensions open"
    )


def _curve(means: list[Place], colour: str, *, bars: bool) -> dict[str, object]:
    def bar(errors: list[float]) -> dict[str, object]:
        array = WIDTH * np.array(errors, np.float32)
        return {"type": "data", "array": array, "color": colour, "thickness": 1.5, "width": 4}

    trace = dict(
        type="scatter",
        x=np.array([mean.rate for mean in means], np.float32),
        y=np.array([mean.distortion for mean in means], np.float32),
        mode="lines",
        line={"color": colour, "width": 1.5},
        showlegend=False,
        hoverinfo="skip",
    )
    if bars:
        trace["error_x"] = bar([mean.rate_error for mean in means])
        trace["error_y"] = bar([mean.distortion_error for mean in means])
    return trace


def _betas(places: list[Place], theme: ThemeName) -> dict[str, object]:
    """Return the name of the places of a curve that lie as good as at one point."""
    first = places[0]
    place = {"x": first.rate, "y": first.distortion, "xshift": 8, "yshift": 8, "yanchor": "bottom"}
    betas = ", ".join(f"{place.beta:g}" for place in places)
    return words(f"β {betas}", colour=INK[theme], theme=theme, **place)


def _exact(exact: LinearRate, theme: ThemeName) -> dict[str, object]:
    held_out = ", on these data" if exact.held_out else ""
    return dict(
        type="scatter",
        x=exact.rate.numpy().astype(np.float32),
        y=exact.distortion.numpy().astype(np.float32),
        customdata=exact.beta.numpy().astype(np.float32),
        mode="lines",
        name=f"best linear model, exact{held_out}",
        line={"color": QUIET[theme], "width": 3},
        hovertemplate="best linear model, β = %{customdata:.3g}<br>rate %{x:.2f}, distortion %{y:.2f}"
        "<extra></extra>",
    )


def _ring(point: SweepPoint | None, theme: ThemeName) -> dict[str, object]:
    ringed = [] if point is None else [point]
    return dict(
        type="scatter",
        meta="ring",
        x=np.array([run.rate for run in ringed], np.float32),
        y=np.array([run.distortion for run in ringed], np.float32),
        mode="markers",
        marker={"symbol": "circle-open", "size": 18, "color": INK[theme], "line": {"width": 2.5}},
        showlegend=False,
        hoverinfo="skip",
    )


def _score(point: SweepPoint) -> str:
    return score_name(point.config.likelihood, dataset_info(point.config.dataset).support)


def elbo_word(point: SweepPoint) -> str:
    """Return what a run's ELBO is called: on grey pixels a Bernoulli's is a score."""
    return "ELBO" if _score(point) == "log-likelihood" else "ELBO (as a score)"


def _distortion_axis(scores: list[str]) -> str:
    if scores == ["log-likelihood"]:
        return "distortion: −E<sub>q</sub> log p(x|z), nats per image"
    return f"distortion: minus the {' or the '.join(scores)}, nats per image"


def _alternative(points: Sequence[SweepPoint], exact: LinearRate | None, bound: float | None) -> str:
    drawn = [point for point in points if point.failed is None]
    listed = "; ".join(
        f"{name}: "
        + ", ".join(f"β {mean.beta:g} at {nats(mean.rate)} and {nats(mean.distortion)}" for mean in means)
        for name, means in zip(
            names_of(list(curves_of(drawn))), map(means_of, curves_of(drawn).values()), strict=True
        )
    )
    known = all(known_distribution(point.config.dataset) is not None for point in drawn)
    over = "under p_D itself" if known else "on validation images"
    parts = [f"Rate and distortion {over}, nats per image. {listed}."]
    if exact is not None:
        parts.append("Beside them the exact curve of the best linear models.")
    if bound is not None:
        parts.append(f"No model lies below D = {nats(bound, 2)} − R.")
    broken = len(points) - len(drawn)
    if broken:
        parts.append(f"Not drawn: {broken} {'run' if broken == 1 else 'runs'} whose loss became infinite.")
    return " ".join(parts)
