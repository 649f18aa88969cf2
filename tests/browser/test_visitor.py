"""The tab that all tests share keeps nothing of the visitor before, and after a fault a new one opens."""

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Page

from tests.browser.conftest import Server, eventually
from tests.browser.traffic import Traffic
from tests.browser.visitor import SIZE, KeptTab

pytestmark = pytest.mark.browser

# What a visitor may leave behind, as a page finds it.
FOUND = """async () => {
  const matches = query => matchMedia(query).matches;
  return {
    cookie: document.cookie.includes('who='),
    local: Object.entries(localStorage),
    session: Object.entries(sessionStorage),
    databases: (await indexedDB.databases()).map(({ name }) => name),
    caches: await caches.keys(),
    name: window.name,
    size: [innerWidth, innerHeight],
    dark: matches('(prefers-color-scheme: dark)'),
    calm: matches('(prefers-reduced-motion: reduce)'),
    forced: matches('(forced-colors: active)'),
    contrast: matches('(prefers-contrast: more)'),
    print: matches('print'),
    place: (await navigator.permissions.query({ name: 'geolocation' })).state,
    patched: 'patched' in Number.prototype,
  };
}"""
LEAVE = """async () => {
  document.cookie = 'who=me; max-age=1000';
  localStorage.setItem('who', 'me');
  sessionStorage.setItem('who', 'me');
  await new Promise(done => { indexedDB.open('who').onsuccess = event => {
    event.target.result.close(); done(); }; });
  await caches.open('who');
  window.name = 'me';
  Number.prototype.patched = true;
}"""


@pytest.fixture
def tab(browser: Browser) -> Iterator[KeptTab]:
    tab = KeptTab(browser)
    yield tab
    tab.retire()


def found(page: Page, server: Server) -> object:
    page.goto(f"{server.url}/_stcore/health")
    return page.evaluate(FOUND)


def misbehave(page: Page, server: Server) -> None:
    page.goto(f"{server.url}/_stcore/health")
    page.evaluate(LEAVE)
    page.context.grant_permissions(["geolocation"])
    page.set_viewport_size({"width": 390, "height": 800})
    page.emulate_media(
        media="print",
        color_scheme="dark",
        reduced_motion="reduce",
        forced_colors="active",
        contrast="more",
    )
    page.route("**/health", lambda route: route.fulfill(body="taken over"))
    page.context.route("**/health", lambda route: route.fulfill(body="taken over"))
    page.mouse.move(200, 100)
    page.mouse.down()


def test_a_visitor_leaves_nothing_behind(tab: KeptTab, harness: Server) -> None:
    page = tab.open()
    new = found(page, harness)
    assert tab.leave(keep=True) == []
    misbehave(tab.open(), harness)
    changed = page.evaluate(FOUND)
    assert all(changed[key] != value for key, value in new.items())  # type: ignore[attr-defined]
    assert tab.leave(keep=True) == []
    assert tab.open() is page
    assert len(page.context.pages) == 1
    assert page.context.cookies() == []
    assert found(page, harness) == new
    assert page.inner_text("body") == "ok"
    page.evaluate("addEventListener('mousemove', ({ buttons }) => { window.held = buttons; })")
    page.mouse.move(5, 5)
    eventually(lambda: page.evaluate("window.held") is not None, "the mouse moves")
    assert page.evaluate("window.held") == 0


def test_no_ear_is_left(tab: KeptTab, harness: Server) -> None:
    page = tab.open()
    first, second = Traffic(), Traffic()
    first.watch(page)
    page.goto(f"{harness.url}/?show=images")
    page.locator(".images canvas").first.wait_for(timeout=30_000)
    heard = first.total
    assert heard > 0
    tab.leave(keep=True)
    second.watch(tab.open())
    page.goto(f"{harness.url}/?show=images")
    page.locator(".images canvas").first.wait_for(timeout=30_000)
    assert second.total > 0
    assert len(first.sockets) == 1


@pytest.mark.parametrize("keep", [True, False])
def test_an_error_is_told_once(tab: KeptTab, harness: Server, keep: bool) -> None:
    page = tab.open()
    page.goto(f"{harness.url}/_stcore/health")
    page.evaluate("() => { setTimeout(() => { throw new Error('lost'); }, 0); }")
    eventually(lambda: page.evaluate("true") and tab.errors, "the error")
    assert tab.leave(keep=keep) == ["lost"]
    tab.open()
    assert tab.leave(keep=keep) == []


@pytest.mark.parametrize("fault", ["a failure", "a closed page", "two places"])
def test_a_new_tab_where_the_old_one_is_in_doubt(tab: KeptTab, harness: Server, fault: str) -> None:
    old = tab.open()
    old.goto(f"{harness.url}/_stcore/health")
    if fault == "a closed page":
        old.close()
    if fault == "two places":
        old.goto(f"{harness.url.replace('127.0.0.1', 'localhost')}/_stcore/health")
    tab.leave(keep=fault != "a failure")
    new = tab.open()
    assert new is not old
    assert new.viewport_size == SIZE
