"""`python -m vae_core check`: the table, the counts, the exit code and what it refuses."""

import dataclasses

import pytest

from vae_core.commands import check as module
from vae_core.commands.parser import main
from vae_core.theorems import Link, Side, theorems
from vae_core.training import Run, TrainConfig


@pytest.fixture
def linear(tmp_path):
    """A saved run of a linear model that has hardly learned."""
    config = TrainConfig(
        dataset="digits", likelihood="gaussian", sigma="learned", hidden=(), latent_dim=2, steps=5
    )
    run = Run(config, module.load_dataset("digits"))
    run.advance(steps=5)
    run.save(tmp_path / "run")
    return str(tmp_path / "run")


def test_the_table_has_a_line_for_each_theorem_and_counts_at_the_end(linear, capsys):
    assert main(["check", "--model", linear]) == 0
    first, heads, *lines, counts = capsys.readouterr().out.splitlines()
    assert first == f"{linear}, 8 test images of digits"
    assert heads.split() == ["left", "right", "difference", "verdict"]
    assert [int(line[:2]) for line in lines if line[:2].strip()] == list(range(1, 21))
    # what does not apply says why, on the line below
    at = next(i for i, line in enumerate(lines) if line.startswith("11  "))
    assert lines[at].endswith("does not apply")
    assert lines[at + 1].strip().startswith("Does not apply: the model must be trained to its end")
    assert counts == "16 hold, 0 fail, 4 do not apply"


def test_only_some_of_them_on_the_default_model(capsys):
    assert main(["check", "--only", "20", "9", "20", "--images", "5"]) == 0
    first, _, nine, twenty, counts = capsys.readouterr().out.splitlines()
    assert first == "binary-digits-2d, 5 test images of mnist-5k-binary"
    assert nine.startswith(" 9  ")
    assert twenty.startswith("20  ")
    assert twenty.endswith("  holds")
    left, right = twenty.split()[-4:-2]
    assert float(left) == float(right) > 1.0
    assert counts == "2 hold, 0 fail, 0 do not apply"


def test_one_that_fails_is_said_and_the_exit_code_is_1(monkeypatch, capsys, linear):
    sides = Side("left", 1.0, 0.0, "exact"), Side("right", 3.0, 0.0, "exact")
    wrong = dataclasses.replace(theorems()[19], measure=lambda case: (Link.between(*sides),))
    monkeypatch.setattr(module, "theorems", lambda: (*theorems()[:19], wrong))
    assert main(["check", "--only", "4", "20", "--model", linear]) == 1
    *_, line, why, counts = capsys.readouterr().out.splitlines()
    assert line.endswith("  fails")
    assert why.strip() == "left and right differ by 2, and 1e-08 is allowed."
    assert counts == "1 hold, 1 fail, 0 do not apply"


@pytest.mark.parametrize(
    ("options", "words"),
    [
        (["--model", "no-such"], "--model must be the folder of a saved run, or one of binary-digits-2d"),
        (["--only", "21"], "--only must be a whole number from 1 to 20, got 21."),
        (["--only", "x"], "--only must be a whole number from 1 to 20, got 'x'."),
        (["--images", "3"], "--images must be a whole number from 4 to 1000, got 3."),
        (["--seed", "-1"], "--seed must be"),
    ],
)
def test_bad_options_get_one_sentence(options, words, capsys):
    assert main(["check", *options]) == 2
    shown = capsys.readouterr()
    assert shown.out == ""
    assert shown.err.count("\n") == 1
    assert words in shown.err
