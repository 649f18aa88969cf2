"""The harness's drawing board: opening it, drawing with the mouse, and what Python heard."""

import re

from playwright.sync_api import Page

from tests.browser.conftest import Server, eventually

Points = list[tuple[float, float]]

DOWNWARDS: Points = [(0.5, 0.2), (0.5, 0.5), (0.5, 0.8)]
ACROSS: Points = [(0.25, 0.5), (0.5, 0.5), (0.75, 0.5)]
PICTURE = "canvas => canvas.toDataURL()"


def open_board(page: Page, server: Server, query: str = "") -> None:
    page.goto(f"{server.url}/?show=draw&{query}")
    page.locator(".draw .square").wait_for(timeout=30_000)
    page.get_by_text(re.compile("^heard")).wait_for()


def heard(page: Page) -> str:
    found = page.get_by_text(re.compile("^heard"))
    return found.inner_text() if found.count() == 1 else ""


def strokes(page: Page) -> int:
    """How many strokes Python knows of; -1 while the page is being drawn anew."""
    said = heard(page)
    return 0 if said == "heard nothing" else int(said.split()[1]) if said else -1


def box(page: Page) -> list[int]:
    """Left, top, right and bottom of the ink that Python has, of 84."""
    words = heard(page).split()
    return [int(word) for word in words[words.index("box") + 1 :][:4]]


def amount(page: Page) -> float:
    words = heard(page).split()
    return float(words[words.index("ink") + 1])


def spoken(page: Page) -> str:
    return page.locator(".draw .spoken").inner_text()


def seen(page: Page) -> str:
    return str(page.locator(".draw canvas").evaluate(PICTURE))


def on_screen(page: Page, points: Points) -> Points:
    square = page.locator(".draw .square").bounding_box()
    assert square
    return [(square["x"] + x * square["width"], square["y"] + y * square["height"]) for x, y in points]


def draw(page: Page, points: Points, *, release: bool = True) -> None:
    place = on_screen(page, points)
    page.mouse.move(*place[0])
    page.mouse.down()
    for x, y in place[1:]:
        page.mouse.move(x, y, steps=5)
    if release:
        page.mouse.up()


def drawn(page: Page, count: int) -> None:
    eventually(lambda: strokes(page) == count, f"Python hears of {count} strokes", patience_s=6)
