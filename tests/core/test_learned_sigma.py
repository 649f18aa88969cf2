"""What a learned σ settles at, on trained models and at the closed-form optimum of pPCA; β and σ² in one."""

import math

import pytest
import torch

from vae_core import VAE, Run, SettingError, TrainConfig, elbo_terms, load_dataset
from vae_core.diagnostics import ImageMean, SigmaCheck, SigmaTravel, decoder_scores, sigma_check
from vae_core.objectives import Weighting

F64 = torch.float64
CONFIG = TrainConfig(
    dataset="digits", likelihood="gaussian", sigma="learned", hidden=(32,), latent_dim=4, steps=1500,
    batch_size=100, learning_rate=1e-2, schedule="cosine", precision="float32",
)  # fmt: skip


def seeded(seed=0):
    return torch.Generator().manual_seed(seed)


# ---- at convergence ----------------------------------------------------------------------------


@pytest.fixture(scope="module")
def trained():
    run = Run(CONFIG, load_dataset("digits"))
    run.advance(steps=CONFIG.steps)
    return run.model, run.dataset.train.x


def test_a_learned_variance_is_the_expected_squared_error_on_the_training_images(trained):
    model, x = trained
    check = sigma_check(model, x, samples=16, generator=seeded())
    assert check.variance == pytest.approx(check.expected_error.value, rel=0.01)
    # −E log p(x|z) = D/2 (1 + log 2πσ²), which a change of σ² by 1 % moves by D/2 · 1 %
    assert check.reconstruction.value == pytest.approx(check.at_optimum, abs=0.01 * 64 / 2)
    assert check.mean_code_error < 0.97 * check.expected_error.value
    assert (check.dimensions, check.images) == (64, len(x))


def test_the_reconstruction_follows_from_the_expected_error_at_any_variance(trained):
    model, x = trained
    check = sigma_check(model, x, generator=seeded())
    # E_q log p(x|z) = −D/2 [log 2πσ² + E_q‖x − μ‖²/(D σ²)]
    found = -0.5 * 64 * (math.log(2 * math.pi * check.variance) + check.expected_error.value / check.variance)
    assert check.reconstruction.value == pytest.approx(found, rel=1e-10)


def test_at_a_fixed_variance_of_the_expected_error_the_optimum_is_met_exactly():
    x = load_dataset("digits").validation.x
    model = VAE(
        (1, 8, 8), latent_dim=3, hidden=(16,), likelihood="gaussian", sigma="learned", seed=2
    ).double()
    error = sigma_check(model, x, generator=seeded()).expected_error.value
    with torch.no_grad():
        model.decoder.log_sigma.fill_(0.5 * math.log(error))
    check = sigma_check(model, x, generator=seeded())
    assert check.variance == pytest.approx(error, rel=1e-12)
    assert check.reconstruction.value == pytest.approx(check.at_optimum, rel=1e-12)


# ---- pPCA --------------------------------------------------------------------------------------


def ppca(x, k):
    """The linear VAE at its optimum, written down (Tipping & Bishop 1999; 1/n covariance)."""
    model = VAE((1, 8, 8), latent_dim=k, hidden=(), likelihood="gaussian", sigma="learned").double()
    values, vectors = (part.flip(-1) for part in torch.linalg.eigh(torch.cov(x.T, correction=0)))
    variance = values[k:].mean()
    # W = U (Λ − σ²)^½,  q(z|x) = N(Λ⁻¹ Wᵀ (x − m), σ² Λ⁻¹)
    w = vectors[:, :k] * (values[:k] - variance).sqrt()
    back = w.T / values[:k, None]
    with torch.no_grad():
        model.decoder.linears[0].weight.copy_(w)
        model.decoder.linears[0].bias.copy_(x.mean(0))
        model.decoder.log_sigma.copy_(0.5 * variance.log())
        model.encoder.linears[0].weight.copy_(back)
        model.encoder.linears[0].bias.copy_(-back @ x.mean(0))
        model.encoder.constant_log_var.copy_((variance / values[:k]).log())
    return model, values, float(variance)


@pytest.mark.parametrize(("k", "share"), [(2, 0.97), (8, 0.89), (16, 0.78)])
def test_the_error_of_the_mean_code_is_less_than_the_variance_of_ppca(k, share):
    x = load_dataset("digits").full.x.double()
    model, values, variance = ppca(x, k)
    check = sigma_check(model, x, samples=4, generator=seeded())
    assert check.variance == pytest.approx(variance, rel=1e-12)
    assert check.mean_code_error / variance == pytest.approx(share, abs=0.01)
    # [(D − k) + Σ_{i≤k} σ²/λ_i]/D
    exact = (64 - k + float((variance / values[:k]).sum())) / 64
    assert check.mean_code_error / variance == pytest.approx(exact, rel=1e-9)
    assert abs(check.expected_error.value - variance) < 0.005 * variance


# ---- β and σ² ----------------------------------------------------------------------------------


@pytest.mark.parametrize("activation", ["tanh", "relu"])
@pytest.mark.parametrize(("beta", "variance"), [(0.25, 0.09), (4.0, 0.0121), (30.0, 1.5)])
def test_beta_at_one_variance_is_the_elbo_at_beta_times_it(activation, beta, variance):
    def objective(beta, variance):
        model = VAE(
            (1, 3, 4), latent_dim=2, hidden=(9, 5), activation=activation,
            likelihood="gaussian", sigma=variance**0.5, seed=7,
        ).double()  # fmt: skip
        model.decoder.log_sigma.fill_(0.5 * math.log(variance))
        x = torch.rand(6, 12, generator=seeded(1), dtype=F64)
        with torch.no_grad():
            terms = elbo_terms(model, x, samples=3, generator=seeded(2))
        return float(Weighting(beta=beta).value(terms, step=0))

    # L(β, σ²) = β L(1, βσ²) + D/2 [β log 2πβσ² − log 2πσ²]
    shift = 6 * (beta * math.log(2 * math.pi * beta * variance) - math.log(2 * math.pi * variance))
    right = beta * objective(1.0, beta * variance) + shift
    assert objective(beta, variance) == pytest.approx(right, rel=1e-10)


def test_a_decoder_without_a_sigma_is_refused():
    model = VAE((1, 8, 8), likelihood="bernoulli")
    with pytest.raises(SettingError, match=r"^likelihood must be gaussian, the only one with a σ, got "):
        sigma_check(model, torch.rand(4, 64, generator=seeded()), generator=seeded())


def test_the_check_reads_the_same_errors_as_the_scores(trained):
    model, x = trained
    check = sigma_check(model, x[:50], generator=seeded(3))
    scores = decoder_scores(model, x[:50], support="unit", generator=seeded(3))
    assert check.expected_error == scores.expected_squared_error
    assert check.mean_code_error == scores.squared_error.value
    assert check.reconstruction == scores.reconstruction


def test_a_travel_forgets_what_a_rewind_undid() -> None:
    def check(variance: float) -> SigmaCheck:
        return SigmaCheck(variance, ImageMean(0.1, 0.01), 0.1, ImageMean(0.0, 0.1), 0.0, 4, 8)

    travel = SigmaTravel().at(0, check(1.0)).at(10, check(0.5)).at(20, check(0.2))
    assert travel.steps == (0, 10, 20)
    again = travel.at(5, check(0.7))
    assert (again.steps, again.variance) == ((0, 5), (1.0, 0.7))
    assert again.expected_error == (0.1, 0.1)
