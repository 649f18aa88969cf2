"""The linear VAE's optimum is probabilistic PCA's closed form, on `digits`/16 (Tipping & Bishop 1999)."""

import dataclasses
import math

import pytest
import torch
from sklearn.decomposition import PCA

from vae_core import VAE, Run, elbo_terms, linear_gaussian_log_likelihood, load_dataset
from vae_core.divergences import standard_normal_kl
from vae_core.training import preset

F64 = torch.float64
# Mean log p(x), nats per image, of scikit-learn's PCA(k).score on the same data.
PUBLISHED = {2: 0.0057, 8: 14.2098, 16: 23.9294}
NEVER_ABOVE = 1e-6


def everything():
    return load_dataset("digits").full.x.double()


def optimum(x, k):
    """The likelihood of the best W and σ, of the 1/n covariance, in nats per image."""
    values = torch.linalg.eigvalsh(torch.cov(x.T, correction=0)).flip(0)
    d, rest = x.shape[1], values[k:].mean()
    # −½ [D log 2π + Σ_{i≤k} log λ_i + (D − k) log σ² + D]
    return -0.5 * float(d * math.log(2 * math.pi) + values[:k].log().sum() + (d - k) * rest.log() + d)


def exact_elbo(model, x):
    """The ELBO with its expectation over z in closed form, (N,): the decoder is linear."""
    q, w = model.encode(x), model.decoder.linears[-1].weight
    spread = q.std.square() @ w.square().sum(0)
    at_mean = model.decode(q.mean).log_prob(x)
    return at_mean - 0.5 * spread * torch.exp(-2 * model.decoder.log_sigma) - standard_normal_kl(q).sum(1)


@pytest.mark.parametrize("k", PUBLISHED)
def test_the_closed_form_is_that_of_scikit_learn(k):
    x = everything()
    score = PCA(k, svd_solver="full").fit(x.numpy()).score(x.numpy())
    assert score == pytest.approx(PUBLISHED[k], abs=5e-5)
    # scikit-learn divides by n − 1, so its model lies a little below the optimum
    assert 0.0 < optimum(x, k) - score < 2e-5


@pytest.mark.parametrize(("k", "iterations"), [(2, 80), (8, 300), (16, 700)])
def test_a_linear_vae_reaches_the_optimum_in_float64_and_never_exceeds_it(k, iterations):
    x = everything()
    best = optimum(x, k)
    model = VAE((1, 8, 8), latent_dim=k, hidden=(), likelihood="gaussian", sigma="learned").double()
    with torch.no_grad():
        model.decoder.linears[-1].bias.copy_(x.mean(0))
    elbos = []
    optimiser = torch.optim.LBFGS(
        model.parameters(),
        max_iter=iterations,
        history_size=20,
        line_search_fn="strong_wolfe",
        tolerance_change=1e-10,
        tolerance_grad=1e-6,
    )

    def loss():
        optimiser.zero_grad()
        elbo = exact_elbo(model, x).mean()
        elbos.append(elbo.item())
        (-elbo).backward()
        return -elbo

    optimiser.step(loss)
    with torch.no_grad():
        elbo = exact_elbo(model, x)
    log_p = linear_gaussian_log_likelihood(model, x)
    assert log_p.kind == "exact"
    # Image by image the ELBO is below log p; their means are each within 0.1 nats of the optimum.
    assert bool((elbo <= log_p.value + log_p.error).all())
    assert best - 0.1 <= float(log_p.value.mean()) <= best + NEVER_ABOVE
    assert best - 0.1 <= float(elbo.mean()) <= float(log_p.value.mean()) + NEVER_ABOVE
    assert max(elbos) <= best + NEVER_ABOVE
    # σ² at the optimum is the mean of the eigenvalues that are left out.
    rest = torch.linalg.eigvalsh(torch.cov(x.T, correction=0)).flip(0)[k:].mean()
    assert float(torch.exp(2 * model.decoder.log_sigma.detach())) == pytest.approx(float(rest), rel=0.01)
    # and what the core measures by sampling is that same ELBO
    with torch.no_grad():
        sampled = elbo_terms(model, x, samples=10).elbo
    error = float((sampled - elbo).std()) / math.sqrt(len(x))
    assert abs(float((sampled - elbo).mean())) < 4 * error


def test_a_run_of_the_preset_gets_there_too():
    x, k = everything(), 8
    digits = load_dataset("digits")
    # All rows are the training data here: the closed form is that of the data trained on.
    whole = dataclasses.replace(digits, train=digits.full)
    config = preset("Linear = pPCA").config.replace(
        latent_dim=k, steps=2000, batch_size=512, learning_rate=2e-2
    )
    run, best = Run(config, whole), optimum(x, k)
    values = []
    while not run.finished:
        run.advance(steps=500)
        values.append(float(linear_gaussian_log_likelihood(run.model, x).value.mean()))
    model = run.model.double()
    with torch.no_grad():
        elbo = float(exact_elbo(model, x).mean())
    assert max(values) <= best + NEVER_ABOVE
    assert best - 0.1 <= elbo <= values[-1]
