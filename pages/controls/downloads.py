"""Taking a run along: its folder, its history, and the code that makes it again."""

from collections.abc import Callable

import streamlit as st

from pages.state.current import CurrentModel, describe
from pages.state.engine import engine
from vae_core.engine import Engine
from vae_core.onnx import decoder_onnx


def downloads(
    model: CurrentModel, *, run_zip: Callable[[Engine, str], bytes], as_python: Callable[..., str]
) -> None:
    """Show the downloads of a run and its code; a shipped model has its code only.

    Args:
        model: The current model.
        run_zip: Packs a run's folder, by its id.
        as_python: Writes the program that makes a run from its config, interventions and steps.
    """
    view = model.view
    snapshot, line = model.snapshot, describe(model.config)
    lab = engine()  # taken here: a download is made by another thread, where a session has no engine
    with st.container(horizontal=True, gap="small", key="lab_downloads"):
        if view is not None:
            st.download_button(
                "Run folder (zip)",
                lambda: run_zip(lab, view.id),
                file_name=f"vae-lab-{view.id}.zip",
                mime="application/zip",
                on_click="ignore",
                key="lab_zip",
                help="Settings, history and weights; a run loaded from it goes on exactly where it stopped.",
            )
            st.download_button(
                "History (CSV)",
                lambda: (lab.view(view.id) or view).history.to_csv(),
                file_name=f"vae-lab-{view.id}.csv",
                mime="text/csv",
                on_click="ignore",
                key="lab_csv",
                help="Every recorded step: reconstruction, KL and ELBO in nats per image.",
            )
        st.download_button(
            "Decoder (ONNX)",
            lambda: decoder_onnx(snapshot.model(), words=f"{line}, step {snapshot.step}."),
            file_name=f"vae-lab-decoder-{model.id}.onnx",
            mime="application/octet-stream",
            on_click="ignore",
            key="lab_onnx",
            help="z to the mean of p(x|z) and its logits, for programs without PyTorch.",
        )
        with st.popover("Copy as Python"):
            st.caption("The same run, without the app.")
            if view is None:
                st.code(as_python(model.config, steps=model.snapshot.step), language="python")
            else:
                ended_early = view.state == "finished" and view.step < view.config.steps
                stopped = view.step if ended_early else None
                st.code(as_python(view.config, view.interventions, steps=stopped), language="python")
