"""The filmstrips show what the decoder makes of their codes, and one playhead goes through all of them."""

import math
from typing import Any

import numpy as np
import pytest
import torch
from playwright.sync_api import Locator, Page

from pages.components.film import Strip, film_settings
from tests.browser.conftest import Server, eventually
from tests.browser.harness.film_part import STYLES, codes
from tests.browser.harness.models import random_snapshot

pytestmark = pytest.mark.browser

READ = """
canvas => {
  const { width, height } = canvas;
  return [width, height, Array.from(canvas.getContext("2d").getImageData(0, 0, width, height).data)];
}
"""


@pytest.fixture
def calm(page: Page) -> Page:
    """A visitor who asked for less motion: nothing moves by itself."""
    page.emulate_media(reduced_motion="reduce")
    return page


def open_film(page: Page, server: Server, query: str = "") -> Locator:
    """Open the harness and return the playhead, which is a slider."""
    page.goto(f"{server.url}/?show=film{query}")
    playhead = page.locator(".film .reel")
    playhead.wait_for(timeout=30_000)
    eventually(lambda: playhead.get_attribute("aria-valuetext"), "a film")
    return playhead


def says(playhead: Locator) -> str:
    return playhead.get_attribute("aria-valuetext") or ""


def read(canvas: Locator) -> np.ndarray:
    """A canvas as (height, width, 4)."""
    width, height, data = canvas.evaluate(READ)
    return np.array(data, dtype=np.uint8).reshape(height, width, 4)


def decoded(z: np.ndarray, **settings: Any) -> np.ndarray:
    """PyTorch's means as bytes, (F, D)."""
    with torch.no_grad():
        mean = random_snapshot(**settings).model().double().decode(torch.from_numpy(z)).mean.numpy()
    return np.rint(255 * np.clip(mean, 0, 1)).astype(int)


def test_the_strips_are_what_pytorch_decodes(calm: Page, harness: Server) -> None:
    open_film(calm, harness, "&latent=8")
    scale = None
    for style, z in zip(STYLES, codes(3, 8, 8), strict=True):
        canvas = calm.locator(f".strip[data-style={style}] canvas")
        shown = read(canvas)
        assert shown.shape == (28, 17 * 28 + 16 * 2, 4)
        for frame, image in enumerate(decoded(np.round(z, 5), latent_dim=8)):
            ours = shown[:, 30 * frame : 30 * frame + 28, 0].astype(int)
            assert np.abs(ours - image.reshape(28, 28)).max() <= 1
            assert (ours == image.reshape(28, 28)).mean() > 0.99
        assert (shown[:, 28:30, 3] == 0).all()
        box = canvas.bounding_box()
        assert box
        assert scale in (None, box["width"] / shown.shape[1])
        scale = box["width"] / shown.shape[1]
    assert scale == int(scale) == 2
    assert calm.locator(".film .note").text_content() == ""


def test_all_styles_are_named_with_their_lengths(calm: Page, harness: Server) -> None:
    open_film(calm, harness)
    for style, length in (("straight", "18.2"), ("spherical", "20.5"), ("geodesic", "15.9")):
        assert calm.locator(f".strip[data-style={style}] p").inner_text().split("\n")[0] == style.capitalize()
        said = calm.locator(f".head[data-style={style}] figcaption").text_content()
        assert said
        assert f"{length} pixels long" in said
        assert calm.get_by_role("img", name=f"{style.capitalize()}, frame 1 of 17, pin 1").is_visible()
    colours = {
        calm.locator(f".strip[data-style={s}] b").evaluate("b => getComputedStyle(b).color") for s in STYLES
    }
    assert len(colours) == 3


def test_keys_move_the_playhead(calm: Page, harness: Server) -> None:
    playhead = open_film(calm, harness)
    playhead.focus()
    assert says(playhead) == "frame 1 of 17, pin 1"
    assert playhead.get_attribute("role") == "slider"
    for key, words in (
        ("ArrowRight", "frame 2 of 17"),
        ("ArrowLeft", "frame 1 of 17, pin 1"),
        ("ArrowLeft", "frame 1 of 17, pin 1"),
        ("PageUp", "frame 9 of 17, pin 2"),
        ("ArrowUp", "frame 10 of 17"),
        ("End", "frame 17 of 17, pin 3"),
        ("ArrowRight", "frame 17 of 17, pin 3"),
        ("PageDown", "frame 9 of 17, pin 2"),
        ("Home", "frame 1 of 17, pin 1"),
    ):
        calm.keyboard.press(key)
        assert says(playhead) == words, key
        assert calm.locator(".film .where").text_content() == words
        assert playhead.get_attribute("aria-valuenow") == words.split()[1]
    assert playhead.evaluate("reel => getComputedStyle(reel).outlineStyle") == "solid"


