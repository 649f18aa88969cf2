"""The Latent space page: full at once with every shipped model, and what the browser says moves it."""

import base64

import numpy as np
import pytest
from streamlit.testing.v1 import AppTest

from pages.controls.chosen_image import BOARD, DRAWING
from pages.state import keys
from pages.state.engine import shared_engine
from pages.state.view import READERS, read_row, read_sweep, read_z, write_z
from tests.fakes import wait_until
from tests.pages.opened import ONE_OF_EACH_KIND, a_run, open_page, texts
from vae_core.data import load_dataset
from vae_core.training.shipped import load_shipped

PAGE = "lab/latent.py"


def opened(**link: str) -> AppTest:
    return open_page(**link).switch_page(PAGE).run()


def titles(page: AppTest) -> list[str]:
    return [element.proto.body for element in page.main.get("html") if "lab-title" in element.proto.body]


def captions(page: AppTest) -> str:
    return "\n".join(caption.value for caption in page.main.caption)


@pytest.mark.parametrize("name", ONE_OF_EACH_KIND)
def test_it_is_full_with_every_shipped_model(name: str) -> None:
    page = opened(model=f"shipped:{name}")
    assert not page.exception
    assert "costs" in "".join(titles(page))
    assert "KL(q(z)‖p(z)) = " in captions(page)
    assert "log p(z) = " in captions(page)


def test_it_shows_a_run_that_has_not_begun() -> None:
    engine = shared_engine()
    run_id = a_run(engine, visitor="me")
    wait_until(lambda: engine.view(run_id).observation is not None)
    page = opened(model=f"run:{run_id}")
    assert not page.exception
    assert "Draw one" not in texts(page)  # 3×3 pixels are no room for a stroke


def test_the_link_opens_a_place_and_an_image() -> None:
    page = opened(z="1.25,-9", image="17")
    assert "Image 17" in "".join(titles(page))
    z = np.array([1.25, -6.0])
    assert f"log p(z) = −{0.5 * (z @ z) + np.log(2 * np.pi):.2f} nats" in captions(page)
    assert page.query_params["image"] == "17"


def test_a_place_of_another_dimension_is_left_out() -> None:
    page = opened(model="shipped:binary-digits-8d", z="1,1")
    assert not page.exception
    assert "|z| = 0.00" in captions(page)


def test_what_a_link_says_of_the_view_is_typed_and_clamped() -> None:
    assert read_z("1.5,-2") == (1.5, -2.0)
    assert read_z("1e9") == (6.0,)
    for text in ("", "a,b", "nan,1", "inf", "1,,2", ",".join("1" * 33)):
        assert read_z(text) is None
    assert read_row("4999") == 4999
    for text in ("", "-1", "1.5", "999999999", "٣", "0x1", " 1"):
        assert read_row(text) is None
    z = (0.0, -0.001, 1.256, -6.0)
    assert write_z(z) == "0,0,1.26,-6"
    assert read_z(write_z(z)) == (0.0, 0.0, 1.26, -6.0)
    assert [read_sweep(text) for text in ("digits", "0123456789ab")] == ["digits", "0123456789ab"]
    for text in ("", "../digits", "0123456789AB", "0123456789abc", "nothing"):
        assert read_sweep(text) is None
    assert set(READERS) == {"z", "image", "sweep", "twins", "tour", "show", "bug"}


def test_a_drawing_becomes_the_image_and_z_its_code() -> None:
    page = opened()
    first = captions(page)
    ink = np.zeros((84, 84), np.uint8)
    ink[20:64, 38:46] = 255
    page.session_state[BOARD] = {
        "drawing": {"ink": base64.b64encode(ink.tobytes()).decode(), "strokes": 1, "reset": 0}
    }
    page.session_state[keys.IMAGE] = ("mnist-5k-binary", DRAWING)
    page.run()
    assert not page.exception
    assert "Your drawing" in "".join(titles(page))
    assert captions(page) != first


def test_nonsense_from_the_browser_moves_nothing() -> None:
    page = opened()
    for nonsense in (None, 3, {"z": ["a", {}], "row": True, "moves": -1}, {"z": [1, 2, 3], "row": 10**9}):
        page.session_state["lab_pad_2"] = {"position": nonsense, "pins": nonsense, "ellipse": nonsense}
        page.session_state[BOARD] = {"drawing": nonsense}
        page.run()
        assert not page.exception
        assert "|z| = 0.00" in captions(page)


def test_the_ledger_is_the_chosen_images_own() -> None:
    page = opened(image="17")
    data = load_dataset("mnist-5k-binary")
    q = load_shipped("binary-digits-2d").model().encode(data.full.x[17:18])
    kl = float(0.5 * (q.mean**2 + q.log_var.exp() - 1 - q.log_var).sum().detach())
    assert f"KL {kl:.1f}" in "".join(titles(page))


def test_another_draw_of_the_noise_changes_only_the_noisy_one() -> None:
    page = opened()
    before = page.get("bidi_component")
    page.button(key="lab_noise_again").click().run()
    assert not page.exception
    assert page.session_state[keys.NOISE] == 2
    assert len(page.get("bidi_component")) == len(before)
    page.button(key="lab_noise_clear").click().run()
    assert page.session_state[keys.NOISE] == 1
