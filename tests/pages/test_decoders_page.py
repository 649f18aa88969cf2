"""The page of decoders: what stands side by side, what may be compared, and one transport bar for all."""

import math
import re
from types import SimpleNamespace

import pytest
from streamlit.testing.v1 import AppTest

from pages.controls.twin_numbers import _own_row, verdict
from pages.state import keys
from pages.state.engine import shared_engine
from pages.state.measures import _results
from pages.state.twin_choice import (
    BERNOULLI,
    CURRENT,
    GAUSSIAN_LEARNED,
    TWIN_DATA,
)
from tests.fakes import wait_until
from tests.pages.opened import everything, open_page, texts, until
from vae_core.data import load_dataset
from vae_core.diagnostics.decoder_scores import decoder_scores
from vae_core.rng import generator
from vae_core.training.shipped import TWIN, load_shipped

PAGE = "lab/decoders.py"
SMALL = "digits,bernoulli,gaussian-learned"


@pytest.fixture(autouse=True)
def nothing_kept() -> None:
    _results.clear()


def opened(**link: str) -> AppTest:
    return open_page(**link).switch_page(PAGE).run()


def measured(page: AppTest) -> AppTest:
    """Run the page until each decoder has its numbers."""
    name = "ELBO, nats per image"
    wait_until(lambda: name in texts(page.run()) and "–" not in row(page, name), seconds=120)
    assert not page.exception
    return page


def press(page: AppTest, label: str) -> AppTest:
    next(button for button in page.main.button if button.label == label).click().run()
    assert not page.exception
    return page


def row(page: AppTest, name: str) -> list[str]:
    """The cells of a row of the table of numbers."""
    found = re.search(rf'<th scope="row">{re.escape(name)}<.*?</tr>', texts(page))
    assert found, name
    return [re.sub("<[^>]*>", " ", cell) for cell in re.findall("<td[^>]*>(.*?)</td>", found[0])]


def number(cell: str) -> float:
    return float(cell.split()[0].replace("−", "-").replace(",", ""))


def test_the_first_view_is_full_and_trains_nothing() -> None:
    page = opened()
    assert not page.exception
    assert "Bernoulli" in texts(page)
    assert texts(page).count("shipped with the app") == 2
    assert keys.TWIN_RUNS not in page.session_state  # no run was made
    assert next(b.label for b in page.main.button if not b.disabled) == "Train them"


def test_grey_pixels_cross_out_the_two_elbos_and_say_why() -> None:
    page = measured(opened())
    said = everything(page)
    assert "The log-likelihoods cannot be compared." in said
    assert "integrates to at most 2⁻ᴰ" in said
    bernoulli, gaussian = row(page, "ELBO, nats per image")
    assert "score − KL" in bernoulli
    assert "(not comparable)" in bernoulli
    assert "log-density on ℝᴰ" in gaussian
    assert "(not comparable)" in gaussian
    assert row(page, "floor Σ h(x_d)")[0].startswith("46.")
    assert "negative log-likelihood" in said


def test_its_numbers_are_those_of_the_core() -> None:
    page = measured(opened())
    data = load_dataset("mnist-5k")
    scores = decoder_scores(
        load_shipped("grey-bernoulli").model(),
        data.validation.x[:500],
        support="unit",
        generator=generator(0, "decoder scores"),
    )
    assert row(page, "squared error over q, per pixel")[0].startswith(
        f"{scores.expected_squared_error.value:.4f}"
    )
    assert row(page, "active units") == ["2 of 2", "2 of 2"]


def test_on_binary_data_both_stand_on_the_same_space() -> None:
    page = press(opened(), "Compare on binary data")
    assert page.query_params["twins"] == "mnist-5k-binary,bernoulli,gaussian-learned"
    measured(page)
    assert "The log-likelihoods can be compared." in everything(page)
    bernoulli, gaussian = row(page, "ELBO on {0, 1}ᴰ")
    assert "not comparable" not in bernoulli + gaussian
    # of the Bernoulli it is its own ELBO
    assert bernoulli.split()[0] in row(page, "ELBO, nats per image")[0]
    assert "(not comparable)" in row(page, "ELBO, nats per image")[1]


