"""The pins of a walk: where they come from, and the buttons that add some."""

from dataclasses import dataclass

import streamlit as st
import torch

from pages.components.pad import MOST_PINS, checked_pins
from pages.controls.encoded import model_of
from pages.state import keys
from pages.state.current import CurrentModel
from vae_core.data import Dataset, load_dataset
from vae_core.latent.walks import MIN_STOPS, Z_LIMIT
from vae_core.models import VAE
from vae_core.rng import generator

DEFAULT_PINS = 3
DIGITS = 4
SAME_PLACE = 1e-3
NEAR_BY = 0.2
"""Prior σ: while a model trains, codes of images move on their own."""

Code = tuple[float, ...]


@dataclass(frozen=True)
class Pin:
    """One pin.

    Attributes:
        row: The row of the data set's `full` whose mean code it is; ``None`` for one that was set by hand.
        z: (L,).
    """

    row: int | None
    z: Code


def current_pins(model: CurrentModel) -> tuple[Pin, ...]:
    """Return the pins: those of images stand where the model encodes them now.

    Other data or another number of dimensions begin with three validation images of different classes.
    """
    data = load_dataset(model.config.dataset)
    made_for = (model.config.dataset, model.config.latent_dim)
    kept = st.session_state.get(keys.PINS)
    if kept is None or kept[0] != made_for:
        pins = [Pin(row, ()) for row in varied_rows(data, draw=0)]
    else:
        pins = [Pin(row, z) for row, z in kept[1]]
    pins = encoded(pins, data, model_of(model.snapshot.key, model.snapshot))
    keep(model, pins)
    return tuple(pins)


def keep(model: CurrentModel, pins: list[Pin]) -> None:
    """Remember the pins of this session."""
    made_for = (model.config.dataset, model.config.latent_dim)
    st.session_state[keys.PINS] = (made_for, [(pin.row, pin.z) for pin in pins])


def encoded(pins: list[Pin], data: Dataset, vae: VAE) -> list[Pin]:
    """Return pins with those of images at their means."""
    rows = [pin.row for pin in pins if pin.row is not None]
    if not rows:
        return pins
    with torch.no_grad():
        means = iter(vae.encode(data.full.x[rows]).mean.tolist())
    return [pin if pin.row is None else Pin(pin.row, _rounded(next(means))) for pin in pins]


def varied_rows(data: Dataset, *, draw: int) -> list[int]:
    """Return rows of three validation images, of different classes as far as there are any.

    Args:
        data: The data set.
        draw: 0 takes the first ones; another number draws.
    """
    count = len(data.validation)
    order = torch.arange(count)
    if draw:
        order = torch.randperm(count, generator=generator(draw, "pins"))
    labels = data.validation.labels
    chosen: list[int] = []
    seen: set[int] = set()
    for place in order.tolist():
        label = place if labels is None else int(labels[place])
        if label not in seen:
            seen.add(label)
            chosen.append(place)
        if len(chosen) == DEFAULT_PINS:
            break
    chosen += [place for place in order.tolist() if place not in chosen][: DEFAULT_PINS - len(chosen)]
    return [int(data.validation.index[place]) for place in chosen]


def take_heard(key: str, model: CurrentModel) -> None:
    """Take over what the pad says of its pins: those that did not move stay the images that they were.

    Args:
        key: The pad's key.
        model: The current model.
    """
    before = current_pins(model)
    state = st.session_state.get(key)
    if state is None:
        return
    codes = checked_pins(dict(state).get("pins"), model.config.latent_dim, [pin.z for pin in before])
    if len(codes) >= MIN_STOPS:
        keep(model, matched(codes, before, near=NEAR_BY if model.moving else SAME_PLACE))


