"""The frame: the page, the colours, the notices and the current model's card, with a link of any kind."""

import re

import pytest

from pages.state import engine as engine_state
from pages.state import keys
from pages.state.theme import stylesheet
from tests.fakes import wait_until
from tests.pages.opened import a_run, card, open_page, texts
from vae_core.notation import GLOSSARY, WALK_COLOURS
from vae_core.training.config import TrainConfig
from vae_core.training.shipped import shipped_names


def test_a_bare_address_shows_a_shipped_model() -> None:
    page = open_page()
    assert not page.exception
    assert "Shipped with the app" in card(page)
    assert "seed" in card(page)
    assert "nats" in card(page)
    assert page.query_params["model"] in [f"shipped:{name}" for name in shipped_names()]


def test_the_card_says_that_its_number_is_a_bound() -> None:
    shipped = card(open_page())
    assert "Test ELBO (lower bound)" in shipped
    assert "log p(x) is at least this" in shipped
    engine = engine_state.shared_engine()
    run_id = a_run(engine, visitor="me")
    wait_until(lambda: engine.view(run_id).observation is not None)
    run = card(open_page(model=f"run:{run_id}"))
    assert "Validation ELBO (lower bound)" in run
    assert re.search(r"<b>\N{MINUS SIGN}\d+\.\d ± \d+\.\d nats</b>", run)
    assert "standard error between these" in run


def test_the_card_calls_a_score_no_bound() -> None:
    engine = engine_state.shared_engine()
    grey = TrainConfig(dataset="mnist-5k", hidden=(4,), steps=20)
    run = card(open_page(model=f"run:{engine.submit(grey, visitor='me')}"))
    assert "Validation ELBO, as a score" in run
    assert "lower bound" not in run.lower()


@pytest.mark.parametrize("name", shipped_names())
def test_every_shipped_model_can_be_chosen(name: str) -> None:
    page = open_page()
    page.sidebar.selectbox[0].select(f"shipped:{name}").run()
    assert not page.exception
    assert page.session_state[keys.MODEL] == f"shipped:{name}"
    assert page.query_params["model"] == f"shipped:{name}"
    assert open_page(model=f"shipped:{name}").session_state[keys.MODEL] == f"shipped:{name}"


def test_a_link_to_a_run_shows_it_to_a_follower() -> None:
    run_id = a_run(engine_state.shared_engine())
    page = open_page(model=f"run:{run_id}")
    assert not page.exception
    assert page.session_state[keys.MODEL] == f"run:{run_id}"
    assert "tiny-binary" in card(page)
    assert "you follow this run" in card(page)
    assert keys.NOTICES not in page.session_state or not page.session_state[keys.NOTICES]


def test_a_link_to_a_run_that_is_gone_says_so_and_keeps_its_settings() -> None:
    for settings in ({}, {"beta": "4", "latent_dim": "3"}):
        page = open_page(model="run:0123456789ab", **settings)
        assert not page.exception
        assert "0123456789ab is gone" in texts(page)
        assert page.session_state[keys.MODEL].startswith("shipped:")
        page.run()
        assert TrainConfig.from_json(page.session_state[keys.CONFIG]).to_query() == settings
    latent = next(slider for slider in page.slider if slider.label == "Latent dimensions")
    assert latent.value == 3


def test_a_run_that_goes_away_while_it_is_looked_at_is_replaced() -> None:
    engine = engine_state.shared_engine()
    run_id = a_run(engine)
    page = open_page(model=f"run:{run_id}")
    engine.remove(run_id, visitor="somebody else")
    page.run()
    assert not page.exception
    assert "is gone" in texts(page)


def test_notices_can_be_closed() -> None:
    page = open_page(beta="cold")
    assert "beta" in texts(page)
    next(button for button in page.button if button.label == "Close").click().run()
    assert "cold" not in texts(page)


def test_the_words_of_a_link_are_shown_letter_by_letter() -> None:
    page = open_page(model="[click](http://example.org) <b>x</b>", beta="www.example.org")
    assert not page.exception
    notice = next(text.proto.body for text in page.main.get("html") if "example.org" in text.proto.body)
    assert "[click](http://example.org) &lt;b&gt;x&lt;/b&gt;" in notice
    assert "www.example.org" in notice
    assert "<b>" not in texts(page)
    assert not [text.value for text in page.main.markdown if "example.org" in text.value]


def test_the_session_wins_over_the_address_after_the_first_load() -> None:
    page = open_page(beta="4")
    page.query_params["beta"] = "7"
    page.run()
    assert TrainConfig.from_json(page.session_state[keys.CONFIG]).beta == 4.0
    assert page.query_params["beta"] == TrainConfig(beta=4.0).to_query()["beta"]


def test_the_style_sheet_has_every_word_of_the_glossary() -> None:
    sheet = stylesheet()
    for symbol in GLOSSARY:
        assert f"--lab-{symbol.word.replace('_', '-')}-text:" in sheet
    for style, (light, dark) in WALK_COLOURS.items():
        assert f"--lab-walk-{style}: light-dark({light}, {dark});" in sheet
    assert "None" not in sheet
