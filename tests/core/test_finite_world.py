"""The forms of the ELBO in the finite world, against Gauss-Legendre, torch.distributions and limits."""

import importlib
import math

import numpy as np
import pytest
import torch
from torch.distributions import Categorical, MixtureSameFamily, Normal, kl_divergence

from vae_core import VAE, Run, SettingError, TrainConfig, load_dataset
from vae_core.data import tiny_binary_distribution
from vae_core.finite_world import Enumeration, curves, finite_world, info_vae, pattern_distribution

F64 = torch.float64
STATES, P_DATA = tiny_binary_distribution()
WORLD = importlib.import_module("vae_core.finite_world.world")
TERMS = importlib.import_module("vae_core.finite_world.terms")
GRID = importlib.import_module("vae_core.finite_world.grid")


def small(**more):
    settings = {"latent_dim": 1, "hidden": (8,), "activation": "softplus", "seed": 3}
    return VAE((1, 3, 3), **{**settings, **more})


@pytest.fixture(scope="module")
def tabulated():
    return Enumeration.of(small())


def two_images():
    p = torch.zeros(512, dtype=F64)
    p[7], p[448] = 0.25, 0.75
    return p


def by_legendre(model, p):
    """Every term by other nodes and other people's densities."""
    t, w = (torch.tensor(part) for part in np.polynomial.legendre.leggauss(12))
    edges = torch.linspace(-20.0, 20.0, 161, dtype=F64)
    half = 0.5 * (edges[1:] - edges[:-1])[:, None]
    z = (0.5 * (edges[1:] + edges[:-1])[:, None] + half * t).flatten()
    weight = (half * w).flatten()
    double = model.double()
    with torch.no_grad():
        logits = double.decoder.outputs(z[:, None])
        mean, log_var = (part[:, 0] for part in (double.encode(STATES).mean, double.encode(STATES).log_var))
    bernoulli = torch.distributions.Bernoulli(logits=logits[:, None])
    log_p = bernoulli.log_prob(STATES).sum(2)  # (G, N)
    q, prior = Normal(mean, torch.exp(0.5 * log_var)), Normal(torch.zeros((), dtype=F64), 1.0)
    log_q, log_prior = q.log_prob(z[:, None]), prior.log_prob(z)
    log_joint = log_p + log_prior[:, None]
    log_px = torch.logsumexp(log_joint + weight.log()[:, None], 0)
    mixture = MixtureSameFamily(Categorical(p), q)
    q_z = weight * mixture.log_prob(z).exp()
    q_xz = weight[:, None] * log_q.exp() * p
    codes = Categorical(logits=log_q + p.log())  # q(x|z) at every z, by Bayes

    def mean_of(values):
        return float((q_xz * values).sum())

    return {
        "E_ε log p(x|μ + σ ε)": mean_of(log_p),
        "E_q log p(x|z)": mean_of(log_p),
        "E KL(q(z|x) ‖ p(z))": float(p @ kl_divergence(q, prior)),
        "E_q log w": mean_of(log_joint - log_q),
        "E_q log p(x, z)": mean_of(log_joint),
        "E H(q(z|x))": float(p @ q.entropy()),
        "E log p(x)": float(p @ log_px),
        "E KL(q(z|x) ‖ p(z|x))": mean_of(log_q - (log_joint - log_px)),
        "KL(q(x, z) ‖ p(x, z))": mean_of(log_q + p.log() - log_joint),
        # Categorical normalises what it is given: this holds only if p(x) sums to 1
        "KL(p_D(x) ‖ p(x))": float(kl_divergence(Categorical(p), Categorical(logits=log_px))),
        "KL(q(z) ‖ p(z))": float((q_z * (mixture.log_prob(z) - log_prior)).sum()),
        "E_q(z) KL(q(x|z) ‖ p(x|z))": float(q_z @ kl_divergence(codes, Categorical(logits=log_p))),
        # I = H(x) − H(x|z)
        "I_q(x; z)": float(Categorical(p).entropy() - q_z @ codes.entropy()),
        "H": float(Categorical(p).entropy()),
    }


# ---- the eight forms -----------------------------------------------------------------------------


@pytest.mark.parametrize("beta", [0.25, 1.0, 4.0])
def test_the_forms_agree_and_stay_while_a_model_trains(beta):
    data = load_dataset("tiny-binary")
    config = TrainConfig(dataset="tiny-binary", latent_dim=1, hidden=(8,), beta=beta, steps=2000)
    run = Run(config, data)
    elbos = []
    for step in (0, 100, 2000):
        run.advance(steps=step - run.step)
        world = finite_world(run.model)
        assert [form.number for form in world.forms] == list(range(1, 9))
        assert world.spread < 1e-8
        assert max(form.stability for form in world.forms) < 1e-8
        assert world.agrees
        assert world.log_likelihood >= world.elbo
        elbos.append(world.elbo)
    assert elbos[2] > elbos[0]


