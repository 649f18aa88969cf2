"""The app itself, slow where two runs of one session could take a press or a value from each other.

These moments last microseconds, so that the loss is rare and no test would see it; here they last longer.
"""

import sys
import time
from pathlib import Path
from typing import Any

import streamlit as st
from streamlit.runtime.scriptrunner.script_runner import ScriptRunner
from streamlit.runtime.state.session_state import SessionState

ROOT = Path(__file__).resolve().parents[3]
if str(ROOT) not in sys.path:
    sys.path.insert(0, str(ROOT))

from app import FRAME, parts  # noqa: E402
from pages.controls.setting_control import Slot  # noqa: E402

SLOWLY_S = 0.3


def slow_down(owner: type, name: str) -> None:
    """Wait before each call of a method."""
    fast = getattr(owner, name)

    def slow(*args: Any, **options: Any) -> Any:
        time.sleep(SLOWLY_S)
        return fast(*args, **options)

    setattr(owner, name, slow)


slow_down(SessionState, "_call_callbacks")  # a press is noted, and not obeyed yet
slow_down(ScriptRunner, "_on_script_finished")  # a run is drawn, and has not forgotten the presses
slow_down(Slot, "take")  # a new value is known, and not taken yet

PARTS = parts()

# `streamlit run` looks for this very call in the source.
app = st.App(FRAME, **PARTS)
