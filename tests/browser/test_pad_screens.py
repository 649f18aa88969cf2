"""The pad on other models, other screens and in other colours."""

import re

import numpy as np
import pytest
from playwright.sync_api import Page

from tests.browser.conftest import Server, eventually
from tests.browser.harness.models import random_snapshot
from tests.browser.harness.pad_part import fixed_points
from tests.browser.pad_page import PadPage, decoded

pytestmark = pytest.mark.browser


def test_one_dimension_has_a_line_where_height_means_nothing(page: Page, harness: Server) -> None:
    pad = PadPage.open(page, harness, "latent=1")
    assert pad.sliders.count() == 1
    assert pad.part(".planes").is_hidden()
    left, _ = pad.corner()
    x, _, scale = pad.ring()
    box = pad.map.bounding_box()
    assert box
    page.mouse.move(left + x, box["y"] + 200)
    page.mouse.down()
    images = set()
    for step in range(1, 6):
        page.mouse.move(left + x + step * scale / 4, box["y"] + 200 - 20 * step)
        pad.frames()
        images.add(str(pad.image()))
    assert len(images) == 5
    assert pad.z() == [pytest.approx(1.25, abs=0.01)]
    before = pad.image()
    page.mouse.move(left + x + 5 * scale / 4, box["y"] + 400)
    pad.frames()
    assert pad.image() == before
    page.mouse.up()
    pad.hears(pad.z())
    for layer in ("density", "holes", "stretch", "manifold"):
        pad.layer("points").click() if layer == "density" else None
        pad.layer(layer).click()
        ground = pad.painted(layer)
        pad.layer(layer).click()
        eventually(lambda: not pad.ground().any(), f"{layer} goes")
        if layer in ("density", "stretch"):
            assert (ground == ground[0]).all()  # the same in each row


@pytest.mark.parametrize("latent_dim", [8, 32])
def test_many_dimensions_show_the_plane_with_the_largest_kl(
    page: Page, harness: Server, latent_dim: int
) -> None:
    pad = PadPage.open(page, harness, f"latent={latent_dim}&kl=1")
    assert pad.sliders.count() == latent_dim
    assert [pad.part(f"select.{name}").input_value() for name in ("across", "up")] == ["0", "1"]
    assert "unused" in (pad.sliders.last.get_attribute("aria-valuetext") or "")
    assert pad.part(".kl-legend").is_visible()
    pad.sliders.nth(5).focus()
    page.keyboard.press("ArrowRight")
    page.mouse.move(*pad.at(0.0, 0.0))
    page.mouse.down()
    page.mouse.move(*pad.at(1.0, -1.5), steps=3)
    pad.frames()
    page.mouse.up()
    expected = np.zeros(latent_dim)
    expected[[0, 1, 5]] = pad.z()[0], pad.z()[1], 0.05
    np.testing.assert_allclose(pad.z(), expected, atol=1e-9)
    assert abs(pad.z()[0] - 1) < 0.02
    pad.hears(expected.tolist())
    snapshot = random_snapshot(latent_dim=latent_dim)
    assert np.abs(pad.image() - decoded(snapshot, expected)).max() <= 0.51


def test_any_two_dimensions_and_the_principal_plane(page: Page, harness: Server) -> None:
    pad = PadPage.open(page, harness, "latent=8")
    pad.part("select.across").select_option("1")  # up shows it already, and gives way
    assert pad.part("select.up").input_value() != "1"
    pad.part("select.up").select_option("6")
    pad.frames()
    assert pad.part(".axes .across-name").inner_html() == "z₂ →"
    pad.layer("points").click()
    page.mouse.click(*pad.at(0.7, -0.9))
    pad.frames()
    np.testing.assert_allclose(np.array(pad.z())[[1, 6]], [0.7, -0.9], atol=0.02)
    assert np.count_nonzero(pad.z()) == 2

    pad.button("PCA").click()
    pad.frames()
    basis = np.linalg.qr(np.random.default_rng(3).standard_normal((8, 2)))[0].T
    before = np.array(pad.z())
    np.testing.assert_allclose(pad.cursor(), basis @ before, atol=0.01)
    x, y = pad.at(-1.0, 1.0)
    page.mouse.click(x, y)
    pad.frames()
    after = np.array(pad.z())
    np.testing.assert_allclose(basis @ after, pad.place(x, y), atol=0.01)
    across = np.eye(8) - basis.T @ basis
    np.testing.assert_allclose(across @ after, across @ before, atol=1e-6)
    pad.layer("points").click()
    mean = fixed_points(300, 8).mean.astype(float)
    places = mean @ basis.T
    row = int(np.linalg.norm(places, axis=1).argmin())
    page.mouse.click(*pad.at(*places[row]))
    eventually(lambda: pad.text("row").startswith(f"row {row} "), "a point of the principal plane is picked")
    np.testing.assert_allclose(pad.z(), mean[row], atol=1e-5)


