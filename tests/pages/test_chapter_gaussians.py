"""Chapter 7 on the page: predictions, steps and exercises follow the pair that a hand has left."""

import math
import re
from typing import Any

import pytest
import torch
from streamlit.testing.v1 import AppTest
from torch.distributions import MultivariateNormal, Normal, kl_divergence

from pages.components.formula import parse, plain
from pages.state.lessons import lesson
from tests.pages.opened import everything, open_page
from vae_core.lessons.gaussians import PRESETS

PAGE = "learn/gaussians.py"
PLANE = "lab_lesson_gaussians_plane"
PRIOR = {"mean": [0.0, 0.0], "cov": [1.0, 0.0, 1.0]}


def opened(**link: str) -> AppTest:
    page = open_page(**link).switch_page(PAGE).run()
    assert not page.exception
    return page


def put(page: AppTest, q: dict, p: dict, *, vae: bool = False) -> None:
    """Leave both somewhere, as the browser says it."""
    page.session_state[PLANE] = {"gaussians": {"q": q, "p": p, "vae": vae}}
    page.run()
    assert not page.exception


def at(mean: tuple[float, float], axes: tuple[float, float], degrees: float = 0.0) -> dict:
    c, s = math.cos(math.radians(degrees)), math.sin(math.radians(degrees))
    a, b = axes[0] ** 2, axes[1] ** 2
    return {"mean": list(mean), "cov": [a * c * c + b * s * s, (a - b) * c * s, a * s * s + b * c * c]}


def row(page: AppTest, name: str) -> list[float]:
    """The numbers of a row of the table of routines."""
    table = next(text for text in everything(page).splitlines() if "lab-ways" in text and "<tbody>" in text)
    cells = table.split(f'<th scope="row">{name}</th>')[1].split("</tr>")[0]
    return [
        float(found.replace("−", "-").replace(",", "")) for found in re.findall(r"[−\d.,]+(?=[ <])", cells)
    ]


@pytest.mark.parametrize("name", ["binary-digits-2d", "two-moons", "binary-digits-8d"])
def test_it_opens_on_any_model(name: str) -> None:
    page = opened(model=f"shipped:{name}")
    assert "stands in" not in everything(page)
    assert row(page, "Formula") == row(page, "Grid in z") == pytest.approx([3.020408] * 2)


def test_from_the_first_question_to_the_last_check() -> None:
    page = opened()
    choices = lesson("gaussians").choices
    page.main.radio("lab_lesson_gaussians_prediction_None").set_value(choices[2]).run()
    page.main.button("lab_lesson_gaussians_prediction_commit").click().run()
    assert "✗ Not so." in everything(page)
    page.main.button("lab_lesson_gaussians_unfold_All steps").click().run()
    assert everything(page).count('class="lab-step"') == 7
    assert "differ." not in everything(page)
    page.main.button("lab_lesson_gaussians_exercise_0_check").click().run()
    assert "the centres lie apart" in everything(page)
    put(page, at((0.0, 0.0), (1.0, 1.0)), at((0.0, 0.0), (2.5, 0.4), 30.0))
    page.main.button("lab_lesson_gaussians_exercise_0_check").click().run()
    assert everything(page).count("✓ Right.") == 1
    page.main.button("lab_lesson_gaussians_exercise_2_check").click().run()
    assert "it can still fall" in everything(page)
    put(page, at((0.0, 0.0), (0.75, 0.45)), at((0.0, 0.0), (1.6, 0.4), 30.0))
    page.main.button("lab_lesson_gaussians_exercise_2_check").click().run()
    assert "stays where p is dense" in everything(page)
    assert "2 of 3 solved" in everything(page)


def test_the_other_prediction_is_right() -> None:
    page = opened()
    page.main.radio("lab_lesson_gaussians_prediction_None").set_value(lesson("gaussians").choices[0]).run()
    page.main.button("lab_lesson_gaussians_prediction_commit").click().run()
    assert "✓ As you said." in everything(page)


def test_the_centre_is_worth_its_distance() -> None:
    page = opened()
    put(page, at((1.0, 0.0), (1.0, 0.5)), at((-1.0, 1.0), (2.0, 1.0)))
    # ½ (2²/2² + 1²/1²)
    for answer, right in ((0.5, False), (1.0, True)):
        page.main.number_input("lab_lesson_gaussians_exercise_1").set_value(answer).run()
        page.main.button("lab_lesson_gaussians_exercise_1_check").click().run()
        assert ("✓ Right." in everything(page)) == right


def test_the_vaes_case_is_a_slice() -> None:
    page = opened()
    assert "over 1,000 draws from q is" in everything(page)
    put(page, {"mean": [0.5, -1.0], "cov": [0.25, 0.0, 1.0]}, PRIOR, vae=True)
    # ½ (0.25 + 0.25 − 1 − log 0.25) and ½ · 1²
    assert "z₁ costs 0.443 nats and z₂ 0.500: together 0.943." in everything(page)
    page.main.select_slider("lab_lesson_gaussians_samples").set_value(100_000).run()
    assert row(page, "Mean of draws")[0] == pytest.approx(0.943, abs=0.02)


def test_the_code_of_the_chapter_computes_it() -> None:
    code = [plain(parse(line, levels=False)) for line in lesson("gaussians").code]
    pair = PRESETS["Thin and turned"]
    names: dict[str, Any] = {"d": 2, "shift": (pair.p.mean - pair.q.mean)[0] + 0.5}
    names |= {"cov_q": pair.q.cov[0], "cov_p": pair.p.cov[0]}
    exec("\n".join(code[:2]), names)
    q, p = (
        MultivariateNormal(names["shift"], names["cov_q"]),
        MultivariateNormal(0.0 * names["shift"], names["cov_p"]),
    )
    assert float(names["kl"]) == pytest.approx(float(kl_divergence(q, p)))
    names = {"mean": torch.tensor([0.5, -1.0]), "log_var": torch.tensor([-2.0, 0.3])}
    exec(code[2], names)
    each = kl_divergence(Normal(names["mean"], (0.5 * names["log_var"]).exp()), Normal(0.0, 1.0))
    assert float(names["kl"]) == pytest.approx(float(each.sum()))
