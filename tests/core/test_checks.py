"""The one error template, and the seeds' streams."""

import math

import pytest
import torch

from vae_core.checks import SettingError, check_choice, check_matrix, check_number, refuse
from vae_core.rng import generator


def message(check, *args, **kwargs):
    with pytest.raises(SettingError) as caught:
        check(*args, **kwargs)
    return str(caught.value)


def test_an_error_names_the_setting_the_rule_and_what_it_got():
    assert message(refuse, "beta", "must be a number", "x") == "beta must be a number, got 'x'."
    assert message(refuse, "device", "must be there", "cuda, and none is") == (
        "device must be there, got cuda, and none is."
    )
    assert issubclass(SettingError, ValueError)


@pytest.mark.parametrize(
    "got",
    [
        "x" * 10_000,
        "two\nlines and\ttabs",
        "\u202e back \x07",
        list(range(10_000)),
        {"a": 1},
        10**4000,
        b"\0" * 500,
    ],
)
def test_whatever_it_got_it_stays_one_short_line(got):
    text = message(refuse, "beta", "must be a number", got)
    assert text.isprintable()
    assert len(text) < 120
    assert text.endswith(".")


def test_what_is_nested_too_deep_to_show_is_still_one_line():
    deep = []
    for _ in range(100_000):
        deep = [deep]
    text = message(refuse, "beta", "must be a number", deep)
    assert text.startswith("beta must be a number, got [[")
    while deep:  # freed from the outside in: a chain this long would overflow the stack at once
        deep = deep[0]


def test_numbers_and_their_limits():
    assert check_number("n", 3, low=0, high=5, integer=True) == 3
    assert isinstance(check_number("n", 3.0, low=0, high=5, integer=True), int)
    assert isinstance(check_number("n", 3, low=0, high=5), float)
    assert check_number("n", 0, low=0, high=5) == 0
    assert message(check_number, "n", 0, low=0, high=5, open_low=True) == (
        "n must be a number above 0, at most 5, got 0."
    )
    assert message(check_number, "n", 2.5, low=0, high=5, integer=True) == (
        "n must be a whole number from 0 to 5, got 2.5."
    )
    for bad in (-1, 6, math.nan, math.inf, -math.inf, True, False, None, "3", [3], 3j, 10**400):
        assert message(check_number, "n", bad, low=0, high=5).startswith(
            "n must be a number from 0 to 5, got "
        )


def test_choices():
    assert check_choice("c", "a", ("a", "b")) == "a"
    for bad in ("c", "", None, 3, ["a"]):
        assert message(check_choice, "c", bad, ("a", "b")).startswith("c must be one of a, b, got ")


def test_matrices():
    x = torch.zeros(3, 4)
    assert check_matrix("x", x, columns=4) is x
    for bad in (x.T, x[0], x[None], x.int(), x.numpy(), None):
        assert message(check_matrix, "x", bad, columns=4).startswith(
            "x must be a floating tensor of shape (rows, 4)"
        )


def test_streams_are_repeatable_and_apart():
    def draw(seed, stream):
        return torch.rand(4, generator=generator(seed, stream)).tolist()

    assert draw(0, "noise") == draw(0, "noise")
    assert len({tuple(draw(s, n)) for s in (0, 1, 2**31 - 1) for n in ("noise", "order", "init")}) == 9
    # "1/0x" and "10/x" must not meet
    assert draw(1, "0/x") != draw(10, "x")
