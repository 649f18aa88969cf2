"""What the Train page says and offers, without a page."""

import re

import pytest
import streamlit as st

from pages.controls import estimate, settings
from pages.controls.estimate import (
    estimated_seconds,
    in_words,
    known_pace,
    products_per_second,
    step_seconds,
)
from pages.controls.status import clock, progress_of, queued_sentence, status_html
from pages.controls.transport import FOLLOWER, Transport, transport
from tests.fakes import FakeFactory, wait_until
from vae_core.data import load_dataset
from vae_core.engine import Engine, RunView
from vae_core.training import Intervention
from vae_core.training.config import MACHINE_SETTINGS, TrainConfig

CONFIG = TrainConfig(dataset="tiny-binary", hidden=(4,), steps=50)


@pytest.fixture
def view(tmp_path) -> RunView:
    with Engine(folder=tmp_path, run_factory=FakeFactory()) as engine:
        run_id = engine.submit(CONFIG, visitor="me")
        wait_until(lambda: engine.view(run_id) is not None)
        return engine.view(run_id)


def as_if(view: RunView, **changes: object) -> RunView:
    return type(view)(**{**{name: getattr(view, name) for name in view.__dataclass_fields__}, **changes})


def offered(buttons: Transport) -> str:
    names = ("start", "pause", "step", "rewind", "new_weights", "stop")
    return " ".join(name for name in names if getattr(buttons, name))


@pytest.mark.parametrize(
    ("state", "step", "fresh", "buttons", "label"),
    [
        ("ready", 0, False, "start step new_weights", "Start"),
        ("queued", 0, False, "pause new_weights stop", "Start"),
        ("running", 5, False, "pause rewind new_weights stop", "Start"),
        ("running", 5, True, "start pause step rewind new_weights stop", "Start fresh"),
        ("paused", 5, False, "start step rewind new_weights stop", "Go on"),
        ("paused", 5, True, "start step rewind new_weights stop", "Start fresh"),
        ("finished", 50, False, "rewind new_weights", "Start"),
        ("finished", 50, True, "start step rewind new_weights", "Start fresh"),
        ("finished", 0, False, "rewind new_weights", "Start"),
        ("failed", 7, False, "rewind new_weights", "Start"),
        ("failed", 0, False, "rewind new_weights", "Start"),
    ],
)
def test_what_the_owner_can_press(view, state, step, fresh, buttons, label) -> None:
    can_go_on = state not in ("finished", "failed")
    offers = transport(as_if(view, state=state, step=step, can_go_on=can_go_on), mine=True, fresh=fresh)
    assert offered(offers) == buttons
    assert offers.start_label == label
    assert offers.sentence is None


@pytest.mark.parametrize("state", ["finished", "failed"])
def test_what_was_stopped_by_hand_or_by_passing_trouble_can_go_on(view, state) -> None:
    offers = transport(as_if(view, state=state, step=5, can_go_on=True), mine=True, fresh=False)
    assert offered(offers) == "start step rewind new_weights"
    assert offers.start_label == "Go on"


def test_what_others_can_press(view) -> None:
    assert offered(transport(None, mine=False, fresh=True)) == "start step new_weights"
    assert offered(transport(view, mine=False, fresh=True)) == "start step new_weights"
    follower = transport(as_if(view, state="running"), mine=False, fresh=False)
    assert offered(follower) == "new_weights"
    assert follower.sentence == FOLLOWER
    stuck = transport(None, mine=False, fresh=True, trouble="no")
    assert (offered(stuck), stuck.sentence) == ("", "no")


def test_what_needs_a_fresh_start(view) -> None:
    assert settings.differing(CONFIG.replace(beta=4.0), None) == ()
    assert settings.differing(CONFIG.replace(beta=4.0), view) == ()
    assert settings.differing(CONFIG.replace(beta=4.0, seed=3), view) == ("seed",)
    # a follower's form has what it was filled with, also when the owner moves on
    assert settings.differing(CONFIG.replace(beta=4.0), view, filled_with=CONFIG) == ("beta",)
    followed = as_if(view, interventions=(Intervention(3, "beta", 2.0),))
    assert settings.differing(CONFIG, followed, filled_with=CONFIG) == ()
    ended = as_if(view, state="finished")
    assert settings.differing(CONFIG.replace(beta=4.0), ended) == ("beta",)
    dragged = as_if(ended, interventions=(Intervention(3, "beta", 4.0),))
    assert settings.settings_now(dragged).beta == 4.0
    assert settings.differing(CONFIG.replace(beta=4.0), dragged) == ()


