"""The drawing board: a digit by mouse, finger, pen or keyboard, white on black like the data.

The browser draws by itself. Python hears of the whole drawing when a stroke is over, undone or cleared.
"""

import base64
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
import streamlit as st

from pages.components.register import register

SIDE = 84
MOST_STROKES = 100_000

_board = register("draw")


@dataclass(frozen=True, eq=False)
class Drawing:
    """What is on the board, as last heard from the browser.

    Attributes:
        ink: White on black, (84, 84) float32 in [0, 1], row by row; read-only.
        strokes: With how many strokes it was drawn, those of the eraser counted.
    """

    ink: np.ndarray
    strokes: int


def checked_ink(value: Any) -> np.ndarray | None:
    """Return the ink that the browser sent, if it can be ink.

    Args:
        value: Anything; it should be the base64 text of 84×84 bytes.

    Returns:
        (84, 84) float32 in [0, 1], read-only; ``None`` where ``value`` is anything else.
    """
    if not isinstance(value, str) or len(value) != 4 * SIDE * SIDE // 3:
        return None
    try:
        raw = base64.b64decode(value, validate=True)
    except ValueError:
        return None
    if len(raw) != SIDE * SIDE:
        return None
    ink = np.frombuffer(raw, dtype=np.uint8).reshape(SIDE, SIDE).astype(np.float32) / np.float32(255)
    ink.flags.writeable = False
    return ink


def checked_drawing(value: Any, *, reset: int) -> Drawing | None:
    """Return the drawing that the browser sent; ``None`` for an empty board and for what can't be a drawing.

    Args:
        value: Anything; it should be ``{"ink": ..., "strokes": ..., "reset": ...}``.
        reset: Drawings from before the newest reset are not on the board any more.
    """
    if not isinstance(value, dict) or value.get("reset") != reset:
        return None
    strokes = value.get("strokes")
    if not isinstance(strokes, int) or isinstance(strokes, bool) or not 1 <= strokes <= MOST_STROKES:
        return None
    ink = checked_ink(value.get("ink"))
    return None if ink is None or not ink.any() else Drawing(ink, strokes)


def drawing_board(
    *, key: str, label: str, reset: int = 0, on_change: Callable[[], None] | None = None
) -> Drawing | None:
    """Show a board to draw a digit on.

    The drawing stays through reruns and changes of theme, and comes back with its page.

    Args:
        key: The widget's key.
        label: What is to be drawn; it stands on the empty board, and names it for those who cannot see it.
        reset: The board is cleared whenever this number changes.
        on_change: Called before the rerun that follows a stroke, an undo or a clearing.

    Returns:
        What is drawn, or ``None`` while the board is empty.
    """
    state = st.session_state.get(key)
    known = checked_drawing(dict(state).get("drawing") if state is not None else None, reset=reset)
    result = _board(
        key=key,
        data={
            "board": key,
            "label": label,
            "reset": int(reset),
            "heard": 0 if known is None else known.strokes,
        },
        default={"drawing": None},
        on_drawing_change=on_change or (lambda: None),
    )
    return checked_drawing(result.drawing, reset=reset)