def matched(codes: tuple[Code, ...], before: tuple[Pin, ...], *, near: float) -> list[Pin]:
    """Return pins at these codes, each an image's where one stood within `near` of it, in the same order."""
    if len(codes) == len(before):  # at most some were moved
        rows = [pin.row if _apart(pin.z, z) <= near else None for pin, z in zip(before, codes, strict=True)]
        return [Pin(row, _rounded(list(z))) for row, z in zip(rows, codes, strict=True)]
    pins = []
    left = list(before)
    for z in codes:
        place = next((n for n, pin in enumerate(left) if _apart(pin.z, z) <= near), None)
        pins.append(Pin(None if place is None else left[place].row, _rounded(list(z))))
        if place is not None:
            left = left[place + 1 :]
    return pins


def add_pin(model: CurrentModel, pin: Pin) -> None:
    """Put a pin at the end of the walk, where there is room."""
    pins = list(current_pins(model))
    if len(pins) < MOST_PINS:
        keep(model, [*pins, pin])


def pin_buttons(model: CurrentModel, pins: tuple[Pin, ...]) -> None:
    """Show what adds pins beside the pad's own click: images, and draws from the prior."""
    data = load_dataset(model.config.dataset)
    full = len(pins) >= MOST_PINS
    noun = noun_of(data)
    with st.container(horizontal=True, gap="small", vertical_alignment="bottom"):
        row = st.number_input(
            f"{noun.capitalize()} of the data",
            min_value=0,
            max_value=len(data.full) - 1,
            value=int(data.validation.index[min(DEFAULT_PINS, len(data.validation) - 1)]),
            key=f"lab_pin_row_{model.config.dataset}",
            width=150,
            help=f"The number of a row. A click on a code of the map adds that {noun}, too.",
        )
        st.button(
            f"Add its mean{_class_of(data, int(row))}",
            on_click=lambda: add_pin(model, Pin(int(row), ())),
            disabled=full,
            key="lab_pin_add",
            help="A pin at the encoder's mean; it moves along while the model trains.",
        )
        st.button(
            "Draw from the prior",
            on_click=lambda: _draw_pin(model),
            disabled=full,
            key="lab_pin_draw",
            help="A pin at a draw of z from N(0, I).",
        )
        st.button(
            f"Three other {noun}s",
            on_click=lambda: _draw_images(model),
            key="lab_pin_images",
            help=f"Walk between the means of three other validation {noun}s.",
        )
    st.caption(in_words(pins, data))


def in_words(pins: tuple[Pin, ...], data: Dataset) -> str:
    """Say what each pin is, for those who cannot see the pad, and for everybody."""
    noun = noun_of(data)
    names = [
        f"{n} is at z set by hand"
        if pin.row is None
        else f"{n} is {noun} {pin.row:,}{_class_of(data, pin.row)}"
        for n, pin in enumerate(pins, start=1)
    ]
    full = " There is no room for more." if len(pins) >= MOST_PINS else ""
    return f"Pins: {'; '.join(names)}.{full}"


def noun_of(data: Dataset) -> str:
    """Return what a row of the data is."""
    return "point" if data.image_shape[1] == 1 else "image"


def _class_of(data: Dataset, row: int) -> str:
    if data.full.labels is None:
        return ""
    label = int(data.full.labels[row])
    return f" (class {data.class_names[label] if data.class_names else label})"


def _draws() -> int:
    drawn = int(st.session_state.get(keys.PIN_DRAWS, 0)) + 1
    st.session_state[keys.PIN_DRAWS] = drawn
    return drawn


def _draw_pin(model: CurrentModel) -> None:
    z = torch.randn(model.config.latent_dim, generator=generator(_draws(), "pin from the prior"))
    add_pin(model, Pin(None, _rounded(z.tolist())))


def _draw_images(model: CurrentModel) -> None:
    rows = varied_rows(load_dataset(model.config.dataset), draw=_draws())
    keep(model, [Pin(row, ()) for row in rows])


def _rounded(z: list[float]) -> Code:
    return tuple(round(min(max(float(value), -Z_LIMIT), Z_LIMIT), DIGITS) + 0.0 for value in z)


def _apart(one: Code, other: Code) -> float:
    return max((abs(a - b) for a, b in zip(one, other, strict=True)), default=0.0)
