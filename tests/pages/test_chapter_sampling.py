"""Chapter 5 on the page: the pool and the slopes are measured beside it, and they judge."""

import pytest
from streamlit.testing.v1 import AppTest

from pages.state.lessons import lesson
from tests.pages.opened import everything, open_page, until
from vae_core.data import load_dataset
from vae_core.lessons.sampling_pool import ElboPool, sampling_pool
from vae_core.training.shipped import load_shipped

PAGE = "learn/sampling.py"
KEY = "lab_lesson_sampling_"


def opened(name: str = "two-moons") -> AppTest:
    page = open_page(model=f"shipped:{name}").switch_page(PAGE).run()
    assert not page.exception
    until(page, "estimates scatter by")
    return until(page, "One draw scatters by")


def check(page: AppTest, place: int) -> str:
    page.main.button(f"{KEY}exercise_{place}_check").click().run()
    assert not page.exception
    return everything(page)


def pool_of(name: str) -> ElboPool:
    snapshot = load_shipped(name)
    *_, pool = sampling_pool(snapshot.model(), load_dataset(snapshot.config.dataset))
    return pool


@pytest.mark.parametrize("name", ["binary-digits-2d", "binary-digits-8d"])
def test_it_opens_on_any_model(name: str) -> None:
    page = opened(name)
    assert ("stands in" in everything(page)) == (name == "binary-digits-8d")
    assert "Var L̂" in everything(page)


@pytest.mark.parametrize("choice", [0, 1, 2])
def test_a_prediction_is_settled(choice: int) -> None:
    page = opened()
    page.main.radio(f"{KEY}prediction_None").set_value(lesson("sampling").choices[choice]).run()
    page.main.button(f"{KEY}prediction_commit").click().run()
    assert "Four times the images bring it to" in everything(page)
    assert ("✓ As you said." in everything(page)) == (choice == 0)


def test_every_step_is_unfolded_and_holds() -> None:
    page = opened()
    page.main.button(f"{KEY}unfold_All steps").click().run()
    assert everything(page).count('class="lab-step"') == 7
    assert "The two sides differ" not in everything(page)


def test_from_the_first_exercise_to_the_last() -> None:
    page, pool = opened(), pool_of("two-moons")
    assert "it has to be" in check(page, 0)
    page.main.select_slider(f"{KEY}batch").set_value(128).run()
    assert "fewer codes in all" in check(page, 0)
    page.main.select_slider(f"{KEY}batch").set_value(64).run()
    assert "64 codes in all" in check(page, 0)
    page.main.select_slider(f"{KEY}draws").set_value(2).run()
    truth = pool.error_bar(2048, 2)
    for answer, right in ((2.0 * truth, False), (truth, True)):
        page.main.number_input(f"{KEY}exercise_1").set_value(answer).run()
        assert ("four times the images halve" in check(page, 1)) == right
    choices = lesson("sampling").exercises[2].choices
    for choice, right in ((0, False), (2, False), (1, True)):
        page.main.radio(f"{KEY}exercise_2").set_value(choices[choice]).run()
        assert ("a constant has none" in check(page, 2)) == right
    assert "3 of 3 solved" in everything(page)


def test_the_slope_follows_its_controls() -> None:
    page = opened()
    before = everything(page)
    page.main.toggle(f"{KEY}baseline").set_value(True).run()
    assert everything(page) != before
    page.main.segmented_control(f"{KEY}dimension_2").set_value("μ₂").run()
    assert "Slope by μ₂: exactly" in everything(page)
    page.main.slider(f"{KEY}d").set_value(16).run()
    assert "in d = 16: variances 4 σ² and 360 σ²" in everything(page)
    page.main.button(f"{KEY}another").click().run()
    until(page, "One draw scatters by")
