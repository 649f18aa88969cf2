"""Chapter 4 on the page: sliders move q, the terms follow, and the model judges the answers."""

import re
from typing import Any

import numpy as np
import pytest
import torch
from streamlit.testing.v1 import AppTest
from torch.distributions import Normal, kl_divergence

from pages.components.formula import parse, plain
from pages.state.lessons import lesson
from tests.pages.opened import everything, open_page
from vae_core.data import load_dataset
from vae_core.lessons.objective import Setting, at_rest, image_base, parts_of
from vae_core.lessons.objective_curves import curve
from vae_core.training.shipped import load_shipped

PAGE = "learn/objective.py"
KEY = "lab_lesson_objective_"


def opened(**link: str) -> AppTest:
    page = open_page(**link).switch_page(PAGE).run()
    assert not page.exception
    return page


def row(page: AppTest, name: str) -> list[float]:
    """Both values and the change of a row of the table of terms."""
    table = next(text for text in everything(page).splitlines() if "lab-terms" in text and "<tbody>" in text)
    cells = table.split(f">{name}</th>")[1].split("</tr>")[0]
    return [float(cell.replace("−", "-").replace(",", "")) for cell in re.findall(r"<td>([^<]+)</td>", cells)]


@pytest.mark.parametrize("name", ["two-moons", "binary-digits-8d", "grey-bernoulli"])
def test_it_opens_on_any_model(name: str) -> None:
    page = opened(model=f"shipped:{name}")
    assert ("stands in" in everything(page)) == (name == "binary-digits-8d")
    assert row(page, "L(x)")[2] == 0.0
    assert ("Bernoulli score" in everything(page)) == (name == "grey-bernoulli")
    assert ("nats, exact" in everything(page)) == (name != "two-moons")  # there its rule is a rough one
    page.main.select_slider(f"{KEY}beta").set_value(8.0).run()
    assert ("neither L(x) nor" in everything(page)) == (name == "grey-bernoulli")


def test_from_the_first_question_to_the_last_check() -> None:
    page = opened()
    choices = lesson("objective").choices
    page.main.radio(f"{KEY}prediction_None").set_value(choices[0]).run()
    page.main.button(f"{KEY}prediction_commit").click().run()
    assert "✗ Not so." in everything(page)
    page.main.button(f"{KEY}unfold_All steps").click().run()
    assert everything(page).count('class="lab-step"') == 6
    assert "differ." not in everything(page)
    page.main.radio(f"{KEY}exercise_0").set_value("For a large one: q spreads towards the prior").run()
    page.main.button(f"{KEY}exercise_0_check").click().run()
    page.main.button(f"{KEY}exercise_1_check").click().run()
    assert everything(page).count("✗ Not yet.") == 2
    page.main.radio(f"{KEY}exercise_0").set_value("For a small one: q shrinks towards a point").run()
    page.main.button(f"{KEY}exercise_0_check").click().run()
    base = image_base(
        load_shipped("binary-digits-2d").model(), load_dataset("mnist-5k-binary").validation.x[:1]
    )
    best = round(curve(base, at_rest(2), dimension=0).best(), 2)
    page.main.slider(f"{KEY}shift_0").set_value(best).run()
    moved = parts_of(base.scores, Setting((best, 0.0)).moved(base.encoder.q))
    assert row(page, "L(x)") == pytest.approx(
        [base.encoder.elbo, moved.elbo, moved.elbo - base.encoder.elbo], abs=1.1e-3
    )
    page.main.button(f"{KEY}exercise_1_check").click().run()
    assert "answers for all images at once" in everything(page)
    page.main.number_input(f"{KEY}exercise_2").set_value(1.0).run()
    page.main.button(f"{KEY}exercise_2_check").click().run()
    assert "✗ Not yet. Too low." in everything(page).replace("</b>", "")
    wanted = curve(base, at_rest(2), dimension=None, betas=(4.0,)).best(4.0)
    page.main.number_input(f"{KEY}exercise_2").set_value(wanted).run()
    page.main.button(f"{KEY}exercise_2_check").click().run()
    assert "3 of 3 solved" in everything(page)


def test_the_other_prediction_is_right() -> None:
    page = opened()
    page.main.radio(f"{KEY}prediction_None").set_value(lesson("objective").choices[1]).run()
    page.main.button(f"{KEY}prediction_commit").click().run()
    assert "✓ As you said." in everything(page)


def test_the_weight_is_said_to_be_a_bound_or_none() -> None:
    page = opened()
    assert "no bound" not in everything(page)
    page.main.select_slider(f"{KEY}beta").set_value(0.5).run()
    assert "it is no bound on log p(x)" in everything(page)
    kl = [row(page, f"− KL of z{place}") for place in "₁₂"]
    half = row(page, "with 0.5 KL")[0] - row(page, "L(x)")[0]
    assert half == pytest.approx(-0.5 * sum(one[0] for one in kl), abs=2e-3)
    page.main.select_slider(f"{KEY}beta").set_value(8.0).run()
    assert "a looser one" in everything(page)


def test_another_image_puts_q_back() -> None:
    page = opened()
    page.main.slider(f"{KEY}shift_1").set_value(0.4).run()
    page.main.select_slider(f"{KEY}factor").set_value(2.0).run()
    assert row(page, "L(x)")[2] != 0.0
    before = row(page, "L(x)")[0]
    page.main.button(f"{KEY}another").click().run()
    assert page.main.slider(f"{KEY}shift_1").value == 0.0
    assert row(page, "L(x)")[2] == 0.0
    assert row(page, "L(x)")[0] != before
    page.main.select_slider(f"{KEY}factor").set_value(0.5).run()
    page.main.button(f"{KEY}rest").click().run()
    assert row(page, "L(x)")[2] == 0.0


@pytest.mark.parametrize("over", ["Shift of μ₁", "Shift of μ₂"])
def test_curves_over_a_shift(over: str) -> None:
    page = opened()
    page.main.segmented_control(f"{KEY}over_2").set_value(over).run()
    assert not page.exception
    assert "L(x) is highest at a shift of" in everything(page)


def test_the_code_of_the_chapter_computes_it() -> None:
    code = [plain(parse(line, levels=False)) for line in lesson("objective").code]
    model = load_shipped("binary-digits-2d").model()
    x = load_dataset("mnist-5k-binary").validation.x[:3]
    with torch.no_grad():
        q = model.encode(x)
        names: dict[str, Any] = {"mean": q.mean, "std": q.std, "decode": model.decode, "x": x, "torch": torch}
        exec("\n".join(code), names)
        rec = model.decode(names["z"]).log_prob(x)
    kl = kl_divergence(Normal(q.mean, q.std), Normal(0.0, 1.0)).sum(1)
    np.testing.assert_allclose(names["elbo"], rec - kl, rtol=1e-5)
