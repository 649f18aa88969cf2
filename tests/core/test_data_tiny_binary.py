"""tiny-binary: the known distribution over all 512 images, and draws from it."""

import pytest
import torch
from scipy import stats

from vae_core.data import load_dataset, sample_tiny_binary, tiny_binary_distribution
from vae_core.data.tiny_binary import FLIP, PATTERN_NAMES, PATTERN_WEIGHTS, tiny_binary_patterns
from vae_core.rng import generator

POWERS = 2 ** torch.arange(8, -1, -1)


def numbers_of(x: torch.Tensor) -> torch.Tensor:
    return (x.long() * POWERS).sum(dim=1)


def chi_square_p(x: torch.Tensor) -> float:
    """P value of the counts of all 512 images; those expected less than 5 times are one cell."""
    _, probabilities = tiny_binary_distribution()
    expected = probabilities * len(x)
    counts = torch.bincount(numbers_of(x), minlength=512).double()
    common = expected >= 5
    expected = torch.cat([expected[common], expected[~common].sum()[None]])
    counts = torch.cat([counts[common], counts[~common].sum()[None]])
    return float(stats.chisquare(counts.numpy(), expected.numpy()).pvalue)


def test_every_image_stands_in_its_place():
    states, probabilities = tiny_binary_distribution()
    assert states.shape == (512, 9)
    assert probabilities.shape == (512,)
    assert states.dtype == probabilities.dtype == torch.float64
    assert torch.equal(numbers_of(states), torch.arange(512))


def test_the_probabilities_sum_to_one_and_none_is_zero():
    _, probabilities = tiny_binary_distribution()
    assert float(probabilities.sum()) == pytest.approx(1.0, abs=1e-14)
    assert float(probabilities.min()) > 1e-7
    assert 4.0 < float(torch.special.entr(probabilities).sum()) < 6.0  # nats; uniform would be 6.24


def test_the_probability_of_one_image_by_hand():
    states, probabilities = tiny_binary_distribution()
    empty = sum(weight * FLIP**3 * (1 - FLIP) ** 6 for weight in PATTERN_WEIGHTS)
    assert bool((states[0] == 0).all())
    assert float(probabilities[0]) == pytest.approx(empty, rel=1e-12)
    assert sum(PATTERN_WEIGHTS) == pytest.approx(1.0)


def test_the_patterns_are_eight_different_lines():
    patterns = tiny_binary_patterns()
    assert patterns.sum(dim=1).tolist() == [3.0] * len(PATTERN_NAMES)
    assert len({tuple(pattern) for pattern in patterns.tolist()}) == len(PATTERN_NAMES)


def test_the_data_set_follows_the_distribution():
    assert chi_square_p(load_dataset("tiny-binary").full.x) > 0.01


def test_many_draws_follow_the_distribution():
    x, labels = sample_tiny_binary(200_000, generator=generator(5, "toy"))
    assert chi_square_p(x) > 0.01
    shares = torch.bincount(labels).double() / len(labels)
    assert shares.tolist() == pytest.approx(PATTERN_WEIGHTS, abs=0.005)


def test_the_test_would_notice_a_wrong_distribution():
    x, _ = sample_tiny_binary(200_000, generator=generator(5, "toy"))
    x[:2000] = 0.0
    assert chi_square_p(x) < 1e-6


def test_draws_follow_their_generator():
    first, again, other = (sample_tiny_binary(50, generator=generator(seed, "toy"))[0] for seed in (1, 1, 2))
    assert torch.equal(first, again)
    assert not torch.equal(first, other)
