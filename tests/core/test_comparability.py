"""Which likelihoods stand side by side, and the numbers behind the reasons."""

import itertools
import math

import pytest
import torch
from scipy import integrate, stats

from vae_core.checks import SettingError
from vae_core.diagnostics import comparability, measure_of
from vae_core.likelihoods import LIKELIHOODS, Bernoulli, ContinuousBernoulli, Gaussian
from vae_core.units import bits_per_dimension

F64 = torch.float64
B, G, C = "bernoulli", "gaussian", "continuous-bernoulli"
NAMES = {B: "Bernoulli", G: "Gaussian", C: "continuous Bernoulli"}
DATA = {
    "binary": ("binary", False),
    "grey": ("unit", False),
    "filled": ("unit", True),
    "real": ("real", False),
}
# (allowed, on) of each unordered pair
TABLE = {
    "binary": dict.fromkeys([(B, B), (B, G), (B, C), (G, G), (G, C), (C, C)], (True, "binary")),
    "grey": {
        (B, B): (True, None),
        (B, G): (False, None),
        (B, C): (False, None),
        (G, G): (True, "density"),
        (G, C): (False, None),
        (C, C): (True, "density"),
    },
    "filled": {
        (B, B): (True, None),
        (B, G): (False, None),
        (B, C): (False, None),
        (G, G): (True, "bits"),
        (G, C): (True, "bits"),
        (C, C): (True, "bits"),
    },
    "real": {
        (B, B): (False, None),
        (B, G): (False, None),
        (B, C): (False, None),
        (G, G): (True, "density"),
        (G, C): (False, None),
        (C, C): (False, None),
    },
}


def asked(one, other, data, sigma=1.0):
    support, dequantised = DATA[data]
    return comparability((one, sigma), (other, "learned"), support=support, dequantised=dequantised)


@pytest.mark.parametrize("data", DATA)
def test_the_rule_of_each_pair_and_either_order(data):
    for (one, other), expected in TABLE[data].items():
        answer = asked(one, other, data)
        assert (answer.allowed, answer.on) == expected, (one, other)
        assert asked(other, one, data, sigma="learned") == answer


@pytest.mark.parametrize("data", ["binary", "grey", "filled"])
def test_a_reason_names_both_families_in_one_or_two_sentences(data):
    for one, other in itertools.product(LIKELIHOODS, repeat=2):
        reason = asked(one, other, data).reason
        assert NAMES[one] in reason
        assert NAMES[other] in reason
        assert reason[0].isupper()
        assert reason.endswith(".")
        assert 1 <= reason.replace("et al.", "et al").count(". ") + 1 <= 2


def test_a_bernoulli_on_grey_pixels_is_never_called_a_likelihood():
    for data, other in itertools.product(["grey", "filled"], LIKELIHOODS):
        reason = asked(B, other, data).reason
        assert "score on grey pixels and no likelihood" in reason
    assert "2⁻ᴰ" in asked(B, G, "grey").reason
    assert "dequantised" in asked(G, C, "grey").reason


def test_the_measures():
    assert [measure_of(name, "binary") for name in (B, G, C)] == ["mass", "density", "density"]
    assert [measure_of(name, "unit") for name in (B, G, C)] == ["score", "density", "density"]
    assert measure_of(G, "real") == "density"
    for name in (B, C):
        with pytest.raises(SettingError, match="real numbers"):
            measure_of(name, "real")


def test_bad_names_are_refused_in_one_sentence():
    with pytest.raises(SettingError, match=r"^likelihood must be one of "):
        comparability(("poisson", 1.0), (G, 1.0), support="unit", dequantised=False)
    with pytest.raises(SettingError, match=r"^support must be one of "):
        comparability((B, 1.0), (G, 1.0), support="grey", dequantised=False)
    with pytest.raises(SettingError, match=r"^dequantised must be False unless the support is unit"):
        comparability((G, 1.0), (G, 1.0), support="real", dequantised=True)


# ---- what the reasons say, in numbers ----------------------------------------------------------


@pytest.mark.parametrize("logit", [-8.0, -1.0, -1e-3, 0.0, 0.3, 5.0])
def test_a_bernoulli_integrates_to_at_most_a_half_over_a_grey_pixel(logit):
    p = Bernoulli(torch.tensor([logit], dtype=F64))
    total, _ = integrate.quad(lambda x: math.exp(float(p.log_prob(torch.tensor([x], dtype=F64)))), 0.0, 1.0)
    assert total <= 0.5 + 1e-12
    assert (total == pytest.approx(0.5, abs=1e-6)) == (abs(logit) < 0.01)


@pytest.mark.parametrize("factor", [0.1, 2.0, 255.0])
def test_a_density_depends_on_the_unit_of_x(factor):
    source = torch.Generator().manual_seed(0)
    mean, x = torch.randn(2, 5, 7, generator=source, dtype=F64)
    sigma = torch.tensor(0.3, dtype=F64)
    scaled = Gaussian(factor * mean, factor * sigma).log_prob(factor * x)
    # log p(a x) = log p(x) − D log a
    shift = 7 * math.log(factor)
    torch.testing.assert_close(scaled, Gaussian(mean, sigma).log_prob(x) - shift, rtol=1e-12, atol=1e-12)


def test_narrowing_raises_a_density_at_grey_levels_without_limit():
    levels = torch.linspace(0, 1, 17, dtype=F64)
    heights = [
        float(Gaussian(levels, torch.tensor(sigma, dtype=F64)).log_prob(levels))
        for sigma in (1e-1, 1e-2, 1e-3)
    ]
    assert heights[1] - heights[0] == pytest.approx(17 * math.log(10))
    assert heights[2] - heights[1] == pytest.approx(17 * math.log(10))
    black = [
        float(ContinuousBernoulli(-torch.full((17,), s, dtype=F64)).log_prob(0 * levels)) for s in (10, 100)
    ]
    assert black[1] - black[0] == pytest.approx(17 * math.log(10), abs=1e-2)


@pytest.mark.parametrize("levels", [2, 17])
@pytest.mark.parametrize(
    "p",
    [
        ContinuousBernoulli(torch.tensor([2.5], dtype=F64)),
        Gaussian(torch.tensor([0.4], dtype=F64), torch.tensor(0.3, dtype=F64)),
    ],
    ids=["continuous-bernoulli", "gaussian"],
)
def test_the_bits_of_a_density_bound_those_of_the_integers(p, levels):
    def log_p(x):
        return float(p.log_prob(torch.tensor([x], dtype=F64)))

    masses = []
    for integer in range(levels):
        cell = integer / levels, (integer + 1) / levels
        mass, _ = integrate.quad(lambda x: math.exp(log_p(x)), *cell)
        mean_log, _ = integrate.quad(lambda x: log_p(x) * levels, *cell)
        masses.append(mass)
        bits = bits_per_dimension(mean_log, dimensions=1, levels=levels)
        assert bits >= -math.log2(mass)
    if isinstance(p, Gaussian):
        # What lies outside [0, 1] is wasted: the integers' masses are a little too small, never too large.
        assert sum(masses) == pytest.approx(stats.norm.cdf(2.0) - stats.norm.cdf(-4 / 3), abs=1e-9)
    else:
        assert sum(masses) == pytest.approx(1.0, abs=1e-9)
