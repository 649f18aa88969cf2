"""Both runs side by side: curves, what each reports, and what they make of images."""

import html

import numpy as np
import streamlit as st

from pages.components.images import image_grid
from pages.controls.shown import show, title
from pages.figures.museum_curves import museum_curves
from pages.figures.theme import nats
from pages.state.theme import theme_name
from vae_core.museum import Bug, Exhibit, Numbers, Twin

HEIGHT = 300
ROWS = ("images", "decoded", "samples")
ALONE = 560
"""CSS pixels: the width of the pictures where there is one model."""


def curves_of(bug: Bug, found: Exhibit, *, mended: bool) -> None:
    """Draw the curves, as far as they are."""
    figure = museum_curves(found.curve, reported_as=bug.reported_as, mended=mended, theme=theme_name())
    show(figure, key=f"lab_museum_curves_{bug.slug}", height=HEIGHT)


def reports_of(bug: Bug, found: Exhibit, *, mended: bool) -> None:
    """Show what each run reports beside what sound code says of its model."""
    if found.sound is None or found.wrong is None:
        return
    rows = [("Sound code", found.sound.numbers)]
    rows.append(("Mended code", found.sound.numbers) if mended else ("Wrong code", found.wrong.numbers))
    body = "".join(_report(name, numbers) for name, numbers in rows)
    named = html.escape(bug.reported_as[:1].upper() + bug.reported_as[1:])
    unit = "" if bug.unit == bug.reported_as else f", {html.escape(bug.unit)}"
    st.html(
        f'<table class="lab-numbers lab-museum-reports"><caption>{named} at the end{unit}</caption>'
        '<thead><tr><td></td><th scope="col">reported</th><th scope="col">measured properly</th><td></td>'
        f"</tr></thead><tbody>{body}</tbody></table>"
    )


def _report(name: str, numbers: Numbers) -> str:
    off = numbers.reported - numbers.proper
    digits = 2 if abs(numbers.proper) < 1e3 and abs(numbers.reported) < 1e3 else 0
    apart = abs(off) >= 0.5 * 10.0**-digits
    said = f"{nats(abs(off), digits)} too {'high' if off > 0 else 'low'}" if apart else "the same"
    return (
        f'<tr data-off="{str(apart).lower()}"><th scope="row">{name}</th>'
        f"<td><b>{nats(numbers.reported, digits)}</b></td><td>{nats(numbers.proper, digits)}</td>"
        f"<td>{said}</td></tr>"
    )


def pictures_of(bug: Bug, found: Exhibit, *, mended: bool) -> None:
    """Show images, what each twin makes of their mean codes, and its samples."""
    if found.sound is None or found.wrong is None:
        return
    if not bug.in_training:
        title("One model, measured twice: its pictures are the same.")
        with st.container(width=ALONE):
            _grid(found, found.sound, key=f"lab_museum_both_{bug.slug}", alt="of the model")
        return
    left, right = st.columns(2, gap="medium")
    with left:
        title("Sound code")
        _grid(found, found.sound, key=f"lab_museum_sound_{bug.slug}", alt="of the sound run")
    with right:
        title("Mended code" if mended else "Wrong code")
        shown, whose = (found.sound, "mended") if mended else (found.wrong, "wrong")
        _grid(found, shown, key=f"lab_museum_right_{bug.slug}", alt=f"of the {whose} run")


def _grid(found: Exhibit, twin: Twin, *, key: str, alt: str) -> None:
    image_grid(
        np.concatenate([found.originals, twin.reconstructions, twin.samples]),
        found.image_shape,
        columns=len(found.originals),
        key=key,
        alt=f"Held-out images, what the decoder makes of their codes, and samples from the prior, {alt}",
        row_labels=ROWS,
    )
