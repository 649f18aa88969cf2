"""The Train page in AppTest, with runs that train nothing."""

from collections.abc import Iterator
from functools import partial

import pytest
from streamlit.testing.v1 import AppTest

from pages.controls.setting_control import key_of, rungs
from pages.state import engine as engine_state
from pages.state import keys
from tests.fakes import FakeFactory, Gate, wait_until
from tests.pages.opened import a_run, open_page, texts
from vae_core.checks import SettingError
from vae_core.engine import Engine, RunView
from vae_core.training.config import MACHINE_SETTINGS, SETTINGS, TrainConfig
from vae_core.training.presets import PRESETS

SMALL = {"dataset": "tiny-binary", "hidden": "4"}


@pytest.fixture(autouse=True)
def factory(own_engine: None, monkeypatch: pytest.MonkeyPatch) -> Iterator[FakeFactory]:
    """Give the page an engine whose runs train nothing."""
    fake = FakeFactory()
    monkeypatch.setattr(engine_state, "Engine", partial(Engine, run_factory=fake))
    return fake


def pending(page: AppTest) -> TrainConfig:
    return TrainConfig.from_json(page.session_state[keys.CONFIG])


def press(page: AppTest, label: str) -> AppTest:
    return next(button for button in page.button if button.label == label).click().run()


def can_press(page: AppTest) -> list[str]:
    transport = ("Start", "Start fresh", "Go on", "Pause", "1 step", "Same weights", "New weights", "Stop")
    return [button.label for button in page.button if button.label in transport and not button.disabled]


def control(page: AppTest, name: str):
    key = key_of(name, filling=page.session_state[keys.FORM][0])
    for kind in (page.selectbox, page.slider, page.select_slider, page.number_input, page.button_group):
        for element in kind:
            if element.key == key:
                return element
    raise AssertionError(f"no control for {name}")


def view(page: AppTest) -> RunView:
    run_id = page.session_state[keys.MODEL].removeprefix("run:")
    found = engine_state.shared_engine().view(run_id)
    assert found is not None
    return found


def html(page: AppTest) -> str:
    return "\n".join(element.proto.body for element in page.main.get("html"))


def components(page: AppTest) -> dict[str, int]:
    """How many of each component that one sees are there."""
    names = [element.proto.component_name for element in page.main.get("bidi_component")]
    return {name: names.count(f"vae_lab_{name}") for name in ("decoder", "plot", "images")}


def captions(page: AppTest) -> str:
    return "\n".join(caption.value for caption in page.main.caption)


def test_the_first_page_shows_a_trained_model_in_full() -> None:
    page = open_page()
    assert not page.exception
    assert components(page) == {"decoder": 1, "plot": 2, "images": 2}
    assert "came trained with the app" in html(page)
    assert "about" in html(page)
    assert can_press(page) == ["Start", "1 step", "New weights"]


@pytest.mark.parametrize("name", [entry.name for entry in PRESETS])
def test_every_preset_renders_before_and_after_start(name: str) -> None:
    page = open_page(**SMALL)
    page.main.selectbox[0].select(name).run()
    assert not page.exception
    wanted = next(entry.config for entry in PRESETS if entry.name == name)
    assert pending(page) == wanted
    press(page, "Start")
    assert not page.exception
    assert view(page).config == wanted
    wait_until(lambda: view(page).observation is not None)
    wait_until(lambda: view(page).state == "finished", seconds=20)
    page.run()
    assert not page.exception
    seen = {"plot": 4, "images": 0} if wanted.dataset == "two-moons" else {"plot": 3, "images": 2}
    assert components(page) == {"decoder": 1, **seen}
    assert f"{wanted.steps:,} / {wanted.steps:,} steps" in html(page)


EXTREMES = [
    (name, value)
    for name, setting in SETTINGS.items()
    if setting.kind in ("integer", "number") and name not in MACHINE_SETTINGS
    for value in (setting.low, setting.high)
]
EXTREMES += [(n, c) for n, setting in SETTINGS.items() if n not in MACHINE_SETTINGS for c in setting.choices]


@pytest.mark.parametrize(("name", "value"), EXTREMES)
def test_every_control_renders_at_its_extremes(name: str, value: object) -> None:
    opened_with = {"stop": {"time_limit_s": "time", "patience": "plateau"}.get(name, "steps")}
    page = open_page(**SMALL, **opened_with)
    kind = {"integer": int, "number": float, "choice": str}[SETTINGS[name].kind]
    control(page, name).set_value(kind(value)).run()
    assert not page.exception
    assert getattr(pending(page), name) == value