def test_the_forms_agree_in_two_dimensions():
    world = finite_world(small(latent_dim=2, hidden=()))
    assert world.agrees
    assert world.nodes > 1000


@pytest.mark.parametrize(("activation", "weights"), [("tanh", None), ("softplus", [1, 0, 0, 3, 0, 0, 0, 2])])
def test_every_term_is_that_of_another_rule(activation, weights):
    model, p = small(activation=activation), P_DATA if weights is None else pattern_distribution(weights)
    world, expected = finite_world(model, weights=weights), by_legendre(model, p)
    seen = {term.symbol: term.value for form in world.forms for _, term in form.terms}
    assert seen == pytest.approx(expected, abs=1e-9)
    assert world.entropy == pytest.approx(expected["H"], abs=1e-12)
    assert world.log_likelihood == pytest.approx(expected["E log p(x)"], abs=1e-9)


def test_divergences_are_positive_and_the_information_is_bounded(tabulated):
    for p in (P_DATA, torch.full((512,), 1 / 512, dtype=F64), two_images()):
        world = tabulated.measure(p)
        for form in world.forms:
            assert form.total == pytest.approx(sum(sign * term.value for sign, term in form.terms), abs=1e-14)
            assert all(term.value >= -1e-12 for _, term in form.terms if "KL" in term.symbol)
        information = world.term("I_q(x; z)").value
        assert 0.0 <= information <= min(world.entropy, math.log(512)) + 1e-12
        # I_q + KL(q(z) ‖ p(z)) = E KL(q(z|x) ‖ p(z)) (Hoffman & Johnson 2016)
        whole = information + world.term("KL(q(z) ‖ p(z))").value
        assert whole == pytest.approx(world.term("E KL(q(z|x) ‖ p(z))").value, abs=1e-9)


# ---- limiting cases ------------------------------------------------------------------------------


def test_with_one_image_nothing_is_to_be_known(tabulated):
    p = torch.zeros(512, dtype=F64)
    p[73] = 1.0
    world = tabulated.measure(p)
    assert world.agrees
    assert world.entropy == 0.0
    assert world.term("I_q(x; z)").value == pytest.approx(0.0, abs=1e-12)
    assert world.term("KL(q(z) ‖ p(z))").value == pytest.approx(float(tabulated.kl[73]), abs=1e-9)


def test_images_that_never_come_count_for_nothing(tabulated):
    world = tabulated.measure(two_images())
    assert world.agrees
    assert world.entropy == pytest.approx(-0.25 * math.log(0.25) - 0.75 * math.log(0.75))


def test_a_decoder_that_ignores_z_has_the_prior_as_posterior():
    model = small()
    with torch.no_grad():
        model.decoder.linears[-1].weight.zero_()
    world = finite_world(model)
    to_prior, to_posterior = (world.term(f"E KL(q(z|x) ‖ {p})").value for p in ("p(z)", "p(z|x)"))
    assert to_posterior == pytest.approx(to_prior, abs=1e-9)
    logits = model.decoder.linears[-1].bias.detach().double()
    log_p = torch.distributions.Bernoulli(logits=logits).log_prob(STATES).sum(1)
    assert world.log_likelihood == pytest.approx(float(P_DATA @ log_p), abs=1e-12)
    assert world.term("E_q log p(x|z)").value == pytest.approx(world.log_likelihood, abs=1e-9)


# ---- planted bugs --------------------------------------------------------------------------------


@pytest.mark.parametrize("name", list(TERMS.ON_GRID))
def test_a_term_that_is_slightly_wrong_is_seen(name, tabulated, monkeypatch):
    right = TERMS.ON_GRID[name]
    monkeypatch.setitem(TERMS.ON_GRID, name, lambda at: 1.000001 * right(at))
    world = tabulated.measure()
    assert world.spread > 1e-8
    assert not world.agrees


def test_a_grid_that_is_too_coarse_is_seen(monkeypatch):
    monkeypatch.setattr(WORLD, "SETTLED", math.inf)
    monkeypatch.setattr(GRID, "WIDEST_STEP", 1.2)
    world = finite_world(small())
    assert world.stability > 1e-8
    assert not world.agrees


# ---- InfoVAE, p_D, curves ------------------------------------------------------------------------


