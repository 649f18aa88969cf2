"""The parts of the Latent walk page that need no page: pins, traversals, thumbnails, the store of legs."""

import base64
import io
import re

import numpy as np
import pytest
import torch
from PIL import Image
from streamlit.testing.v1 import AppTest

from pages.controls.pins import NEAR_BY, SAME_PLACE, Pin, matched
from pages.controls.thumbnail import thumbnail
from pages.controls.traversal import MOST_ROWS, greyed, label, sentence, shown_rows
from pages.figures.traversal_curves import traversal_curves
from pages.state.kept import Kept
from tests.figures.test_train_figures import THEMES, check
from vae_core.latent.walks import walk
from vae_core.models import VAE

PINS = (Pin(5, (0.0, 0.0)), Pin(6, (1.0, 1.0)), Pin(None, (2.0, 0.0)))


@pytest.mark.parametrize(
    ("codes", "rows"),
    [
        (((0.0, 0.0), (1.0, 1.0), (2.0, 0.0)), [5, 6, None]),
        (((0.0, 0.0), (1.5, 1.0), (2.0, 0.0)), [5, None, None]),  # dragged
        (((1.0, 1.0), (1.2, 1.0), (2.0, 0.0)), [None, None, None]),  # dragged onto another one
        (((1.0, 1.0), (2.0, 0.0)), [6, None]),  # removed
        (((0.0, 0.0), (1.0, 1.0), (2.0, 0.0), (0.3, 0.3)), [5, 6, None, None]),  # added
        (((-1.0, 0.3), (3.0, 0.2)), [None, None]),  # drawn by hand
    ],
)
def test_pins_that_did_not_move_stay_the_images_that_they_were(codes, rows) -> None:
    found = matched(codes, PINS, near=SAME_PLACE)
    assert [pin.row for pin in found] == rows
    assert [pin.z for pin in found] == list(codes)


def test_pins_are_rounded_and_kept_on_the_pad() -> None:
    found = matched(((0.123456, -9.0), (-0.00001, 1.0)), PINS, near=SAME_PLACE)
    assert [pin.z for pin in found] == [(0.1235, -6.0), (0.0, 1.0)]
    assert "-0.0" not in str(found)
    moved = ((0.1, 0.1), (1.1, 0.9), (2.0, 0.0))
    assert [pin.row for pin in matched(moved, PINS, near=NEAR_BY)] == [5, 6, None]


def heard() -> None:
    """A page on which the browser says something of the pins, whatever stands in the session's `said`."""
    import streamlit as st

    from pages.controls.pins import current_pins, take_heard
    from pages.state.current import current

    model = current()
    if "said" in st.session_state:
        st.session_state["pad"] = st.session_state["said"]
        take_heard("pad", model)
    st.text(repr([pin.z for pin in current_pins(model)]))


@pytest.mark.parametrize(
    ("said", "believed"),
    [
        ({"pins": [[0.0, 1.0], [2.0, 0.5]]}, True),
        ({"pins": [[0.0, 1.0]]}, False),
        ({"pins": []}, False),
        ({"pins": [[0.0, 1.0], [2.0]]}, False),
        ({"pins": [[0.0, 1.0], ["a", 1.0]]}, False),
        ({"pins": [[0.0, 1.0], [float("nan"), 1.0]]}, False),
        ({"pins": [[0.0, 1.0]] * 13}, False),
        ({"pins": "all"}, False),
        ({}, False),
    ],
)
def test_what_a_browser_says_of_pins_is_checked(said: dict, believed: bool) -> None:
    page = AppTest.from_function(heard, default_timeout=30).run()
    before = page.text[0].value
    page.session_state["said"] = said
    page.run()
    assert not page.exception
    assert page.text[0].value == (repr([(0.0, 1.0), (2.0, 0.5)]) if believed else before)


def test_closed_dimensions_are_named_and_greyed() -> None:
    kl = np.array([1.5, 0.0, 2.0, 0.003])
    assert [label(j, value) for j, value in enumerate(kl)] == [
        "z₁ KL 1.50",
        "z₂ unused",
        "z₃ KL 2.00",
        "z₄ unused",
    ]
    assert sentence(kl) == "Traversal: KL has closed z₂ and z₄, greyed: moving them does nothing."
    assert sentence(kl[:3]) == "Traversal: KL has closed z₂, greyed: moving it does nothing."
    assert "each curve moves one" in sentence(kl[:1], "curve")
    assert "every dimension" in sentence(kl[1:2])
    images = np.array([[0.0, 1.0], [0.0, 1.0]], np.float32)
    assert greyed(images, np.array([False, True])).tolist() == [[0, 255], [90, 166]]


def test_of_many_dimensions_those_with_the_largest_kl_are_shown_in_order() -> None:
    kl = np.linspace(0, 1, 32)
    assert shown_rows(kl) == list(range(32 - MOST_ROWS, 32))
    assert shown_rows(kl[::-1]) == list(range(MOST_ROWS))
    assert shown_rows(np.zeros(3)) == [0, 1, 2]


@pytest.mark.parametrize("theme", THEMES)
@pytest.mark.parametrize("size", [1, 2])
def test_traversals_of_points_are_curves(theme: str, size: int) -> None:
    curves = np.random.default_rng(0).normal(size=(3, 7, size))
    values = np.linspace(-3, 3, 7)
    figure = traversal_curves(curves, values, names=["z₁", "z₂", "z₃"], theme=theme)
    check(figure)
    assert [trace.name for trace in figure.data] == ["z₁", "z₂", "z₃"]
    for trace, curve in zip(figure.data, curves, strict=True):
        np.testing.assert_allclose(trace.y, curve[:, -1], rtol=1e-6)
        np.testing.assert_allclose(trace.x, values if size == 1 else curve[:, 0], rtol=1e-6)


@pytest.mark.parametrize("shape", [(1, 3, 3), (3, 4, 6), (1, 28, 28)])
def test_a_thumbnail_is_its_image(shape: tuple[int, int, int]) -> None:
    image = np.random.default_rng(0).integers(0, 256, int(np.prod(shape)), dtype=np.uint8)
    made = thumbnail(image, shape, alt='a "7"', size=84)
    assert 'alt="a &quot;7&quot;"' in made
    width, height = (int(re.search(rf'{side}="(\d+)"', made).group(1)) for side in ("width", "height"))
    assert (width % shape[2], height % shape[1]) == (0, 0)
    assert max(width, height) <= 84
    data = re.search(r"base64,([^\"]+)", made).group(1)
    pixels = np.array(Image.open(io.BytesIO(base64.b64decode(data))))
    expected = image.reshape(shape)
    np.testing.assert_array_equal(pixels, expected[0] if shape[0] == 1 else expected.transpose(1, 2, 0))


def test_what_is_kept_forgets_the_oldest() -> None:
    model = VAE((1, 3, 3), latent_dim=2, hidden=(3,), seed=0)
    legs = Kept(2)
    made = [walk(model, torch.tensor([[0.0, 0.0], [1.0, n]]), style="straight", frames=2) for n in range(3)]
    where = [("abc", (0.0, 0.0), (1.0, float(n)), 2) for n in range(3)]
    legs.keep(where[0], made[0])
    legs.keep(where[1], made[1])
    assert legs.find(where[0]) is made[0]  # now the newest
    legs.keep(where[2], made[2])
    assert [legs.find(key) for key in where] == [made[0], None, made[2]]
