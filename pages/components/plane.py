"""The rate-distortion plane in the browser: a chart of runs, a picture of each, and a way along β."""

import hashlib
import math
from collections.abc import Callable, Collection, Sequence
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
import streamlit as st
from plotly.graph_objects import Figure

from pages.components.carrier import carry_packed, pack_data_images
from pages.components.packing import pack
from pages.components.pixels import checked_times
from pages.components.plot import pack_figure
from pages.components.register import register

# Plotly writes a style sheet into the document, which a shadow root would keep out.
_plane = register("plane", styles=["plot/style.css"], isolate_styles=False)


@dataclass(frozen=True)
class PlaneRun:
    """One run of a sweep in the plane.

    Attributes:
        run: Its id, as the figure's markers have it in `customdata`.
        label: What it is: ``β 0.25, seed 0``.
        curve: Which curve it is on, from 0.
        beta: Its β.
        seed: Its seed.
        rate: Nats per image.
        distortion: Nats per image.
        words: What is said below its picture.
    """

    run: str
    label: str
    curve: int
    beta: float
    seed: int
    rate: float
    distortion: float
    words: str


def pack_pictures(pictures: np.ndarray, *, count: int) -> tuple[str, bytes] | None:
    """Pack one picture a run for the browser, a byte a pixel and channel.

    Args:
        pictures: (n, H, W) or (n, H, W, 3), uint8.
        count: How many runs there are.

    Returns:
        The pictures' digest and the message; None for n = 0.

    Raises:
        ValueError: if these are no such pictures, or not one a run.
    """
    array = np.asarray(pictures)
    shaped = array.ndim == 3 or (array.ndim == 4 and array.shape[3] == 3)
    if array.dtype != np.uint8 or not shaped or 0 in array.shape[1:]:
        raise ValueError(
            f"pictures must be (n, H, W) or (n, H, W, 3) of uint8, got {array.shape} of {array.dtype}"
        )
    if len(array) not in (0, count):
        raise ValueError(f"pictures must be one a run, got {len(array)} for {count} runs")
    if not len(array):
        return None
    planes = array[:, None] if array.ndim == 3 else array.transpose(0, 3, 1, 2)
    flat = np.ascontiguousarray(planes).reshape(len(array), -1)
    digest = hashlib.sha256(repr(planes.shape).encode() + flat.tobytes()).hexdigest()[:16]
    return digest, pack_data_images(digest, flat, planes.shape[1:])


def pack_plane(
    figure: Figure,
    runs: Sequence[PlaneRun],
    *,
    pictures: str | None,
    chosen: str | None,
    height: int,
    alt: str,
    picture_words: str,
    heard: int = 0,
) -> bytes:
    """Pack a plane for the browser; see :func:`plane`.

    Args:
        figure: The chart.
        runs: Its runs.
        pictures: The digest of their pictures, or None where there are none.
        chosen: Id of the chosen run; one that is not among them is none.
        height: Of the chart, CSS pixels.
        alt: What the chart shows.
        picture_words: What the pictures show.
        heard: How many messages from the browser Python knows of: an older choice is not obeyed.

    Returns:
        The message.

    Raises:
        ValueError: if two runs have one id, or a run lies nowhere in the plane.
    """
    ids = [run.run for run in runs]
    if len(set(ids)) < len(ids):
        raise ValueError(f"each run must have an id of its own, got {', '.join(ids)}")
    for run in runs:
        if not all(map(math.isfinite, (run.beta, run.rate, run.distortion))):
            raise ValueError(
                f"beta, rate and distortion must be finite, got {run.beta}, {run.rate}, {run.distortion}"
                f" for run {run.run}"
            )
    header = {
        "runs": [asdict(run) for run in runs],
        "pictures": pictures,
        "chosen": chosen if chosen in ids else None,
        "picture_words": picture_words,
        "heard": int(heard),
    }
    return pack(header, [np.frombuffer(pack_figure(figure, height=height, alt=alt), np.uint8)])


def plane(
    figure: Figure,
    runs: Sequence[PlaneRun],
    pictures: np.ndarray,
    *,
    chosen: str | None,
    key: str,
    height: int,
    alt: str,
    picture_words: str,
    on_choose: Callable[[str], None],
    on_open: Callable[[str], None],
) -> None:
    """Show a chart of runs beside the picture of one: the chosen, or what a pointer or the slider is at.

    Args:
        figure: The chart. Its markers have the id of their run as `customdata`; a trace of ``meta`` "ring"
            is moved around the run that is chosen, or at which the slider is.
        runs: The runs; the slider goes through those of one curve and seed in increasing β.
        pictures: (n, H, W) or (n, H, W, 3), uint8, one a run in the same order; n = 0 shows the chart alone.
            They cross once, whatever is chosen.
        chosen: Id of the chosen run, or None.
        key: The plane's key; the chart stays mounted under it, with its zoom.
        height: Of the chart, CSS pixels.
        alt: What the chart shows, in a sentence, for those who cannot see it.
        picture_words: What the pictures show, in a few words.
        on_choose: Called with the id of another run when it is clicked, or the slider is let go there, or
            the way along β ends there; before the rerun.
        on_open: Called with the id of the chosen run when it is clicked again, or entered on the slider.

    Raises:
        ValueError: if the runs and the pictures don't go together.
    """
    ids = [run.run for run in runs]
    packed = pack_pictures(pictures, count=len(runs))
    said = [_said(key, name) for name in ("chosen", "opened")]
    message = pack_plane(
        figure,
        runs,
        pictures=packed and packed[0],
        chosen=chosen,
        height=height,
        alt=alt,
        picture_words=picture_words,
        heard=max(map(checked_times, said)),
    )

    def hear(name: str, call: Callable[[str], None]) -> None:
        run = checked_run(_said(key, name), ids)
        if run is not None:
            call(run)

    if packed:
        carry_packed(packed[1], key=f"{key} pictures")
    _plane(
        key=key,
        data=message,
        default={"chosen": None, "opened": None},
        on_chosen_change=lambda: hear("chosen", on_choose),
        on_opened_change=lambda: hear("opened", on_open),
    )


def checked_run(value: Any, ids: Collection[str]) -> str | None:
    """Return the id of the run that the browser names, if it is one of these."""
    run = value.get("run") if isinstance(value, dict) else None
    return run if isinstance(run, str) and run in ids else None


def _said(key: str, name: str) -> Any:
    """What the browser said last."""
    return dict(st.session_state.get(key) or {}).get(name)
