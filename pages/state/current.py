"""The current model: the one that every page of a session acts on."""

from dataclasses import dataclass
from typing import Literal

import streamlit as st

from pages.state import keys, link
from pages.state.engine import engine, visitor
from pages.state.shipped import default_shipped
from vae_core.checks import SettingError
from vae_core.engine import RunView
from vae_core.training.config import TrainConfig
from vae_core.training.shipped import load_shipped
from vae_core.training.snapshot import Snapshot

LIKELIHOOD_NAMES = {
    "bernoulli": "Bernoulli",
    "gaussian": "Gaussian",
    "continuous-bernoulli": "continuous Bernoulli",
}
MOVING = ("queued", "running")


@dataclass(frozen=True)
class CurrentModel:
    """The model that the pages show.

    Attributes:
        source: Where it comes from.
        id: The name of the shipped model, or the id of the run.
        line: The model in one line.
        state: What it does at the moment, in words.
        config: Its settings.
        snapshot: Its weights at this moment.
        view: The run as the engine sees it; ``None`` for a shipped model.
        mine: Whether this visitor owns it.
    """

    source: Literal["shipped", "run"]
    id: str
    line: str
    state: str
    config: TrainConfig
    snapshot: Snapshot
    view: RunView | None
    mine: bool

    @property
    def token(self) -> str:
        """Return the model as the link writes it."""
        return f"{self.source}:{self.id}"

    @property
    def controllable(self) -> bool:
        """Return whether this visitor may control it: its owner may, and anybody where nobody owns it."""
        return self.mine or (self.view is not None and self.view.owner is None)

    @property
    def moving(self) -> bool:
        """Return whether it trains or waits for its turn."""
        return self.view is not None and self.view.state in MOVING


def current() -> CurrentModel:
    """Return the current model of this session.

    A fresh session takes it from its link. A run that is gone is replaced by a shipped model, with a notice.
    """
    if keys.MODEL not in st.session_state:
        link.open_link()
    token = st.session_state[keys.MODEL]
    source, _, name = token.partition(":")
    if source == "run":
        view = find_run(name)
        if view is not None:
            return of_run(view)
        link.notify(
            f"The run {name} is gone; a shipped model stands in. Start trains the link's settings again."
        )
        st.session_state[keys.MODEL] = link.shipped_token(default_shipped())
        st.session_state[keys.KEEP_SETTINGS] = True
        return current()
    return of_shipped(name)


def choose_shipped(name: str) -> None:
    """Make a shipped model the current one; a run that trains goes on."""
    _choose(link.shipped_token(name))


def choose_run(run_id: str) -> None:
    """Make a run the current model."""
    _choose(link.run_token(run_id))


def find_run(run_id: str) -> RunView | None:
    """Return a run, from memory or from its checkpoint, or ``None`` where there is none."""
    view = engine().view(run_id)
    if view is not None:
        return view
    try:
        found = engine().open(run_id, visitor=visitor())
    except SettingError as error:
        link.notify(str(error))
        return None
    return engine().view(run_id) if found else None


def describe(config: TrainConfig) -> str:
    """Return a model in one line, like ``mnist-5k-binary · Bernoulli · 2-D · β 1 · seed 0``."""
    likelihood = LIKELIHOOD_NAMES[config.likelihood]
    if config.likelihood == "gaussian":
        likelihood += " σ learned" if config.sigma == "learned" else f" σ {config.sigma:g}"
    network = () if config.hidden else ("linear",)
    numbers = (f"{config.latent_dim}-D", f"β {config.beta:g}", f"seed {config.seed}")
    parts = (config.dataset, likelihood, *network, *numbers)
    return " · ".join(part.replace(" ", "\N{NO-BREAK SPACE}") for part in parts)


def describe_state(view: RunView, *, queue: tuple[str, ...] = (), mine: bool = True) -> str:
    """Return what a run does, in words: ``Training, 42 %``; elsewhere the engine's own sentence."""
    if view.state == "running":
        words = _describe_progress(view)
    elif view.state == "queued" and view.id in queue:
        words = f"Waiting for its turn, number {queue.index(view.id) + 1} in the queue"
    else:
        words = view.sentence.rstrip(".")
    return words if mine or view.owner is None else f"{words} · you follow this run"


def _describe_progress(view: RunView) -> str:
    if view.config.stop == "steps":
        return f"Training, {100 * view.step // view.config.steps} %"
    return f"Training, step {view.step:,}"


def _choose(token: str) -> None:
    st.session_state[keys.MODEL] = token
    st.session_state[keys.NOTICES] = ()
    config, _ = link.config_from_link()
    link.write_link(config)


def of_run(view: RunView) -> CurrentModel:
    """Return a run as the pages show it."""
    mine = view.owner == visitor()
    return CurrentModel(
        source="run",
        id=view.id,
        line=describe(view.config),
        state=describe_state(view, queue=engine().queue(), mine=mine),
        config=view.config,
        snapshot=view.snapshot,
        view=view,
        mine=mine,
    )


def of_shipped(name: str) -> CurrentModel:
    """Return a shipped model as the pages show it."""
    snapshot = load_shipped(name)
    return CurrentModel(
        source="shipped",
        id=name,
        line=describe(snapshot.config),
        state="Shipped with the app",
        config=snapshot.config,
        snapshot=snapshot,
        view=None,
        mine=False,
    )
