"""How a verdict is reached, and what a case refuses."""

import math

import pytest
import torch

from tests.core.theorem_cases import BY_NUMBER, PIXELS, net, pictures
from vae_core import SettingError
from vae_core.gaussians import DiagonalGaussian
from vae_core.theorems import Case, Link, Side, check_all, judge, principal_model


def link(left, right, error, kind="Monte Carlo"):
    return Link(Side("a", left, error, kind), Side("b", right, 0.0, "exact"), error)


def test_a_wide_error_never_counts_as_holding():
    kl = BY_NUMBER[4]
    assert judge(kl, [link(1.0, 1.01, 0.01)]).verdict == "holds"
    wide = judge(kl, [link(1.0, 1.01, 5.0)])
    assert wide.verdict == "fails"
    assert "says nothing" in wide.sentence
    # also where another link of the chain is fine
    assert judge(kl, [link(1.0, 1.01, 0.01), link(1.0, 1.01, math.inf)]).verdict == "fails"


def test_what_is_no_number_fails():
    for theorem in (BY_NUMBER[1], BY_NUMBER[20]):
        assert judge(theorem, [link(math.nan, 1.0, 0.0)]).verdict == "fails"
        assert judge(theorem, [link(1.0, 1.0, math.nan)]).verdict == "fails"


def test_inequalities_are_one_sided_and_exact_claims_need_their_tolerance():
    bounds = BY_NUMBER[1]
    assert judge(bounds, [link(-9.0, 1.0, 0.1)]).verdict == "holds"
    assert judge(bounds, [link(1.3, 1.0, 0.1)]).verdict == "holds"
    assert judge(bounds, [link(1.5, 1.0, 0.1)]).verdict == "fails"
    exact = BY_NUMBER[20]
    assert judge(exact, [link(1.0, 1.0 + 5e-9, 0.0, "exact")]).verdict == "holds"
    assert judge(exact, [link(1.0, 1.0 + 2e-8, 0.0, "exact")]).verdict == "fails"
    # the link that fails is the one that is shown
    shown = judge(bounds, [link(-9.0, 1.0, 0.1), link(3.0, 1.0, 0.1), link(-5.0, 1.0, 0.1)])
    assert shown.verdict == "fails"
    assert shown.left.value == 3.0


def test_weights_that_are_no_numbers_are_said():
    model = net("bernoulli")
    with torch.no_grad():
        model.decoder.linears[0].weight[0, 0] = math.nan
    outcomes = check_all(Case(model, pictures("binary"), "binary"))
    assert {outcome.verdict for outcome in outcomes} == {"does not apply"}
    assert "finite" in outcomes[0].missing


def test_a_case_refuses_what_it_cannot_use_and_leaves_the_model_alone():
    model = net("bernoulli")
    with pytest.raises(SettingError, match="at least 4 images"):
        Case(model, pictures("binary", rows=3), "binary")
    with pytest.raises(SettingError, match="x must be"):
        Case(model, pictures("binary", pixels=9), "binary")
    of = Case(model, pictures("binary"), "binary")
    assert of.model is not model
    assert model.dtype == torch.float32
    assert all(p.requires_grad for p in model.parameters())
    # an altered case shares what was integrated, and the same noise
    assert of.altered(batch=4).model is of.model
    assert isinstance(of.q, DiagonalGaussian)
    with pytest.raises(SettingError, match="below"):
        principal_model(pictures("unit"), image_shape=PIXELS, latent_dim=16)
    with pytest.raises(SettingError, match="must be 1"):
        principal_model(pictures("unit"), image_shape=PIXELS, latent_dim=2, beta=2.0)
