"""Chapter 8 on the page, and what the browser may answer."""

from typing import Any

import pytest
from hypothesis import given, settings
from streamlit.testing.v1 import AppTest

from pages.components.forms import checked_notch, message
from pages.controls.chapters.forms import OWN
from pages.state.engine import shared_engine
from pages.state.lessons import lesson
from tests.browser.test_pad_python import JSON
from tests.pages.opened import everything, open_page
from vae_core.finite_world import Enumeration
from vae_core.lessons import forms
from vae_core.training.config import TrainConfig

PAGE = "learn/forms.py"


def opened(**link: str) -> AppTest:
    page = open_page(**link).switch_page(PAGE).run()
    assert not page.exception
    return page


@given(JSON)
@settings(max_examples=60)
def test_a_notch_is_always_one(answer: Any) -> None:
    for value in (answer, {"home": "a", "notch": answer}):
        assert checked_notch(value, home="a", count=41, notch=7) in range(41)


def test_a_notch_is_believed_where_it_can_be() -> None:
    said = {"home": "a", "notch": 40}
    assert checked_notch(said, home="a", count=41, notch=7) == 40
    assert checked_notch(said, home="b", count=41, notch=7) == 7
    for wrong in (41, -1, True, 3.0, "3"):
        assert checked_notch({"home": "a", "notch": wrong}, home="a", count=41, notch=7) == 7


def test_the_browser_has_every_term_at_every_share() -> None:
    every = forms.worlds(Enumeration.of(forms.trained(1.0)[0].model()), 2)
    sent = message(every, shares=forms.shares(), notch=3, label="Share", home="a")
    for place, world in enumerate(every):
        for form, shown in zip(world.forms, sent["forms"], strict=True):
            total = sum(sign * sent["terms"][at]["values"][place] for sign, at in shown["terms"])
            assert total == pytest.approx(form.total, abs=1e-12)


@pytest.mark.parametrize("name", ["two-moons", "binary-digits-8d"])
def test_it_opens_on_any_model(name: str) -> None:
    assert "Here it is the ELBO plus H" in everything(opened(model=f"shipped:{name}"))


def test_a_run_of_the_finite_world_can_be_looked_at() -> None:
    config = TrainConfig(dataset="tiny-binary", latent_dim=1, hidden=(4,), steps=5, beta=2.0)
    run = shared_engine().submit(config, visitor="somebody else")
    page = opened(model=f"run:{run}")
    page.main.segmented_control("lab_lesson_forms_whose").set_value(OWN).run()
    page.main.radio("lab_lesson_forms_prediction_None").set_value(lesson("forms").choices[1]).run()
    page.main.button("lab_lesson_forms_prediction_commit").click().run()
    assert "Trained with β = 2" in everything(page)
    assert not [one for one in page.main.select_slider if one.key == "lab_lesson_forms_beta"]


def test_from_the_first_question_to_the_last_check() -> None:
    page = opened()
    choices = lesson("forms").choices
    page.main.radio("lab_lesson_forms_prediction_None").set_value(choices[0]).run()
    page.main.button("lab_lesson_forms_prediction_commit").click().run()
    assert "✓ As you said." in everything(page)
    page.main.select_slider("lab_lesson_forms_beta").set_value(4.0).run()
    page.main.select_slider("lab_lesson_forms_steps").set_value(100).run()
    assert "Trained with β = 4" in everything(page)
    page.main.button("lab_lesson_forms_unfold_All steps").click().run()
    assert everything(page).count('class="lab-step"') == 7
    assert "The two sides differ" not in everything(page)
    page.main.slider("lab_lesson_forms_alpha").set_value(0.5).run()
    assert "in general no bound of log p(x)" in everything(page)
    page.main.button("lab_lesson_forms_exercise_1_check").click().run()
    assert "choose another pattern" in everything(page)  # at β = 4 next to nothing is told
    page.main.select_slider("lab_lesson_forms_beta").set_value(1.0).run()
    page.main.select_slider("lab_lesson_forms_steps").set_value(2000).run()
    page.main.button("lab_lesson_forms_exercise_1_check").click().run()
    assert "it can fall to" in everything(page)
    page.main.radio("lab_lesson_forms_exercise_2").set_value("KL(q(z) ‖ p(z))").run()
    page.main.button("lab_lesson_forms_exercise_2_check").click().run()
    assert everything(page).count("✗ Not yet.") == 2
    page.main.radio("lab_lesson_forms_exercise_2").set_value("I_q(x; z)").run()
    page.main.button("lab_lesson_forms_exercise_2_check").click().run()
    assert "1 of 3 solved" in everything(page)
