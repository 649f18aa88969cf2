"""Chapter 3 on the page: predictions, steps and exercises follow the running model."""

import pytest
from streamlit.testing.v1 import AppTest

from pages.state.lessons import lesson
from tests.pages.opened import everything, open_page

PAGE = "learn/bound.py"


def opened(**link: str) -> AppTest:
    page = open_page(**link).switch_page(PAGE).run()
    assert not page.exception
    return page


@pytest.mark.parametrize("name", ["two-moons", "binary-digits-8d", "grey-bernoulli"])
def test_it_opens_on_any_model(name: str) -> None:
    page = opened(model=f"shipped:{name}")
    assert ("stands in" in everything(page)) == (name != "two-moons")
    assert "= ELBO of the encoder’s q" in everything(page)


def test_from_the_first_question_to_the_last_check() -> None:
    page = opened()
    choices = lesson("bound").choices
    page.main.radio("lab_lesson_bound_prediction_None").set_value(choices[0]).run()
    page.main.button("lab_lesson_bound_prediction_commit").click().run()
    assert "✗ Not so." in everything(page)
    assert page.main.radio("lab_lesson_bound_prediction_0").disabled
    assert everything(page).count('class="lab-step"') == 1
    page.main.button("lab_lesson_bound_unfold_All steps").click().run()
    assert everything(page).count('class="lab-step"') == 5
    assert "differ" not in everything(page)
    page.main.button("lab_lesson_bound_exercise_0_check").click().run()
    assert "own q: drag it" in everything(page)
    page.main.radio("lab_lesson_bound_exercise_2").set_value("The best Gaussian's").run()
    page.main.button("lab_lesson_bound_exercise_2_check").click().run()
    assert everything(page).count("✗ Not yet.") == 2
    page.main.radio("lab_lesson_bound_exercise_2").set_value("The encoder's").run()
    page.main.button("lab_lesson_bound_exercise_2_check").click().run()
    assert "Var(log w) is" in everything(page)
    assert "1 of 3 solved" in everything(page)


def test_the_likelihood_itself_is_the_answer() -> None:
    page = opened()
    shown = next(text for text in everything(page).splitlines() if "= ELBO of" in text)
    known = float(shown.split('data-word="log_likelihood">')[1].split("<")[0].replace("−", "-"))
    for answer, right in ((known + 3.0, False), (known, True)):
        page.main.number_input("lab_lesson_bound_exercise_1").set_value(answer).run()
        page.main.button("lab_lesson_bound_exercise_1_check").click().run()
        assert ("✓ Right." in everything(page)) == right
