"""The one error template: the setting, the rule, what it got."""

from __future__ import annotations

import math
import reprlib
from collections.abc import Collection
from typing import NoReturn

import torch


class SettingError(ValueError):
    """A setting broke its rule; the message is one sentence that can be shown to a user."""


# Shows deep nesting and long lists shortened: repr() itself fails on what is nested a thousand deep.
_SHORT = reprlib.Repr()
_SHORT.maxstring = _SHORT.maxother = _SHORT.maxlong = 100


def refuse(setting: str, rule: str, got: object) -> NoReturn:
    """Raise a SettingError that names the setting, the rule and what it got.

    Args:
        setting: Name of the setting or argument.
        rule: What it has to be, as in "must be a whole number from 1 to 32".
        got: The offending value, shown shortened.

    Raises:
        SettingError: Always.
    """
    shown = got if isinstance(got, str) and " " in got else _SHORT.repr(got)
    # One line, whatever a user typed.
    shown = "".join(letter if letter.isprintable() else " " for letter in shown[:81])
    if len(shown) > 80:
        shown = shown[:77] + "..."
    raise SettingError(f"{setting} {rule}, got {shown}.")


def check_number(
    setting: str,
    value: object,
    *,
    low: float,
    high: float,
    integer: bool = False,
    open_low: bool = False,
) -> float:
    """Return `value` if it is a finite number in [low, high] (or (low, high] with `open_low`).

    Args:
        setting: Name of the setting, for the error.
        value: What to check; a bool is no number.
        low: Smallest allowed value.
        high: Largest allowed value.
        integer: Whether it has to be a whole number; an int is returned then.
        open_low: Whether `low` itself is excluded.

    Raises:
        SettingError: If the value is not such a number.
    """
    kind = "a whole number" if integer else "a number"
    span = f"above {low:.10g}, at most {high:.10g}" if open_low else f"from {low:.10g} to {high:.10g}"
    rule = f"must be {kind} {span}"
    if isinstance(value, bool) or not isinstance(value, (int, float)):
        refuse(setting, rule, value)
    # Comparisons before isfinite, which fails on whole numbers too large for a float; NaN fails them all.
    if not (low <= value <= high) or not math.isfinite(value) or (open_low and value == low):
        refuse(setting, rule, value)
    if integer:
        if value != int(value):
            refuse(setting, rule, value)
        return int(value)
    return float(value)


def check_choice(setting: str, value: object, choices: Collection[str]) -> str:
    """Return `value` if it is one of `choices`.

    Raises:
        SettingError: If it is not.
    """
    if not isinstance(value, str) or value not in choices:
        refuse(setting, f"must be one of {', '.join(choices)}", value)
    return value


def check_matrix(
    setting: str, value: torch.Tensor, *, columns: int, dtype: torch.dtype | None = None
) -> torch.Tensor:
    """Return `value` if it is a floating tensor of shape (rows, columns), and of `dtype` where one is given.

    Raises:
        SettingError: If its type or its shape is another.
    """
    kind = "floating" if dtype is None else str(dtype).removeprefix("torch.")
    rule = f"must be a {kind} tensor of shape (rows, {columns})"
    if not isinstance(value, torch.Tensor):
        refuse(setting, rule, type(value).__name__)
    typed = value.is_floating_point() if dtype is None else value.dtype == dtype
    if value.ndim != 2 or value.shape[1] != columns or not typed:
        refuse(setting, rule, f"{value.dtype} of shape {tuple(value.shape)}")
    return value
