"""The link: which model, which settings and which view stand in the address, typed and clamped.

A link is read once, when a session begins; from then on the session's state wins and the address follows it.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field

import streamlit as st

from pages.state import keys
from pages.state.shipped import default_shipped
from pages.state.view import READERS, view
from vae_core.engine.storage import RUN_ID
from vae_core.training.config import LINK_SETTINGS, TrainConfig
from vae_core.training.shipped import is_shipped

MODEL_PARAMETER = "model"
LONGEST_VALUE = 200


@dataclass(frozen=True)
class Link:
    """What a link says, after everything in it that means nothing was left out.

    Attributes:
        model: ``shipped:<name>``, ``run:<id>``, or ``None`` where the link names no model.
        config: The settings; the defaults where the link says nothing.
        sentences: One sentence for each thing that was left out.
        view: What it says of the view, as it was written.
    """

    model: str | None
    config: TrainConfig
    sentences: tuple[str, ...]
    view: Mapping[str, str] = field(default_factory=dict)


def shipped_token(name: str) -> str:
    """Return the token of a shipped model."""
    return f"shipped:{name}"


def run_token(run_id: str) -> str:
    """Return the token of a run."""
    return f"run:{run_id}"


def read_model(value: str) -> tuple[str | None, str | None]:
    """Read the value of ``model``.

    Args:
        value: Text from the address; anything.

    Returns:
        The token or ``None``, and the sentence that says what was wrong or ``None``. Whether the run still
        exists is another question.
    """
    source, _, name = value.partition(":")
    if source == "shipped" and is_shipped(name):
        return value, None
    if source == "run" and RUN_ID.fullmatch(name):
        return value, None
    return None, (
        f"The link's model must be shipped:<name> or run:<id of a run>, got {shorten(value)!r}; "
        "a shipped model stands in."
    )


def read_link(parameters: Mapping[str, str]) -> Link:
    """Read a whole link. Nothing in it raises.

    Args:
        parameters: The parameters of the address; any text.
    """
    sentences: list[str] = []
    model = None
    settings: dict[str, str] = {}
    seen: dict[str, str] = {}
    for name, value in parameters.items():
        if name == MODEL_PARAMETER:
            model, sentence = read_model(value)
            sentences += [sentence] if sentence else []
        elif name not in LINK_SETTINGS and name not in READERS:
            sentences.append(f"The link's {shorten(name)!r} is nothing that a link can set; it was left out.")
        elif len(value) > LONGEST_VALUE:
            sentences.append(
                f"The link's {name} must be at most {LONGEST_VALUE} characters long, got {len(value)}; "
                "the default stands in."
            )
        elif name in READERS:
            read, rule = READERS[name]
            if read(value) is None:
                sentences.append(f"The link's {name} {rule}, got {shorten(value)!r}; it was left out.")
            else:
                seen[name] = value
        else:
            settings[name] = value
    config, refused = TrainConfig.from_query(settings)
    return Link(model=model, config=config, sentences=(*sentences, *refused), view=seen)


def link_parameters(model: str | None, config: TrainConfig) -> dict[str, str]:
    """Return the parameters that a link to this model and these settings has."""
    named = {MODEL_PARAMETER: model} if model else {}
    return {**named, **config.to_query()}


def config_from_link() -> tuple[TrainConfig, tuple[str, ...]]:
    """Return the settings of this session: from the link when it begins, the session's own afterwards.

    Returns:
        The settings, and one sentence for each part of the link that was left out (the first time only; the
        frame shows them).
    """
    stored = st.session_state.get(keys.CONFIG)
    if stored is not None:
        return TrainConfig.from_json(stored), ()
    link = open_link()
    return link.config, link.sentences


def open_link() -> Link:
    """Read the address into a fresh session: the model, the settings, and the notices."""
    link = read_link(st.query_params.to_dict())
    st.session_state[keys.MODEL] = link.model or shipped_token(default_shipped())
    st.session_state[keys.CONFIG] = link.config.to_json()
    st.session_state[keys.VIEW] = dict(link.view)
    notify(*link.sentences)
    return link


def write_link(config: TrainConfig) -> None:
    """Make the address say model, settings and view; nothing is sent where it does already."""
    st.session_state[keys.CONFIG] = config.to_json()
    wanted = {**link_parameters(st.session_state.get(keys.MODEL), config), **view()}
    if st.query_params.to_dict() != wanted:
        st.query_params.from_dict(wanted)


def notify(*sentences: str) -> None:
    """Show sentences above the page until the visitor closes them."""
    shown = st.session_state.get(keys.NOTICES, ())
    st.session_state[keys.NOTICES] = tuple(dict.fromkeys((*shown, *sentences)))


def shorten(text: str, length: int = 40) -> str:
    """Return text that is short enough to quote."""
    return text if len(text) <= length else f"{text[: length - 1]}…"
