"""Which decoders are compared, and on which data."""

import streamlit as st

from pages.controls.in_turn import in_turn
from pages.state import keys
from pages.state.twin_choice import (
    BERNOULLI,
    CONTINUOUS,
    GAUSSIAN_LEARNED,
    GAUSSIAN_UNIT,
    MOST,
    TWIN_DATA,
    Decoder,
    TwinChoice,
    fitting,
    name_of,
    write_twins,
)
from pages.state.twins import base_config, choice, choose
from vae_core.data import load_dataset
from vae_core.likelihoods import misfit
from vae_core.models.vae import SIGMA_HIGH, SIGMA_LOW

CHOSEN_SIGMA = 0.2
"""Where a Gaussian of chosen σ begins."""

OWN = "Gaussian, σ chosen"
NONE = "–"
NAMED: dict[str, Decoder] = {
    name_of(decoder): decoder for decoder in (BERNOULLI, GAUSSIAN_LEARNED, GAUSSIAN_UNIT, CONTINUOUS)
}
PLACES = ("First decoder", "Second decoder", "Third decoder")


def twin_settings() -> None:
    """Show a menu of data, one for each decoder, and a field for each σ that is chosen."""
    in_turn(_menus)


def _menus() -> None:
    chosen = choice()
    # Fields of their own for each choice: one that still says what was chosen before changes nothing.
    key = f"{keys.TWINS} {write_twins(chosen)}"
    support = load_dataset(base_config(chosen).dataset).support
    fits = TwinChoice(chosen.data, fitting(chosen.decoders, support))
    names = [name for name, decoder in NAMED.items() if misfit(decoder[0], support) is None]
    with st.container(horizontal=True, vertical_alignment="bottom"):
        data = st.selectbox(
            "Data", list(TWIN_DATA), index=list(TWIN_DATA).index(chosen.data),
            format_func=TWIN_DATA.__getitem__, key=f"{key} data", width=215,
        )  # fmt: skip
        decoders = [
            decoder
            for place in range(MOST)
            if (decoder := _decoder(place, fits, [*names, OWN], key=f"{key} {place}")) is not None
        ]
    new = TwinChoice(data, tuple(decoders))
    if fits != chosen:
        st.caption("These data are real numbers: Gaussian decoders stand in for the others.")
    if len(set(new.decoders)) < len(new.decoders):
        st.caption("The same decoder twice would show the same twice: choose different ones.")
    elif new != fits:
        choose(new)
        st.rerun()


def _decoder(place: int, chosen: TwinChoice, names: list[str], *, key: str) -> Decoder | None:
    given = chosen.decoders[place] if place < len(chosen.decoders) else None
    offered = names if place < MOST - 1 else [NONE, *names]
    shown = NONE if given is None else name_of(given) if name_of(given) in names else OWN
    if shown not in offered:
        shown = offered[0]
    name = st.selectbox(PLACES[place], offered, index=offered.index(shown), key=key, width=195)
    if name == NONE:
        return None
    if name != OWN:
        return NAMED[name]
    fixed = given is not None and shown == OWN and isinstance(given[1], float)
    sigma = st.number_input(
        "its σ", min_value=SIGMA_LOW, max_value=SIGMA_HIGH,
        value=given[1] if fixed else CHOSEN_SIGMA, format="%g", key=f"{key} sigma", width=110,
    )  # fmt: skip
    return "gaussian", float(sigma)
