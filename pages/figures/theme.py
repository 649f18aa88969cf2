"""The look of all figures: one light and one dark template, and the glossary's colours."""

from functools import cache
from typing import Literal

from plotly.graph_objects import Figure
from plotly.graph_objs.layout import Template

from vae_core.notation import CLASS_COLOURS, symbol

ThemeName = Literal["light", "dark"]

FONT = "system-ui, -apple-system, 'Segoe UI', Roboto, 'Helvetica Neue', Arial, sans-serif"
INK = {"light": "#1C2026", "dark": "#E8EAED"}
QUIET = {"light": "#5C6470", "dark": "#A6ADB8"}
GRID = {"light": "#E8EAEE", "dark": "#2A2F38"}
GROUND = {"light": "#FFFFFF", "dark": "#14171C"}


@cache
def template(name: ThemeName) -> Template:
    """Return the plotly template of a theme: transparent ground, thin grid, quiet axes, no buttons."""
    axis = {
        "gridcolor": GRID[name],
        "linecolor": GRID[name],
        "zeroline": False,
        "ticks": "",
        "tickfont": {"color": QUIET[name], "size": 11},
        "title": {"font": {"color": QUIET[name], "size": 12}, "standoff": 6},
        "automargin": True,
        "fixedrange": False,
    }
    return Template(
        layout={
            "font": {"family": FONT, "size": 12, "color": INK[name]},
            "title": {"font": {"size": 14}, "x": 0.0, "xanchor": "left"},
            "paper_bgcolor": "rgba(0,0,0,0)",
            "plot_bgcolor": "rgba(0,0,0,0)",
            "colorway": list(CLASS_COLOURS),
            "margin": {"l": 8, "r": 8, "t": 8, "b": 8},
            "xaxis": axis,
            "yaxis": axis,
            "legend": {
                "orientation": "h",
                "x": 0.0,
                "xanchor": "left",
                "y": 1.0,
                "yanchor": "bottom",
                "font": {"size": 11, "color": QUIET[name]},
                "bgcolor": "rgba(0,0,0,0)",
                "itemsizing": "constant",
            },
            "hoverlabel": {
                "bgcolor": GROUND[name],
                "bordercolor": GRID[name],
                "font": {"family": FONT, "size": 12, "color": INK[name]},
            },
            "dragmode": "zoom",
            "uirevision": "keep",
        }
    )


def mark(word: str) -> str | None:
    """Return the colour of a quantity's marks, the same in both themes; ``None`` is the text's colour."""
    return symbol(word).colour


def text_colour(word: str, name: ThemeName) -> str:
    """Return the colour of a quantity's text, readable on the theme's ground."""
    found = symbol(word)
    return (found.text_dark if name == "dark" else found.text_light) or INK[name]


def class_colour(index: int) -> str:
    """Return the colour of a class; the palette begins again after its end."""
    return CLASS_COLOURS[index % len(CLASS_COLOURS)]


def blank(sentence: str, *, theme: ThemeName) -> Figure:
    """Return a figure that says in words why there is nothing to draw yet."""
    figure = Figure()
    figure.update_layout(
        template=template(theme),
        title={"text": sentence},
        meta={"alternative": sentence},
        xaxis={"visible": False},
        yaxis={"visible": False},
        annotations=[
            {
                "text": sentence,
                "x": 0.5,
                "y": 0.5,
                "xref": "paper",
                "yref": "paper",
                "showarrow": False,
                "font": {"size": 13, "color": QUIET[theme]},
            }
        ],
    )
    return figure


def subscript(number: int) -> str:
    """Return a whole number in small figures below the line: ``z`` + ``subscript(12)`` is z₁₂."""
    return str(number).translate(str.maketrans("0123456789", "₀₁₂₃₄₅₆₇₈₉"))


def nats(value: float, digits: int = 1) -> str:
    """Return a number of nats as text, with a true minus sign: ``−151.3``."""
    return f"{value:,.{digits}f}".replace("-", "−")
