"""All β on Reconstruction vs KL: the shipped planes, a sweep of one's own, and runs that become current."""

import re
from dataclasses import replace

import pytest
import streamlit as st
from streamlit.testing.v1 import AppTest

from pages.controls import sweep_pictures, sweep_run
from pages.controls.sweep_form import plan_of
from pages.controls.sweep_pictures import sheet_words
from pages.controls.sweep_plane import exact_curve, families, known_entropy, plane_runs, run_labels
from pages.controls.sweep_queue import describe_plan
from pages.state import keys, sweeps
from tests.fakes import wait_until
from tests.pages.opened import card, everything, open_page, texts
from vae_core.checks import SettingError
from vae_core.data import known_distribution
from vae_core.sweeps import InlineExecutor
from vae_core.sweeps.atlas import atlas_names, load_atlas
from vae_core.training.config import TrainConfig
from vae_core.training.shipped import atlas_name, load_shipped
from vae_core.training.snapshot import Snapshot

PAGE = "lab/balance.py"
QUICK = {"dataset": "digits", "hidden": "8", "steps": "5"}


@pytest.fixture(autouse=True)
def made_here(monkeypatch: pytest.MonkeyPatch) -> None:
    """Sweeps are made by the desk's own thread: the workers have tests of their own."""
    monkeypatch.setattr(sweeps, "_executor", InlineExecutor)


def opened(**link: str) -> AppTest:
    return open_page(**{"sweep": "digits", **link}).switch_page(PAGE).run()


def numbers(page: AppTest) -> list[float]:
    """Rate and distortion of the run at hand."""
    cells = re.findall(r'lab-value">(−?[\d,.]+)</td>', texts(page))[:2]
    return [float(cell.replace("−", "-").replace(",", "")) for cell in cells]


def ask(page: AppTest, betas: str) -> AppTest:
    """Ask for a sweep over these β, of few steps."""
    page.main.text_input(f"{keys.SWEEP_FORM}beta").set_value(betas).run()
    page.main.number_input(f"{keys.SWEEP_FORM}steps").set_value(5).run()
    return page.main.button(f"{keys.SWEEP_FORM}start").click().run()


def test_the_page_says_where_a_shipped_run_lies() -> None:
    page = opened()
    assert not page.exception
    _, points = load_atlas("digits")
    point = next(p for p in points if (p.config.beta, p.config.seed) == (1.0, 0))
    assert numbers(page) == [round(point.rate, 2), round(point.distortion, 2)]


@pytest.mark.parametrize("name", atlas_names())
def test_each_shipped_sweep_has_a_full_plane(name: str) -> None:
    page = opened(sweep=name)
    assert not page.exception
    assert numbers(page)
    assert page.query_params["sweep"] == name


def test_another_scale_takes_the_sweep_out_of_the_link() -> None:
    page = opened()
    page.main.segmented_control("lab_balance_scale").set_value("one image").run()
    assert "sweep" not in page.query_params


def test_a_likelihood_has_a_plane_of_its_own() -> None:
    page = opened()
    bernoulli = numbers(page)
    page.main.segmented_control(f"{keys.SWEEP_FAMILY}digits").set_value("digits/gaussian").run()
    assert not page.exception
    assert numbers(page)[1] < 0 < bernoulli[1]


def test_a_shipped_run_becomes_the_current_model() -> None:
    page = opened()
    _, points = load_atlas("digits")
    wanted = next(p for p in points if (p.config.beta, p.config.seed) == (4.0, 1))
    picker = next(
        box for box in page.main.selectbox if wanted.run in str(box.key) or "seed" in box.options[0]
    )
    picker.set_value(wanted.run).run()
    assert numbers(page) == [round(wanted.rate, 2), round(wanted.distortion, 2)]
    page.main.button("lab_sweep_open").click().run()
    assert page.session_state[keys.MODEL] == f"shipped:{atlas_name(wanted.run)}"
    assert "β\N{NO-BREAK SPACE}4" in card(page)
    assert page.main.button("lab_sweep_open").disabled
    for other in ("lab/train.py", "lab/latent.py", "lab/jensen.py"):
        assert not page.switch_page(other).run().exception


