"""Both sides of the theorems, against what we did not write."""

import dataclasses
import math

import numpy as np
import pytest
import torch
from scipy.integrate import quad
from sklearn.decomposition import PCA
from torch.distributions import Normal, kl_divergence

from tests.core.theorem_cases import BY_NUMBER, case, links, net, pictures
from vae_core import VAE, load_dataset
from vae_core.theorems import Case, annealing, check, check_all, decoders, principal_model
from vae_core.theorems.linear import CONVERGED_HERE
from vae_core.theorems.mistakes import misread, misread_kl


def test_the_gap_is_that_of_adaptive_quadrature():
    of = case("world")
    model, x = of.model, of.few

    def joint(z, row):
        code = torch.tensor([[z]], dtype=torch.float64)
        return float(model.decode(code).log_prob(x[row : row + 1])) + float(Normal(0.0, 1.0).log_prob(code))

    gaps = []
    for row in range(len(x)):
        q = Normal(of.q.mean[row, 0], of.q.std[row, 0])
        mass = quad(lambda z, row=row: math.exp(joint(z, row)), -9, 9, epsabs=1e-13, limit=200)[0]

        def weighed(z, row=row, q=q):
            log_q = float(q.log_prob(torch.tensor(z, dtype=torch.float64)))
            return math.exp(log_q) * (joint(z, row) - log_q)

        mean, std = float(q.mean), float(q.stddev)
        elbo = quad(weighed, mean - 9 * std, mean + 9 * std, epsabs=1e-12, limit=200)[0]
        gaps.append(math.log(mass) - elbo)
    (link,) = links(2, of)
    assert link.left.value == pytest.approx(np.mean(gaps), abs=1e-7)
    assert link.right.value == pytest.approx(np.mean(gaps), abs=1e-7)


def test_the_closed_kl_and_its_integral_are_those_of_torch():
    of = case("binary")
    want = kl_divergence(Normal(of.q.mean, of.q.std), Normal(0.0, 1.0)).sum(1).mean()
    (link,) = links(20, of)
    assert link.left.value == pytest.approx(float(want), abs=1e-12)
    assert link.right.value == pytest.approx(float(want), abs=1e-10)
    # the misread one is another distribution's: of the standard deviation e^{log σ²}
    want = kl_divergence(Normal(of.q.mean, of.q.log_var.exp()), Normal(0.0, 1.0))
    assert torch.allclose(misread_kl(of.q), want)
    assert torch.allclose(misread(of.q).std, of.q.log_var.exp())


def test_two_joints_are_exact_in_the_finite_world_and_sampled_elsewhere():
    (world,) = links(3, case("world"))
    assert abs(world.difference) < 1e-8
    assert world.left.kind == world.right.kind == "exact"
    assert check(BY_NUMBER[3], BY_NUMBER[3].break_it(case("world"))).verdict == "fails"
    (sampled,) = links(3, case("binary"))
    assert sampled.left.kind == "Monte Carlo"


@pytest.mark.parametrize(("latent_dim", "variance"), [(1, 15.0), (4, 48.0), (16, 360.0)])
def test_the_score_functions_variance_is_the_known_one(latent_dim, variance):
    of = Case(net("bernoulli", latent_dim=latent_dim), pictures("binary"), "binary")
    pathwise, scored = links(18, of)
    assert scored.right.value == variance
    assert pathwise.right.value == 4.0
    assert check(BY_NUMBER[18], of).verdict == "holds"


def test_the_linear_optimum_is_scikit_learns(monkeypatch):
    of = case("linear")
    score = PCA(2, svd_solver="full").fit(of.train.numpy()).score(of.train.numpy())
    (link,) = links(11, of)
    assert link.left.value == pytest.approx(score, abs=3e-5)
    assert link.right.value == pytest.approx(link.left.value, abs=1e-9)
    # σ² is the error that the decoder expects, and the mean of what is left out
    monkeypatch.setattr(decoders, "HALVINGS", 20)
    (sigma,) = links(14, dataclasses.replace(of, x=of.train))
    own = float(torch.exp(2 * of.model.decoder.log_sigma))
    assert sigma.left.value == pytest.approx(own, rel=0.02)