def test_dequantised_densities_are_compared_in_bits() -> None:
    page = measured(opened(twins="digits-dequantised,gaussian-learned,continuous-bernoulli"))
    assert "The log-likelihoods can be compared." in everything(page)
    elbos, bits = row(page, "ELBO, nats per image"), row(page, "bits per dimension, at most")
    for elbo, cell in zip(elbos, bits, strict=True):
        # bits/dim = −ELBO/(D ln 2) + log₂ levels
        expected = -number(elbo) / (64 * math.log(2)) + math.log2(17)
        assert number(cell) == pytest.approx(expected, abs=2e-3)


def test_on_dequantised_data_two_gaussians_are_comparable_in_nats_too() -> None:
    page = measured(opened(twins="digits-dequantised,gaussian-learned,gaussian-0.3"))
    assert "(not comparable)" not in texts(page)
    assert "bits per dimension, at most" in texts(page)


def test_two_scores_are_compared_as_scores() -> None:
    snapshot = load_shipped("grey-bernoulli")
    shown = [SimpleNamespace(config=snapshot.config)] * 2
    assert verdict(shown).allowed
    found = SimpleNamespace(
        scores=decoder_scores(
            snapshot.model(),
            load_dataset("mnist-5k").validation.x[:20],
            support="unit",
            generator=generator(0, "scores"),
        )
    )
    line = _own_row(shown, [found, found], verdict(shown))
    assert "bounds no log p(x)" in line
    assert "lower bound of log p(x)" not in line
    assert "not comparable" not in line


def test_two_gaussians_stand_on_the_same_space_and_nothing_is_crossed_out() -> None:
    page = measured(opened(twins="mnist-5k,gaussian-learned,gaussian-1"))
    assert "not comparable" not in texts(page)


def test_a_learned_variance_is_the_expected_error_of_the_training_images() -> None:
    page = until(opened(), "What σ says of the")
    off = re.search(r"settles: ([\d.e-]+) % off", texts(page))
    assert off
    assert float(off[1]) < 1.0


def test_training_them_moves_both_from_the_same_settings() -> None:
    page = press(opened(twins=SMALL), "Train them")
    engine = shared_engine()
    views = engine.runs(page.session_state[keys.TWIN_RUNS] and _visitor(page))
    assert {view.config.likelihood for view in views} == {"bernoulli", "gaussian"}
    first, second = (view.config for view in views)
    assert first.replace(likelihood=second.likelihood, sigma=second.sigma) == second
    wait_until(lambda: all(engine.view(view.id).step > 20 for view in views))
    press(page, "Pause")
    wait_until(lambda: all(engine.view(view.id).state == "paused" for view in views))
    steps = [engine.view(view.id).step for view in views]
    assert steps[0] == steps[1]
    page.run()
    press(page, "Same weights")
    wait_until(lambda: all(engine.view(view.id).step == 0 for view in views))


def _visitor(page: AppTest) -> str:
    run_id = next(iter(page.session_state[keys.TWIN_RUNS].values()))
    owner = shared_engine().view(run_id).owner
    assert owner is not None
    return owner


def test_a_trained_run_s_numbers_are_not_the_shipped_one_s() -> None:
    """Both have the same settings: what was measured of the shipped one stands nowhere below the run."""
    page = measured(opened())
    shipped = row(page, "ELBO, nats per image")
    press(page, "Train them")
    press(page, "Pause")
    seen = []

    def rested() -> bool:
        page.run()
        cells = row(page, "ELBO, nats per image") if "ELBO, nats per image" in texts(page) else ["–"]
        seen.extend(cells)
        return "–" not in cells

    wait_until(rested, seconds=60)
    assert not page.exception
    assert not set(shipped) & set(seen)


