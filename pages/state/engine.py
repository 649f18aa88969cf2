"""The handle of the engine that owns every run of this process, and the visitor that a session belongs to."""

import os
import re
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path

import streamlit as st
from streamlit.runtime.scriptrunner import get_script_run_ctx

from pages.state import keys
from vae_core.data.cache import user_folder
from vae_core.engine import Engine

_TOKEN = re.compile(r"[0-9a-f]{32}")


def runs_folder() -> Path:
    """Return the folder of the checkpoints: ``VAE_LAB_RUNS``, or a folder for data of this user.

    A user without a home, as in some containers, gets a new temporary folder.
    """
    chosen = os.environ.get("VAE_LAB_RUNS")
    if chosen:
        return Path(chosen).expanduser().resolve()
    places = {"win32": ("LOCALAPPDATA", "AppData/Local"), "darwin": ("", "Library/Application Support")}
    own = user_folder(*places.get(sys.platform, ("XDG_DATA_HOME", ".local/share")))
    return (own or Path(tempfile.mkdtemp(prefix="vae-lab-"))) / "runs"


@st.cache_resource(show_spinner=False)
def shared_engine() -> Engine:
    """Return the one engine of the process, without saying that a visitor is here (the server uses it so)."""
    return Engine(folder=runs_folder())


def engine() -> Engine:
    """Return the engine, and remember that this session's visitor is here."""
    session_handle()
    return shared_engine()


def visitor() -> str:
    """Return who this is: the random token in the browser's cookie, else the session's id."""
    token = st.context.cookies.get(keys.VISITOR_COOKIE)
    if isinstance(token, str) and _TOKEN.fullmatch(token):
        return token
    context = get_script_run_ctx()
    return context.session_id if context is not None else "nobody"


@dataclass(frozen=True)
class SessionHandle:
    """What a session holds of the engine: a name and a lease, never a model."""

    engine: Engine
    visitor: str

    def release(self) -> None:
        """Begin the grace of the visitor's runs. Runs on the server's event loop, so it never waits."""
        self.engine.release(self.visitor)


@st.cache_resource(scope="session", on_release=SessionHandle.release, show_spinner=False)
def session_handle() -> SessionHandle:
    """Return this session's handle; when the tab closes or the connection blips it is released."""
    return SessionHandle(engine=shared_engine(), visitor=visitor())
