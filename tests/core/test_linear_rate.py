"""The closed-form rate-distortion curve of linear VAEs, against models that know nothing of it."""

import dataclasses
import math

import numpy as np
import pytest
import torch
from sklearn.decomposition import PCA

from vae_core import VAE, Run, TrainConfig, elbo_terms, load_dataset
from vae_core.checks import SettingError
from vae_core.diagnostics import linear_rate
from vae_core.divergences import standard_normal_kl
from vae_core.rng import generator

SIGMA = 0.2
NEAR = 0.05


def digits():
    return load_dataset("digits").full.x.double()


def terms_of(model, x):
    """Rate of each dimension and distortion, with E over z in closed form: the decoder is linear."""
    q, w = model.encode(x), model.decoder.linears[-1].weight
    at_mean = -model.decode(q.mean).log_prob(x)
    spread = 0.5 * (q.std.square() @ w.square().sum(0)) * torch.exp(-2 * model.decoder.log_sigma)
    return standard_normal_kl(q).mean(0), (at_mean + spread).mean()


def few_rows_of_the_same_covariance(x):
    """2 D rows with the mean and the 1/n covariance of x: all that a linear Gaussian model sees of it."""
    values, axes = torch.linalg.eigh(torch.cov(x.T, correction=0))
    arms = (axes * (x.shape[1] * values.clamp_min(0.0)).sqrt()).T
    return x.mean(0) + torch.cat([arms, -arms])


def optimum(x, *, k, beta):
    """The linear VAE of Tipping & Bishop's W for the noise βσ², with scikit-learn's components."""
    pca = PCA(k, svd_solver="full").fit(x.numpy())
    # its variances are those of n − 1
    values = torch.tensor(pca.explained_variance_) * (len(x) - 1) / len(x)
    noise = beta * SIGMA**2
    gain = (values - noise).clamp_min(0.0).sqrt()
    axes, centre = torch.tensor(pca.components_), torch.tensor(pca.mean_)
    model = VAE((1, 8, 8), latent_dim=k, hidden=(), likelihood="gaussian", sigma=SIGMA).double()
    with torch.no_grad():
        model.decoder.linears[-1].weight.copy_((gain[:, None] * axes).T)
        model.decoder.linears[-1].bias.copy_(centre)
        # M = W Wᵀ + s I: mean M⁻¹ Wᵀ (x − b), covariance s M⁻¹
        precision = 1.0 / (gain.square() + noise)
        model.encoder.linears[-1].weight.copy_((precision * gain)[:, None] * axes)
        model.encoder.linears[-1].bias.copy_(-(precision * gain) * (axes @ centre))
        model.encoder.constant_log_var.copy_((noise * precision).log())
    return model, values.numpy()


def trained(model, x, *, beta, iterations):
    """Train a linear VAE on the β-ELBO by L-BFGS in float64, and return all values of −ELBO that it met."""
    x, met = few_rows_of_the_same_covariance(x), []
    optimiser = torch.optim.LBFGS(
        model.parameters(), max_iter=iterations, history_size=30, line_search_fn="strong_wolfe"
    )

    def loss():
        optimiser.zero_grad()
        kl, distortion = terms_of(model, x)
        total = distortion + beta * kl.sum()
        met.append(total.item())
        total.backward()
        return total

    optimiser.step(loss)
    return met


@pytest.mark.parametrize("beta", [0.5, 2.0, 8.0])
def test_the_best_linear_vae_opens_each_component_as_water_filling_says(beta):
    x, k = digits(), 8
    model, values = optimum(x, k=k, beta=beta)
    ratio = values / (beta * SIGMA**2)
    expected = np.array([0.5 * math.log(r) if r > 1 else 0.0 for r in ratio])
    curve = linear_rate(x, latent_dim=k, sigma=SIGMA, betas=[beta])
    least = float(curve.distortion[0] + beta * curve.rate[0])
    kl, distortion = terms_of(model, x)
    (distortion + beta * kl.sum()).backward()
    # it is an optimum: no slope in any weight (the model keeps log σ in float32)
    assert max(float(weight.grad.abs().max()) for weight in model.parameters()) < 1e-6
    with torch.no_grad():
        np.testing.assert_allclose(kl.detach().numpy(), expected, rtol=1e-9, atol=1e-12)
        np.testing.assert_allclose(curve.kl[0].numpy(), expected, rtol=1e-9, atol=1e-12)
        assert distortion.item() == pytest.approx(float(curve.distortion[0]), abs=1e-6)
    # shaken and trained again, the components that are told from the noise come back
    with torch.no_grad():
        for weight in model.parameters():
            weight.add_(0.02 * torch.randn(weight.shape, generator=generator(0, "shake"), dtype=weight.dtype))
    trained(model, x, beta=beta, iterations=150)
    told = abs(ratio - 1) >= NEAR
    with torch.no_grad():
        kl, _ = terms_of(model, x)
    np.testing.assert_allclose(kl.numpy()[told], expected[told], rtol=0.01, atol=2e-3)
    # and no training from anywhere ever gets below it
    own = VAE((1, 8, 8), latent_dim=k, hidden=(), likelihood="gaussian", sigma=SIGMA).double()
    met = trained(own, x, beta=beta, iterations=100)
    assert least - 1e-5 <= min(met) <= least + 0.5


