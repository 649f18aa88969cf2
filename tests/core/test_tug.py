"""The forces on a code against finite differences, dense sums, closed forms and the fitted optimum."""

import math

import numpy as np
import pytest
import scipy.optimize
import torch
from torch import distributions

from vae_core import VAE, SettingError
from vae_core.diagnostics import expectations, landscape, pixel_map, tug
from vae_core.estimators import fit_posterior
from vae_core.gaussians import DiagonalGaussian

F64 = torch.float64
SHAPE, D = (1, 4, 3), 12
LIKELIHOODS = ("bernoulli", "gaussian", "continuous-bernoulli")


def seeded(seed=0):
    return torch.Generator().manual_seed(seed)


def image(likelihood="bernoulli"):
    x = torch.rand(1, D, generator=seeded(5), dtype=F64)
    return (x > 0.5).double() if likelihood == "bernoulli" else x


def model_of(likelihood="bernoulli", latent_dim=2, *, hidden=(7,), sigma=0.5, seed=3):
    model = VAE(
        SHAPE, latent_dim=latent_dim, hidden=hidden, likelihood=likelihood, sigma=sigma, seed=seed
    ).double()
    with torch.no_grad():
        model.encoder.linears[-1].bias[latent_dim:] = -2.0  # widths of about 0.4; none where it is linear
    return model


def torchs(likelihood, outputs, sigma):
    """p(x|z) by torch.distributions; float32's σ of the model's own buffer."""
    if likelihood == "bernoulli":
        return distributions.Bernoulli(logits=outputs)
    if likelihood == "gaussian":
        return distributions.Normal(outputs, sigma)
    return distributions.ContinuousBernoulli(logits=outputs)


def moved(q, j, *, mean=0.0, log_std=0.0):
    step = torch.zeros_like(q.mean)
    step[0, j] = 1.0
    return DiagonalGaussian(q.mean + mean * step, q.log_var + 2.0 * log_std * step)


def assert_close(found, truth, scale):
    assert found == pytest.approx(truth, rel=1e-4, abs=1e-6 * scale)


def left(found):
    """What Newton's step would still add, (L,) nats: ½ (σ g)² for the mean, ¼ g² for the width."""
    return 0.5 * (found.std * found.mean_residual).square() + 0.25 * found.width_residual.square()


# ---- forces ------------------------------------------------------------------------------------


@pytest.mark.parametrize("latent_dim", [1, 2, 5])
@pytest.mark.parametrize("likelihood", LIKELIHOODS)
def test_forces_are_the_slopes_of_the_elbo(likelihood, latent_dim):
    model, x = model_of(likelihood, latent_dim), image(likelihood)
    with torch.no_grad():
        q = model.encode(x)
    found, h = tug(model, x), 1e-4
    assert found.error < 2e-2
    scale = float(found.mean_force_reconstruction.abs().max())
    for j in range(latent_dim):
        up, down = (tug(model, x, q=moved(q, j, mean=s * h)) for s in (1, -1))
        assert_close(
            float(found.mean_force_reconstruction[j]),
            (up.reconstruction - down.reconstruction) / 2 / h,
            scale,
        )
        slope = -(up.kl_per_dimension - down.kl_per_dimension).sum() / 2 / h
        assert_close(float(found.mean_force_kl[j]), float(slope), 1.0)
        assert_close(float(found.mean_residual[j]), (up.elbo - down.elbo) / 2 / h, scale)
        up, down = (tug(model, x, q=moved(q, j, log_std=s * h)) for s in (1, -1))
        assert_close(
            float(found.width_force_reconstruction[j]),
            (up.reconstruction - down.reconstruction) / 2 / h,
            scale,
        )
        slope = -(up.kl_per_dimension - down.kl_per_dimension).sum() / 2 / h
        assert_close(float(found.width_force_kl[j]), float(slope), 1.0)
        assert_close(float(found.width_residual[j]), (up.elbo - down.elbo) / 2 / h, scale)


