"""Whether a decoder's spread is right: reliability, residuals, and what a σ settles at."""

import html

import streamlit as st

from pages.controls.shown import show
from pages.figures.reliability import reliability
from pages.figures.residuals import residuals
from pages.figures.theme import nats
from pages.state.theme import theme_name
from pages.state.twin_measures import TwinFound
from vae_core.diagnostics.calibration import Reliability
from vae_core.diagnostics.learned_sigma import SigmaCheck

HEIGHT = 280


def twin_calibration(found: TwinFound | None, *, place: int) -> None:
    """Show one decoder's calibration, and of a Gaussian how σ² stands to its errors."""
    if found is None or found.calibration is None:
        st.caption("Calibration is being measured.")
        return
    draw = reliability if isinstance(found.calibration, Reliability) else residuals
    figure = draw(found.calibration, theme=theme_name(), place=place)
    show(figure, key=f"lab_twin_calibration_{place}", height=HEIGHT)
    if found.sigma is not None:
        st.html(sigma_table(found.sigma, learned=found.snapshot.config.sigma == "learned"))


def sigma_table(check: SigmaCheck, *, learned: bool) -> str:
    """Return σ² beside the error that it settles at, the one that it does not, and log p(x|z) there."""
    expected = check.expected_error
    settles = "where a learned σ² would settle"
    seen = "the error of the reconstruction that one sees, which is another number"
    if learned:
        settles = f"where a learned σ² settles: {_percent(check.variance / expected.value)} off"
        seen += f": {check.mean_code_error / check.variance:.2f} σ²"
    rows = (
        ("σ²", f"{check.variance:.5f}", "learned with the weights" if learned else "fixed by hand"),
        ("E_q ‖x − μ(z)‖²/D", f"{expected.value:.5f} ± {expected.error:.5f}", settles),
        ("‖x − μ(E z)‖²/D", f"{check.mean_code_error:.5f}", seen),
        (
            "E log p(x|z), nats per image",
            f"{nats(check.reconstruction.value)} ± {nats(check.reconstruction.error)}",
            "as measured",
        ),
        (
            "−D/2 (1 + log 2πσ²), nats per image",
            nats(check.at_optimum),
            "what that is where σ² equals the expectation",
        ),
    )
    body = "".join(
        f'<tr><th scope="row">{html.escape(name)}<br>'
        f'<small class="lab-quiet">{html.escape(note)}</small></th>'
        f'<td class="lab-value">{html.escape(value)}</td></tr>'
        for name, value, note in rows
    )
    return (
        '<div class="lab-scroll"><table class="lab-numbers lab-twins"><caption>What σ says of the '
        f"{check.images:,} training images</caption><tbody>{body}</tbody></table></div>"
    )


def _percent(ratio: float) -> str:
    return f"{100 * abs(ratio - 1):.2g} %"
