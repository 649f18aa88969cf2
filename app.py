"""The server of VAE Lab: an ``st.App`` around ``pages/frame.py``.

Start it with ``streamlit run app.py`` (any working directory, any base path). What a plain script could not
do is done here: warm up before the first visitor, serve the browser's modules, say who a visitor is, set the
security headers, and stop training cleanly.
"""

import asyncio
import gc
import importlib
import mimetypes
import secrets
import string
import sys
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager, suppress
from http.cookies import CookieError, SimpleCookie
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import streamlit as st
from starlette.datastructures import Headers, MutableHeaders
from starlette.exceptions import HTTPException
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import Mount, Route
from starlette.staticfiles import StaticFiles
from starlette.types import ASGIApp, Message, Receive, Scope, Send
from streamlit import config

ROOT = Path(__file__).resolve().parent
FRAME = ROOT / "pages" / "frame.py"
COLLECT_EVERY_S = 30.0

if str(ROOT) not in sys.path:
    sys.path.insert(0, str(ROOT))

from pages.state.keys import VISITOR_COOKIE  # noqa: E402

# Windows may have another type for .js in its registry, and browsers then refuse the module.
for _ending in (".js", ".mjs"):
    mimetypes.add_type("text/javascript", _ending)

# Streamlit reads .streamlit/config.toml beside the script given to `streamlit run`; under uvicorn
# it does not, and without these every rerun costs a full garbage collection with torch loaded (130 ms).
ESSENTIAL_OPTIONS: Mapping[str, Any] = {
    "runner.postScriptGC": False,
    "server.disconnectedSessionTTL": 30,
    "browser.gatherUsageStats": False,
}

CONTENT_SECURITY_POLICY = "; ".join(
    (
        "script-src 'self' blob: 'unsafe-inline'",
        "style-src 'self' 'unsafe-inline'",
        "img-src 'self' data: blob:",
        "font-src 'self' data:",
        "connect-src 'self' data: blob:",  # 'self' has the web socket of the same host too
        "worker-src 'self' blob:",
        "object-src 'none'",
        "base-uri 'self'",
        "form-action 'self'",
        "frame-ancestors 'self'",
    )
)
SECURITY_HEADERS: Mapping[str, str] = {
    "Content-Security-Policy": CONTENT_SECURITY_POLICY,
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "same-origin",
}


def base_path() -> str:
    """Return the path that the app lives under: ``""`` at the root, else ``"/name"``."""
    base = str(config.get_option("server.baseUrlPath") or "").strip("/")
    return f"/{base}" if base else ""


class BrowserFiles(StaticFiles):
    """Files for the browser: kept for a year when the address has ``?v=``, asked for again otherwise.

    Args:
        directory: The folder.
        only: File names that may be served; everything in the folder when ``None``.
    """

    def __init__(self, *, directory: Path, only: frozenset[str] | None = None) -> None:
        super().__init__(directory=directory, check_dir=False)
        self.only = only

    async def get_response(self, path: str, scope: Scope) -> Response:
        """Answer one request; 404 for what may not be served."""
        if self.only is not None and path not in self.only:
            raise HTTPException(status_code=404)
        response = await super().get_response(path, scope)
        versioned = scope.get("query_string", b"").startswith(b"v=")
        response.headers["Cache-Control"] = "public, max-age=31536000, immutable" if versioned else "no-cache"
        return response