@pytest.mark.parametrize("likelihood", LIKELIHOODS)
def test_the_terms_are_those_of_a_dense_sum(likelihood):
    model, x = model_of(likelihood), image(likelihood)
    found = tug(model, x)
    axis = torch.linspace(-7.0, 7.0, 141, dtype=F64)
    noise = torch.cartesian_prod(axis, axis)
    weight = distributions.Normal(0.0, 1.0).log_prob(noise).sum(1).exp()
    weight = weight / weight.sum()
    with torch.no_grad():
        outputs = model.decoder.outputs(found.mean + found.std * noise)
        sigma = float(model.decoder.log_sigma.exp()) if likelihood == "gaussian" else 0.0
        log_p = torchs(likelihood, outputs, sigma).log_prob(x)
    # torch's continuous Bernoulli has a Taylor series near a half, good to 1e-4 or so
    loose = 2e-3 if likelihood == "continuous-bernoulli" else 1e-6
    torch.testing.assert_close(pixel_map(model, x), weight @ log_p, rtol=loose, atol=loose)
    assert found.reconstruction == pytest.approx(float((weight @ log_p).sum()), rel=loose)
    assert found.error < 1e-5
    normal = distributions.Normal(found.mean, found.std)
    kl = distributions.kl_divergence(normal, distributions.Normal(torch.zeros(2, dtype=F64), 1.0))
    torch.testing.assert_close(found.kl_per_dimension, kl)


@pytest.mark.parametrize("latent_dim", [1, 2, 5])
def test_pixels_add_up_to_the_reconstruction(latent_dim):
    model, x = model_of("bernoulli", latent_dim), image()
    found = pixel_map(model, x)
    assert found.shape == (D,)
    assert float(found.sum()) == pytest.approx(tug(model, x).reconstruction, rel=1e-12)


@pytest.mark.parametrize("latent_dim", [1, 2])
@pytest.mark.parametrize("likelihood", LIKELIHOODS)
def test_at_the_fitted_optimum_the_forces_cancel(likelihood, latent_dim):
    model, x = model_of(likelihood, latent_dim), image(likelihood)
    fit = fit_posterior(model, x, family="diagonal").q
    best = DiagonalGaussian(fit.mean, 2.0 * fit.root.diagonal(dim1=1, dim2=2).log())
    at_best, at_encoder = tug(model, x, q=best), tug(model, x)
    # A fit is on its own rule, which is right to 1e-3 nats
    assert float(left(at_best).sum()) < 1e-3
    assert float(left(at_encoder).sum()) > 0.1
    assert at_best.elbo > at_encoder.elbo + 0.05
    assert float(at_best.mean_force_kl.abs().max()) > 0.05


@pytest.mark.parametrize("latent_dim", [1, 2, 5])
def test_a_linear_gaussian_optimum_is_known_in_closed_form(latent_dim):
    sigma = 0.5
    model, x = model_of("gaussian", latent_dim, hidden=(), sigma=sigma), image("gaussian")
    layer = model.decoder.linears[-1]
    w, b = layer.weight.detach(), layer.bias.detach()
    variance = float(model.decoder.log_sigma.exp()) ** 2
    # p(z|x) = N(M⁻¹ Wᵀ (x − b)/σ², M⁻¹), M = I + WᵀW/σ²; the best diagonal q has its precisions
    m = torch.eye(latent_dim, dtype=F64) + w.T @ w / variance
    mean = torch.linalg.solve(m, w.T @ (x[0] - b) / variance)
    best = DiagonalGaussian(mean[None], -m.diagonal().log()[None])
    found = tug(model, x, q=best)
    assert float(found.mean_residual.abs().max()) < 1e-10
    assert float(found.width_residual.abs().max()) < 1e-10
    assert float(found.mean_force_kl.abs().max()) > 0.01
    # Away from there the slope of the ELBO is −M (μ − μ*), and 1 − M_jj σ_j² of log σ_j
    away = tug(model, x)
    torch.testing.assert_close(away.mean_residual, -m @ (away.mean - mean), atol=1e-9, rtol=1e-9)
    torch.testing.assert_close(
        away.width_residual, 1.0 - m.diagonal() * away.std.square(), atol=1e-9, rtol=1e-9
    )
    assert away.error < 1e-9


