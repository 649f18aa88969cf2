"""What pulls at each latent code of one image, in figures."""

import html

import streamlit as st

from pages.figures.theme import nats, subscript
from vae_core.diagnostics import Tug

MOST_ROWS = 12


def forces_table(pull: Tug, *, chosen: int) -> None:
    """Show the slopes of both terms in μ and in log σ, and what is left of them.

    Args:
        pull: Of one image.
        chosen: The dimension that the page is about; it is always among the rows.
    """
    count = len(pull.mean)
    shown = sorted({*range(min(count, MOST_ROWS - 1)), chosen} if count > MOST_ROWS else set(range(count)))
    body = "".join(_row(pull, j, marked=j == chosen) for j in shown)
    st.html(
        '<div class="lab-scroll"><table class="lab-numbers lab-twins"><caption>What pulls at μ and at '
        "log σ, nats per prior σ and per factor e</caption><thead><tr><th></th>"
        '<th scope="col">reconstruction</th><th scope="col">−KL</th><th scope="col">left</th></tr></thead>'
        f"<tbody>{body}</tbody></table></div>"
    )
    error = f" E_q is a rule over fixed codes, good to {pull.error:.1g} nats." if pull.error else ""
    st.caption(
        "Where q is best for this image, the two cancel; what is left over is what the encoder leaves."
        f"{error}"
    )


def _row(pull: Tug, j: int, *, marked: bool) -> str:
    """Two lines of one dimension: its mean, and its width."""
    rows = (
        (f"μ{subscript(j + 1)}", pull.mean_force_reconstruction, pull.mean_force_kl, pull.mean_residual),
        (
            f"log σ{subscript(j + 1)}",
            pull.width_force_reconstruction,
            pull.width_force_kl,
            pull.width_residual,
        ),
    )
    strong = ' style="font-weight: 600"' if marked else ""
    return "".join(
        f'<tr><th scope="row"{strong}>{html.escape(name)}</th>'
        + "".join(f'<td class="lab-value">{nats(float(force[j]), 3)}</td>' for force in forces)
        + "</tr>"
        for name, *forces in rows
    )
