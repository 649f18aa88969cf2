"""The few lines that differ between two twins, taken from the functions that really run."""

from __future__ import annotations

import ast
import inspect
import textwrap
from collections.abc import Callable
from dataclasses import dataclass
from difflib import SequenceMatcher
from typing import Any


@dataclass(frozen=True)
class CodeLine:
    """A line of code.

    Attributes:
        text: As it stands in the file.
        differs: Whether the twin's function has another line there.
    """

    text: str
    differs: bool


def code_of(function: Callable[..., Any]) -> tuple[str, ...]:
    """Return the lines of a function as they stand in its file, without its docstring."""
    source = textwrap.dedent(inspect.getsource(function))
    lines = source.rstrip().splitlines()
    body = ast.parse(source).body[0]
    first = body.body[0] if isinstance(body, ast.FunctionDef) else body
    if isinstance(first, ast.Expr) and isinstance(first.value, ast.Constant):
        del lines[first.lineno - 1 : first.end_lineno]
    return tuple(lines)


def side_by_side(
    sound: Callable[..., Any], wrong: Callable[..., Any]
) -> tuple[tuple[CodeLine, ...], tuple[CodeLine, ...]]:
    """Return the lines of two functions, those marked that the other one lacks; names don't count."""
    left, right = code_of(sound), code_of(wrong)
    # The first line names the function
    match = SequenceMatcher(None, left[1:], right[1:], autojunk=False)
    alike_left, alike_right = {0}, {0}
    for block in match.get_matching_blocks():
        alike_left |= {block.a + 1 + step for step in range(block.size)}
        alike_right |= {block.b + 1 + step for step in range(block.size)}
    return (
        tuple(CodeLine(text, place not in alike_left) for place, text in enumerate(left)),
        tuple(CodeLine(text, place not in alike_right) for place, text in enumerate(right)),
    )
