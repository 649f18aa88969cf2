"""Two Gaussians in the browser: a drag and a key change the terms at once, and Python agrees on release."""

import re

import numpy as np
import pytest
import torch
from playwright.sync_api import Locator, Page
from torch.distributions import MultivariateNormal, kl_divergence

from tests.browser.conftest import Server, eventually
from tests.browser.traffic import Traffic

pytestmark = pytest.mark.browser


def open_plane(page: Page, app: Server) -> Page:
    page.goto(f"{app.url}/gaussians")
    page.locator(".gaussians .q .handle.centre").wait_for(timeout=60_000)
    page.get_by_text("solved in this session").wait_for(timeout=30_000)
    return page


def number(text: str) -> float:
    return float(text.replace("−", "-").replace(",", ""))


def shown(page: Page, term: str) -> list[float]:
    """Both directions of a term, as the browser has them."""
    return [number(cell.inner_text()) for cell in page.locator(f".gaussians .sum tr.{term} td").all()]


def formula(page: Page) -> list[float]:
    """Both closed forms, as Python has them."""
    cells = page.locator(".lab-ways tr", has_text="Formula").locator("td")
    return [number(cell.inner_text()) for cell in cells.all()]


def agree(page: Page) -> list[float]:
    """Wait until Python says what the browser does."""
    eventually(lambda: np.allclose(formula(page), shown(page, "kl"), atol=6e-4), "Python has the same")
    return formula(page)


def shape(page: Page, which: str) -> MultivariateNormal:
    """The Gaussian that an ellipse draws, from its outline's attributes."""
    data = page.locator(f".gaussians .one.{which}")
    centre, axes = (
        [float(part) for part in (data.get_attribute(name) or "").split()]
        for name in ("data-centre", "data-axes")
    )
    angle = torch.tensor(float(data.get_attribute("data-angle") or "nan"), dtype=torch.float64)
    turn = torch.stack([angle.cos(), -angle.sin(), angle.sin(), angle.cos()]).reshape(2, 2)
    cov = turn @ torch.tensor(axes, dtype=torch.float64).square().diag() @ turn.T
    return MultivariateNormal(torch.tensor(centre, dtype=torch.float64), cov)


def truth(page: Page) -> list[float]:
    q, p = shape(page, "q"), shape(page, "p")
    return [float(kl_divergence(q, p)), float(kl_divergence(p, q))]


def middle(handle: Locator) -> tuple[float, float]:
    box = handle.bounding_box()
    assert box
    return box["x"] + box["width"] / 2, box["y"] + box["height"] / 2


def test_a_drag_is_answered_here_and_a_release_by_python(page: Page, app: Server) -> None:
    traffic = Traffic()
    traffic.watch(page)
    open_plane(page, app)
    agree(page)
    page.locator(".gaussians .map").scroll_into_view_if_needed()
    before = shown(page, "distance")
    x, y = middle(page.locator(".gaussians .q .handle.centre"))
    page.mouse.move(x, y)
    page.mouse.down()
    sent = traffic.sent
    page.mouse.move(x - 60, y + 30, steps=5)
    eventually(lambda: shown(page, "distance") != before, "the terms follow the drag")
    assert traffic.sent == sent
    page.mouse.up()
    np.testing.assert_allclose(agree(page), truth(page), atol=2e-6)
    assert traffic.sent > sent
    scale = (page.locator(".gaussians .map").bounding_box() or {})["width"] / 8
    assert float(shape(page, "q").mean[0]) == pytest.approx(1.25 - 60 / scale, abs=0.05)
    # the end of an axis turns and lengthens
    x, y = middle(page.locator(".gaussians .p .handle.first"))
    page.mouse.move(x, y)
    page.mouse.down()
    page.mouse.move(x + 30, y - 40, steps=4)
    page.mouse.up()
    assert abs(float(shape(page, "p").covariance_matrix[0, 1])) > 0.1
    np.testing.assert_allclose(agree(page), truth(page), atol=2e-6)
    parts = [sum(pair) for pair in zip(*(shown(page, term) for term in TERMS), strict=True)]
    np.testing.assert_allclose(parts, shown(page, "kl"), atol=3e-3)


TERMS = ("trace", "distance", "dimension", "log_det")


def test_keys_and_buttons_move_both(page: Page, app: Server) -> None:
    open_plane(page, app)
    page.get_by_role("button", name="Twice as wide").click()
    assert agree(page) == pytest.approx([1.613706, 0.636294])
    handle = page.locator(".gaussians .q .handle.first")
    assert handle.get_attribute("aria-label") == "q: first half-axis"
    handle.focus()
    page.keyboard.press("ArrowUp")
    page.keyboard.press("Shift+ArrowUp")
    page.keyboard.press("ArrowLeft")
    eventually(lambda: handle.get_attribute("aria-valuetext") == "1.90, at 5°", "it says so")
    assert re.search(
        "KL of q from p", eventually(lambda: page.locator(".gaussians .spoken").inner_text(), "said")
    )
    np.testing.assert_allclose(agree(page), truth(page), atol=2e-6)
    page.get_by_role("button", name="The VAE’s case").click()
    assert page.locator(".gaussians .p .handle").count() == 0
    eventually(lambda: page.get_by_text("together").count(), "the slice is drawn")
    assert agree(page)[0] == pytest.approx(truth(page)[0], abs=2e-6)
    assert shape(page, "q").covariance_matrix[0, 1] == 0
    page.locator(".gaussians .q .handle.first").focus()
    page.keyboard.press("ArrowLeft")  # it stays upright
    page.keyboard.press("ArrowDown")
    np.testing.assert_allclose(agree(page), truth(page), atol=2e-6)
    assert shape(page, "q").covariance_matrix[0, 1] == 0
    page.get_by_role("button", name="Equal").click()
    assert agree(page) == [0.0, 0.0]
    assert page.locator(".gaussians .vae").get_attribute("aria-pressed") == "false"


def test_the_formula_points_at_the_terms(page: Page, app: Server) -> None:
    open_plane(page, app)
    page.locator('.formula [data-word="trace"]').first.focus()
    eventually(lambda: page.locator(".gaussians tr.distance.dim").count(), "the others step back")
    assert page.locator(".gaussians tr.trace.dim").count() == 0
