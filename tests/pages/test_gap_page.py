"""The Jensen gap page: what it says of an image agrees with the core; nothing waits for a measurement."""

import re
import time
from collections.abc import Iterator
from functools import partial
from types import SimpleNamespace

import pytest
import torch
from streamlit.testing.v1 import AppTest

from pages.controls.chosen_image import can_be_drawn
from pages.controls.encoded import class_names
from pages.controls.gap_strip import ALL, WORST, worst_rows
from pages.controls.gap_training import experiment
from pages.state import gaps, measures
from pages.state.engine import shared_engine
from pages.state.gaps import COST, HISTORY
from tests.fakes import wait_until
from tests.pages.opened import a_run, everything, open_page, texts, until
from vae_core.data import load_dataset
from vae_core.diagnostics.gap_set import GapSet
from vae_core.estimators import Estimate, quadrature_log_likelihood
from vae_core.training.config import TrainConfig
from vae_core.training.shipped import load_shipped

PAGE = "lab/jensen.py"


@pytest.fixture(autouse=True)
def nothing_kept() -> None:
    measures._results.clear()


def opened(**link: str) -> AppTest:
    return open_page(**link).switch_page(PAGE).run()


def test_the_first_view_does_not_wait_for_the_measurement() -> None:
    page = opened()
    assert not page.exception
    assert "lies" not in texts(page)
    assert "All images" in [header.value for header in page.main.subheader]


def test_it_says_the_exact_gap_of_the_chosen_image_and_what_it_is_made_of() -> None:
    page = until(opened(image="4539"), "the ELBO lies")
    snapshot = load_shipped("binary-digits-2d")
    x = load_dataset("mnist-5k-binary").full.x[4539:4540]
    exact = float(quadrature_log_likelihood(snapshot.model(), x).value)
    said = everything(page)
    assert "Image 4,539" in said
    assert f"−{abs(exact):.4f}" in said  # log p(x) in digits
    for word in ("amortisation", "covariance", "family", "adaptive quadrature", "Gauss-Hermite"):
        assert word in said
    left = re.search(r"log p\(x\) − ELBO − KL</th><td class=\"lab-value\">(\S+)</td>", said)
    assert left
    assert abs(float(left[1].replace("−", "-"))) < 1e-3