def test_a_hand_drags_the_playhead_and_a_click_takes_it_there(calm: Page, harness: Server) -> None:
    playhead = open_film(calm, harness)
    box = calm.locator(".strip[data-style=spherical] canvas").bounding_box()
    assert box
    pitch = box["width"] / (17 * 30 - 2) * 30

    def middle(frame: int) -> float:
        return box["x"] + frame * pitch + pitch * 14 / 30

    calm.mouse.click(middle(4) + 5, box["y"] + 10)
    assert says(playhead) == "frame 5 of 17"
    frame = calm.locator(".film .playhead").bounding_box()
    assert frame
    assert abs(frame["x"] + frame["width"] / 2 - middle(4)) < 1
    calm.mouse.move(middle(4), box["y"] + 10)
    calm.mouse.down()
    calm.mouse.move(middle(11), box["y"] + 200, steps=4)
    assert says(playhead) == "frame 12 of 17"
    calm.mouse.move(5000, box["y"], steps=2)
    assert says(playhead) == "frame 17 of 17, pin 3"
    calm.mouse.up()
    calm.mouse.move(middle(2), box["y"] + 10)
    assert says(playhead) == "frame 17 of 17, pin 3"
    # the large picture is the frame's own
    z = codes(3, 8, 2)[2]
    large = read(calm.locator(".head[data-style=geodesic] canvas"))[..., 0].astype(int)
    assert np.abs(large - decoded(np.round(z[16:], 5)).reshape(28, 28)).max() <= 1


def test_a_film_plays_there_and_back_once_and_then_as_long_as_one_likes(page: Page, harness: Server) -> None:
    playhead = open_film(page, harness, "&frames=4")
    button = page.get_by_role("button", name="Pause")
    button.wait_for()
    seen = {says(playhead)}
    while page.get_by_role("button", name="Play").count() == 0:
        seen.add(says(playhead))
    assert "frame 9 of 9, pin 3" in seen
    assert says(playhead) == "frame 1 of 9, pin 1"
    page.wait_for_timeout(200)
    assert says(playhead) == "frame 1 of 9, pin 1"
    page.get_by_role("button", name="Play").click()
    eventually(lambda: says(playhead).startswith("frame 4"), "a film that plays")
    page.keyboard.press("Tab")
    page.keyboard.press("Home")  # a hand stops it
    page.wait_for_timeout(200)
    assert says(playhead) == "frame 1 of 9, pin 1"
    page.keyboard.press("Space")
    eventually(lambda: page.get_by_role("button", name="Pause").count(), "playing again")
    page.evaluate(
        "() => { Object.defineProperty(document, 'hidden', { get: () => true });"
        " document.dispatchEvent(new Event('visibilitychange')); }"
    )
    page.get_by_role("button", name="Play").wait_for()


def test_twelve_frames_a_second(page: Page, harness: Server) -> None:
    open_film(page, harness)
    eventually(lambda: page.get_by_role("button", name="Pause").count(), "a film that plays")
    per_second = page.evaluate(
        """async () => {
          const hosts = [...document.querySelectorAll('*')];
          const reel = hosts.map((host) => host.shadowRoot?.querySelector('.reel')).find(Boolean);
          let changes = 0;
          const watching = new MutationObserver(() => { changes++; });
          watching.observe(reel, { attributeFilter: ['aria-valuenow'] });
          await new Promise((done) => setTimeout(done, 1500));
          return changes / 1.5;
        }"""
    )
    assert 8 <= per_second <= 12.7


def test_who_asked_for_less_motion_steps(calm: Page, harness: Server) -> None:
    playhead = open_film(calm, harness, "&frames=1")
    calm.wait_for_timeout(300)
    assert says(playhead) == "frame 1 of 3, pin 1"
    for words in ("frame 2 of 3, pin 2", "frame 3 of 3, pin 3", "frame 2 of 3, pin 2", "frame 1 of 3, pin 1"):
        calm.get_by_role("button", name="Next frame").click()
        assert says(playhead) == words
        calm.wait_for_timeout(120)
        assert says(playhead) == words


def test_new_weights_and_another_length_leave_the_playhead_where_it_is(calm: Page, harness: Server) -> None:
    playhead = open_film(calm, harness)
    playhead.focus()
    for _ in range(6):
        calm.keyboard.press("ArrowRight")
    canvas = calm.locator(".strip[data-style=straight] canvas")
    before = read(canvas)
    calm.get_by_text("Other weights").click()
    expected = decoded(np.round(codes(3, 8, 2)[0], 5), seed=1)[3].reshape(28, 28)
    eventually(lambda: np.abs(read(canvas)[:, 90:118, 0].astype(int) - expected).max() <= 1, "other weights")
    assert (read(canvas) != before).any()
    assert says(playhead) == "frame 7 of 17"
    calm.get_by_text("Shorter").click()
    eventually(lambda: says(playhead) == "frame 5 of 5, pin 3", "a shorter walk")
    assert calm.locator(".ruler .pin").all_text_contents() == ["1", "2", "3"]