def test_a_fixed_sigma_and_a_beta_close_components_as_the_theorem_says():
    x = load_dataset("digits").train.x.double()
    model = principal_model(x, image_shape=(1, 8, 8), latent_dim=12, sigma=0.25, beta=2.0)
    of = Case(model, x[:8], "unit", train=x, beta=2.0)
    outcome = check(BY_NUMBER[12], of)
    assert outcome.verdict == "holds"
    assert outcome.tolerance < 0.0101
    carried = [link.left.value for link in links(12, of)]
    assert 0 < sum(kl > 1e-9 for kl in carried) < 12
    # and with β taken for 1, that is no optimum
    other = check(BY_NUMBER[12], dataclasses.replace(of, beta=1.0))
    assert other.verdict == "does not apply"
    assert "to its end" in other.missing
    assert check(BY_NUMBER[11], of).missing == "The model must have been trained with β = 1."


def test_a_linear_model_that_is_still_learning_has_not_converged():
    of = case("linear")
    assert CONVERGED_HERE.test(of)
    fresh = VAE((1, 8, 8), latent_dim=2, hidden=(), likelihood="gaussian", sigma="learned")
    assert not CONVERGED_HERE.test(Case(fresh, of.x, "unit", train=of.train))
    assert not CONVERGED_HERE.test(Case(of.model, of.x, "unit"))


def test_all_but_those_of_probabilities_hold_on_a_linear_model():
    verdicts = {outcome.number: outcome.verdict for outcome in check_all(case("linear"))}
    assert [number for number, verdict in verdicts.items() if verdict != "holds"] == [3, 16]
    assert "fails" not in verdicts.values()


def test_a_linear_gap_splits_as_its_closed_form_with_any_encoder():
    """d and r are the encoder's own: KL by torch's full Gaussians says the same."""
    of = case("linear")
    loose = of.model.double()
    with torch.no_grad():
        loose.encoder.constant_log_var.add_(0.7)
        loose.encoder.linears[0].bias.add_(0.1)
    moved = Case(loose, of.x, "unit")
    p = moved.posterior
    q = torch.distributions.MultivariateNormal(moved.few_q.mean, torch.diag_embed(moved.few_q.std.square()))
    want = kl_divergence(q, torch.distributions.MultivariateNormal(p.mean, p.cov)).mean()
    for number in (2, 6):
        (link,) = links(number, moved)
        assert link.left.value == pytest.approx(float(want), abs=1e-9)
        assert link.right.value == pytest.approx(float(want), abs=1e-9)
    assert check(BY_NUMBER[7], moved).verdict == "holds"


def test_annealing_weighs_without_bias_in_both_directions(monkeypatch):
    """E w = p(x) and E 1/w = 1/p(x): only where the moves leave each density of the path as it is."""
    log_w, truth = [], []

    def kept(found, value):
        found.append(value)
        return value

    anneal, log_p = annealing.anneal, annealing.linear_gaussian_log_likelihood
    monkeypatch.setattr(annealing, "IMAGES", 4000)
    monkeypatch.setattr(annealing, "CHAINS", 2)
    monkeypatch.setattr(annealing, "anneal", lambda *a, **b: kept(log_w, anneal(*a, **b)))
    monkeypatch.setattr(annealing, "linear_gaussian_log_likelihood", lambda *a: kept(truth, log_p(*a)))
    links(10, case("linear"))
    up, down = log_w
    for ratio in (up[0] - truth[0].value, truth[0].value - down[0]):
        error = float(ratio.exp().std()) / math.sqrt(len(ratio))
        assert float(ratio.exp().mean()) == pytest.approx(1.0, abs=4 * error)
        assert error < 0.05