def test_more_dimensions_have_bounds_and_an_estimate_and_nothing_exact(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(gaps, "annealed_parts", partial(gaps.annealed_parts, parts=2, temperatures=5))
    page = until(opened(model="shipped:binary-digits-8d"), "L with K = 5,000")
    said = everything(until(page, "nats below an estimate of log p(x)"))
    assert "lower bound in expectation" in said
    assert "lower bound" in said
    assert "adaptive quadrature" not in said
    assert "one or two latent dimensions" in said


def test_points_have_a_posterior_too() -> None:
    page = until(opened(model="shipped:two-moons"), "the ELBO lies")
    assert "Point" in texts(page)
    assert not can_be_drawn(load_dataset("two-moons"))


def test_a_run_of_one_dimension_has_a_curve() -> None:
    engine = shared_engine()
    config = TrainConfig(dataset="tiny-binary", hidden=(4,), latent_dim=1, steps=20)
    run_id = engine.submit(config, visitor="me")
    page = until(opened(model=f"run:{run_id}"), "the ELBO lies")
    assert texts(page).count("encoder’s q") == 2  # the section's title, and the curve's own


def test_grey_pixels_under_a_bernoulli_decoder_have_a_score() -> None:
    engine = shared_engine()
    config = TrainConfig(dataset="digits", likelihood="bernoulli", hidden=(4,), latent_dim=2, steps=20)
    page = until(opened(model=f"run:{engine.submit(config, visitor='me')}"), "the ELBO lies")
    assert "below its Bernoulli score" in texts(page)
    assert "no likelihood of grey pixels" in everything(page)


def test_a_run_that_trains_is_followed() -> None:
    engine = shared_engine()
    run_id = a_run(engine, visitor="me")
    engine.start(run_id, visitor="me")
    page = until(opened(model=f"run:{run_id}"), "the ELBO lies")
    assert not page.exception


def test_the_experiments_wait_to_be_asked() -> None:
    page = opened()
    labels = [button.label for button in page.main.button]
    assert "Measure along the training" in labels
    assert "Train both" in labels
    assert not [state for state in (HISTORY, COST) if state in page.session_state["lab_measures"]]


def test_what_cannot_be_afforded_is_replaced_by_a_smaller_experiment() -> None:
    model = SimpleNamespace(config=load_shipped("binary-digits-2d").config)
    smaller = experiment(model)
    assert smaller.hidden != model.config.hidden
    assert smaller.dataset == "mnist-5k-binary"


def a_set(gaps: list[float], rows: list[int]) -> GapSet:
    value = torch.tensor(gaps, dtype=torch.float64)
    zero = torch.zeros_like(value)
    return GapSet(
        "validation",
        torch.tensor(rows),
        Estimate(value, zero, "estimate"),
        Estimate(zero, zero, "lower_bound"),
    )


def test_the_widest_gap_comes_first_and_a_class_can_be_chosen() -> None:
    data = load_dataset("mnist-5k-binary")
    rows = data.validation.index[:40]
    gaps = [float(n % 7) + n / 100 for n in range(40)]
    found, total = worst_rows(data, a_set(gaps, rows.tolist()))
    assert len(found) == WORST
    assert total.tolist() == sorted(gaps, reverse=True)[:WORST]
    assert int(found[0]) == int(rows[gaps.index(max(gaps))])
    name = class_names(data)[3]
    own, _ = worst_rows(data, a_set(gaps, rows.tolist()), class_name=name)
    assert len(own)
    assert (data.full.labels[own] == 3).all()
    assert len(worst_rows(data, a_set(gaps, rows.tolist()), class_name=ALL)[0]) == WORST


def test_choosing_a_row_measures_that_image() -> None:
    page = until(opened(image="4539"), "Image 4,539: the ELBO lies")
    page.main.number_input[0].set_value(17).run()
    assert page.query_params["image"] == "17"
    until(page, "Image 17: the ELBO lies")


def test_a_field_that_still_says_another_image_s_row_chooses_nothing() -> None:
    def page() -> None:
        import streamlit as st

        from pages.controls.chosen_image import choose_row
        from pages.controls.gap_strip import take_row
        from pages.state import keys

        choose_row("digits", 17)
        st.session_state["field"] = 4539
        take_row("digits", "field", drawn_with=4539)
        st.text(st.session_state[keys.IMAGE][1])
        take_row("digits", "field", drawn_with=17)
        st.text(st.session_state[keys.IMAGE][1])

    page = AppTest.from_function(page).run()
    assert [line.value for line in page.text] == ["17", "4539"]


def test_a_measurement_that_fails_says_why_and_is_not_begun_again() -> None:
    def page() -> None:
        import streamlit as st

        from pages.state.measures import found, measure
        from tests.pages.test_gap_page import failing_work

        seen = measure(("kind", "key"), failing_work)
        st.write(f"{seen.value} {seen.pending} {seen.sentence} {found(('kind', 'key')).done}")

    test = AppTest.from_function(page).run()
    wait_until(lambda: "No more of it." in test.run().markdown[0].value, seconds=10)
    assert test.markdown[0].value == "a part False No more of it. False"


def two_visitors_page() -> None:
    """A page of which several sessions may be open: what they ask for is counted."""
    import streamlit as st

    from pages.state.measures import measure
    from tests.pages.test_gap_page import counted_work

    seen = measure(("kind", "shared"), counted_work)
    st.write(f"{seen.value} {seen.done}")


BEGUN: list[int] = []


def counted_work() -> Iterator[tuple[float, str, int | None]]:
    """A measurement that waits until it is allowed to end."""
    BEGUN.append(1)
    for _ in range(40):
        time.sleep(0.02)
        yield 2.0, "More than all.", 1
    return 2


def test_two_sessions_share_one_measurement_and_its_result_stays() -> None:
    BEGUN.clear()
    one, other = AppTest.from_function(two_visitors_page), AppTest.from_function(two_visitors_page)
    one.run()
    other.run()
    wait_until(lambda: one.run().markdown[0].value == "2 True", seconds=20)
    assert other.run().markdown[0].value == "2 True"
    assert len(BEGUN) == 1


def test_another_model_has_no_result_of_the_one_before() -> None:
    page = until(opened(image="4539"), "the ELBO lies")
    before = re.search(r"lies ([\d.]+) nats", texts(page))
    page.sidebar.selectbox[0].set_value("shipped:gaussian-digits-2d").run()
    assert "lies" not in texts(page)
    until(page, "the ELBO lies")
    after = re.search(r"lies ([\d.]+) nats", texts(page))
    assert before
    assert after
    assert before[1] != after[1]


def test_a_stopped_measurement_stays_stopped_until_it_is_begun_again() -> None:
    page = until(opened(), "the ELBO lies")
    until_button(page, "Stop")
    next(button for button in page.main.button if button.label == "Stop").click().run()
    assert "Begin again" in [button.label for button in page.main.button]
    page.run()
    assert "Begin again" in [button.label for button in page.main.button]
    next(button for button in page.main.button if button.label == "Begin again").click().run()
    until_button(page, "Stop")


def until_button(page: AppTest, label: str) -> None:
    wait_until(lambda: label in [button.label for button in page.run().main.button], seconds=30)


def failing_work() -> Iterator[tuple[float, str, str]]:
    """A measurement that comes half way."""
    yield 0.5, "Half.", "a part"
    raise ValueError("No more of it.")
