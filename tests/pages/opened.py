"""A page as a test opens it: the frame with a link, and what can be read from it."""

from pathlib import Path

from streamlit.testing.v1 import AppTest

from tests.fakes import wait_until
from vae_core.engine import Engine
from vae_core.training.config import TrainConfig

ONE_OF_EACH_KIND = ("binary-digits-2d", "gaussian-digits-2d", "binary-digits-8d", "two-moons")
"""Shipped models: the others are of the same shapes."""

FRAME = Path(__file__).resolve().parents[2] / "pages" / "frame.py"


def open_page(**parameters: str) -> AppTest:
    """Return the frame, opened with a link in a fresh session."""
    page = AppTest.from_file(str(FRAME), default_timeout=30)
    for name, value in parameters.items():
        page.query_params[name] = value
    return page.run()


def texts(page: AppTest) -> str:
    """Return every text in the main part of the page."""
    written = [element.value for element in page.main.markdown]
    return "\n".join(written + [element.proto.body for element in page.main.get("html")])


def everything(page: AppTest) -> str:
    """Return every text and every caption in the main part of the page."""
    return "\n".join([texts(page), *(caption.value for caption in page.main.caption)])


def until(page: AppTest, says: str) -> AppTest:
    """Run the page again and again, as its ticks do, until it says something."""

    def looked() -> bool:
        page.run()
        assert not page.exception
        return says in everything(page)

    wait_until(looked, seconds=120)
    return page


def card(page: AppTest) -> str:
    """Return the card's HTML."""
    return page.sidebar.get("html")[-1].proto.body


def a_run(engine: Engine, *, visitor: str = "somebody else") -> str:
    """Return the id of a run that was submitted and not started."""
    return engine.submit(TrainConfig(dataset="tiny-binary", hidden=(4,), steps=20), visitor=visitor)