def test_the_pad_shows_the_playheads(calm: Page, harness: Server) -> None:
    playhead = open_film(calm, harness, "&linked")
    playhead.focus()
    calm.keyboard.press("End")
    eventually(lambda: calm.locator(".pad .heads circle").count() == 3, "playheads on the pad")
    calm.keyboard.press("ArrowLeft")
    assert [c.get_attribute("data-style") for c in calm.locator(".pad .heads circle").all()] == list(STYLES)
    places = {
        (c.get_attribute("cx"), c.get_attribute("cy")) for c in calm.locator(".pad .heads circle").all()
    }
    assert len(places) == 3


@pytest.mark.parametrize(
    ("shape", "width"),
    [("1,28,28", 1280), ("1,28,28", 768), ("1,28,28", 320), ("3,3,3", 390), ("1,1,2", 390), ("1,1,1", 390)],
)
def test_it_fits(calm: Page, harness: Server, shape: str, width: int) -> None:
    calm.set_viewport_size({"width": width, "height": 800})
    open_film(calm, harness, f"&stops=4&shape={shape}")
    assert calm.evaluate("document.documentElement.scrollWidth") <= width
    for canvas in calm.locator(".film canvas").all():
        box = canvas.bounding_box()
        assert box
        assert box["x"] + box["width"] <= width + 0.5
        if shape == "1,28,28":
            scale = box["width"] / canvas.evaluate("canvas => canvas.width")
            assert scale == int(scale) >= 1
    pins = [pin.bounding_box() for pin in calm.locator(".ruler .pin").all()]
    assert len(pins) == 4
    assert all(pin and pin["x"] + pin["width"] <= width for pin in pins)
    note = calm.locator(".film .note").text_content()
    if shape == "1,28,28" and width < 1280:
        assert note
        assert "of 25 frames" in note


def test_where_frames_stand(page: Page, harness: Server) -> None:
    page.goto(f"{harness.url}/_stcore/health")
    found = page.evaluate(
        """async () => {
          const { fitFrames, frameAt, following, placeOf } = await import('/assets/components/film/reel.js');
          const reels = [];
          for (const available of [60, 120, 350, 700, 1000, 2000]) for (const ratio of [1, 1.5, 2, 3])
            for (const [count, leg] of [[2, 1], [17, 8], [25, 8], [89, 8], [1321, 120], [1, 1]])
              for (const imageWidth of [3, 28, 64]) {
                const stops = Array.from({ length: Math.floor((count - 1) / leg) + 1 }, (_, n) => n * leg);
                const reel = fitFrames({ count, stops, imageWidth, available, ratio });
                const all = [...Array(count).keys()];
                const back = all.every((f) => frameAt(reel, placeOf(reel, f), count) === f);
                reels.push({ available, ratio, count, leg, imageWidth, back, ...reel });
              }
          let [frame, forward] = [0, true];
          const way = [];
          for (let n = 0; n < 7; n++) { way.push(frame); [frame, forward] = following(frame, forward, 4); }
          return { reels, way };
        }"""
    )
    assert found["way"] == [0, 1, 2, 3, 2, 1, 0]
    assert len(found["reels"]) == 6 * 4 * 6 * 3
    for reel in found["reels"]:
        assert reel["shown"] == list(range(0, reel["count"], reel["step"]))
        pixels = reel["scale"] * reel["ratio"]
        assert pixels == pytest.approx(round(pixels))
        assert reel["back"] or reel["pitch"] / reel["step"] < 0.1
        if reel["available"] >= 350:
            assert reel["width"] <= reel["available"]
            assert reel["cell"] >= 28
        if reel["step"] > 1 and reel["leg"] % reel["step"] and reel["available"] >= 350:
            # a pin is left out only where even a whole leg a step is too many
            legs = (reel["count"] - 1) // reel["leg"] + 1
            smallest = math.ceil(40 * reel["ratio"] / reel["imageWidth"]) / reel["ratio"]
            assert (legs * (reel["imageWidth"] + reel["gap"]) - reel["gap"]) * smallest > reel["available"]


def test_the_message_is_small_and_of_one_shape() -> None:
    strips = [Strip(style, style, "", np.full((3, 2), 1 / 3)) for style in STYLES]
    message = film_settings("abc", strips, stops=(0, 2, 9), link="here")
    assert message["strips"][1] == {
        "style": "spherical",
        "label": "spherical",
        "note": "",
        "z": [[0.33333] * 2] * 3,
    }
    assert message["stops"] == [0, 2]
    assert message["link"] == "here"
    with pytest.raises(ValueError, match="one shape"):
        film_settings("abc", [*strips, Strip("x", "x", "", np.zeros((4, 2)))])
    assert film_settings("abc", [])["strips"] == []
