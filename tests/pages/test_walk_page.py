"""The Latent walk page in AppTest: pins, films, curves, traversals and arithmetic on models of every kind."""

import base64
import io
import json
import re
import time
from functools import partial
from typing import Any

import numpy as np
import pytest
import torch
from PIL import Image
from streamlit.testing.v1 import AppTest

from pages.controls import arithmetic, walk
from pages.controls.pins import varied_rows
from pages.controls.walked import FRAMES
from pages.state import engine as engine_state
from pages.state import geodesics, keys
from tests.fakes import FakeFactory, Gate, wait_until
from tests.pages.opened import FRAME, ONE_OF_EACH_KIND, texts
from vae_core.checks import SettingError
from vae_core.data import Dataset, load_dataset
from vae_core.engine import Engine
from vae_core.latent.walks import Walk
from vae_core.latent.walks import walk as make_walk
from vae_core.training.config import TrainConfig
from vae_core.training.shipped import load_shipped


@pytest.fixture(autouse=True)
def fresh_legs() -> None:
    geodesics.all_legs.clear()


def open_walk(**parameters: str) -> AppTest:
    """The page, opened with a link in a fresh session."""
    page = AppTest.from_file(str(FRAME), default_timeout=60)
    for name, value in parameters.items():
        page.query_params[name] = value
    page.run()
    page.switch_page("lab/walk.py").run()
    assert not page.exception
    return page


def settled(page: AppTest) -> AppTest:
    """The page when its geodesic has been found."""
    until = time.monotonic() + 60
    while "being computed" in captions(page):
        assert time.monotonic() < until
        time.sleep(0.05)
        page.run()
        assert not page.exception
    return page


def captions(page: AppTest) -> str:
    return "\n".join(caption.value for caption in page.main.caption)


def components(page: AppTest) -> list[str]:
    return [
        element.proto.component_name.removeprefix("vae_lab_") for element in page.main.get("bidi_component")
    ]


def message(page: AppTest, name: str) -> dict[str, Any]:
    """The small message of a component."""
    found = [e.proto for e in page.main.get("bidi_component") if e.proto.component_name == f"vae_lab_{name}"]
    return json.loads(found[0].json)


def press(page: AppTest, label: str) -> AppTest:
    next(button for button in page.button if button.label.startswith(label)).click().run()
    assert not page.exception
    return page


@pytest.mark.parametrize("name", ONE_OF_EACH_KIND)
def test_it_works_at_once_on_every_shipped_model(name: str) -> None:
    page = open_walk(model=f"shipped:{name}")
    snapshot = load_shipped(name)
    film = message(page, "film")
    assert [strip["style"] for strip in film["strips"]] in (
        ["straight", "spherical"],
        ["straight", "spherical", "geodesic"],
    )
    settled(page)
    film, pad = message(page, "film"), message(page, "pad")
    assert [strip["style"] for strip in film["strips"]] == ["straight", "spherical", "geodesic"]
    assert [path["style"] for path in pad["paths"]] == ["straight", "spherical", "geodesic"]
    assert film["stops"] == [0, FRAMES, 2 * FRAMES]
    assert (film["key"], film["link"]) == (snapshot.key, pad["link"])
    # the pins are the means of three validation images of different classes, and every film passes them
    data = load_dataset(snapshot.config.dataset)
    rows = [int(text.replace(",", "")) for text in re.findall(r"is (?:image|point) ([\d,]+)", captions(page))]
    assert len({int(data.full.labels[row]) for row in rows}) == min(3, int(data.full.labels.max()) + 1)
    assert set(rows) <= set(data.validation.index.tolist())
    with torch.no_grad():
        means = snapshot.model().encode(data.full.x[rows]).mean.numpy()
    np.testing.assert_allclose(pad["pins"], means, atol=1e-4)
    for strip in film["strips"]:
        np.testing.assert_allclose(np.array(strip["z"])[::FRAMES], pad["pins"], atol=1e-5)
    lengths = [
        float(strip["note"].removeprefix("length ").removeprefix("at most ")) for strip in film["strips"]
    ]
    assert lengths[2] <= min(lengths) + 0.01
    for length in lengths:
        assert f"<td>{length:.2f}</td>" in texts(page)


