"""The sound lines and the wrong ones side by side, with what differs marked."""

import html
from collections.abc import Sequence

import streamlit as st

from vae_core.museum import Bug, CodeLine, side_by_side

CODE_RULES = """
<style>
.lab-codes { display: grid; grid-template-columns: repeat(auto-fit, minmax(min(100%, 24rem), 1fr));
  gap: 0.5rem 1rem; margin: 0.25rem 0; --lab-wrong: light-dark(#B3261E, #F2857A);
  --lab-right: light-dark(#00714F, #3CC79E); }
.lab-codes section { border: 1px solid color-mix(in srgb, currentColor 16%, transparent);
  border-radius: 0.4rem; overflow: hidden; }
.lab-codes h4 { all: unset; display: block; padding: 0.3rem 0.75rem; font-weight: 600; font-size: 0.9rem; }
.lab-codes pre { margin: 0; padding: 0.3rem 0 0.6rem; background: none; font-size: 0.8rem; line-height: 1.5;
  border: 0; white-space: pre-wrap; }
.lab-codes code { background: none; padding: 0; color: inherit; display: block; white-space: inherit; }
.lab-codes code span, .lab-codes code mark { display: block; color: inherit; background: none;
  padding: 0 0.75rem 0 calc(0.55rem + 8ch); text-indent: -8ch; border-left: 0.2rem solid transparent; }
.lab-codes [data-side="sound"] mark { border-left: 0.2rem solid var(--lab-right);
  background: color-mix(in srgb, var(--lab-right) 14%, transparent); }
.lab-codes [data-side="wrong"] mark { border-left: 0.2rem solid var(--lab-wrong);
  background: color-mix(in srgb, var(--lab-wrong) 14%, transparent); }
</style>
"""


def both_codes(bug: Bug, *, mended: bool) -> None:
    """Show the lines that run on either side, taken from the functions themselves."""
    sound, wrong = side_by_side(bug.sound, bug.wrong)
    right = _panel("Mended code", "sound", sound) if mended else _panel("Wrong code", "wrong", wrong)
    st.html(f'<div class="lab-codes">{_panel("Sound code", "sound", sound)}{right}</div>')


def _panel(name: str, side: str, lines: Sequence[CodeLine]) -> str:
    return (
        f'<section data-side="{side}" aria-label="{name}"><h4>{name}</h4>'
        f"<pre><code>{''.join(map(_line, lines))}</code></pre></section>"
    )


def _line(line: CodeLine) -> str:
    tag = "mark" if line.differs else "span"
    return f"<{tag}>{html.escape(line.text) or ' '}</{tag}>"
