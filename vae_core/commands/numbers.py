"""Whole numbers from a command line."""

from __future__ import annotations

from vae_core.checks import check_number, refuse


def whole(option: str, text: str, *, low: int, high: int) -> int:
    """Return the number that an option's text means.

    Raises:
        SettingError: If it is no whole number from `low` to `high`.
    """
    try:
        number = int(text)
    except ValueError:
        refuse(option, f"must be a whole number from {low} to {high}", text)
    return int(check_number(option, number, low=low, high=high, integer=True))