def test_progress_counts_steps_or_time(view) -> None:
    assert progress_of(as_if(view, step=25)) == 0.5
    assert progress_of(as_if(view, step=25, state="finished")) == 1.0
    by_time = as_if(view, config=CONFIG.replace(stop="time", time_limit_s=10), step=1, seconds_left=2.0)
    assert progress_of(by_time) == pytest.approx(0.8)


def test_the_status_line_escapes_and_counts(view) -> None:
    line = status_html(as_if(view, state="running", step=1240, seconds_left=5.2), sentence="<b>")
    assert "&lt;b&gt;" in line
    assert "1,240 / 50 steps" in line
    assert "0:05 left" in line
    assert 'aria-valuenow="100"' in line
    assert "<b>" not in status_html(None, sentence="<b>")


def test_the_queue_in_words() -> None:
    assert queued_sentence(("a", "b", "c"), "a") == "Next in the queue."
    assert queued_sentence(("a", "b", "c"), "b") == "Waiting: 1 run before this one."
    assert queued_sentence(("a", "b", "c"), "c") == "Waiting: 2 runs before this one."
    assert queued_sentence((), "c") == "Next in the queue."


@pytest.mark.parametrize(
    ("seconds", "clocked", "said"),
    [
        (0.2, "0:00", "1 s"),
        (5.2, "0:05", "5 s"),
        (130, "2:10", "2 min 10 s"),
        (840, "14:00", "14 min"),
        (4800, "1:20:00", "1 h 20 min"),
        (360_000, "100:00:00", "100 h"),
    ],
)
def test_durations(seconds: float, clocked: str, said: str) -> None:
    assert clock(seconds) == clocked
    assert in_words(seconds) == said


def test_the_estimate_knows_runs_like_it(view) -> None:
    like = as_if(view, images_per_second=6400.0)
    assert known_pace(CONFIG.replace(seed=5, beta=2), [like]) == 6400.0
    assert known_pace(CONFIG.replace(latent_dim=3), [like]) is None
    assert known_pace(CONFIG, [view]) is None
    assert estimated_seconds(CONFIG, [like]) == pytest.approx(50 * 128 / 6400)
    by_time = CONFIG.replace(stop="time", time_limit_s=1, steps=1_000_000)
    assert estimated_seconds(by_time, [like]) == 1.0


def test_a_batch_holds_at_most_all_training_images(view) -> None:
    images = len(load_dataset("tiny-binary").train.x)
    whole, larger = CONFIG.replace(batch_size=images), CONFIG.replace(batch_size=4096)
    assert images < 4096
    assert step_seconds(larger, products_per_second=1e10) == step_seconds(whole, products_per_second=1e10)
    like = as_if(view, config=larger, images_per_second=6400.0)
    assert estimated_seconds(larger, [like]) == pytest.approx(50 * images / 6400)


def test_the_newest_run_tells_the_pace(view) -> None:
    newer, older = (as_if(view, images_per_second=pace) for pace in (6400.0, 100.0))
    assert known_pace(CONFIG, [newer, older]) == 6400.0


def test_the_machine_is_measured_again_after_a_minute(monkeypatch: pytest.MonkeyPatch) -> None:
    now = [1000.0]
    monkeypatch.setattr("streamlit.runtime.caching.cache_utils.TTLCACHE_TIMER", lambda: now[0])
    speeds = iter((1e9, 1e10))
    monkeypatch.setattr(estimate, "_probe", lambda: next(speeds))

    st.cache_resource.clear()
    assert [products_per_second(), products_per_second()] == [1e9, 1e9]
    now[0] += 61
    assert products_per_second() == 1e10
    st.cache_resource.clear()


def test_a_larger_network_takes_longer() -> None:
    small, large = (step_seconds(TrainConfig(hidden=h), products_per_second=1e10) for h in ((), (1024,) * 4))
    assert 0 < small < large
    assert estimated_seconds(TrainConfig()) > 0


def test_live_settings_are_said_to_be_live() -> None:
    names = (*settings.FIRST, *settings.WEIGHING, *settings.DESCENT)
    assert len(names) == len(set(names))
    assert set(names) == set(settings.SETTINGS) - set(MACHINE_SETTINGS)
    assert all(re.search(r"\w{3}", setting.help) for setting in settings.SETTINGS.values())
