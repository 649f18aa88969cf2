"""Which sweep is looked at, how far it is, and what can be done with it."""

import streamlit as st

from pages.controls.estimate import in_words
from pages.controls.in_turn import came_with_a_tick
from pages.state import link
from pages.state.engine import visitor
from pages.state.sweeps import ShownSweep, desk, look_at, own_sweeps
from vae_core.checks import SettingError
from vae_core.sweeps import SweepPlan, SweepView
from vae_core.sweeps.atlas import atlas_names

TITLES = {
    "digits": "Shipped: small digits, three likelihoods",
    "linear": "Shipped: linear models of small digits",
    "tiny-binary": "Shipped: 3×3 images whose entropy is known",
}
WORDS = {
    "beta": "β",
    "likelihood": "likelihoods",
    "hidden": "networks",
    "latent_dim": "latent dimensions",
    "sigma": "σ",
    "dataset": "data sets",
    "learning_rate": "learning rates",
}


def sweep_picker(sweep: ShownSweep) -> None:
    """Show the shipped sweeps and this visitor's own to choose from."""
    # Names that stay as they are: the browser sends them back, perhaps a moment later.
    own = {view.id: f"{describe_plan(view.plan)}, {view.id[:4]}" for view in own_sweeps()}
    labels = {**own, **{name: TITLES[name] for name in atlas_names()}}
    labels.setdefault(sweep.name, f"{describe_plan(sweep.plan)}, {sweep.name[:4]}")
    key = f"lab_sweep_shown_{sweep.name}"

    def take() -> None:
        if st.session_state[key] in labels:
            look_at(st.session_state[key])

    st.selectbox(
        "Sweep",
        list(labels),
        index=list(labels).index(sweep.name),
        format_func=lambda name: labels.get(name, name),
        key=key,
        on_change=take,
        help="Runs that differ in β, and in whatever else was swept.",
    )
    if sweep.view is None:
        runs = len(sweep.points)
        st.caption(f"{describe_plan(sweep.plan)}: {runs} runs of {sweep.plan.base.steps:,} steps.")


def describe_plan(plan: SweepPlan) -> str:
    """Return a plan in one line: ``mnist-5k-binary, 8 β × 3 seeds``."""
    parts = [f"{len(values)} {WORDS.get(name, name)}" for name, values in plan.values.items()]
    parts += [f"{len(plan.seeds)} seeds"] if len(plan.seeds) > 1 else []
    data = plan.base.dataset if "dataset" not in plan.values else "several data"
    return f"{data}, {' × '.join(parts) or 'one run'}"


def sweep_progress(sweep: ShownSweep) -> None:
    """Show how far a sweep of the desk is, and its buttons."""
    view = sweep.view
    if view is None:
        return
    left = "" if view.seconds_left is None else f" About {in_words(view.seconds_left)} left."
    with st.container(horizontal=True, vertical_alignment="center"):
        st.progress(len(view.points) / view.total, text=f"{view.sentence}{left}", width="stretch")
        if not view.owned_by(visitor()) and view.owner is not None:
            st.caption("You follow this sweep.")
            return
        if sweep.moving:
            _button("Cancel", "stop", view, "Finished runs stay.")
        elif view.state != "finished":
            _button("Go on", "play_arrow", view, "Only the runs that are missing are made.")
        if not sweep.moving and view.owner is not None:
            _button("Delete", "delete", view, "The sweep and its runs leave the disk.")
    broken = [point for point in view.points if point.failed is not None]
    for point in broken[:3]:
        st.caption(f"β {point.config.beta:g}, seed {point.config.seed}: {point.failed}")


def _button(label: str, icon: str, view: SweepView, hint: str) -> None:
    st.button(
        label,
        icon=f":material/{icon}:",
        key=f"lab_sweep_{icon}_{view.id}",
        help=hint,
        on_click=_act,
        args=(label, view.id),
    )


def _act(label: str, identity: str) -> None:
    if came_with_a_tick():
        return
    try:
        if label == "Cancel":
            desk().cancel(identity, visitor=visitor())
        elif label == "Go on":
            desk().resume(identity, visitor=visitor())
        else:
            desk().remove(identity, visitor=visitor())
            look_at(atlas_names()[0])
    except SettingError as trouble:
        link.notify(str(trouble))
