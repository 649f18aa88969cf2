"""One run: the KL of each dimension over time, what closed and opened them, and what the KL buys."""

import html

import numpy as np
import streamlit as st

from pages.controls.shown import show
from pages.figures.kl_over_steps import kl_over_steps
from pages.figures.kl_split import kl_split
from pages.figures.theme import subscript
from pages.state.balances import RunFound, run_measure
from pages.state.current import CurrentModel
from pages.state.measures import Measure
from pages.state.theme import theme_name
from vae_core.diagnostics import Activity, turns

HEIGHT, LOW_HEIGHT = 380, 220


def measured_run(model: CurrentModel) -> Measure[RunFound]:
    """Return what there is about the model's KL."""
    return run_measure(model.snapshot, moving=model.moving)


def balance_run(model: CurrentModel, measured: Measure[RunFound]) -> None:
    """Show how the KL went, and what it is made of now."""
    _over_steps(model)
    found = measured.value
    if found is not None and found.snapshot.config != model.config:
        found = None
    if found is None:
        st.caption(measured.sentence or "Looking at every code.")
        return
    st.subheader("What the KL buys")
    left, right = st.columns([1.4, 1], gap="medium")
    with left:
        if found.split is None:
            st.caption(measured.sentence or "Taking the KL apart.")
        else:
            show(kl_split(found.split, theme=theme_name()), key="lab_kl_split", height=LOW_HEIGHT)
            st.caption(
                f"Over all {found.split.images:,} images, q(z) the mixture of their codes. Mutual "
                "information cannot exceed log N; a minibatch would cap it at the log of its size."
            )
    with right:
        st.html(activity_table(found.activity))


def _over_steps(model: CurrentModel) -> None:
    if model.view is None:
        st.caption(
            "This model came trained with the app and has no history: train one of your own, and its KL is "
            "drawn over the steps."
        )
        return
    curve = model.view.history.validation
    if len(curve) < 2:
        st.caption("The KL is drawn over the steps once there are two validations.")
        return
    steps, kl = np.asarray(curve.step), np.asarray(curve.kl_per_dimension)
    figure = kl_over_steps(steps, kl, turns(steps, kl), model.view.interventions, theme=theme_name())
    show(figure, key="lab_kl_over_steps", height=HEIGHT)


def activity_table(found: Activity) -> str:
    """Return the dimensions with both rules for being active, as HTML."""
    rows = "".join(
        f'<tr><th scope="row">z{subscript(j + 1)}</th><td class="lab-value">{float(found.kl[j]):.3f}</td>'
        f'<td class="lab-value">{float(found.mean_variance[j]):.4f}</td>'
        f"<td>{html.escape(_verdict(bool(found.by_kl[j]), bool(found.by_variance[j])))}</td></tr>"
        for j in range(len(found.kl))
    )
    return (
        '<div class="lab-scroll"><table class="lab-numbers lab-twins"><caption>Active dimensions, by two '
        'rules</caption><thead><tr><th></th><th scope="col">mean KL, nats</th><th scope="col">Var E[z|x]</th>'
        f"<th></th></tr></thead><tbody>{rows}</tbody></table></div>"
    )


def _verdict(by_kl: bool, by_variance: bool) -> str:
    if by_kl == by_variance:
        return "active" if by_kl else "closed"
    return "active by its KL only" if by_kl else "active by its variance only"
