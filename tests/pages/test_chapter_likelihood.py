"""Chapter 1 on the page: predictions, steps and exercises follow the running model."""

import pytest
from streamlit.testing.v1 import AppTest

from pages.state.lessons import lesson
from tests.pages.opened import everything, open_page, until
from vae_core.lessons.likelihood_family import family
from vae_core.lessons.likelihood_toy import toy_draws_for_one, toy_sigma

PAGE = "learn/likelihood.py"
KEY = "lab_lesson_likelihood_"


def opened(**link: str) -> AppTest:
    page = open_page(**link).switch_page(PAGE).run()
    assert not page.exception
    return page


def check(page: AppTest, place: int) -> str:
    page.main.button(f"{KEY}exercise_{place}_check").click().run()
    assert not page.exception
    return everything(page)


@pytest.mark.parametrize(
    ("name", "reason"),
    [
        ("two-moons", ""),
        ("binary-digits-8d", "has 8. mnist-5k-binary"),
        ("grey-bernoulli", "no likelihood. mnist-5k-binary"),
    ],
)
def test_it_opens_on_any_model(name: str, reason: str) -> None:
    page = opened(model=f"shipped:{name}")
    assert ("stands in" in everything(page)) == bool(reason)
    assert reason.replace(" ", " ") in everything(page).replace("\N{NO-BREAK SPACE}", " ")


def test_from_the_first_question_to_the_last_check() -> None:
    page = opened(model="shipped:two-moons")
    choices = lesson("likelihood").choices
    page.main.radio(f"{KEY}prediction_None").set_value(choices[1]).run()
    page.main.button(f"{KEY}prediction_commit").click().run()
    until(page, "estimates lie too low")
    assert "✗ Not so." in everything(page)
    page.main.button(f"{KEY}unfold_All steps").click().run()
    assert everything(page).count('class="lab-step"') == 6
    assert "The two sides differ" not in everything(page)
    page.main.select_slider(f"{KEY}samples").set_value(10).run()
    assert "These K = 10 draws" in everything(page)
    until(page, "estimates lie too low")
    assert "ask for more of them" in check(page, 0)
    page.main.select_slider(f"{KEY}samples").set_value(10_000).run()
    assert "✓ Right.</b> The 10,000 draws are worth" in check(page, 0)
    one = toy_draws_for_one(1, toy_sigma(1.0))
    page.main.number_input(f"{KEY}exercise_1").set_value(8.0 * one).run()
    assert "✗ Not yet.</b> Independent dimensions" in check(page, 1)
    page.main.number_input(f"{KEY}exercise_1").set_value(round(one**8)).run()
    assert "✓ Right.</b> Each dimension costs" in check(page, 1)
    assert "A neighbour of this θ" in check(page, 2)
    found = family()
    page.main.slider(f"{KEY}theta").set_value(float(found.thetas[found.best])).run()
    assert "is the least, too" in check(page, 2)
    assert "3 of 3 solved" in everything(page)


def test_sharper_is_another_model() -> None:
    page = opened(model="shipped:two-moons")
    until(page, "exact. These")
    first = next(text for text in everything(page).splitlines() if "exact. These" in text)
    while page.main.get("progress"):
        page.run()
    page.main.select_slider(f"{KEY}sharp").set_value(4.0).run()
    assert first not in everything(page)
    assert "The two sides differ" not in everything(page)