def test_the_straight_film_and_its_length_are_the_cores() -> None:
    page = settled(open_walk())
    film = message(page, "film")
    model = load_shipped("binary-digits-2d").model()
    pins = torch.tensor(message(page, "pad")["pins"], dtype=torch.float64)
    for strip in film["strips"]:
        way = make_walk(model, pins, style=strip["style"], frames=FRAMES)
        assert strip["note"] == f"length {way.pixel_length:.2f}"
        np.testing.assert_allclose(strip["z"], way.z.numpy(), atol=1e-5)


def test_points_have_curves_and_no_pictures_to_export() -> None:
    page = open_walk(model="shipped:two-moons")
    assert components(page).count("plot") == 2
    assert "images" not in components(page)
    assert "there are no pictures to take along" in captions(page)
    assert "the space of x" in captions(page)
    images = open_walk()
    assert components(images).count("plot") == 1
    assert "images" in components(images)
    assert "there are no pictures" not in captions(images)


def test_pins_are_added_until_there_is_no_room(monkeypatch: pytest.MonkeyPatch) -> None:
    page = settled(open_walk(model="shipped:two-moons"))
    page.number_input[0].set_value(17).run()
    press(page, "Add its mean")
    data = load_dataset("two-moons")
    with torch.no_grad():
        mean = load_shipped("two-moons").model().encode(data.full.x[17:18]).mean[0].numpy()
    np.testing.assert_allclose(message(page, "pad")["pins"][3], mean, atol=1e-4)
    assert "4 is point 17" in captions(page)
    press(page, "Draw from the prior")
    first = message(page, "pad")["pins"][4]
    assert "5 is at z set by hand" in captions(page)
    for _ in range(7):
        press(page, "Draw from the prior")
    assert len({tuple(pin) for pin in message(page, "pad")["pins"]}) == 12
    assert "There is no room for more." in captions(page)
    assert [b.label for b in page.button if b.disabled] == [
        "Add its mean (class upper moon)" if data.full.labels[17] == 0 else "Add its mean (class lower moon)",
        "Draw from the prior",
        "Add the sum as a pin",
    ]
    again = settled(open_walk(model="shipped:two-moons"))
    assert message(press(again, "Draw from the prior"), "pad")["pins"][3] == first  # a draw has a seed


def test_three_other_images_and_other_data_begin_anew() -> None:
    page = open_walk(model="shipped:two-moons")
    before = message(page, "pad")["pins"]
    press(page, "Draw from the prior")
    press(page, "Three other points")
    after = message(page, "pad")["pins"]
    assert len(after) == 3
    assert after != before
    page.sidebar.selectbox[0].select("shipped:binary-digits-8d").run()
    assert not page.exception
    assert [len(pin) for pin in message(page, "pad")["pins"]] == [8, 8, 8]
    assert "image" in captions(page)


def test_another_model_of_the_same_data_keeps_hand_set_pins_and_encodes_images_anew() -> None:
    page = open_walk()
    press(page, "Draw from the prior")
    before = message(page, "pad")["pins"]
    page.sidebar.selectbox[0].select("shipped:gaussian-digits-2d").run()
    assert not page.exception
    after = message(page, "pad")["pins"]
    assert after[3] == before[3]
    assert all(new != old for new, old in zip(after[:3], before[:3], strict=True))


def test_a_walk_that_gives_no_numbers_is_said_in_words(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: Any) -> None:
        raise SettingError("model must decode the way between the stops to finite numbers, got others.")

    monkeypatch.setattr(walk, "walks_past", refuse)
    page = open_walk()
    assert "no finite numbers between these pins" in captions(page)
    assert "film" not in components(page)
    assert "pad" in components(page)


def test_a_geodesic_that_fails_leaves_the_other_ways(monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_: Any, **__: Any) -> Walk:
        raise SettingError("start and end must be two finite codes of equal length, got others.")

    monkeypatch.setattr(geodesics, "walk", fail)
    page = settled(open_walk())
    assert "No geodesic: start and end must be" in captions(page)
    assert len(message(page, "film")["strips"]) == 2
    jobs = page.session_state[keys.GEODESIC_JOB]
    page.run()
    assert page.session_state[keys.GEODESIC_JOB] == jobs  # and it is not asked for again


