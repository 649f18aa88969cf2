"""The real server, started from another folder, at the root and under a base path, serves all its parts."""

import http.client
import os
import re
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from app import has_visitor

ROOT = Path(__file__).resolve().parents[2]
START_LIMIT_S = 60.0


class Server:
    """A server in a process of its own."""

    def __init__(self, port: int, base: str, process: subprocess.Popen[bytes], log: Path) -> None:
        self.port, self.base, self.process, self.log = port, base, process, log

    def get(self, path: str, **headers: str) -> http.client.HTTPResponse:
        """Return the answer to one request, its path sent as it stands, with the body already read."""
        with closing(http.client.HTTPConnection("127.0.0.1", self.port, timeout=20)) as connection:
            connection.request("GET", self.base + path, headers=headers)
            response = connection.getresponse()
            response.body = response.read()  # type: ignore[attr-defined]
            return response


def free_port() -> int:
    """Return a port that nobody uses."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def wait_for(server: Server) -> None:
    """Wait until the server answers."""
    limit = time.monotonic() + START_LIMIT_S
    while time.monotonic() < limit:
        try:
            if server.get("/_stcore/health").status == 200:
                return
        except OSError:
            time.sleep(0.1)
        if server.process.poll() is not None:
            break
    pytest.fail(f"The server did not start: {server.log.read_text()}")


@pytest.fixture(scope="module", params=["", "/lab"], ids=["at the root", "under a base path"])
def server(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    elsewhere = tmp_path_factory.mktemp("elsewhere")
    log = elsewhere / "server.log"
    port = free_port()
    flags = ["--server.port", str(port), "--server.headless", "true", "--server.address", "127.0.0.1"]
    base = ["--server.baseUrlPath", request.param] if request.param else []
    with log.open("wb") as output:
        process = subprocess.Popen(
            [sys.executable, "-m", "streamlit", "run", str(ROOT / "app.py"), *flags, *base],
            cwd=elsewhere,
            env={**os.environ, "VAE_LAB_RUNS": str(elsewhere / "runs")},
            stdout=output,
            stderr=subprocess.STDOUT,
        )
    served = Server(port, request.param, process, log)
    try:
        wait_for(served)
        yield served
    finally:
        process.terminate()
        assert process.wait(timeout=30) in (0, -15, 143)
        written = log.read_text()
        assert "Traceback" not in written, written
        assert "terminate called" not in written, written


def test_it_is_healthy(server: Server) -> None:
    assert server.get("/_stcore/health").body == b"ok"


@pytest.mark.parametrize(
    "path", ["/", "/?model=shipped:nothing&beta=cold", "/_stcore/health", "/assets/nothing"]
)
def test_every_answer_has_the_security_headers(server: Server, path: str) -> None:
    headers = server.get(path).headers
    assert "script-src 'self' blob:" in headers["Content-Security-Policy"]
    policy = headers["Content-Security-Policy"].split("; ")
    assert "connect-src 'self' data: blob:" in policy
    for rule in ("object-src 'none'", "base-uri 'self'", "form-action 'self'", "frame-ancestors 'self'"):
        assert rule in policy
    assert headers["X-Content-Type-Options"] == "nosniff"
    assert headers["Referrer-Policy"] == "same-origin"


def test_a_page_brings_a_visitor_cookie_once(server: Server) -> None:
    cookie = server.get("/").headers["Set-Cookie"]
    assert re.match(r"vae_lab_visitor=[0-9a-f]{32};", cookie)
    assert "HttpOnly" in cookie
    assert "SameSite=Lax" in cookie
    assert f"Path={server.base or '/'};" in cookie
    token = cookie.partition(";")[0]
    assert has_visitor(token)
    assert "Set-Cookie" not in server.get("/", Cookie=token).headers
    assert server.get("/").headers["Set-Cookie"] != cookie


@pytest.mark.parametrize(
    "malformed", ["vae_lab_visitor=short", "vae_lab_visitor=" + "z" * 32, "; ;=;", "\\x"]
)
def test_a_malformed_cookie_is_replaced(server: Server, malformed: str) -> None:
    assert "vae_lab_visitor" in server.get("/", Cookie=malformed).headers["Set-Cookie"]


def test_only_pages_set_the_cookie(server: Server) -> None:
    for path in ("/_stcore/health", "/_stcore/host-config", "/plotly/plotly.min.js"):
        assert "vae_lab_visitor" not in str(server.get(path).headers)


def test_plotly_is_served_and_nothing_beside_it(server: Server) -> None:
    response = server.get("/plotly/plotly.min.js?v=1")
    assert response.status == 200
    assert response.headers["Content-Type"].split(";")[0] in ("text/javascript", "application/javascript")
    assert "immutable" in response.headers["Cache-Control"]
    assert b"plotly.js" in response.body[:1000]
    assert server.get("/plotly/plotly.min.js").headers["Cache-Control"] == "no-cache"
    assert server.get("/plotly/datasets/iris.csv.gz").status == 404
    assert server.get("/plotly/").status == 404


def test_modules_are_served_as_javascript(server: Server) -> None:
    modules = sorted((ROOT / "assets" / "components").rglob("*.js"))
    assert modules
    for module in modules:
        response = server.get(f"/assets/{module.relative_to(ROOT / 'assets').as_posix()}")
        assert response.status == 200
        assert response.headers["Content-Type"].split(";")[0] in ("text/javascript", "application/javascript")
        assert response.body == module.read_bytes()


def test_an_unchanged_file_is_not_sent_again(server: Server) -> None:
    tag = server.get("/plotly/plotly.min.js").headers["ETag"]
    assert server.get("/plotly/plotly.min.js", **{"If-None-Match": tag}).status == 304


@pytest.mark.parametrize("folder", ["/assets", "/plotly"])
@pytest.mark.parametrize(
    "escape",
    [
        "/../app.py",
        "/..%2fapp.py",
        "/%2e%2e/app.py",
        "/%2e%2e%2fapp.py",
        "/..%5capp.py",
        "/..%252fapp.py",
        "/components/../../app.py",
        "/components/..%2f..%2fapp.py",
        "//etc/passwd",
        "/%2fetc/passwd",
        "/plotly.min.js/../../../plotly/__init__.py",
        "/%00",
    ],
)
def test_no_path_leaves_the_folder(server: Server, folder: str, escape: str) -> None:
    response = server.get(folder + escape)
    assert response.status in (400, 404)
    assert b"import" not in response.body
    assert b"root:" not in response.body


def test_the_page_has_an_address_of_its_own(server: Server) -> None:
    response = server.get("/train?beta=4&seed=7")
    assert response.status == 307
    assert response.headers["Location"] == f"{server.base}/?beta=4&seed=7"
