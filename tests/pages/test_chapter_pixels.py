"""Chapter 6 on the page: predictions, steps and exercises follow the decoder that is chosen."""

import pytest
import torch
from streamlit.testing.v1 import AppTest

from pages.state.lessons import lesson
from tests.pages.opened import everything, open_page
from vae_core.data import load_dataset
from vae_core.lessons.pixels import SIGMAS, best_place, decoded, errors_of
from vae_core.training.shipped import load_shipped

PAGE = "learn/pixels.py"
KEY = "lab_lesson_pixels_"


def opened(**link: str) -> AppTest:
    page = open_page(**link).switch_page(PAGE).run()
    assert not page.exception
    return page


def choose(page: AppTest, name: str) -> None:
    page.main.segmented_control(f"{KEY}decoder").set_value(name).run()
    assert not page.exception


def check(page: AppTest, place: int) -> str:
    page.main.button(f"{KEY}exercise_{place}_check").click().run()
    assert not page.exception
    return everything(page)


@pytest.mark.parametrize(
    ("name", "reason"),
    [("two-moons", "points"), ("grey-continuous", "neither"), ("binary-digits-8d", "")],
)
def test_it_opens_on_any_model(name: str, reason: str) -> None:
    page = opened(model=f"shipped:{name}")
    assert ("stand in" in everything(page)) == bool(reason)
    assert reason in everything(page)
    assert "the same means cost" in everything(page)


def test_the_current_model_can_be_looked_at() -> None:
    page = opened(model="shipped:binary-digits-8d")
    choose(page, "Current model")
    assert "Its pixels are black or white: the floor is 0." in everything(page)


def test_from_the_first_question_to_the_last_check() -> None:
    page = opened()
    page.main.radio(f"{KEY}prediction_None").set_value(lesson("pixels").choices[0]).run()
    page.main.button(f"{KEY}prediction_commit").click().run()
    assert "✗ Not so.</b> Hundreds of nats" in everything(page)
    page.main.button(f"{KEY}unfold_All steps").click().run()
    assert everything(page).count('class="lab-step"') == 6
    assert "The two sides differ" not in everything(page)
    assert "nats more than the best one" in check(page, 0)
    x = load_dataset("mnist-5k").validation.x[:1]
    errors = errors_of(decoded(load_shipped("grey-gaussian-unit").model(), x), x)
    page.main.select_slider(f"{KEY}sigma Gaussian, σ = 1").set_value(SIGMAS[best_place(errors)]).run()
    assert "✓ Right.</b> σ² is the mean squared error" in check(page, 0)
    page.main.number_input(f"{KEY}exercise_1").set_value(errors.best_sigma).run()
    assert "Too high. Multiply the ELBO" in check(page, 1)
    page.main.number_input(f"{KEY}exercise_1").set_value(round(errors.best_sigma**2, 3)).run()
    assert "✓ Right.</b> σ² times the ELBO" in check(page, 1)
    page.main.number_input(f"{KEY}exercise_2").set_value(0.0).run()
    assert "Choose a Bernoulli decoder" in check(page, 2)
    choose(page, "Bernoulli, grey pixels")
    assert "✓ Right.</b> σ² is the mean squared error" in everything(page)  # as it was checked
    assert "pick a grey one" in check(page, 2)
    place = int((x[0] - 0.5).abs().argmin())
    page.session_state[f"{KEY}pixel"] = divmod(place, 28)
    page.run()
    assert "Too low. Move a until" in check(page, 2)
    entropy = float(torch.distributions.Bernoulli(x[0, place]).entropy())
    page.main.number_input(f"{KEY}exercise_2").set_value(round(entropy, 3)).run()
    assert "it still costs h(x)" in check(page, 2)
    assert "3 of 3 solved" in everything(page)
    assert "The two sides differ" not in everything(page)


def test_a_learned_sigma_is_where_the_slider_begins() -> None:
    page = opened()
    choose(page, "Gaussian, σ learned")
    own = float(load_shipped("grey-gaussian").model().decoder.log_sigma.detach().exp())
    assert page.main.select_slider(f"{KEY}sigma Gaussian, σ learned").value == pytest.approx(own, rel=0.04)


def test_another_image_is_another_image() -> None:
    page = opened()
    before = everything(page)
    page.main.button(f"{KEY}another").click().run()
    assert not page.exception
    assert everything(page) != before
    choose(page, "Bernoulli, binary pixels")
    assert "black or white" in everything(page)
