"""The guided tour and the projector: both are part of the link, and the tour waits for the reader's step."""

import dataclasses

import pytest
from streamlit.testing.v1 import AppTest

from pages.controls import tour as tour_card
from pages.controls.tour_stops import STOPS
from pages.state import keys
from pages.state.engine import shared_engine
from pages.state.view import MOST_STOPS, read_show, read_stop
from tests.pages.opened import open_page, texts, until
from vae_core.checks import SettingError


def links(page: AppTest) -> list[str]:
    """The ways that the card offers."""
    return [link.proto.label for link in page.main.get("page_link")]


def test_there_are_as_many_stops_as_a_link_may_name() -> None:
    assert len(STOPS) == MOST_STOPS
    assert [read_stop(text) for text in ("1", "6", "0", "7", "1.0", "", "x")] == [1, 6, *[None] * 5]
    assert [read_show(text) for text in ("projector", "student", "")] == ["projector", None, None]


def test_a_wrong_stop_is_left_out_with_a_sentence() -> None:
    page = open_page(tour="9", show="cinema")
    assert "must be a stop of the guided tour" in texts(page)
    assert "show must be projector" in texts(page)
    assert "Guided tour," not in texts(page)
    assert links(page) == []


def test_the_first_stop_presses_start_and_waits_for_beta() -> None:
    page = open_page()
    page.sidebar.button("lab_tour_begin").click().run()
    assert page.query_params["tour"] == "1"
    token = page.session_state[keys.MODEL]
    assert token.startswith("run:")
    run = shared_engine().view(token.removeprefix("run:"))
    assert run.state in ("queued", "running")
    assert "Your turn." in texts(page)
    assert links(page) == ["Skip this step"]
    beta = next(slider for slider in page.main.select_slider if slider.label.startswith("β"))
    beta.set_value(4.0).run()
    until(page, "✓ Done.")
    assert links(page) == ["Next"]


def at(number: int) -> AppTest:
    page = open_page(tour=str(number))
    assert not page.exception
    return page


@pytest.mark.parametrize("number", range(1, MOST_STOPS + 1))
def test_every_stop_can_be_opened_by_its_link(number: int) -> None:
    page = at(number)
    assert f"Guided tour, {number} of {MOST_STOPS}" in texts(page)
    assert STOPS[number - 1].title in texts(page)
    assert "Your turn." in texts(page)
    assert page.query_params["tour"] == str(number)


def test_the_page_says_which_stop_it_is_and_the_tour_ends() -> None:
    page = at(5)
    page.switch_page(STOPS[5].page[0]).run()
    assert "Guided tour, 6 of 6" in texts(page)
    page.switch_page("lab/walk.py").run()
    assert "Guided tour, 6 of 6" in texts(page)
    assert "To the page of this stop" in links(page)
    page.main.button("lab_tour_end").click().run()
    page.run()
    assert "Guided tour" not in texts(page)
    assert "tour" not in page.query_params


def test_a_stop_that_cannot_be_made_ready_says_so_and_is_never_done(monkeypatch: pytest.MonkeyPatch) -> None:
    def fail() -> None:
        raise SettingError("runs must be at most 2, got 3.")

    broken = dataclasses.replace(STOPS[4], prepare=fail)
    monkeypatch.setattr(tour_card, "STOPS", (*STOPS[:4], broken, *STOPS[5:]))
    page = at(5)
    assert "runs must be at most 2, got 3." in texts(page)
    assert "✓ Done." not in texts(page)


def is_large(page: AppTest) -> bool:
    """Whether the projector's rules are written."""
    return any("font-size: 20px" in element.proto.body for element in page.get("html"))


def test_the_projector_is_switched_on_and_off() -> None:
    page = open_page()
    assert not is_large(page)
    page.sidebar.toggle(keys.PROJECTOR).set_value(True).run()
    assert is_large(page)
    assert page.query_params["show"] == "projector"
    page.sidebar.toggle(keys.PROJECTOR).set_value(False).run()
    assert not is_large(page)
    assert "show" not in page.query_params
    assert is_large(open_page(show="projector"))
