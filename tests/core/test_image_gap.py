"""The records of the gap of one image and of many agree with closed forms, and with each other."""

import math

import pytest
import torch

from vae_core.checks import SettingError
from vae_core.diagnostics.gap import quadrature_elbo
from vae_core.diagnostics.gap_set import gap_causes, gap_set, slices
from vae_core.diagnostics.image_gap import WIDE, annealed_parts, image_gap, staircase
from vae_core.estimators import linear_gaussian_log_likelihood, log_joint_at, quadrature_log_likelihood
from vae_core.models import VAE
from vae_core.rng import generator


def linear_model(latent_dim: int = 2) -> VAE:
    return VAE((1, 2, 3), latent_dim=latent_dim, hidden=(), likelihood="gaussian", sigma=0.7, seed=3)


def curved_model() -> VAE:
    model = VAE((1, 3, 3), latent_dim=2, hidden=(12,), seed=1)
    with torch.no_grad():
        model.decoder.linears[0].weight.mul_(3.0)
    return model


def binary(count: int, pixels: int = 9) -> torch.Tensor:
    return torch.bernoulli(torch.full((count, pixels), 0.4), generator=generator(0, "pixels"))


@pytest.mark.parametrize("latent_dim", [1, 2])
def test_a_linear_model_has_the_closed_form(latent_dim: int) -> None:
    model = linear_model(latent_dim)
    x = torch.randn(1, 6, generator=generator(0, "x"))
    gap = image_gap(model, x)
    exact = linear_gaussian_log_likelihood(model, x)
    assert float(gap.split.log_likelihood.value) == pytest.approx(float(exact.value), abs=1e-3)
    # log p(x) = ELBO + KL(q‖p(z|x)), each of the three computed in its own way
    kl, error = gap.kl
    assert float(gap.split.elbo.value) + kl == pytest.approx(float(exact.value), abs=1e-3 + error)
    assert (gap.wide is None) == (latent_dim == 1)


def test_the_wide_grid_is_the_log_joint() -> None:
    model, x = curved_model(), binary(1)
    gap = image_gap(model, x)
    place = torch.tensor([[-WIDE, WIDE]])
    with torch.no_grad():
        there = model.decode(place).log_prob(x) - 0.5 * place.square().sum() - math.log(2 * math.pi)
    assert float(gap.wide[0, -1]) == pytest.approx(float(there), abs=1e-4)
    axes = gap.posterior.axes
    again = log_joint_at(model, x, axes)
    torch.testing.assert_close(gap.posterior.log_joint, again, atol=1e-9, rtol=0)


def test_the_staircase_climbs_from_the_elbo_and_stays_below() -> None:
    model, x = curved_model(), binary(1)
    exact = float(quadrature_log_likelihood(model, x).value)
    elbo = float(quadrature_elbo(model, x).value)
    stairs = staircase(model, x, draws=20_000)
    values = [float(step.value) for step in stairs.ladder.steps]
    errors = [float(step.error) for step in stairs.ladder.steps]
    assert stairs.ladder.samples[-1] == 5000
    assert values[0] == pytest.approx(elbo, abs=5 * errors[0])
    assert values[-1] == pytest.approx(exact, abs=5 * errors[-1] + 1e-2)
    assert all(value <= exact + 5 * error for value, error in zip(values, errors, strict=True))
    assert 1 <= stairs.effective <= 20_000
    assert staircase(model, x, draws=60).ladder.samples[-1] == 50


def test_annealing_in_parts_comes_near_and_knows_how_near() -> None:
    model, x = curved_model(), binary(1)
    exact = float(quadrature_log_likelihood(model, x).value)
    found = list(annealed_parts(model, x, parts=5, temperatures=40))
    assert len(found) == 5
    assert math.isinf(float(found[0].error))
    last = found[-1]
    assert last.kind == "lower_bound"
    assert 0 < float(last.error) < 0.2
    assert abs(float(last.value) - exact) < 5 * float(last.error) + 0.02


def test_more_dimensions_take_the_log_likelihood_that_they_are_given() -> None:
    model, x = VAE((1, 3, 3), latent_dim=3, hidden=(5,), seed=1), binary(1)
    *_, annealed = annealed_parts(model, x, parts=2, temperatures=10)
    gap = image_gap(model, x, log_likelihood=annealed)
    assert gap.posterior is None
    assert gap.kl is None
    assert gap.wide is None
    assert gap.split.log_likelihood is annealed
    assert gap.split.total.kind == "lower_bound"


def test_a_set_agrees_with_one_image_after_the_other() -> None:
    model, x = curved_model(), binary(40)
    rows = torch.arange(39, -1, -1)
    measuring = gap_set(model, x, rows, part="test")
    steps = 0
    while True:
        try:
            next(measuring)
        except StopIteration as end:
            whole = end.value
            break
        steps += 1
    assert 5 < steps < 3 * slices(40)
    assert whole.part == "test"
    assert whole.log_likelihood.kind == "estimate"
    assert whole.elbo.kind == "lower_bound"
    exact = quadrature_log_likelihood(model, x[rows])
    assert ((whole.log_likelihood.value - exact.value).abs() < 2e-2).all()
    one = image_gap(model, x[rows[34:35]])
    assert float(whole.total[34]) == pytest.approx(float(one.split.total.value), abs=5e-2)
    records = list(gap_causes(model, x, rows[25:]))
    assert [len(record.rows) for record in records] == [10, 15]
    causes = records[-1]
    assert float(causes.total[9]) == pytest.approx(float(whole.total[34]), abs=5e-2)
    torch.testing.assert_close(causes.amortization + causes.covariance + causes.family, causes.total)
    assert (causes.total > 0).all()


def test_the_elbo_by_quadrature_is_that_of_many_draws() -> None:
    model, x = curved_model(), binary(3)
    rule = quadrature_elbo(model, x)
    q = model.encode(x)
    z = q.sample(generator(0, "z"), samples=20_000).detach()
    with torch.no_grad():
        log_joint = model.decoder(z).log_prob(x) - 0.5 * (z.square() + math.log(2 * math.pi)).sum(-1)
        draws = log_joint - q.log_prob(z)
    error = draws.std(0) / math.sqrt(len(draws))
    assert ((rule.value - draws.mean(0)).abs() < 5 * error + rule.error).all()
    assert (rule.error < 2e-2).all()


def test_what_cannot_be_is_refused() -> None:
    model = curved_model()
    with pytest.raises(SettingError, match="one image"):
        image_gap(model, binary(2))
    with pytest.raises(SettingError, match="one image"):
        staircase(model, binary(2))
    with pytest.raises(SettingError, match="1 or 2 latent dimensions"):
        quadrature_elbo(VAE((1, 3, 3), latent_dim=3, seed=0), binary(1))
    with pytest.raises(SettingError, match="1 or 2 latent dimensions"):
        next(gap_set(VAE((1, 3, 3), latent_dim=3, seed=0), binary(1), torch.arange(1), part="test"))
    with pytest.raises(SettingError, match="one for each latent dimension"):
        log_joint_at(model, binary(1), [torch.zeros(3, dtype=torch.float64)])