def test_a_model_that_trains_shows_its_last_geodesic_and_says_of_which_step(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    factory, gate = FakeFactory(), Gate()
    monkeypatch.setattr(engine_state, "Engine", partial(Engine, run_factory=factory, workers=2))
    engine_state.shared_engine.clear()
    engine = engine_state.shared_engine()
    config = TrainConfig(dataset="two-moons", likelihood="gaussian", hidden=(4,), steps=1_000_000)
    run_id = engine.submit(config, visitor="somebody else")
    wait_until(lambda: engine.view(run_id) is not None)
    page = settled(open_walk(model=f"run:{run_id}"))
    assert len(message(page, "film")["strips"]) == 3
    factory.before_advance = gate
    engine.start(run_id, visitor="somebody else")
    assert gate.reached.wait(10)
    moving = engine.view(run_id)
    assert moving.state == "running"
    page.run()
    assert message(page, "film")["strips"][2]["note"].startswith("length ")
    gate.open()
    wait_until(lambda: engine.view(run_id).snapshot.step > 0)
    monkeypatch.setattr(geodesics, "_work", lambda *_: lambda control: iter(()))  # a job that finds nothing
    page.run()
    assert not page.exception
    assert message(page, "film")["strips"][2]["note"].endswith(", of step 0")
    assert "being computed" in captions(page)


def test_the_program_in_the_menu_names_the_model_and_the_pins() -> None:
    page = open_walk(model="shipped:binary-digits-8d")
    code = page.main.code[0].value
    assert 'load_shipped("binary-digits-8d")' in code.replace("'", '"')
    for pin in message(page, "pad")["pins"]:
        assert str(pin) in code
    assert f"frames={FRAMES}" in code


@pytest.mark.parametrize("name", ["binary-digits-8d", "two-moons"])
def test_class_arithmetic_adds_means_and_can_become_a_pin(name: str) -> None:
    page = open_walk(model=f"shipped:{name}")
    snapshot = load_shipped(name)
    data = load_dataset(snapshot.config.dataset)
    terms = [box for box in page.main.selectbox if box.label in ("First class", "minus", "plus")]
    chosen = [1, 0, 1] if name == "two-moons" else [9, 3, 5]
    for box, label in zip(terms, chosen, strict=True):
        box.set_value(label)
    page.run()
    model = snapshot.model()
    with torch.no_grad():
        codes = model.encode(data.train.x).mean.double()
        means = [codes[data.train.labels == label].mean(0) for label in chosen]
        total = means[0] - means[1] + means[2]
        decoded = model.decode(torch.stack([*means, total]).float()).mean.numpy()
    equation = next(text for text in texts(page).split("\n") if "lab-equation" in text and "<figure>" in text)
    names = [data.class_names[label] for label in chosen]
    assert f"{names[0]} − {names[1]} + {names[2]}" in equation
    assert re.findall(r'class="sign">(.)<', equation) == ["−", "+", "="]
    if name == "two-moons":
        numbers = ", ".join(f"{value:.2f}" for value in decoded[3]).replace("-", "−")
        assert f"x = ({numbers})" in equation
    else:
        pictures = [
            Image.open(io.BytesIO(base64.b64decode(d))) for d in re.findall(r"base64,([^\"]+)", equation)
        ]
        assert len(pictures) == 4
        for picture, x in zip(pictures, decoded, strict=True):
            assert np.abs(np.array(picture, int).ravel() - np.rint(255 * x)).max() <= 1
    press(page, "Add the sum as a pin")
    np.testing.assert_allclose(message(page, "pad")["pins"][3], total.numpy(), atol=1e-3)


def test_data_without_classes_have_no_arithmetic_and_varied_rows_all_the_same(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    whole = load_dataset("two-moons")
    bare = Dataset.from_arrays(whole.full.x[:50], name="bare", support="real", image_shape=(1, 1, 2))
    monkeypatch.setattr(arithmetic, "load_dataset", lambda name: bare)
    page = open_walk(model="shipped:two-moons")
    assert "two-moons has no classes, so there are no class means to add." in captions(page)
    assert not [box for box in page.main.selectbox if box.label == "minus"]
    assert varied_rows(bare, draw=0) == bare.validation.index[:3].tolist()
    assert len(set(varied_rows(bare, draw=4))) == 3
