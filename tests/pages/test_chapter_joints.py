"""Chapter 2 on the page: the training is played, and the model that was trained judges."""

import pytest
from streamlit.testing.v1 import AppTest

from pages.state.engine import shared_engine
from pages.state.lessons import lesson
from tests.fakes import wait_until
from tests.pages.opened import everything, open_page, until
from vae_core.engine import Engine
from vae_core.lessons.joints_grid import data_entropy
from vae_core.lessons.joints_training import config, recorded_steps, train_joints

PAGE = "learn/joints.py"
KEY = "lab_lesson_joints_"


def opened(**link: str) -> AppTest:
    page = open_page(**link).switch_page(PAGE).run()
    assert not page.exception
    return page


def check(page: AppTest, place: int) -> str:
    page.main.button(f"{KEY}exercise_{place}_check").click().run()
    assert not page.exception
    return everything(page)


def to(page: AppTest, step: int) -> str:
    page.main.select_slider(f"{KEY}step").set_value(step).run()
    return everything(until(page, f"At step {step:,} KL"))


@pytest.mark.parametrize("name", ["binary-digits-2d", "two-moons", "binary-digits-8d"])
def test_it_opens_on_any_model(name: str) -> None:
    page = opened(model=f"shipped:{name}")
    assert "A small one stands in" in everything(page)
    assert "At step 0 KL(q ‖ p) is 24." in everything(page)


@pytest.mark.parametrize("choice", [0, 1])
def test_a_prediction_is_settled(choice: int) -> None:
    page = opened()
    page.main.radio(f"{KEY}prediction_None").set_value(lesson("joints").choices[choice]).run()
    page.main.button(f"{KEY}prediction_commit").click().run()
    until(page, "nats before training and is 0.16 after it")
    assert ("✓ As you said." in everything(page)) == (choice == 1)


def test_training_is_played_to_its_end_and_can_be_reset(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("pages.controls.chapters.joint_training.PLAY_S", 1.0)
    page = opened()
    page.main.button(f"{KEY}train").click().run()
    assert page.main.button(f"{KEY}pause")
    page.main.button(f"{KEY}pause").click().run()
    assert page.main.button(f"{KEY}train")
    page.main.button(f"{KEY}next").click().run()
    at = page.main.select_slider(f"{KEY}step").value
    assert at > 0
    page.main.button(f"{KEY}train").click().run()
    until(page, "At step 1,500 KL(q ‖ p) is 0.16 nats")
    assert page.main.button(f"{KEY}train").disabled
    page.main.button(f"{KEY}reset").click().run()
    assert "At step 0 KL" in everything(page)


def test_from_the_derivation_to_the_last_check() -> None:
    *_, moments = train_joints(seed=0, sigma=0.3)
    first = next(moment for moment in moments if moment.parts.kl < 0.1 * moments[0].parts.kl)
    page = opened()
    page.main.button(f"{KEY}unfold_All steps").click().run()
    assert everything(page).count('class="lab-step"') == 5
    to(page, recorded_steps()[-1])
    assert "The two sides differ" not in everything(page)
    until(page, "At step 1,500")
    assert "at an earlier recorded moment" in check(page, 0)
    to(page, first.step)
    assert f"✓ Right.</b> At step {first.step}" in check(page, 0)
    for answer, right in ((data_entropy(), False), (-data_entropy(), True)):
        page.main.number_input(f"{KEY}exercise_1").set_value(answer).run()
        assert ("No KL is below zero" in check(page, 1)) == right
    for choice, right in ((1, False), (2, False), (0, True)):
        page.main.radio(f"{KEY}exercise_2").set_value(lesson("joints").exercises[2].choices[choice]).run()
        assert ("The data and the prior are given" in check(page, 2)) == right
    assert "3 of 3 solved" in everything(page)


def test_another_order_of_the_chain_rule_and_another_scale() -> None:
    page = opened()
    page.main.segmented_control(f"{KEY}order").set_value("First z, then x").run()
    assert "of z alone" in everything(page)
    page.main.segmented_control(f"{KEY}scale").set_value("Logarithmic").run()
    assert "and less" in everything(page)
    page.main.segmented_control(f"{KEY}sigma").set_value("learned").run()
    page.main.number_input(f"{KEY}seed").set_value(2).run()
    assert "At step 0 KL(q ‖ p) is 0.41 nats" in everything(page)


def test_ones_own_run_is_shown_where_it_fits() -> None:
    page = open_page()
    engine: Engine = shared_engine()
    settings = config(seed=1, sigma=1.0).replace(steps=60, hidden=(8,))
    run = engine.submit(settings, visitor="somebody else")
    engine.start(run, visitor="somebody else")
    wait_until(lambda: engine.view(run).state == "finished", seconds=60)
    page.session_state["lab_model"] = f"run:{run}"
    page.switch_page(PAGE).run()
    assert not page.exception
    assert "stands in" not in everything(page)
    assert "At step 60 KL(q ‖ p)" in everything(page)
    page.main.select_slider(f"{KEY}own_60").set_value(0).run()
    assert "At step 0 KL(q ‖ p)" in everything(page)
