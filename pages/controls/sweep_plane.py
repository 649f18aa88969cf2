"""The rate-distortion plane of a sweep: its runs, the ground they can be on, and the chosen one."""

import streamlit as st

from pages.components.plane import PlaneRun, plane
from pages.controls.shown import title
from pages.controls.sweep_pictures import sheet_words, sheets
from pages.figures.rate_distortion import elbo_word, rate_distortion
from pages.figures.sweep_curves import curves_of, names_of
from pages.figures.theme import nats
from pages.state import keys
from pages.state.current import LIKELIHOOD_NAMES, CurrentModel
from pages.state.sweeps import ShownSweep, make_current
from pages.state.theme import theme_name
from vae_core.data import known_distribution, load_dataset
from vae_core.diagnostics import LinearRate, linear_rate, measure_of
from vae_core.sweeps import SweepPoint
from vae_core.training.config import TrainConfig
from vae_core.training.shipped import atlas_name

HEIGHT = 460
CURVE_POINTS = 120


def families(points: tuple[SweepPoint, ...]) -> dict[str, tuple[SweepPoint, ...]]:
    """Return the runs that reached their end by ``data/likelihood``, whose distortions are on one scale."""
    found: dict[str, list[SweepPoint]] = {}
    for point in points:
        if point.failed is None:
            found.setdefault(f"{point.config.dataset}/{point.config.likelihood}", []).append(point)
    return {family: tuple(members) for family, members in found.items()}


def family_picker(sweep: ShownSweep) -> None:
    """Show which likelihoods (or data) the sweep has, where it has several: each has a plane of its own."""
    found = families(sweep.points)
    if len(found) < 2:
        return
    several_data = len({family.partition("/")[0] for family in found}) > 1

    def name(family: str) -> str:
        data, _, likelihood = family.partition("/")
        words = LIKELIHOOD_NAMES[likelihood]
        return f"{data}, {words}" if several_data else words[0].upper() + words[1:]

    st.segmented_control(
        "Likelihood" if not several_data else "Data and likelihood",
        list(found),
        default=next(iter(found)),
        required=True,
        format_func=name,
        key=keys.SWEEP_FAMILY + sweep.name,
        help="A density, a probability and a score are on different scales: each has a plane of its own.",
    )


def shown_points(sweep: ShownSweep) -> tuple[SweepPoint, ...]:
    """Return the runs of the sweep that the plane shows."""
    found = families(sweep.points)
    chosen = st.session_state.get(keys.SWEEP_FAMILY + sweep.name)
    return found.get(chosen) or next(iter(found.values()), ())


def chosen_point(sweep: ShownSweep, model: CurrentModel) -> SweepPoint | None:
    """Return the run at hand: the chosen one, else the current model's, else the one nearest to β = 1."""
    points = shown_points(sweep)
    wanted = (st.session_state.get(keys.SWEEP_RUN), model.id, model.id.removeprefix(atlas_name("")))
    for run in wanted:
        found = next((point for point in points if point.run == run), None)
        if found is not None:
            return found
    return min(points, key=lambda point: abs(point.config.beta - 1.0), default=None)


def sweep_plane(sweep: ShownSweep, model: CurrentModel) -> None:
    """Show the plane; a click chooses a run, another one makes it the current model."""
    points = shown_points(sweep)
    chosen = chosen_point(sweep, model)
    figure = rate_distortion(
        points or sweep.points,
        theme=theme_name(),
        exact=exact_curve(points),
        bound=known_entropy(points),
        chosen=None if chosen is None else chosen.run,
    )
    title(figure.layout.title.text)
    if chosen is None:
        return
    figure.layout.title = None
    plane(
        figure,
        plane_runs(points),
        sheets(sweep, points),
        chosen=chosen.run,
        key=f"lab_plane_{sweep.name}_{chosen.config.dataset}_{chosen.config.likelihood}",
        height=HEIGHT,
        alt=figure.layout.meta["alternative"],
        picture_words=sheet_words(points),
        on_choose=lambda run: st.session_state.update({keys.SWEEP_RUN: run}),
        on_open=lambda run: make_current(sweep, run),
    )


def plane_runs(points: tuple[SweepPoint, ...]) -> list[PlaneRun]:
    """Return the runs as the plane takes them."""
    place = {p.run: curve for curve, members in enumerate(curves_of(points).values()) for p in members}
    labels = run_labels(points)
    return [
        PlaneRun(
            run=point.run,
            label=labels[point.run],
            curve=place[point.run],
            beta=point.config.beta,
            seed=point.config.seed,
            rate=point.rate,
            distortion=point.distortion,
            words=f"rate {nats(point.rate, 2)}, distortion {nats(point.distortion, 2)}, "
            f"{elbo_word(point)} {nats(point.elbo, 2)} nats per image",
        )
        for point in points
    ]


def run_labels(points: tuple[SweepPoint, ...]) -> dict[str, str]:
    """Return what each run is called among these."""
    curves = curves_of(points)
    names = names_of(list(curves)) if len(curves) > 1 else [""]
    return {
        point.run: f"β {point.config.beta:g}, seed {point.config.seed}" + (f", {name}" if name else "")
        for members, name in zip(curves.values(), names, strict=True)
        for point in members
    }


def known_entropy(points: tuple[SweepPoint, ...]) -> float | None:
    """Return H of the data, nats per image, where it is known and p(x|z) has the same base measure."""
    if len({point.config.dataset for point in points}) != 1:
        return None
    config = points[0].config
    known = known_distribution(config.dataset)
    measure = measure_of(config.likelihood, load_dataset(config.dataset).support)
    same = known is not None and measure == ("mass" if known.discrete else "density")
    return known.entropy if same else None


def exact_curve(points: tuple[SweepPoint, ...]) -> LinearRate | None:
    """Return the curve of the best linear models, where all runs are linear ones of one k and one σ."""
    configs = [point.config for point in points]
    kinds = {(c.dataset, c.likelihood, c.hidden, c.latent_dim, c.sigma) for c in configs}
    if len(kinds) != 1:
        return None
    first = configs[0]
    if first.likelihood != "gaussian" or first.hidden or first.sigma == "learned":
        return None
    if known_distribution(first.dataset) is not None:
        return None  # these runs are measured under p_D, and the curve would be on images
    return _exact(first, min(c.beta for c in configs), max(c.beta for c in configs))


@st.cache_resource(max_entries=16, show_spinner=False)
def _exact(config: TrainConfig, lowest: float, highest: float) -> LinearRate:
    low, high = max(lowest, 1e-3) / 2, max(highest, 1e-3) * 2
    betas = [low * (high / low) ** (place / CURVE_POINTS) for place in range(CURVE_POINTS + 1)]
    data = load_dataset(config.dataset)
    return linear_rate(
        data.train.x, latent_dim=config.latent_dim, sigma=config.sigma, betas=betas, on=data.validation.x
    )
