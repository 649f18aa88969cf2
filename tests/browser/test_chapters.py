"""Every chapter in the real app, from its first question to its last check."""

import re
from collections.abc import Callable

import pytest
from playwright.sync_api import Locator, Page, expect

from pages.state.lessons import Lesson, lessons
from tests.browser.conftest import Server, eventually

pytestmark = pytest.mark.browser

NUMBER = re.compile(r"[−-]?\d[\d,]*\.?\d*")


def number(text: str) -> float:
    """The first number in a text."""
    return float(NUMBER.findall(text)[0].replace("−", "-").replace(",", ""))


def exercise(page: Page, lesson: Lesson, place: int) -> Locator:
    return page.locator(f".st-key-lab_exercise_{lesson.slug}_{place}")


def check(page: Page, lesson: Lesson, place: int, *, says: str) -> None:
    """Press Check and read the verdict."""
    here = exercise(page, lesson, place)
    here.get_by_role("button", name="Check").click()
    expect(here.get_by_role("status")).to_contain_text(says, timeout=20_000)


def choose(page: Page, lesson: Lesson, place: int, choice: int) -> None:
    here = exercise(page, lesson, place)
    here.get_by_test_id("stRadio").locator("label").nth(choice + 1).click()
    check(page, lesson, place, says="✓ Right.")


def fill(page: Page, lesson: Lesson, place: int, answer: float, *, beside: float = 7.5) -> None:
    """Answer with a number: a wrong one first."""
    field = exercise(page, lesson, place).locator("input")
    for value, says in ((answer + beside, "✗ Not yet."), (answer, "✓ Right.")):
        field.fill(f"{value:.4f}")
        field.press("Enter")
        page.wait_for_timeout(200)
        check(page, lesson, place, says=says)


def reach(page: Page, lesson: Lesson, place: int) -> None:
    """Press Check until the instrument has come to where it is led."""

    def there() -> bool:
        here = exercise(page, lesson, place)
        here.get_by_role("button", name="Check").click()
        page.wait_for_timeout(1200)
        return "✓ Right." in here.get_by_role("status").inner_text()

    eventually(there, "the instrument is there", patience_s=60)


def solve_bound(page: Page, lesson: Lesson) -> None:
    check(page, lesson, 0, says="✗ Not yet.")
    page.locator(".posterior").get_by_role("button", name="Fit q").click()
    reach(page, lesson, 0)
    known = page.locator('.lab-settled [data-word="log_likelihood"]').inner_text()
    fill(page, lesson, 1, number(known))
    choose(page, lesson, 2, 0)


def solve_forms(page: Page, lesson: Lesson) -> None:
    missing = page.locator(".forms .row").nth(3).locator(".term").nth(1).locator(".value").inner_text()
    fill(page, lesson, 0, number(missing))
    check(page, lesson, 1, says="✗ Not yet.")
    slider = page.locator(".forms input[type=range]")
    slider.focus()
    slider.press("End")
    reach(page, lesson, 1)
    choose(page, lesson, 2, 0)


def press(page: Page, handle: str, key: str, times: int) -> None:
    """Press a key on a handle, and let Python hear where it rests."""
    page.locator(handle).focus()
    for _ in range(times):
        page.keyboard.press(key)
    page.wait_for_timeout(900)


def slider(page: Page, label: str) -> Locator:
    return page.get_by_test_id("stSlider").filter(has_text=label).locator("input[type=range]")


def solve_gaussians(page: Page, lesson: Lesson) -> None:
    page.get_by_role("button", name="Thin and turned").click()
    press(page, ".gaussians .p .handle.first", "ArrowUp", 18)
    check(page, lesson, 0, says="✓ Right.")
    page.get_by_role("button", name="Shifted").click()
    page.wait_for_timeout(900)
    fill(page, lesson, 1, 3.02)
    page.get_by_role("button", name="Thin and turned").click()
    press(page, ".gaussians .q .handle.first", "ArrowDown", 5)
    press(page, ".gaussians .q .handle.second", "ArrowDown", 11)
    check(page, lesson, 2, says="✓ Right.")


def solve_objective(page: Page, lesson: Lesson) -> None:
    choose(page, lesson, 0, 0)
    slider(page, "Shift of μ₁").focus()
    for _ in range(62):
        page.keyboard.press("ArrowLeft")
    page.wait_for_timeout(900)
    check(page, lesson, 1, says="✓ Right.")
    page.get_by_role("button", name="Back to the encoder’s q").click()
    page.wait_for_timeout(900)
    slider(page, "β, the weight on the KL").focus()
    for _ in range(2):
        page.keyboard.press("ArrowRight")
    best = page.get_by_text("highest at σ × 4.")
    best.wait_for(timeout=20_000)
    fill(page, lesson, 2, number(best.inner_text().partition("×")[2]))