def test_a_sweep_of_one_s_own_is_made_and_its_run_opened() -> None:
    page = ask(opened(**QUICK), "0.5, 2")
    identity = page.session_state[keys.SWEEP]
    wait_until(lambda: sweeps.desk().view(identity).state == "finished")
    page.run()
    assert not page.exception
    points = sweeps.desk().view(identity).points
    assert [point.config.beta for point in points] == [0.5, 2.0]
    assert numbers(page)
    page.main.button("lab_sweep_open").click().run()
    assert page.session_state[keys.MODEL].removeprefix("run:") in {point.run for point in points}
    assert page.main.button("lab_sweep_open").disabled


@pytest.mark.parametrize(
    ("betas", "says"),
    [
        ("", "must have at least one value"),
        ("1, 1", "1.0 twice"),
        ("one", "beta must be a number"),
        ("-1", "beta must be"),
        (", ".join(str(n / 100) for n in range(1, 70)), "at most 64 runs"),
    ],
)
def test_bad_values_get_a_sentence_and_no_button(betas: str, says: str) -> None:
    page = opened()
    page.main.text_input(f"{keys.SWEEP_FORM}beta").set_value(betas).run()
    assert not page.exception
    assert says in everything(page)
    assert not [button for button in page.main.button if button.key == f"{keys.SWEEP_FORM}start"]


def test_a_sweep_that_is_gone_gives_way_to_a_shipped_one() -> None:
    page = opened(sweep="0123456789ab")
    assert not page.exception
    assert numbers(page)
    assert "0123456789ab is gone" in texts(page)
    assert page.query_params["sweep"] == atlas_names()[0]


def test_the_form_s_plan_is_the_grid() -> None:
    config = TrainConfig(seed=3)
    plan = plan_of(config, "0.5, 2", "hidden", "64; 200,100; linear", seeds=2, steps=7)
    assert plan.values == {"hidden": ((64,), (200, 100), ()), "beta": (0.5, 2.0)}
    assert plan.seeds == (3, 4)
    assert {each.steps for each in plan.configs()} == {7}
    assert describe_plan(plan) == "mnist-5k-binary, 3 networks × 2 β × 2 seeds"
    with pytest.raises(SettingError, match=r"^latent_dim must"):
        plan_of(config, "1", "latent_dim", "2, 99", seeds=1, steps=7)


def test_what_is_known_of_the_plane_is_drawn_where_it_holds() -> None:
    tiny, linear, digits = (load_atlas(name)[1] for name in ("tiny-binary", "linear", "digits"))
    known = known_distribution("tiny-binary")
    assert known is not None
    assert known_entropy(tiny) == known.entropy
    assert min(p.distortion + p.rate for p in tiny) > known.entropy
    assert known_entropy(linear) is None
    curve = exact_curve(linear)
    assert curve is not None
    assert curve.held_out
    assert exact_curve(tiny) is None
    assert len(families(digits)) == 3
    bernoulli = families(digits)["digits/bernoulli"]
    assert len({run.run for run in plane_runs(bernoulli)}) == len(bernoulli) == 24


def test_a_run_whose_weights_are_damaged_leaves_the_rest(monkeypatch: pytest.MonkeyPatch) -> None:
    _, points = load_atlas("digits")
    damaged = next(p for p in points if (p.config.beta, p.config.seed) == (1.0, 0))

    def snapshot_of(sweep: sweeps.ShownSweep, run: str) -> Snapshot:
        if run == damaged.run:
            raise SettingError("run: must have readable weights.")
        return load_shipped(atlas_name(run))

    for module in (sweep_pictures, sweep_run):
        monkeypatch.setattr(module, "snapshot_of", snapshot_of)
    st.cache_resource.clear()
    page = opened()
    assert not page.exception
    assert "This run can’t be opened. run: must have readable weights." in everything(page)
    assert numbers(page) == [round(damaged.rate, 2), round(damaged.distortion, 2)]


def test_words_of_runs_tell_them_apart() -> None:
    _, points = load_atlas("digits")
    wider = [replace(p, run=p.run[::-1], config=p.config.replace(latent_dim=8)) for p in points[:4]]
    labels = run_labels((*points[:4], *wider))
    assert len(set(labels.values())) == 8
    assert "runs of as many dimensions" in sheet_words((*points[:4], *wider))