def test_a_follower_is_told_so_and_presses_nothing() -> None:
    engine = shared_engine()
    for likelihood, sigma in (BERNOULLI, GAUSSIAN_LEARNED):
        config = TWIN.replace(dataset="digits", likelihood=likelihood, sigma=sigma)
        engine.submit(config, visitor="somebody else")
    page = opened(twins=SMALL)
    assert "You follow a run that another browser started" in everything(page)
    bar = {button.label: button.disabled for button in page.main.button}
    assert bar["Train them"]
    assert bar["Pause"]


def test_what_is_no_longer_compared_is_paused() -> None:
    page = press(opened(twins=SMALL), "Train them")
    engine = shared_engine()
    before = dict(page.session_state[keys.TWIN_RUNS])
    wait_until(lambda: all(engine.view(run_id).step > 0 for run_id in before.values()))
    box = next(box for box in page.main.selectbox if box.label == "Second decoder")
    box.select("Continuous Bernoulli").run()
    assert not page.exception
    gone = next(run_id for text, run_id in before.items() if "gaussian" in text)
    stays = next(run_id for text, run_id in before.items() if "gaussian" not in text)
    wait_until(lambda: engine.view(gone).state == "paused")
    assert engine.view(stays).state == "running"


def test_a_twin_that_was_changed_by_hand_is_said_to_be_none() -> None:
    page = press(opened(twins=SMALL), "Train them")
    run_id = next(iter(page.session_state[keys.TWIN_RUNS].values()))
    shared_engine().set(run_id, "beta", 6.0, visitor=_visitor(page))
    wait_until(lambda: shared_engine().view(run_id).interventions)
    page.run()
    assert "changed by hand at step" in texts(page)
    assert "they differ in more than the decoder" in everything(page)


def test_one_s_own_runs_take_the_place_of_the_shipped_ones_and_give_it_back() -> None:
    page = press(opened(), "Train them")
    assert "of 3,000" in texts(page)
    press(page, "Pause")
    press(page, "Show the shipped ones")
    assert texts(page).count("shipped with the app") == 2


@pytest.mark.parametrize("data", TWIN_DATA)
def test_every_data_set_opens(data: str) -> None:
    page = opened(twins=f"{data},continuous-bernoulli,gaussian-0.25,bernoulli")
    assert not page.exception
    assert "One pixel" in [header.value for header in page.main.subheader]


def test_real_numbers_have_gaussians_only() -> None:
    page = opened(model="shipped:two-moons", twins=f"{CURRENT},bernoulli,gaussian-0.5")
    assert not page.exception
    menus = [box for box in page.main.selectbox if "decoder" in box.label]
    assert all("Bernoulli" not in option for box in menus for option in box.options)
    assert [box.value for box in menus] == ["Gaussian, σ learned", "Gaussian, σ chosen", "–"]
    assert "Gaussian decoders stand in" in everything(page)
    assert page.query_params["twins"] == f"{CURRENT},bernoulli,gaussian-0.5"  # the link stays as it was


def test_choosing_a_decoder_changes_the_link() -> None:
    page = opened()
    box = next(box for box in page.main.selectbox if box.label == "Second decoder")
    box.select("Continuous Bernoulli").run()
    assert not page.exception
    assert page.query_params["twins"] == "mnist-5k,bernoulli,continuous-bernoulli"
    box = next(box for box in page.main.selectbox if box.label == "Third decoder")
    box.select("Gaussian, σ chosen").run()
    assert page.query_params["twins"].endswith("gaussian-0.2")


def test_the_unit_desk_speaks() -> None:
    page = opened()
    assert "β σ² = w D / 2 = 392" in texts(page)
    box = next(box for box in page.main.selectbox if box.label == "Error term")
    box.select("binary cross-entropy").run()
    assert "β = w D = 784" in texts(page)


def test_a_link_s_nonsense_gets_a_sentence_and_the_first_choice() -> None:
    page = opened(twins="<b>,x")
    assert not page.exception
    assert "The link&#x27;s twins must be data and two or three different decoders" in texts(page)
    assert page.main.selectbox[0].value == "mnist-5k"
