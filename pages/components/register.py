"""Registration of browser components that live as plain ES modules in ``assets/components``.

Streamlit loads a component's script as a blob, in which relative imports do not work. So each component is
registered with a few lines that import its real module from the app's own ``assets`` route. Where that is,
the page's main script tells (``<base>/static/js/...``): at the root, on a deep link and under a base path.
"""

import hashlib
import json
import re
from collections.abc import Sequence
from functools import cache
from pathlib import Path

import streamlit as st
from streamlit.components.v2.types import ComponentRenderer

COMPONENTS = Path(__file__).resolve().parents[2] / "assets" / "components"

# A component lives on one parent through all of its calls, and the last call's end is its end. Streamlit
# also ends a call that newer data overtook while the module was loading: after the newer call, so not obeyed.
LOADER = """
const script = document.querySelector('script[type=module][src*="static/js/"]');
const base = new URL('../../', script.src);
for (const path of %(modules)s) {
  const link = Object.assign(document.createElement('link'), { rel: 'modulepreload' });
  link.href = new URL(path, base).href;
  document.head.append(link);
}
const component = await import(new URL('assets/components/%(name)s/index.js?v=%(version)s', base));
const newest = new WeakMap();
export default function (mount) {
  const call = {};
  newest.set(mount.parentElement, call);
  const end = component.default(mount);
  return () => { if (newest.get(mount.parentElement) === call) end?.(); };
}
"""


# What a module imports from a file beside it or in another folder.
IMPORT = re.compile(r"from '(\.[^']+)'")


@cache
def modules(name: str) -> str:
    """Return, as a JSON list, what a component imports: fetched at once instead of one after the other."""
    found: set[Path] = set()
    ahead = [COMPONENTS / name / "index.js"]
    while ahead:
        file = ahead.pop()
        imported = {(file.parent / path).resolve() for path in IMPORT.findall(file.read_text("utf-8"))}
        ahead += imported - found
        found |= imported
    return json.dumps(
        [f"assets/components/{file.relative_to(COMPONENTS).as_posix()}" for file in sorted(found)]
    )


@cache
def version() -> str:
    """Return a digest of all component files: after an upgrade no browser runs the old code."""
    digest = hashlib.sha256()
    for file in sorted(COMPONENTS.rglob("*")):
        if file.suffix in {".js", ".css"}:
            digest.update(file.relative_to(COMPONENTS).as_posix().encode())
            digest.update(file.read_bytes())
    return digest.hexdigest()[:12]


def register(name: str, *, styles: Sequence[str] = (), isolate_styles: bool = True) -> ComponentRenderer:
    """Register ``assets/components/<name>``: its ``index.js``, and its ``style.css`` where there is one.

    Args:
        name: The component's folder.
        styles: Style sheets of other components, below ``assets/components``, of parts that it uses.
        isolate_styles: Whether it lives in a shadow root of its own.

    Returns:
        Streamlit's function that mounts the component.
    """
    sheets = [COMPONENTS / sheet for sheet in (*styles, f"{name}/style.css")]
    css = "\n".join(sheet.read_text(encoding="utf-8") for sheet in sheets if sheet.exists())
    return st.components.v2.component(
        f"vae_lab_{name}",
        css=css or None,
        js=LOADER % {"name": name, "version": version(), "modules": modules(name)},
        isolate_styles=isolate_styles,
    )