def move(page: Page, key: str, control: str, times: int) -> None:
    """Move a slider by its keys, and let Python hear where it rests."""
    page.locator(control).locator("input[type=range]").first.focus()
    for _ in range(times):
        page.keyboard.press(key)
    page.wait_for_timeout(900)


def solve_likelihood(page: Page, lesson: Lesson) -> None:
    check(page, lesson, 0, says="✗ Not yet.")
    move(page, "End", ".st-key-lab_lesson_likelihood_samples", 1)
    reach(page, lesson, 0)
    fill(page, lesson, 1, 2084.0, beside=600.0)
    move(page, "ArrowLeft", ".st-key-lab_lesson_likelihood_theta", 12)
    check(page, lesson, 2, says="✓ Right.")


def solve_pixels(page: Page, lesson: Lesson) -> None:
    move(page, "ArrowLeft", "[data-testid=stMainBlockContainer]", 31)
    check(page, lesson, 0, says="✓ Right.")
    fill(page, lesson, 1, 0.028)
    page.get_by_test_id("stButtonGroup").get_by_text("Bernoulli, grey pixels", exact=True).click()
    page.wait_for_timeout(1500)
    press(page, ".pixels .sheet", "ArrowDown", 1)
    fill(page, lesson, 2, 0.551)


def solve_joints(page: Page, lesson: Lesson) -> None:
    time = slider(page, "Steps trained")
    time.focus()
    page.keyboard.press("End")
    page.get_by_text("At step 1,500 KL").first.wait_for(timeout=30_000)
    time.focus()
    for _ in range(22):
        page.keyboard.press("ArrowLeft")
    page.get_by_text("At step 65 KL").first.wait_for(timeout=30_000)
    check(page, lesson, 0, says="✓ Right.")
    fill(page, lesson, 1, -1.782)
    choose(page, lesson, 2, lesson.exercises[2].choices.index("p_D(x) and p(z)"))


def solve_sampling(page: Page, lesson: Lesson) -> None:
    page.get_by_text("One draw scatters by").first.wait_for(timeout=60_000)
    images = slider(page, "N, images in the batch")
    images.focus()
    page.keyboard.press("ArrowRight")
    page.get_by_text("at N = 64, S = 1").first.wait_for(timeout=20_000)
    check(page, lesson, 0, says="✓ Right.")
    images.focus()
    page.keyboard.press("End")
    shown = page.get_by_text("nats at N = 512").first
    shown.wait_for(timeout=20_000)
    bar = re.search(r"error bar: ([\d.]+) nats at N = 512", shown.inner_text())
    assert bar
    fill(page, lesson, 1, 0.5 * float(bar[1]))
    choose(page, lesson, 2, lesson.exercises[2].choices.index("The score function"))


SOLVE: dict[str, Callable[[Page, Lesson], None]] = {
    "likelihood": solve_likelihood,
    "joints": solve_joints,
    "bound": solve_bound,
    "objective": solve_objective,
    "sampling": solve_sampling,
    "pixels": solve_pixels,
    "gaussians": solve_gaussians,
    "forms": solve_forms,
}


@pytest.mark.parametrize("lesson", lessons(), ids=lambda lesson: lesson.slug)
def test_a_chapter_from_its_first_question_to_its_last_check(page: Page, app: Server, lesson: Lesson) -> None:
    page.goto(f"{app.url}/{lesson.slug}")
    commit = page.get_by_role("button", name="Commit")
    expect(commit).to_be_disabled(timeout=30_000)
    page.get_by_text(lesson.choices[0], exact=True).click()
    commit.click(timeout=10_000)
    verdict = page.locator(f".st-key-lab_lesson_{lesson.slug}_question").get_by_role("status")
    expect(verdict).to_contain_text(re.compile("As you said|Not so"), timeout=60_000)

    symbols = page.locator(".formula .lines [data-word]")
    symbols.first.wait_for(timeout=20_000)
    answer = page.locator(".formula .answer")
    symbols.first.hover()
    expect(answer.locator("b")).to_be_visible()
    word = symbols.first.get_attribute("data-word")
    assert page.evaluate("document.documentElement.dataset.labSymbol") == word
    page.mouse.move(2, 2)
    eventually(lambda: "Point at a symbol" in answer.inner_text(), "nothing is pointed at any more")

    page.get_by_role("button", name="All steps").click()
    eventually(lambda: page.locator(".lab-step").count() > 2, "the steps unfold")
    assert page.get_by_text("The two sides differ").count() == 0

    SOLVE[lesson.slug](page, lesson)
    solved = f"{len(lesson.exercises)} of {len(lesson.exercises)} solved"
    expect(page.get_by_text(solved)).to_be_visible(timeout=20_000)
    after = [one for one in lessons() if one.number == lesson.number + 1]
    for following in after:
        page.get_by_role("link", name=f"Next: {following.title}").click()
        expect(page.get_by_role("heading", name=f"{following.number} · {following.title}")).to_be_visible(
            timeout=30_000
        )
