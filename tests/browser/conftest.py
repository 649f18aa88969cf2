"""A real browser, and the app's server as a process of its own."""

import os
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Generator, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, sync_playwright

from tests.browser.visitor import KeptTab

ROOT = Path(__file__).resolve().parents[2]
HARNESS = Path(__file__).resolve().parent / "harness" / "server.py"
PATIENCE_S = 120.0
FAILED = pytest.StashKey[bool]()

BROWSER_FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-dev-shm-usage",
    "--disable-background-networking",
    "--disable-component-update",
    "--no-first-run",
]


def eventually(question: Callable[[], Any], what: str, *, patience_s: float = 20.0) -> Any:
    """Ask until the answer is true, and return it (`wait_for_function` needs eval, which our CSP forbids)."""
    deadline = time.monotonic() + patience_s
    answer = question()
    while not answer:
        if time.monotonic() > deadline:
            raise AssertionError(f"waited {patience_s:g} s in vain: {what}; the last answer was {answer!r}")
        time.sleep(0.03)
        answer = question()
    return answer


@dataclass
class Server:
    """A server that runs until the test is over."""

    process: subprocess.Popen[bytes]
    url: str
    log: Path

    def tail(self) -> str:
        return self.log.read_text(errors="replace")[-4000:]


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def is_healthy(url: str) -> bool:
    try:
        with urllib.request.urlopen(f"{url}/_stcore/health", timeout=2) as answer:
            return answer.status == 200
    except (urllib.error.URLError, ConnectionError, TimeoutError):
        return False


def start(script: Path, folder: Path, *, base_path: str = "", env: dict[str, str] | None = None) -> Server:
    """Start `streamlit run script` in another working directory, and wait until it answers."""
    port = free_port()
    log = folder / f"server-{port}.log"
    options = {
        "server.port": port,
        "server.address": "127.0.0.1",
        "server.headless": "true",
        "server.baseUrlPath": base_path,
        "browser.gatherUsageStats": "false",
    }
    command = [sys.executable, "-m", "streamlit", "run", str(script)]
    command += [f"--{name}={value}" for name, value in options.items() if value != ""]
    with log.open("wb") as out:
        process = subprocess.Popen(
            command, cwd=folder, stdout=out, stderr=subprocess.STDOUT, env={**os.environ, **(env or {})}
        )
    server = Server(process, f"http://127.0.0.1:{port}" + (f"/{base_path}" if base_path else ""), log)
    deadline = time.monotonic() + PATIENCE_S
    while not is_healthy(server.url):
        if process.poll() is not None or time.monotonic() > deadline:
            stop(server)
            pytest.fail(f"the server did not start:\n{server.tail()}")
        time.sleep(0.1)
    return server


def stop(server: Server) -> None:
    """Stop a server, by its own process id, as a person would: with one interrupt."""
    if server.process.poll() is None:
        server.process.terminate()
        try:
            server.process.wait(timeout=15)
        except subprocess.TimeoutExpired:
            server.process.kill()
            server.process.wait()


@pytest.fixture
def serve(tmp_path: Path) -> Iterator[Callable[..., Server]]:
    """`serve(script, base_path="", env=...)` starts a server for this test."""
    running: list[Server] = []

    def run(script: Path, *, base_path: str = "", env: dict[str, str] | None = None) -> Server:
        running.append(start(script, tmp_path, base_path=base_path, env=env))
        return running[-1]

    yield run
    for server in running:
        died = server.process.poll()
        stop(server)
        if died is not None:
            pytest.fail(f"the server died during the test ({died}):\n{server.tail()}")


@pytest.fixture(scope="session")
def harness(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """The page of components, served once for all tests that only look at it."""
    server = start(HARNESS, tmp_path_factory.mktemp("harness"))
    yield server
    died = server.process.poll()
    stop(server)
    if died is not None:
        pytest.fail(f"the server died ({died}):\n{server.tail()}")


@pytest.fixture(scope="session")
def browser(browser_program: str) -> Iterator[Browser]:
    """The system's Chromium; without one the tests fail."""
    with sync_playwright() as playwright:
        program = playwright.chromium.launch(executable_path=browser_program, args=BROWSER_FLAGS)
        yield program
        program.close()


@pytest.fixture(scope="session")
def kept_tab(browser: Browser) -> Iterator[KeptTab]:
    tab = KeptTab(browser)
    yield tab
    tab.retire()


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    report = yield
    if report.failed:
        item.stash[FAILED] = True
    return report


@pytest.fixture
def page(request: pytest.FixtureRequest, kept_tab: KeptTab) -> Iterator[Page]:
    """A visitor at 1280 pixels, like a new one; a test fails if a page logs an uncaught error."""
    yield kept_tab.open()
    assert kept_tab.leave(keep=FAILED not in request.node.stash) == []


@pytest.fixture
def module_page(page: Page, harness: Server) -> Page:
    """A bare page of the app's origin, with the app's security headers."""
    page.goto(f"{harness.url}/_stcore/health")
    return page


@pytest.fixture(scope="session")
def app_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """The app itself, started once for all files."""
    folder = tmp_path_factory.mktemp("app")
    server = start(ROOT / "app.py", folder, env={"VAE_LAB_RUNS": str(folder / "runs")})
    yield server
    stop(server)
    assert "Traceback" not in server.log.read_text(errors="replace"), server.tail()


@contextmanager
def unharmed(server: Server) -> Iterator[Server]:
    """A server that neither dies nor writes a traceback meanwhile."""
    written = server.log.stat().st_size
    yield server
    assert server.process.poll() is None, server.tail()
    said = server.log.read_bytes()[written:].decode(errors="replace")
    assert "Traceback" not in said, said


@pytest.fixture(scope="module")
def app(app_server: Server) -> Iterator[Server]:
    """The app, unharmed while a file's tests last."""
    with unharmed(app_server):
        yield app_server