@pytest.mark.parametrize("layers", [0, 4])
@pytest.mark.parametrize("width", [1, 1024])
def test_the_network_at_its_extremes(layers: int, width: int) -> None:
    page = open_page(**SMALL)
    control(page, "hidden_width").set_value(width).run()
    control(page, "hidden_layers").set_value(layers).run()
    assert not page.exception
    assert pending(page).hidden == (width,) * layers


@pytest.mark.parametrize("sigma", [SETTINGS["sigma"].low, SETTINGS["sigma"].high])
def test_sigma_is_one_or_chosen_or_learned(sigma: float) -> None:
    page = open_page(dataset="two-moons", likelihood="gaussian", hidden="4")
    control(page, "sigma_mode").set_value("chosen").run()
    control(page, "sigma").set_value(sigma).run()
    assert pending(page).sigma == sigma
    control(page, "sigma_mode").set_value("learned").run()
    assert pending(page).sigma == "learned"
    control(page, "sigma_mode").set_value("1").run()
    assert pending(page).sigma == 1.0
    assert not page.exception


@pytest.mark.parametrize(
    "link",
    [
        {"latent_dim": "1"},
        {"latent_dim": "32", "kl_warmup": "0", "beta": "100"},
        {"hidden": "linear"},
        {"hidden": "4,3,2,1"},
        {"hidden": "1024,1024", "batch_size": "4096"},
        {"dataset": "mixture-1d", "likelihood": "gaussian"},
        {"dataset": "digits", "likelihood": "continuous-bernoulli"},
        {"dataset": "mnist-5k"},
        {"beta": "0.0137", "learning_rate": "0.000123", "batch_size": "100"},
    ],
)
def test_runs_at_the_edges_render(link: dict[str, str]) -> None:
    page = open_page(**{**SMALL, **link})
    press(page, "1 step")
    wait_until(lambda: view(page).step == 1)
    page.run()
    assert not page.exception
    assert "1 / 3,000 steps" in html(page)
    press(page, "Stop")
    page.run()
    assert "Stopped by hand" in html(page)


def test_a_run_from_start_to_stop(factory: FakeFactory) -> None:
    gate = Gate()
    factory.before_advance = gate
    page = open_page(**SMALL)
    press(page, "Start")
    gate.reached.wait(5)
    page.run()
    assert can_press(page) == ["Pause", "New weights", "Stop"]
    press(page, "Pause")
    gate.open()
    wait_until(lambda: view(page).step > 0)
    page.run()
    assert "Paused at step" in html(page)
    assert "Go on" in can_press(page)
    press(page, "Same weights")
    wait_until(lambda: view(page).step == 0)
    page.run()
    assert "Start" in can_press(page)
    assert not page.exception


def test_new_weights_are_the_next_seed_and_leave_the_run_at_rest() -> None:
    page = open_page(**SMALL, steps="1000000")
    press(page, "Start")
    first = view(page)
    press(page, "New weights")
    assert view(page).config == first.config.replace(seed=1)
    assert pending(page).seed == 1
    wait_until(lambda: engine_state.shared_engine().view(first.id).state in ("paused", "ready"))
    assert view(page).state in ("queued", "running")
    press(page, "Stop")


def test_a_refused_start_leaves_the_run_training(monkeypatch: pytest.MonkeyPatch) -> None:
    page = open_page(**SMALL, steps="1000000")
    press(page, "Start")
    first = view(page)
    engine = engine_state.shared_engine()

    def refuse(config: TrainConfig, *, visitor: str) -> str:
        raise SettingError("There is no room for another run, got one.")

    monkeypatch.setattr(engine, "submit", refuse)
    press(page, "New weights")
    assert "no room for another run" in html(page)
    assert page.session_state[keys.MODEL] == f"run:{first.id}"
    assert engine.view(first.id).state in ("queued", "running")
    press(page, "Stop")