@pytest.mark.parametrize("latent_dim", [1, 2])
def test_the_error_says_what_a_wide_q_costs(latent_dim):
    model, x = model_of("gaussian", latent_dim, sigma=0.2), image("gaussian")
    with torch.no_grad():
        wide = DiagonalGaussian(model.encode(x).mean, torch.full((1, latent_dim), 1.5, dtype=F64))
        found = tug(model, x, q=wide)
        axis = torch.linspace(-7.0, 7.0, 241, dtype=F64)
        noise = torch.cartesian_prod(*[axis] * latent_dim).reshape(-1, latent_dim)
        weight = torch.exp(-0.5 * noise.square().sum(1))
        truth = float(weight @ model.decode(wide.mean + wide.std * noise).log_prob(x) / weight.sum())
    assert abs(found.reconstruction - truth) < 1.5 * found.error + 1e-9
    assert found.error < 2e-2 * abs(truth)


def test_a_decoder_that_ignores_z_leaves_only_the_kl():
    model, x = model_of(), image()
    with torch.no_grad():
        model.decoder.linears[-1].weight.zero_()
    found = tug(model, x)
    assert float(found.mean_force_reconstruction.abs().max()) < 1e-12
    assert float(found.width_force_reconstruction.abs().max()) < 1e-12
    torch.testing.assert_close(found.mean_residual, -found.mean)
    for over, best in (("mean", 0.0), ("width", 1.0)):
        line = landscape(model, x, dimension=1, over=over)
        assert line.best == pytest.approx(best, abs=1e-6)
        assert float(line.reconstruction.std()) < 1e-9


# ---- landscapes --------------------------------------------------------------------------------


@pytest.mark.parametrize("over", ["mean", "width"])
@pytest.mark.parametrize("latent_dim", [1, 2, 5])
@pytest.mark.parametrize("likelihood", LIKELIHOODS)
def test_a_landscape_goes_through_the_answer_and_the_best(likelihood, latent_dim, over):
    model, x = model_of(likelihood, latent_dim), image(likelihood)
    j = latent_dim - 1
    line, at = landscape(model, x, dimension=j, over=over), tug(model, x)
    assert len(line.values) == 81
    assert bool((line.values.diff() > 0).all())
    here = int((line.values == line.here).nonzero()[0])
    best = int((line.values == line.best).nonzero()[0])
    assert line.here == pytest.approx(float((at.mean if over == "mean" else at.std)[j]), rel=1e-12)
    assert float(line.elbo[here]) == pytest.approx(at.elbo, abs=4e-3)
    assert best == int(line.elbo.argmax())
    torch.testing.assert_close(line.elbo, line.reconstruction + line.minus_kl)
    # An optimiser that we did not write finds no higher place, and there is no force at the best
    with torch.no_grad():
        q = model.encode(x)

    def to(value):
        if over == "mean":
            return moved(q, j, mean=float(value) - float(q.mean[0, j]))
        return moved(q, j, log_std=math.log(float(value)) - 0.5 * float(q.log_var[0, j]))

    ends = (float(line.values[0]), float(line.values[-1]))
    other = scipy.optimize.minimize_scalar(
        lambda v: -tug(model, x, q=to(v)).elbo, bounds=ends, method="bounded", options={"maxiter": 25}
    )
    assert float(line.elbo[best]) > -other.fun - 4e-3
    at_best = tug(model, x, q=to(line.best))
    if over == "mean":
        assert 0.5 * float((at_best.std * at_best.mean_residual)[j]) ** 2 < 3e-3
    else:
        assert 0.25 * float(at_best.width_residual[j]) ** 2 < 3e-3
    assert float(line.elbo.max() - line.elbo.min()) > 2.0


@pytest.mark.parametrize("over", ["mean", "width"])
def test_a_landscape_of_a_linear_model_is_a_closed_form(over):
    model, x = model_of("gaussian", 1, hidden=(), sigma=0.5), image("gaussian")
    line = landscape(model, x, dimension=0, over=over, points=31)
    layer, variance = model.decoder.linears[-1], float(model.decoder.log_sigma.exp()) ** 2
    w, b = layer.weight.detach()[:, 0], layer.bias.detach()
    at = tug(model, x)
    mean, std = (line.values, at.std) if over == "mean" else (at.mean, line.values)
    # E_q ‖x − b − w z‖² = ‖x − b − w μ‖² + ‖w‖² σ²
    error = (x - b - mean[:, None] * w).square().sum(1) + w.square().sum() * std.square()
    truth = -0.5 * error / variance - 0.5 * D * math.log(2 * math.pi * variance)
    torch.testing.assert_close(line.reconstruction, truth, rtol=1e-9, atol=1e-8)
    kl = -0.5 * (std.square() + mean.square() - 1 - 2 * std.log())
    torch.testing.assert_close(line.minus_kl, kl.expand(31), rtol=1e-9, atol=1e-9)
    m = 1 + float(w.square().sum()) / variance
    best = float(w @ (x[0] - b)) / variance / m if over == "mean" else m**-0.5
    assert line.best == pytest.approx(best, abs=1e-6)