def test_a_run_of_the_app_lies_on_the_curve():
    data = load_dataset("digits")
    # All rows are the training data here: the closed form is that of the data trained on.
    whole = dataclasses.replace(data, train=data.full)
    config = TrainConfig(
        dataset="digits", likelihood="gaussian", sigma=SIGMA, hidden=(), latent_dim=4, beta=2.0,
        steps=1500, kl_warmup=0, batch_size=512, learning_rate=2e-2, precision="float32",
    )  # fmt: skip
    run = Run(config, whole)
    run.advance(steps=config.steps)
    x = digits()
    curve = linear_rate(x, latent_dim=4, sigma=SIGMA, betas=[config.beta])
    with torch.no_grad():
        terms = elbo_terms(run.model, data.full.x, samples=20, generator=generator(0, "check"))
    assert float(terms.kl.mean()) == pytest.approx(float(curve.rate[0]), abs=0.05)
    assert -float(terms.reconstruction.mean()) == pytest.approx(float(curve.distortion[0]), abs=0.15)


def test_the_curve_falls_with_slope_minus_beta_and_stops_at_k_components():
    x = digits()
    betas = np.geomspace(1e-3, 1e3, 400)
    curve = linear_rate(x, latent_dim=5, sigma=SIGMA, betas=betas)
    rate, distortion = curve.rate.numpy(), curve.distortion.numpy()
    assert (np.diff(rate) <= 0).all()
    assert (np.diff(distortion) >= 0).all()
    moved = np.diff(rate) < 0
    slope = np.diff(distortion)[moved] / np.diff(rate)[moved]
    # ∂D/∂R = −β: between two neighbours, a slope between their β
    assert (-slope >= betas[:-1][moved] * (1 - 1e-6)).all()
    assert (-slope <= betas[1:][moved] * (1 + 1e-6)).all()
    # with small β the k components cost ever more, and what they can't draw stays
    values = torch.linalg.eigvalsh(torch.cov(x.T, correction=0)).flip(0)
    floor = 32 * math.log(2 * math.pi * SIGMA**2) + 0.5 * float(values[5:].sum()) / SIGMA**2
    assert distortion[0] == pytest.approx(floor + 5 * 0.5 * 1e-3, abs=1e-6)
    # with large β nothing is open: the rate is 0, and the distortion that of the mean image
    assert rate[-1] == 0.0
    alone = torch.distributions.Normal(x.mean(0), SIGMA).log_prob(x).sum(1).mean()
    assert distortion[-1] == pytest.approx(-float(alone), abs=1e-9)


def test_at_beta_one_the_best_elbo_is_log_p_of_a_gaussian():
    x = digits()
    curve = linear_rate(x, latent_dim=6, sigma=SIGMA, betas=[4.0, 1.0, 0.25])
    values, axes = torch.linalg.eigh(torch.cov(x.T, correction=0))
    top = (values.flip(0)[:6] - SIGMA**2).clamp_min(0.0)
    w = axes.flip(1)[:, :6] * top.sqrt()
    covariance = w @ w.T + SIGMA**2 * torch.eye(64, dtype=torch.float64)
    exact = torch.distributions.MultivariateNormal(x.mean(0), covariance).log_prob(x).mean()
    assert float(curve.elbo[1]) == pytest.approx(float(exact), abs=1e-6)
    assert curve.beta.tolist() == [0.25, 1.0, 4.0]
    assert curve.elbo.argmax() == 1


def test_held_out_data_are_measured_with_the_model_of_the_others():
    data = load_dataset("digits")
    train, other = data.train.x.double(), data.validation.x.double()
    curve = linear_rate(train, latent_dim=4, sigma=SIGMA, betas=[0.5, 3.0], on=other)
    for place, beta in enumerate((0.5, 3.0)):
        model, _ = optimum(train, k=4, beta=beta)
        with torch.no_grad():
            kl, distortion = terms_of(model, other)
        assert float(kl.sum()) == pytest.approx(float(curve.rate[place]), abs=1e-9)
        assert float(distortion) == pytest.approx(float(curve.distortion[place]), abs=1e-6)
    assert curve.held_out
    again = linear_rate(train, latent_dim=4, sigma=SIGMA, betas=[0.5, 3.0], on=train)
    own = linear_rate(train, latent_dim=4, sigma=SIGMA, betas=[0.5, 3.0])
    torch.testing.assert_close(again.rate, own.rate, rtol=1e-9, atol=1e-9)
    assert not own.held_out


def test_points_and_flat_data_are_no_trouble():
    line = torch.linspace(-1.0, 1.0, 50)[:, None]
    curve = linear_rate(line, latent_dim=3, sigma=0.1, betas=[1.0])
    variance = float(line.double().var(correction=0))
    assert float(curve.rate) == pytest.approx(0.5 * math.log(variance / 0.01))
    flat = linear_rate(torch.ones(9, 4), latent_dim=2, sigma=0.1, betas=[1.0])
    assert float(flat.rate) == 0.0
    assert math.isfinite(float(flat.distortion))


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        ({"betas": []}, "betas must be from 1 to 10000 numbers"),
        ({"betas": [0.0]}, "beta must be a number above 0"),
        ({"latent_dim": 0}, "latent_dim must be a whole number from 1 to 32"),
        ({"sigma": "learned"}, "sigma must be a number from 0.0001 to 100"),
        ({"on": torch.zeros(4, 3)}, "on must be a floating tensor of shape (rows, 5)"),
        ({"x": torch.zeros(1, 5)}, "x must have at least 2 images"),
        ({"x": torch.zeros(5)}, "x must be a floating tensor of shape (rows, 5)"),
    ],
)
def test_bad_arguments_are_refused(changes, sentence):
    good = {"x": torch.zeros(6, 5), "latent_dim": 2, "sigma": 1.0, "betas": [1.0], **changes}
    with pytest.raises(SettingError, match=sentence.replace("(", r"\(").replace(")", r"\)")):
        linear_rate(good.pop("x"), **good)
