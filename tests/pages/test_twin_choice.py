"""A choice of decoders: as a link writes it, and what stands in for those that data don't allow."""

import pytest

from pages.state.twin_choice import (
    BERNOULLI,
    CONTINUOUS,
    CURRENT,
    GAUSSIAN_LEARNED,
    TwinChoice,
    fitting,
    name_of,
    read_twins,
    write_twins,
)
from vae_core.training.shipped import SHIPPED, TWIN


@pytest.mark.parametrize(
    "choice",
    [
        TwinChoice(),
        TwinChoice("digits", (CONTINUOUS, ("gaussian", 0.125), GAUSSIAN_LEARNED)),
        TwinChoice(CURRENT, (BERNOULLI, CONTINUOUS)),
    ],
)
def test_a_choice_survives_the_link(choice: TwinChoice) -> None:
    assert read_twins(write_twins(choice)) == choice


@pytest.mark.parametrize(
    "text",
    [
        "",
        "mnist-5k",
        "mnist-5k,bernoulli",
        "nowhere,bernoulli,gaussian-learned",
        "mnist-5k,bernoulli,gaussian",
        "mnist-5k,bernoulli,gaussian-nan",
        "mnist-5k,bernoulli,gaussian-1e9",
        "mnist-5k,bernoulli,gaussian--1",
        "mnist-5k,bernoulli,poisson",
        "mnist-5k" + ",bernoulli" * 4,
        "mnist-5k,bernoulli,bernoulli",
        "mnist-5k,gaussian-1,gaussian-1.0",
    ],
)
def test_nonsense_is_no_choice(text: str) -> None:
    assert read_twins(text) is None


def test_stand_ins_are_different_from_each_other_and_from_what_stays() -> None:
    for decoders in ((BERNOULLI, CONTINUOUS), (BERNOULLI, GAUSSIAN_LEARNED, CONTINUOUS)):
        found = fitting(decoders, "real")
        assert len(set(found)) == len(decoders)
        assert all(likelihood == "gaussian" for likelihood, _ in found)
        assert fitting(decoders, "unit") == decoders


def test_shipped_twins_differ_in_nothing_but_the_decoder() -> None:
    twins = [
        config
        for name, config in SHIPPED.items()
        if name.startswith(("grey-", "binary-")) and "2d" not in name
    ]
    same = {
        config.replace(likelihood="bernoulli", sigma=1.0, dataset="mnist-5k")
        for config in twins
        if config.hidden == TWIN.hidden
    }
    assert same == {TWIN}
    assert name_of(GAUSSIAN_LEARNED) == "Gaussian, σ learned"
