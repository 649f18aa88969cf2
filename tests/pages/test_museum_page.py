"""The page Bug museum: a prediction comes first, the runs answer it, and a mended bug turns the identity."""

import time
from collections.abc import Iterator
from dataclasses import replace

import pytest
from streamlit.testing.v1 import AppTest

from pages.controls.claim_rows import MARKS, number
from pages.controls.museum_rows import identity_row
from pages.state import museum
from pages.state.bug_choice import read_bug
from pages.state.measures import found
from pages.state.museum import KIND
from pages.state.view import READERS
from tests.pages.opened import everything, open_page, texts, until
from vae_core.museum import Bug, Exhibit, bugs, exhibit
from vae_core.museum.identity import verdicts
from vae_core.theorems import Link, Outcome, Side

PAGE = "proof/museum.py"
QUICK = next(bug for bug in bugs() if bug.slug == "log-two-pi")


def opened() -> AppTest:
    return open_page().switch_page(PAGE).run()


def choose(page: AppTest, bug: Bug) -> AppTest:
    page.main.button_group("lab_museum_choice").set_value(f"{bug.number} · {bug.title}").run()
    assert not page.exception
    return page


def rows(page: AppTest) -> list[str]:
    return [part for part in texts(page).split('<div class="lab-identity">')[1:]]


def test_each_opens_with_its_question_and_both_codes_and_nothing_runs() -> None:
    page = opened()
    for bug in bugs():
        choose(page, bug)
        written = everything(page)
        assert bug.question in written
        assert bug.source in written
        assert f"def {bug.sound.__name__}(" in written
        assert f"def {bug.wrong.__name__}(" in written
        assert written.count("<mark>") >= 2
        assert "lab-identity" not in written
        assert page.main.radio(f"lab_museum_prediction_{bug.slug}_None").value is None
        assert found((KIND, str(bug.number))).value is None or bug is QUICK


@pytest.mark.parametrize("choice", [0, 2])
def test_a_prediction_is_settled_by_the_runs_and_the_bug_can_be_mended(choice: int) -> None:
    page = choose(opened(), QUICK)
    key = f"lab_museum_prediction_{QUICK.slug}"
    commit = f"{key}_commit"
    assert page.main.button(commit).disabled
    page.main.radio(f"{key}_None").set_value(QUICK.choices[choice]).run()
    page.main.button(commit).click().run()
    until(page, "lab-identity")
    end: Exhibit = found((KIND, str(QUICK.number))).value
    assert ("✓ As you said." if choice == end.answer.choice else "✗ Not so.") in everything(page)
    assert end.answer.sentence in everything(page)
    assert "Wrong code: " in everything(page)
    for place, row in enumerate(rows(page)):
        for outcome in (end.sound.outcomes[place], end.wrong.outcomes[place]):
            assert MARKS[outcome.verdict] in row
            left = outcome.left.value
            assert f"<b>{'1' if left == 1.0 else number(left)}</b>" in row
    assert 'data-off="true"' in texts(page)
    page.main.toggle(f"lab_museum_on_{QUICK.slug}").set_value(False).run()
    assert MARKS["fails"] not in texts(page)
    assert texts(page).count("Mended code") >= 3
    assert f"def {QUICK.wrong.__name__}(" not in texts(page)
    assert 'data-off="true"' not in texts(page)
    page.main.toggle(f"lab_museum_on_{QUICK.slug}").set_value(True).run()
    assert MARKS["fails"] in texts(page)


def test_the_runs_can_be_seen_without_a_prediction() -> None:
    page = choose(opened(), QUICK)
    page.main.button(f"lab_museum_prediction_{QUICK.slug}_open").click().run()
    until(page, "The runs say:")
    until(page, "lab-identity")
    # another bug still asks
    choose(page, bugs()[0])
    assert "lab-identity" not in texts(page)


def test_a_row_shows_the_side_that_fails() -> None:
    identity = replace(QUICK.identities[0], formula="∫ <b>p = 1")
    one = Side("1", 1.0, 0.0, "exact")

    def verdict(value: float) -> Outcome:
        return verdicts((identity,), ((Link(Side("∫ p", value, 0.0, "exact"), one, 0.0),),))[0]

    shown = identity_row(identity, verdict(1.0), verdict(2.5), mended=False)
    assert shown.count("✓ holds") == shown.count("✗ fails") == 1
    assert "&lt;b&gt;" in shown
    assert shown.index("Sound code") < shown.index("✓ holds") < shown.index("Wrong code") < shown.index("≠")
    assert "2.50000" in shown
    assert "1.5 apart" in shown


@pytest.mark.parametrize(("text", "number"), [("1", 1), ("10", 10), ("0", None), ("11", None), ("x", None)])
def test_a_link_names_one_of_the_ten(text: str, number: int | None) -> None:
    assert read_bug(text) == number


def test_a_link_opens_a_bug_and_follows_the_choice(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(READERS, "bug", (read_bug, "must be a bug of the museum, 1 to 10"))
    page = open_page(bug="3").switch_page(PAGE).run()
    assert bugs()[2].question in everything(page)
    assert page.query_params["bug"] == "3"
    choose(page, bugs()[7])
    assert bugs()[7].question in everything(page)
    assert page.query_params["bug"] in ("8", ["8"])


def test_runs_can_be_stopped_and_what_there_is_stays(monkeypatch: pytest.MonkeyPatch) -> None:
    def endless(bug: Bug) -> Iterator[tuple[float, str, Exhibit]]:
        running = exhibit(bug)
        next(running)
        part = next(running)
        while True:
            time.sleep(0.01)
            yield part

    monkeypatch.setattr(museum, "exhibit", endless)
    bug = bugs()[1]
    page = choose(opened(), bug)
    page.main.button(f"lab_museum_prediction_{bug.slug}_open").click().run()
    until(page, "After 10 steps the sound code reports a bound of")
    assert "Being measured." in everything(page)
    page.main.button(f"lab_stop {KIND}").click().run()
    assert "After 10 steps" in everything(page)
    assert page.main.button(f"lab_again {KIND}").label == "Begin again"
    assert not page.exception
