"""The run at hand of a sweep: its numbers, its latent map, and the button that makes it the current model."""

import html

import streamlit as st

from pages.controls.shown import show
from pages.controls.sweep_plane import chosen_point, run_labels, shown_points
from pages.figures.latent_map import latent_map
from pages.figures.rate_distortion import elbo_word
from pages.figures.theme import nats
from pages.state import keys
from pages.state.current import CurrentModel
from pages.state.sweeps import ShownSweep, make_current, snapshot_of
from pages.state.theme import theme_name
from vae_core.checks import SettingError
from vae_core.data import known_distribution, load_dataset
from vae_core.sweeps import SweepPoint
from vae_core.training.shipped import atlas_name
from vae_core.training.snapshot import Observation, observe

HEIGHT = 340


def sweep_run(sweep: ShownSweep, model: CurrentModel) -> None:
    """Show the run at hand below the plane."""
    point = chosen_point(sweep, model)
    if point is None:
        return
    left, right = st.columns([1, 1], gap="medium")
    with left:
        st.subheader("The run at hand")
        _picker(sweep, point)
        st.html(numbers_table(point))
        is_current = model.id in (point.run, atlas_name(point.run))
        st.button(
            "It is the current model" if is_current else "Make it the current model",
            key="lab_sweep_open",
            icon=":material/check:" if is_current else ":material/open_in_new:",
            disabled=is_current,
            on_click=make_current,
            args=(sweep, point.run),
            help="Every page then shows this run.",
        )
    with right:
        _map(sweep, point)


def _map(sweep: ShownSweep, point: SweepPoint) -> None:
    """Where the run's encoder puts validation images."""
    try:
        seen = _observation(sweep.name, point.run, sweep)
    except SettingError as trouble:
        st.caption(f"This run can’t be opened. {trouble}")
        return
    names = load_dataset(point.config.dataset).class_names
    show(latent_map(seen, theme=theme_name(), class_names=names), key="lab_sweep_map", height=HEIGHT)


def _picker(sweep: ShownSweep, point: SweepPoint) -> None:
    """The same choice as a click in the plane makes, for the keyboard."""
    order = sorted(shown_points(sweep), key=lambda other: (other.config.beta, other.config.seed))
    names = run_labels(shown_points(sweep))
    labels = {other.run: names[other.run] for other in order}
    key = f"{keys.SWEEP_RUN}_{sweep.name}_{point.run}"

    def take() -> None:
        if st.session_state[key] in labels:
            st.session_state[keys.SWEEP_RUN] = st.session_state[key]

    st.selectbox(
        "Run",
        list(labels),
        index=list(labels).index(point.run),
        format_func=lambda run: labels.get(run, run),
        key=key,
        on_change=take,
        label_visibility="collapsed",
    )


@st.cache_resource(max_entries=64, show_spinner=False)
def _observation(sweep: str, run: str, _shown: ShownSweep) -> Observation:
    snapshot = snapshot_of(_shown, run)
    return observe(snapshot, load_dataset(snapshot.config.dataset), seed=snapshot.config.seed)


def numbers_table(point: SweepPoint) -> str:
    """Return a run's numbers, each with what it is the mean of, as HTML."""
    pairs = (
        ("rate", point.rate, point.rate_error),
        ("distortion", point.distortion, point.distortion_error),
        (f"{elbo_word(point)}, at β = 1", point.elbo, point.elbo_error),
    )
    known = known_distribution(point.config.dataset) is not None
    rows = "".join(
        f'<tr><th scope="row">{html.escape(name)}</th><td class="lab-value">{nats(value, 2)}</td>'
        f'<td class="lab-value">{_give_or_take(error, by_rule=known)}</td></tr>'
        for name, value, error in pairs
    )
    over = "p_D itself" if known else f"validation images ({point.images:,})"
    return (
        '<div class="lab-scroll"><table class="lab-numbers lab-twins">'
        f"<caption>Nats per image, over {html.escape(over)}</caption><tbody>{rows}"
        f'<tr><th scope="row">active units</th><td class="lab-value">{point.active_units} of '
        f"{point.config.latent_dim}</td><td></td></tr></tbody></table></div>"
    )


def _give_or_take(error: float, *, by_rule: bool) -> str:
    if by_rule:
        return f"± {error:.0e}, by a rule".replace("-", "\N{MINUS SIGN}") if error else "exact"
    return f"± {nats(error, 2)}"