def test_a_toy_is_shown_as_a_point(page: Page, harness: Server) -> None:
    pad = PadPage.open(page, harness, "shape=1,1,2")
    assert pad.layer("manifold").is_hidden()
    seen = "canvas => canvas.toDataURL()"
    pictures = {pad.part(".answers canvas").evaluate(seen)}
    pad.layer("points").click()
    page.mouse.move(*pad.at(0.0, 0.0))
    page.mouse.down()
    for step in range(1, 5):
        page.mouse.move(*pad.at(0.4 * step, 0.3 * step))
        pad.frames()
        pictures.add(pad.part(".answers canvas").evaluate(seen))
    assert len(pictures) == 5
    assert pad.part(".rider span").inner_text().startswith("x = ")
    page.mouse.up()
    pad.hears(pad.z())
    pad.layer("stretch").click()
    pad.painted("stretch")


def test_another_theme_changes_the_colours_and_nothing_else(page: Page, harness: Server) -> None:
    page.emulate_media(color_scheme="light")
    pad = PadPage.open(page, harness)
    pad.root.evaluate("div => { window.thePad = div; }")
    pad.button("Random from the prior").click()
    eventually(lambda: any(pad.heard()), "Python hears", patience_s=5)
    z, image, origin = pad.z(), pad.image(), pad.origin()
    pad.layer("points").click()
    pad.layer("stretch").click()
    pad.painted("stretch")
    colours = (
        "c => { const t = c.getContext('2d').getImageData(0, 0, c.width, c.height).data;"
        " let most = 0, at = 0;"
        " for (let n = 3; n < t.length; n += 4) if (t[n] > most) { most = t[n]; at = n; }"
        " return (t[at - 3] + t[at - 2] + t[at - 1]) / 3; }"
    )
    dark_on_light = pad.part(".ground").evaluate(colours)
    text = "div => getComputedStyle(div).color"
    light = pad.root.evaluate(text)
    page.emulate_media(color_scheme="dark")
    eventually(lambda: pad.root.evaluate(text) != light, "the text changes its colour")
    eventually(
        lambda: pad.part(".ground").evaluate(colours) > dark_on_light + 60, "and so does what is painted"
    )
    assert pad.root.evaluate("div => div === window.thePad")
    assert (pad.z(), pad.image(), pad.origin()) == (z, image, origin)


@pytest.mark.parametrize("query", ["drag=1", "latent=32&kl=1", "decoders=2", "mode=walk"])
def test_a_phone_has_no_sideways_scroll(page: Page, harness: Server, query: str) -> None:
    page.set_viewport_size({"width": 390, "height": 800})
    pad = PadPage.open(page, harness, query)
    assert page.evaluate("document.documentElement.scrollWidth") <= 390
    assert pad.root.evaluate("div => div.scrollWidth <= div.clientWidth + 2")  # room for a focus ring
    box = pad.map.bounding_box()
    assert box
    assert box["x"] >= 0
    assert 280 <= box["width"] <= 390
    assert box["width"] == pytest.approx(box["height"])
    for button in pad.root.locator("button:visible").all():
        edge = button.bounding_box()
        assert edge
        assert edge["x"] >= 0
        assert edge["x"] + edge["width"] <= 390


def test_the_meter_reads_while_the_pointer_moves(page: Page, harness: Server) -> None:
    pad = PadPage.open(page, harness)
    pad.button("Meter").click()
    assert pad.part(".meter").inner_text() == "Move the pointer over the pad."
    x, y = pad.at(0.0, 0.0)
    for step in range(60):
        page.mouse.move(x + step, y + step)
        pad.frames(1)
    reading = pad.part(".meter").inner_text()
    found = re.match(
        r"event to paint (\S+) ms \(95 %: (\S+) ms\) · decode (\S+) ms · last (\d+) frames", reading
    )
    assert found, reading
    middle, late, decode, count = map(float, found.groups())
    assert 0 < middle <= late < 1000
    assert 0 < decode < 50
    assert count > 5
    pad.button("Meter").click()
    assert pad.part(".meter").is_hidden()
