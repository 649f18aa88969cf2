"""The guided tour: a card above the page that has set the lab up and waits for the reader's step."""

import html

import streamlit as st
from streamlit.navigation.page import StreamlitPage

from pages.controls.tour_stops import STOPS, Stop, prepare
from pages.state import tour

TICK_S = 1.0

RULES = """
<style>
.st-key-lab_tour { border-left: 4px solid var(--lab-z); }
.lab-tour { margin: 0; max-width: 60rem; line-height: 1.45; }
.lab-tour b { font-weight: 650; }
</style>
"""


def enter_stop(page: StreamlitPage) -> None:
    """Set the lab up for the stop that was reached, and go to its page where the tour begins elsewhere.

    On the way it is the page that says which stop it is: going on is a link, as in the sidebar.
    """
    number = tour.stop()
    if number is None:
        return
    here = [place for place, stop in enumerate(STOPS, start=1) if _is_at(page, stop)]
    if tour.begun() and here:
        number = here[0]
    if tour.entered(number):
        return
    if tour.stop() != number:
        tour.go_to(number)
    tour.enter(number, *prepare(STOPS[number - 1]))
    if number not in here:
        st.switch_page(STOPS[number - 1].page[0])


def tour_card(page: StreamlitPage) -> None:
    """Show the card while a tour is on; it looks for itself whether the step is done."""
    number = tour.stop()
    if number is None:
        return
    st.html(RULES)
    done = _done(STOPS[number - 1])
    with st.container(border=True, key="lab_tour"):
        here = _is_at(page, STOPS[number - 1])
        st.fragment(_card, run_every=None if done else TICK_S)(number, done, here=here)


def tour_button() -> None:
    """Show the button that begins the tour."""
    if tour.stop() is None:
        st.button(
            "Tour",
            key="lab_tour_begin",
            on_click=lambda: tour.go_to(1),
            help="Six stops through the lab; each sets it up and leaves one step to you.",
        )


def _card(number: int, drawn_done: bool, *, here: bool) -> None:
    stop = STOPS[number - 1]
    done = _done(stop)
    if done != drawn_done or tour.stop() != number:
        st.rerun()
    state, words = ("✓ Done.", stop.praise) if done else ("Your turn.", stop.task)
    if tour.trouble():
        state, words = "This stop could not be made ready.", tour.trouble()
    st.html(
        f'<p class="lab-tour"><b>Guided tour, {number} of {len(STOPS)} · {html.escape(stop.title)}.</b> '
        f"{html.escape(stop.words)}</p>"
        f'<p class="lab-tour" role="status"><b>{state}</b> {html.escape(words)}</p>'
    )
    with st.container(horizontal=True, vertical_alignment="center"):
        if not here:
            _to("To the page of this stop", number)
        if number > 1:
            _to("Back", number - 1)
        if number < len(STOPS):
            _to("Next" if done else "Skip this step", number + 1)
        if st.button("End the tour", key="lab_tour_end", type="tertiary", on_click=lambda: tour.go_to(None)):
            st.rerun()


def _to(label: str, number: int) -> None:
    st.page_link(STOPS[number - 1].page[0], label=label)


def _done(stop: Stop) -> bool:
    return not tour.trouble() and stop.done(stop.mark(), tour.before())


def _is_at(page: StreamlitPage, stop: Stop) -> bool:
    return page.url_path == stop.page[1] or (stop.page[1] == "train" and page.url_path == "")