def test_info_vae_weighs_the_seventh_form_anew(tabulated):
    world = tabulated.measure()
    assert info_vae(world, 0.0, 1.0) == pytest.approx(world.elbo + world.entropy, abs=1e-9)
    for alpha, lambda_ in ((0.3, 5.0), (1.0, 0.0), (-2.0, 1.0)):
        # As the paper rewrites it for training
        expected = (
            world.term("E_q log p(x|z)").value
            - (1 - alpha) * world.term("E KL(q(z|x) ‖ p(z))").value
            - (alpha + lambda_ - 1) * world.term("KL(q(z) ‖ p(z))").value
        )
        assert info_vae(world, alpha, lambda_) == pytest.approx(expected + world.entropy, abs=1e-8)
    with pytest.raises(SettingError, match="alpha"):
        info_vae(world, math.nan, 1.0)


def test_the_patterns_weights_make_p_data():
    own = pattern_distribution([18, 8, 12, 15, 10, 7, 20, 10])
    assert torch.allclose(own, P_DATA, rtol=1e-13, atol=0.0)
    # One pattern: nine independent pixels, each flipped with probability 0.1
    single = pattern_distribution([0, 0, 1, 0, 0, 0, 0, 0])
    pixel = torch.distributions.Bernoulli(torch.tensor(0.1, dtype=F64)).entropy()
    assert float(Categorical(single).entropy()) == pytest.approx(9 * float(pixel))
    by_weights = finite_world(small(), weights=[1, 1, 0, 0, 0, 0, 0, 0])
    assert by_weights.entropy < finite_world(small()).entropy


def test_curves_are_the_densities_of_the_chosen_image(tabulated):
    found = curves(tabulated, 73, p_data=two_images())
    (z,) = found.axes
    assert found.image.tolist() == STATES[73].tolist()
    for density in (found.prior, found.aggregate, found.encoder, found.posterior):
        assert density.sum() * (z[1] - z[0]) == pytest.approx(1.0, abs=1e-8)
    q = Normal(tabulated.q.mean[:, 0], tabulated.q.std[:, 0])
    each = q.log_prob(torch.tensor(z)[:, None]).exp()
    np.testing.assert_allclose(found.encoder, each[:, 73], atol=1e-12)
    np.testing.assert_allclose(found.aggregate, each @ two_images(), atol=1e-12)
    with torch.no_grad():
        logits = small().double().decoder.outputs(torch.tensor(z)[:, None])
    likelihood = torch.distributions.Bernoulli(logits=logits).log_prob(STATES[73]).sum(1).exp().numpy()
    ratio = found.posterior / (found.prior * likelihood)
    np.testing.assert_allclose(ratio, ratio[0], rtol=1e-9)


# ---- what is refused -----------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"activation": "relu"}, "activation must be smooth"),
        ({"activation": "elu"}, "activation must be smooth"),
        ({"likelihood": "gaussian"}, "likelihood must be bernoulli"),
        ({"latent_dim": 3}, "latent_dim must be 1 or 2"),
    ],
)
def test_models_that_cannot_be_enumerated_are_refused(settings, message):
    with pytest.raises(SettingError, match=message):
        finite_world(small(**settings))


def test_images_of_another_size_are_refused():
    with pytest.raises(SettingError, match=r"shape \(1, 3, 3\)"):
        finite_world(VAE((1, 8, 8), latent_dim=1))


def test_posteriors_that_no_grid_resolves_are_refused():
    model = small(hidden=())
    with torch.no_grad():
        model.encoder.constant_log_var.fill_(-20.0)
    with pytest.raises(SettingError, match="can resolve"):
        finite_world(model)


def test_a_linear_decoder_is_smooth_whatever_its_activation():
    assert finite_world(small(hidden=(), activation="relu")).agrees


@pytest.mark.parametrize(
    "p", [torch.ones(512), torch.full((511,), 1 / 511), -P_DATA, P_DATA * math.nan, [1.0]]
)
def test_what_is_no_distribution_is_refused(p, tabulated):
    with pytest.raises(SettingError, match="p_data must be 512 probabilities with the sum 1"):
        tabulated.measure(p)


@pytest.mark.parametrize("weights", [[1.0], [0.0] * 8, [1.0] * 7 + [-1.0]])
def test_weights_that_are_none_are_refused(weights):
    with pytest.raises(SettingError, match="weights must"):
        pattern_distribution(weights)


def test_p_data_and_weights_together_are_refused():
    with pytest.raises(SettingError, match="p_data or weights"):
        finite_world(small(), p_data=P_DATA, weights=[1.0] * 8)


def test_a_term_that_no_form_has_is_refused(tabulated):
    with pytest.raises(SettingError, match="symbol"):
        tabulated.measure().term("KL")