class SecurityHeaders:
    """Add the security headers to every answer, and the visitor's cookie to every page that lacks it.

    The cookie is a random token of 128 bits. It says which browser owns a run, and nothing else.
    """

    def __init__(self, app: ASGIApp, *, cookie_path: str) -> None:
        self.app = app
        self.cookie_path = cookie_path

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass one request on, and complete the headers of its answer."""
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        request = Headers(scope=scope)
        known = has_visitor(request.get("cookie", ""))
        document = request.get("sec-fetch-dest") == "document"

        async def send_complete(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                headers.update(SECURITY_HEADERS)
                page = document or headers.get("content-type", "").startswith("text/html")
                if page and not known:
                    headers.append("Set-Cookie", self.new_cookie(secure=scope.get("scheme") == "https"))
            await send(message)

        await self.app(scope, receive, send_complete)

    def new_cookie(self, *, secure: bool) -> str:
        """Return a ``Set-Cookie`` value with a new token."""
        parts = [
            f"{VISITOR_COOKIE}={secrets.token_hex(16)}",
            f"Path={self.cookie_path}",
            "Max-Age=31536000",
            "HttpOnly",
            "SameSite=Lax",
        ]
        return "; ".join([*parts, "Secure"] if secure else parts)


def has_visitor(cookie_header: str) -> bool:
    """Say whether a ``Cookie`` header holds a well-formed visitor token (32 hexadecimal digits)."""
    try:
        morsel = SimpleCookie(cookie_header).get(VISITOR_COOKIE)
    except CookieError:
        return False
    return morsel is not None and len(morsel.value) == 32 and set(morsel.value) <= set(string.hexdigits)


def to_the_first_page(request: Request) -> Response:
    """Send ``/train`` to the bare address, link kept: Streamlit gives its first page no other address."""
    query = f"?{request.url.query}" if request.url.query else ""
    return RedirectResponse(f"{base_path()}/{query}")


def warm_up() -> None:
    """Import and load what the first visitor would wait for, and take it out of the collector's way."""
    # torch imports _dynamo with the first optimiser: half a second that the first Start would wait for
    for module in ("torch", "torch._dynamo", "sklearn.datasets", "plotly.graph_objects"):
        importlib.import_module(module)
    from pages.controls.encoded import prepare
    from pages.state.engine import shared_engine
    from pages.state.shipped import default_shipped, shipped_observation
    from vae_core.training.shipped import load_shipped, shipped_names

    shared_engine()
    for name in shipped_names():
        shipped_observation(name)
    prepare(load_shipped(default_shipped()))
    gc.collect()
    gc.freeze()


def close_engine() -> None:
    """Stop sweeps and training, write the last checkpoints; a torch thread at exit would end in an abort."""
    from pages.state.engine import shared_engine
    from pages.state.sweeps import desk

    desk().close()
    shared_engine().close()


async def collect_garbage() -> None:
    """Collect garbage now and then, because the collection after each rerun is switched off."""
    while True:
        await asyncio.sleep(COLLECT_EVERY_S)
        gc.collect()


@asynccontextmanager
async def lifespan(_app: st.App) -> AsyncIterator[None]:
    """Warm up, keep the memory tidy while the server runs, and stop the engine when it ends."""
    warm_up()
    janitor = asyncio.create_task(collect_garbage())
    try:
        yield
    finally:
        janitor.cancel()
        with suppress(asyncio.CancelledError):
            await janitor
        close_engine()


def parts() -> dict[str, Any]:
    """Return what the app consists of beside its script: life span, routes and middleware."""
    for option, value in ESSENTIAL_OPTIONS.items():
        if not config.is_manually_set(option):
            config.set_option(option, value)
    base = base_path()
    plotly = find_spec("plotly")
    if plotly is None or plotly.origin is None:
        raise ModuleNotFoundError("VAE Lab needs plotly: pip install -r requirements.txt")
    package_data = Path(plotly.origin).parent / "package_data"
    return {
        "lifespan": lifespan,
        "routes": [
            Route(f"{base}/train", to_the_first_page),
            Mount(f"{base}/assets", app=BrowserFiles(directory=ROOT / "assets")),
            Mount(
                f"{base}/plotly",
                app=BrowserFiles(directory=package_data, only=frozenset({"plotly.min.js"})),
            ),
        ],
        "middleware": [Middleware(SecurityHeaders, cookie_path=base or "/")],
    }


def build(script: Path) -> st.App:
    """Return the same server around another script (a test page, say).

    Args:
        script: The Streamlit script, an absolute path.

    Returns:
        The app; ``build(script).run(config={...})`` serves it.
    """
    return st.App(script, **parts())


# `streamlit run` looks for this very call in the source, so it stands here in full.
app = st.App(FRAME, **parts())

if __name__ == "__main__":
    app.run()
