"""The app itself, with one more route for the benchmark: how many steps a run has made."""

import sys
import time
from pathlib import Path

import streamlit as st
from starlette.requests import Request
from starlette.responses import JSONResponse
from starlette.routing import Route

ROOT = Path(__file__).resolve().parents[3]
if str(ROOT) not in sys.path:
    sys.path.insert(0, str(ROOT))

from app import FRAME, parts  # noqa: E402


def progress(request: Request) -> JSONResponse:
    """Where a run stands. Only looks: it renews no lease, so the engine takes the run for unwatched."""
    from pages.state.engine import shared_engine

    view = shared_engine().view(request.path_params["run_id"])
    if view is None:
        return JSONResponse({}, status_code=404)
    return JSONResponse({"step": view.step, "state": view.state, "seconds": time.monotonic()})


PARTS = parts()
PARTS["routes"].append(Route("/bench/progress/{run_id}", progress))

# `streamlit run` looks for this very call in the source.
app = st.App(FRAME, **PARTS)
