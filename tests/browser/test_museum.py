"""The bug museum in a real browser: every bug from the question to the last check."""

import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import Server, eventually
from vae_core.museum import Bug, bugs

pytestmark = pytest.mark.browser
PATIENCE = 60_000


def verdicts(page: Page, who: str) -> list[str]:
    """What stands at the end of each row of the sound, the wrong or the mended code."""
    rows = page.locator(".lab-side-row", has=page.locator(".lab-who", has_text=who))
    return [row.locator(".lab-mark").inner_text() for row in rows.all()]


def drive(page: Page, bug: Bug) -> None:
    """Choose, predict, wait for both runs, read, and mend."""
    page.get_by_role("radio", name=f"{bug.number} · {bug.title}").or_(
        page.get_by_role("button", name=f"{bug.number} · {bug.title}")
    ).first.click()
    expect(page.get_by_text(bug.question)).to_be_visible(timeout=PATIENCE)
    commit = page.get_by_role("button", name="Commit and run both")
    expect(commit).to_be_disabled()
    page.get_by_text(bug.choices[bug.number % 3], exact=True).click()
    expect(commit).to_be_enabled(timeout=PATIENCE)
    commit.click()
    rows = page.locator(".lab-side-row")
    expect(rows).to_have_count(2 * len(bug.identities), timeout=PATIENCE)
    said, mine = page.locator(".lab-settled").first.inner_text(), bug.choices[bug.number % 3]
    assert said.startswith("✓ As you said.") or (
        said.startswith("✗ Not so.")
        and mine not in said
        and any(choice in said for choice in bug.choices if choice != mine)
    )
    whole = len(bug.identities)
    assert verdicts(page, "Sound code") == ["✓ holds"] * whole, bug.title
    assert "✗ fails" in verdicts(page, "Wrong code"), bug.title
    red = page.locator('.lab-side-row[data-verdict="fails"] .lab-mark').first
    assert red.evaluate("mark => getComputedStyle(mark).color") == "rgb(179, 38, 30)"
    page.get_by_text("Bug on", exact=True).click()
    eventually(lambda: verdicts(page, "Mended code") == ["✓ holds"] * whole, "every identity holds again")
    assert not verdicts(page, "Wrong code")
    expect(page.locator('.lab-codes [data-side="wrong"]')).to_have_count(0)


def test_every_bug_turns_an_identity_red_and_is_mended(page: Page, app: Server) -> None:
    page.goto(f"{app.url}/museum")
    page.locator(".lab-codes").wait_for(timeout=90_000)
    for bug in bugs():
        drive(page, bug)
    # what was mended stays so
    page.get_by_text(f"{bugs()[0].number} · {bugs()[0].title}").first.click()
    eventually(lambda: verdicts(page, "Mended code") == ["✓ holds"] * 2, "the first bug, as it was left")
    expect(page.locator(".lab-plot.js-plotly-plot")).to_have_count(1)
