"""A live Plotly chart: it is drawn anew in place, and keeps its zoom, while its data change.

``st.plotly_chart`` mounts a new chart at each change of data; use that for figures that stand still.
"""

import base64
import json
from functools import cache
from typing import Any

import numpy as np
import plotly
from plotly.graph_objects import Figure

from pages.components.packing import pack
from pages.components.register import register
from pages.figures.theme import template

DEFAULT_HEIGHT = 320

# Plotly writes a style sheet into the document, which a shadow root would keep out.
_host = register("plot", isolate_styles=False)


@cache
def templates() -> dict[str, Any]:
    """Return the light and the dark template as JSON: a switch of themes makes no rerun, so both travel."""
    return {name: template(name).to_plotly_json() for name in ("light", "dark")}


def take_columns(node: Any, columns: list[np.ndarray]) -> Any:
    """Return a figure's tree with ``{"column": i}`` in place of each typed array, moved into ``columns``.

    Args:
        node: A part of ``Figure.to_dict()``, in which an array is ``{"dtype": ..., "bdata": base64}``.
        columns: Grows by the arrays that are found.
    """
    if isinstance(node, dict):
        if "bdata" in node and "dtype" in node:
            shape = [int(side) for side in str(node.get("shape", "-1")).split(",")]
            flat = np.frombuffer(
                base64.b64decode(node["bdata"]), dtype=np.dtype(node["dtype"]).newbyteorder("<")
            )
            columns.append(flat.reshape(shape))
            return {"column": len(columns) - 1}
        return {name: take_columns(child, columns) for name, child in node.items()}
    if isinstance(node, list | tuple):
        return [take_columns(child, columns) for child in node]
    return node


def pack_figure(figure: Figure, *, height: int | None = None, alt: str = "") -> bytes:
    """Pack a figure for the browser: its JSON, and its arrays as raw bytes.

    Args:
        figure: The figure; NumPy arrays in it travel as they are, float32 as float32.
        height: In CSS pixels; the figure's own, or 320, when ``None``.
        alt: What the figure shows, in a sentence.

    Returns:
        The message.
    """
    spec = json.loads(plotly.io.to_json(figure, validate=False))
    spec["layout"].pop("template", None)
    columns: list[np.ndarray] = []
    header = {
        "data": take_columns(spec["data"], columns),
        "layout": take_columns(spec["layout"], columns),
        "height": int(height or spec["layout"].get("height") or DEFAULT_HEIGHT),
        "templates": templates(),
        "alt": alt,
        "plotly": plotly.__version__,
    }
    return pack(header, columns)


def plot(figure: Figure, *, key: str, height: int | None = None, alt: str = "") -> None:
    """Show a figure that will change: the chart stays mounted under its ``key``, with its zoom.

    Zoom is kept as long as ``layout.uirevision`` stays the same; change it to start afresh (a new run, say).

    Args:
        figure: The figure. It wears our template of the theme that the page has at that moment.
        key: The chart's key.
        height: In CSS pixels; the figure's own, or 320, when ``None``.
        alt: What the figure shows, in a sentence, for those who cannot see it.
    """
    pixels = int(height or figure.layout.height or DEFAULT_HEIGHT)
    _host(key=key, data=pack_figure(figure, height=pixels, alt=alt), height=pixels)
