"""The page Reconstruction vs KL: one image's terms and forces, and one run's KL, agree with the core."""

import re

import pytest
import torch
from streamlit.testing.v1 import AppTest

from pages.state import keys
from pages.state.engine import shared_engine
from pages.state.measures import _results
from tests.fakes import wait_until
from tests.pages.opened import ONE_OF_EACH_KIND, open_page, texts, until
from vae_core.data import load_dataset
from vae_core.diagnostics import tug
from vae_core.training.config import TrainConfig
from vae_core.training.shipped import load_shipped

PAGE = "lab/balance.py"


@pytest.fixture(autouse=True)
def nothing_kept() -> None:
    _results.clear()


def opened(**link: str) -> AppTest:
    return open_page(**link).switch_page(PAGE).run()


def the_run(page: AppTest) -> AppTest:
    """The same page at the scale of one run, once all is measured."""
    page.main.segmented_control[0].set_value("one run").run()
    return until(page, "information about x")


@pytest.mark.parametrize("name", ONE_OF_EACH_KIND)
def test_it_is_full_with_each_kind_of_model(name: str) -> None:
    page = opened(model=f"shipped:{name}")
    assert not page.exception
    assert "What pulls at μ" in texts(page)
    until(page, "The encoder’s σ₁")
    assert "The encoder’s μ₁" in texts(page)


def test_its_forces_are_those_of_the_core() -> None:
    page = opened(image="4539")
    snapshot = load_shipped("binary-digits-2d")
    pull = tug(snapshot.model(), load_dataset("mnist-5k-binary").full.x[4539:4540])
    cells = [
        float(cell.replace("−", "-")) for cell in re.findall(r'lab-value">(−?[\d.]+)</td>', texts(page))[:3]
    ]
    expected = [pull.mean_force_reconstruction[0], pull.mean_force_kl[0], pull.mean_residual[0]]
    torch.testing.assert_close(torch.tensor(cells), torch.stack(expected).float(), atol=1e-3, rtol=0)


def test_a_dimension_that_another_model_lacks_is_left() -> None:
    page = opened(model="shipped:binary-digits-8d")
    page.session_state[keys.BALANCE_DIMENSION] = 7
    until(page, "The encoder’s μ₈")
    page.sidebar.selectbox[0].select("shipped:binary-digits-2d").run()
    assert not page.exception
    until(page, "The encoder’s μ₂")


def test_a_shipped_model_has_no_history_and_its_kl_is_taken_apart() -> None:
    page = the_run(opened())
    assert "has no history" in "\n".join(caption.value for caption in page.main.caption)
    assert "Active dimensions, by two rules" in texts(page)


def test_a_run_s_kl_stands_over_its_steps() -> None:
    engine = shared_engine()
    run_id = engine.submit(TrainConfig(dataset="digits", hidden=(8,), steps=120), visitor="me")
    engine.start(run_id, visitor="me")
    wait_until(lambda: engine.view(run_id).state == "finished")
    page = the_run(opened(model=f"run:{run_id}"))
    assert re.search(r"\d of 2 dimensions", texts(page))
