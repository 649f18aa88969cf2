"""One tab for all visitors: it stays open, for opening one costs more than most tests, and forgets them."""

from dataclasses import dataclass, field
from urllib.parse import urlsplit

from playwright.sync_api import Browser, Page

from tests.browser.traffic import Traffic

SIZE = {"width": 1280, "height": 900}
CLEAR_TAB = "() => { sessionStorage.clear(); window.name = ''; }"


def origin(url: str) -> str:
    """Scheme, host and port of an address; nothing for `about:blank`."""
    parts = urlsplit(url)
    return f"{parts.scheme}://{parts.netloc}" if parts.netloc else ""


@dataclass
class KeptTab:
    """A tab that one visitor after the other gets, each as a new one would be but for the browser's cache."""

    browser: Browser
    page: Page | None = None
    errors: list[str] = field(default_factory=list)
    origins: set[str] = field(default_factory=set)

    def open(self) -> Page:
        """The tab for the next visitor."""
        if self.page is None:
            self.page = self.browser.new_context(viewport=SIZE).new_page()
            self.page.on("pageerror", lambda error: self.errors.append(str(error)))
            self.page.on("framenavigated", lambda frame: self.origins.add(origin(frame.url)))
        return self.page

    def leave(self, *, keep: bool) -> list[str]:
        """Make the tab forget its visitor, or close it, and return the errors that it logged."""
        assert self.page is not None
        origins = self.origins - {""}
        if keep and not self.page.is_closed() and len(origins) <= 1:
            forget(self.page, origins)
        else:
            self.retire()
        errors = self.errors.copy()
        self.errors.clear()
        self.origins.clear()
        return errors

    def retire(self) -> None:
        if self.page is not None:
            self.page.context.close()
            self.page = None


def forget(page: Page, origins: set[str]) -> None:
    """Leave nothing of a visitor who saw one place at most: not what it stored, nor what a test has set."""
    context = page.context
    for other in context.pages:
        if other != page:
            other.close()
    Traffic.forget(page)
    page.unroute_all()
    context.unroute_all()
    if origins:
        page.evaluate(CLEAR_TAB)
    page.goto("about:blank")
    session = context.new_cdp_session(page)
    for place in origins:
        session.send("Storage.clearDataForOrigin", {"origin": place, "storageTypes": "all"})
    session.detach()
    context.clear_cookies()
    context.clear_permissions()
    page.mouse.up()
    page.mouse.move(0, 0)
    page.set_viewport_size(SIZE)
    page.emulate_media(
        media="null",
        color_scheme="light",
        reduced_motion="no-preference",
        forced_colors="none",
        contrast="no-preference",
    )