def test_live_settings_change_the_run_and_others_need_a_fresh_start() -> None:
    page = open_page(**SMALL)
    press(page, "1 step")
    wait_until(lambda: view(page).step == 1)
    page.run()
    control(page, "beta").set_value(4.0).run()
    wait_until(lambda: view(page).interventions)
    assert [(c.setting, c.value) for c in view(page).interventions] == [("beta", 4.0)]
    page.run()
    assert "fresh start" not in captions(page)
    control(page, "latent_dim").set_value(3).run()
    assert "Needs a fresh start: latent dimensions." in captions(page)
    press(page, "Undo these changes")
    assert (pending(page).latent_dim, pending(page).beta) == (2, 4.0)
    control(page, "latent_dim").set_value(3).run()
    before = page.session_state[keys.MODEL]
    press(page, "Start fresh")
    assert page.session_state[keys.MODEL] != before
    assert (view(page).config.beta, view(page).config.latent_dim) == (4.0, 3)


def test_rewinding_forgets_what_was_changed_by_hand_in_the_form_too() -> None:
    page = open_page(**SMALL)
    press(page, "1 step")
    wait_until(lambda: view(page).step == 1)
    page.run()
    control(page, "beta").set_value(4.0).run()
    press(page, "Same weights")
    wait_until(lambda: view(page).step == 0)
    assert pending(page).beta == 1.0
    assert control(page, "beta").value == 1.0


def test_a_follower_looks_and_takes_weights_of_its_own() -> None:
    run_id = a_run(engine_state.shared_engine())
    page = open_page(model=f"run:{run_id}", **SMALL, steps="20")
    assert not page.exception
    assert "only the browser that started it controls it" in captions(page)
    assert can_press(page) == ["New weights"]
    press(page, "New weights")
    assert view(page).owner == engine_state.visitor() or view(page).id != run_id
    assert "only the browser" not in captions(page)


def test_a_follower_who_changes_beta_can_train_a_run_of_its_own() -> None:
    run_id = a_run(engine_state.shared_engine())
    page = open_page(model=f"run:{run_id}", **SMALL, steps="20")
    control(page, "beta").set_value(4.0).run()
    assert "Needs a fresh start: β." in captions(page)
    press(page, "Start")
    assert (view(page).config.beta, view(page).id != run_id) == (4.0, True)


def test_data_on_the_real_line_get_a_gaussian_decoder() -> None:
    page = open_page()
    control(page, "dataset").select("two-moons").run()
    assert not page.exception
    assert pending(page).likelihood == "gaussian"
    assert control(page, "likelihood").value == "gaussian"


def test_a_link_whose_decoder_cannot_score_its_data_says_so() -> None:
    page = open_page(dataset="two-moons", likelihood="bernoulli")
    assert not page.exception
    assert "needs data in [0, 1]" in page.main.warning[0].value
    assert can_press(page) == []


def test_a_failed_run_says_why(factory: FakeFactory) -> None:
    def fail(run: object) -> None:
        raise RuntimeError("no")

    page = open_page(**SMALL)
    factory.before_advance = fail
    press(page, "Start")
    wait_until(lambda: view(page).state == "failed")
    page.run()
    assert not page.exception
    assert view(page).sentence[:30] in html(page)
    # the trouble may pass: it can go on from where it stands
    assert "Start" in can_press(page)


def test_choosing_another_model_fills_the_form() -> None:
    page = open_page()
    page.sidebar.selectbox[0].select("shipped:two-moons").run()
    page.run()
    assert pending(page).dataset == "two-moons"
    assert control(page, "dataset").value == "two-moons"


def test_grey_pixels_are_scored() -> None:
    page = open_page(dataset="mnist-5k", hidden="4")
    press(page, "1 step")
    wait_until(lambda: view(page).step == 1)
    page.run()
    assert "Bernoulli score" in str([element.proto for element in page.main.get("bidi_component")])


def test_settings_that_a_link_may_not_hold_are_not_in_the_form() -> None:
    page = open_page(threads="3", device="cuda")
    assert not page.exception
    assert pending(page).device == "cpu"


def test_a_page_without_notices_has_no_words_about_links() -> None:
    assert "left out" not in texts(open_page())


@pytest.mark.parametrize("name", ["beta", "learning_rate", "batch_size", "sigma"])
def test_sliders_in_factors_offer_their_limits_and_the_value(name: str) -> None:
    setting = SETTINGS[name]
    value = 7 if setting.kind == "integer" else 0.0137
    offered = rungs(setting, value)
    assert offered[0] == setting.low
    assert offered[-1] == setting.high
    assert value in offered
    assert offered == sorted(set(offered))
    assert len(offered) < 70
