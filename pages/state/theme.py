"""The look: the glossary's colours as CSS variables for both themes, and the rules that all pages share."""

from typing import Literal

import streamlit as st

from vae_core.notation import DECODER_COLOURS, FORM_COLOURS, GAP_COLOURS, GLOSSARY, WALK_COLOURS, Symbol

RULES = """
.stApp [data-testid="stMainBlockContainer"] { padding: 4rem 2.5rem 2rem; }
@media (max-width: 640px) { .stApp [data-testid="stMainBlockContainer"] { padding: 4rem 1rem 2rem; } }
[data-testid="stSidebarContent"] { display: flex; flex-direction: column; }
[data-testid="stSidebarHeader"]::before { content: "VAE Lab"; font-weight: 600; font-size: 1.125rem; }
[data-testid="stSidebarUserContent"] { margin-top: auto; padding-bottom: 1.25rem; }
[data-testid="stSidebarNavLink"] { padding-block: 0; line-height: 1.75; }
[data-testid="stMetricValue"], .lab-number { font-variant-numeric: tabular-nums; }
/* Streamlit's own grey has 4.36 on white where AA asks for 4.5 */
[data-testid="stCaptionContainer"] { color: inherit; opacity: 0.75; }
.lab-title { margin: 0.25rem 0 0; font-size: 0.95rem; font-weight: 600; line-height: 1.35; min-height: 1.35em;
  font-variant-numeric: tabular-nums; }
/* what a tick is about to draw anew stays as bright as the rest */
[data-stale="true"] { opacity: 1 !important; transition: none !important; }
.lab-numbers { font-size: 0.85rem; font-variant-numeric: tabular-nums; border-collapse: collapse; }
.lab-numbers th, .lab-numbers td { padding: 0.1rem 0.8rem 0.1rem 0; text-align: left; font-weight: 400; }
.lab-digits caption, .lab-twins caption:not(.lab-hidden) {
  text-align: left; font-weight: 600; font-size: 0.95rem; padding-bottom: 0.25rem; }
.lab-digits .lab-value, .lab-twins .lab-value { text-align: right; white-space: nowrap; }
.lab-digits th { white-space: nowrap; }
.lab-quiet { opacity: 0.75; }
.lab-cause::before { content: ""; display: inline-block; width: 0.7em; height: 0.7em; margin-right: 0.45em;
  border-radius: 2px; background: var(--cause); }
.lab-headline { margin: 0; font-size: 1.15rem; line-height: 1.4; font-variant-numeric: tabular-nums; }
.lab-verdict { margin: 0.15rem 0 0.4rem; max-width: 60rem; line-height: 1.45; }
.lab-scroll { overflow-x: auto; }
.lab-hidden { position: absolute; width: 1px; height: 1px; overflow: hidden; clip-path: inset(50%); }
.lab-numbers s { opacity: 0.75; text-decoration-thickness: 2px; }
.lab-numbers small { font-size: 0.78rem; }
.lab-twins th { max-width: 26rem; line-height: 1.3; vertical-align: top; }
.lab-twins thead th { text-align: right; }
.lab-twins td { vertical-align: top; }
.lab-twin-0 { color: var(--lab-decoder-0); } .lab-twin-1 { color: var(--lab-decoder-1); }
.lab-twin-2 { color: var(--lab-decoder-2); }
h3.lab-twin { margin: 0; padding: 0; font-size: 1.15rem; font-weight: 600; }
.lab-twin-state { margin: 0; font-size: 0.85rem; font-variant-numeric: tabular-nums; }
/* Streamlit's own blue has 3.4 on the dark ground where AA asks for 4.5 */
[data-testid="stButtonGroup"] button[data-selected="true"] p,
[data-testid="stSliderThumbValue"] p { color: light-dark(#3E5473, #A9BEDD); }
.lab-card { display: grid; gap: 0.3rem; font-size: 0.82rem; line-height: 1.4; }
.lab-card-images { display: block; width: 100%; image-rendering: pixelated; border-radius: 0.25rem; }
.lab-card-line { overflow-wrap: anywhere; }
.lab-card-state { opacity: 0.75; min-height: 1.4em; }
.lab-card-score { display: grid; }
.lab-card-score b { font-weight: 600; white-space: nowrap; font-variant-numeric: tabular-nums;
  color: var(--lab-elbo-text); }
"""


def theme_name() -> Literal["light", "dark"]:
    """Return the visitor's theme. On the very first load it may still be the default one."""
    return "dark" if st.context.theme.type == "dark" else "light"


def variables(symbol: Symbol) -> str:
    """Return the two variables of a symbol: ``--lab-<word>`` for marks and ``--lab-<word>-text`` for text.

    ``light-dark()`` follows the theme of the element that uses it, so that a switch of themes needs no rerun.
    A script that draws on a canvas reads the resolved colour from an element's computed ``color``.
    """
    name = symbol.word.replace("_", "-")
    return (
        f"--lab-{name}: {symbol.colour or 'currentColor'}; "
        f"--lab-{name}-text: light-dark({symbol.text_light or 'currentColor'}, "
        f"{symbol.text_dark or 'currentColor'});"
    )


def two_tone(name: str, colours: tuple[str, str]) -> str:
    """Return a variable with one colour for light and one for dark ground."""
    light, dark = colours
    return f"--lab-{name}: light-dark({light}, {dark});"


def pointed(symbol: Symbol) -> str:
    """Return the rule by which words about other symbols step back while a formula's reader points at one."""
    here = f':root[data-lab-symbol="{symbol.word}"] [data-word]'
    return f'{here}:not([data-word="{symbol.word}"]) {{ opacity: 0.35; }}'


def stylesheet() -> str:
    """Return the style sheet that the frame writes into every page."""
    colours = [variables(symbol) for symbol in GLOSSARY]
    colours += [two_tone(f"walk-{style}", both) for style, both in WALK_COLOURS.items()]
    colours += [two_tone(f"gap-{cause}", both) for cause, both in GAP_COLOURS.items()]
    colours += [two_tone(f"decoder-{place}", both) for place, both in enumerate(DECODER_COLOURS.values())]
    for word, both in FORM_COLOURS.items():
        colours += [two_tone(word, both), two_tone(f"{word}-text", both)]
    lights = "\n".join(pointed(symbol) for symbol in GLOSSARY)
    return ":root {\n" + "\n".join(colours) + f"\n}}\n{lights}\n{RULES}"
