"""Whether a decoder's spread is right: reliability, residuals, and what a σ settles at."""

import html

import streamlit as st

from pages.controls.shown import show
from pages.figures.reliability import reliability
from pages.figures.residuals import residuals
from pages.figures.sigma_travel import sigma_travel
from pages.figures.theme import nats
from pages.state import keys
from pages.state.theme import theme_name
from pages.state.twin_measures import TwinFound
from vae_core.diagnostics.calibration import Reliability
from vae_core.diagnostics.learned_sigma import SigmaCheck, SigmaTravel

HEIGHT = 280
MOST_RUNS = 8
"""Of which a session remembers how σ² travelled."""


def twin_calibration(found: TwinFound | None, *, place: int, token: str) -> None:
    """Show one decoder's calibration, and of a Gaussian how σ² stands to its errors.

    Args:
        found: What there is about it.
        place: Its place among those compared.
        token: Its model, as the link writes it.
    """
    if found is None or found.calibration is None:
        st.caption("Calibration is being measured.")
        return
    draw = reliability if isinstance(found.calibration, Reliability) else residuals
    figure = draw(found.calibration, theme=theme_name(), place=place)
    show(figure, key=f"lab_twin_calibration_{place}", height=HEIGHT)
    if found.sigma is not None:
        st.html(sigma_table(found, found.sigma))
        if found.snapshot.config.sigma == "learned" and token.startswith("run:"):
            seen = _travelled(found, token)
            show(
                sigma_travel(seen, theme=theme_name(), place=place),
                key=f"lab_twin_sigma_{place}",
                height=HEIGHT,
            )


def _travelled(found: TwinFound, token: str) -> SigmaTravel:
    """Return what was seen of a run's σ² in this session, this moment included."""
    kept: dict[str, SigmaTravel] = st.session_state.setdefault(keys.TWIN_SIGMA, {})
    before = kept.pop(token, SigmaTravel())
    if found.sigma is not None:
        before = before.at(found.snapshot.step, found.sigma)
    kept[token] = before
    while len(kept) > MOST_RUNS:
        del kept[next(iter(kept))]
    return before


def sigma_table(found: TwinFound, check: SigmaCheck) -> str:
    """Return σ² beside the error that it settles at, the one that it does not, and log p(x|z) there."""
    expected, fixed = check.expected_error, found.snapshot.config.sigma
    # A fixed σ is what the settings say; the model has its logarithm in float32.
    variance = check.variance if fixed == "learned" else fixed**2
    learned = fixed == "learned"
    settles = "where a learned σ² would settle"
    seen = "the error of the reconstruction that one sees, which is another number"
    if learned:
        settles = f"where a learned σ² settles: {_percent(check.variance / expected.value)} off"
        seen += f": {check.mean_code_error / check.variance:.2f} σ² here"
    rows = (
        ("σ²", f"{variance:.5g}", "learned with the weights" if learned else "fixed by hand"),
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
    share = 100 * abs(ratio - 1)
    return f"{share:.2g} %" if share < 99.5 else f"{share:,.0f} %"
