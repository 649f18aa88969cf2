"""A formula whose symbols answer: point at one and see what it is, its value, its place in the picture.

Formulae are written in one line. ``{kl: KL(q‖p)}`` marks a piece with a word, which gives it its colour;
marks nest. ``_θ`` and ``_{K+1}`` stand below the line, ``^2`` and ``^{−1}`` above it. Lines of code are
written in the same way, without anything above or below the line.
"""

import html
import re
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from functools import cache
from typing import Any, Literal

from pages.components.register import register

_formula = register("formula")

OPENING = re.compile(r"\{([a-z_]+): ?|[_^]\{|[_^](?=[^\s{}])|\}")
LEVELS: Mapping[str, Literal["sub", "sup"]] = {"_": "sub", "^": "sup"}


@dataclass(frozen=True)
class Piece:
    """A part of a formula.

    Attributes:
        kind: ``word`` for a marked part, ``sub`` and ``sup`` for what stands below and above the line.
        word: Of a marked part; "" elsewhere.
        parts: What it consists of: texts and pieces.
    """

    kind: Literal["word", "sub", "sup"]
    word: str
    parts: tuple["str | Piece", ...]


@dataclass(frozen=True)
class Shown:
    """What a symbol is on the model at hand.

    Attributes:
        name: What it is, in a few words.
        value: With its unit; "" where it has no single value.
        place: Where it is seen in the picture.
    """

    name: str
    value: str
    place: str


@cache
def parse(text: str, *, levels: bool = True) -> tuple[str | Piece, ...]:
    """Take a formula apart.

    Args:
        text: One line.
        levels: Whether ``_`` and ``^`` lower and raise what follows; not so in code.

    Raises:
        ValueError: If a brace has no partner.
    """
    parts, end = _parse(text, 0, levels=levels, inside=False)
    if end != len(text):
        raise ValueError(f"the braces of a formula must match, got {text!r}")
    return parts


def _parse(text: str, at: int, *, levels: bool, inside: bool) -> tuple[tuple[str | Piece, ...], int]:
    parts: list[str | Piece] = []
    while at < len(text):
        found = OPENING.search(text, at)
        start = found.start() if found else len(text)
        if start > at:
            parts.append(text[at:start])
        if found is None:
            at = len(text)
            break
        mark = found[0]
        if mark == "}":
            if not inside:
                raise ValueError(f"the braces of a formula must match, got {text!r}")
            return tuple(parts), found.end()
        if found[1]:
            inner, at = _parse(text, found.end(), levels=levels, inside=True)
            parts.append(Piece("word", found[1], inner))
        elif not levels:
            parts.append(mark)
            at = found.end()
        elif mark[-1] == "{":
            inner, at = _parse(text, found.end(), levels=True, inside=True)
            parts.append(Piece(LEVELS[mark[0]], "", inner))
        else:
            parts.append(Piece(LEVELS[mark], "", (text[found.end()],)))
            at = found.end() + 1
    if inside:
        raise ValueError(f"the braces of a formula must match, got {text!r}")
    return tuple(parts), at


def words(parts: Sequence[str | Piece]) -> set[str]:
    """Return the words that are marked in a formula."""
    found: set[str] = set()
    for part in parts:
        if isinstance(part, Piece):
            found |= words(part.parts) | ({part.word} if part.word else set())
    return found


def plain(parts: Sequence[str | Piece]) -> str:
    """Return a formula as plain text, to be read aloud."""
    marks = {"sub": "_", "sup": "^", "word": ""}
    return "".join(part if isinstance(part, str) else marks[part.kind] + plain(part.parts) for part in parts)


def as_html(parts: Sequence[str | Piece]) -> str:
    """Return a formula as HTML that stands still, each marked piece in its colour."""
    written = []
    for part in parts:
        if isinstance(part, str):
            written.append(html.escape(part))
        elif part.kind == "word":
            name = part.word.replace("_", "-")
            colour = f"var(--lab-{name}-text, inherit)"
            written.append(
                f'<span data-word="{part.word}" style="color:{colour}">{as_html(part.parts)}</span>'
            )
        else:
            written.append(f"<{part.kind}>{as_html(part.parts)}</{part.kind}>")
    return "".join(written)


def as_tree(parts: Sequence[str | Piece]) -> list[Any]:
    """Return a formula as JSON: texts, and objects of one kind, word and parts."""
    return [
        part
        if isinstance(part, str)
        else {"kind": part.kind, "word": part.word, "parts": as_tree(part.parts)}
        for part in parts
    ]


def formula(lines: Sequence[str], *, code: Sequence[str], symbols: Mapping[str, Shown], key: str) -> None:
    """Show a formula above its code; the symbols of both answer the pointer and the keyboard.

    Args:
        lines: The formula.
        code: The same in code, its pieces marked with the same words.
        symbols: What each marked word is on the model at hand.
        key: The formula's key.

    Raises:
        ValueError: If a word is marked that `symbols` does not know.
    """
    parsed = [parse(line) for line in lines]
    coded = [parse(line, levels=False) for line in code]
    unknown = set().union(*(words(line) for line in (*parsed, *coded))) - set(symbols)
    if unknown:
        raise ValueError(f"symbols must have every word of the formula, got none for {sorted(unknown)}")
    _formula(
        key=key,
        data={
            "lines": [as_tree(line) for line in parsed],
            "code": [as_tree(line) for line in coded],
            "spoken": [plain(line) for line in parsed],
            "symbols": {word: asdict(shown) for word, shown in symbols.items()},
        },
    )