def test_a_landscape_shows_an_encoder_far_from_the_best():
    model, x = model_of(), image()
    with torch.no_grad():
        model.encoder.linears[-1].bias[0] = 7.0
    line = landscape(model, x, dimension=0, over="mean")
    assert line.here > 4.0 > line.best
    assert line.values[0] < line.best < line.here < line.values[-1]


# ---- how it is computed --------------------------------------------------------------------------


def test_float32_models_are_measured_in_float64_and_stay_as_they_are():
    model = VAE(SHAPE, hidden=(7,), seed=3)
    x = image().float()
    before = {name: value.clone() for name, value in model.state_dict().items()}
    found, exact = tug(model, x), tug(model.double(), x.double())
    assert found.mean.dtype == found.mean_force_reconstruction.dtype == pixel_map(model, x).dtype == F64
    assert found.reconstruction == exact.reconstruction
    assert model.dtype == torch.float32
    assert all(p.requires_grad and p.grad is None for p in model.parameters())
    assert all(torch.equal(before[name], value) for name, value in model.state_dict().items())


def test_the_size_of_a_chunk_changes_nothing(monkeypatch):
    model, x = model_of(), image()
    whole, line = tug(model, x), landscape(model, x, dimension=0, over="mean", points=9)
    monkeypatch.setattr(expectations, "PIXELS_AT_ONCE", 5 * D)
    parts = tug(model, x)
    torch.testing.assert_close(parts.mean_force_reconstruction, whole.mean_force_reconstruction)
    assert parts.reconstruction == pytest.approx(whole.reconstruction, rel=1e-12)
    torch.testing.assert_close(landscape(model, x, dimension=0, over="mean", points=9).elbo, line.elbo)


def test_the_even_set_has_the_moments_of_a_normal():
    for dims in (3, 8, 32):
        noise = expectations._even(dims, 0)
        first, second = noise.weight @ noise.points, noise.points.T @ (noise.weight[:, None] * noise.points)
        np.testing.assert_allclose(first, 0.0, atol=1e-12)
        np.testing.assert_allclose(second, np.eye(dims), atol=1e-10)
        assert float(noise.weight.sum()) == pytest.approx(1.0, abs=1e-12)
        assert torch.equal(noise.points, expectations._even(dims, 0).points)


REFUSED = [
    ({"x": torch.zeros(2, D)}, r"^x must be one image, got 2 of them\.$"),
    ({"x": torch.zeros(1, D + 1)}, r"^x must be a floating tensor of shape \(rows, 12\)"),
    ({"q": DiagonalGaussian(torch.zeros(1, 3), torch.zeros(1, 3))}, r"^q must have a mean and a log_var of "),
]


@pytest.mark.parametrize(("change", "sentence"), REFUSED)
def test_a_bad_argument_is_refused(change, sentence):
    given = {"x": torch.zeros(1, D)} | change
    for measure in (tug, pixel_map):
        with pytest.raises(SettingError, match=sentence):
            measure(model_of(), given["x"], **({"q": given["q"]} if "q" in given else {}))


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        ({"dimension": 2}, r"^dimension must be a whole number from 0 to 1, got 2\.$"),
        ({"over": "variance"}, r"^over must be one of mean, width"),
        ({"points": 3}, r"^points must be a whole number from 9 to 2000"),
    ],
)
def test_a_bad_line_is_refused(change, sentence):
    given = {"dimension": 0, "over": "mean"} | change
    with pytest.raises(SettingError, match=sentence):
        landscape(model_of(), torch.zeros(1, D), **given)
