"""Chapter 5: error bars against fresh estimates, slopes against autograd, and the verdicts."""

from dataclasses import replace

import pytest
import torch

from vae_core.data import Dataset, load_dataset
from vae_core.diagnostics.gap import quadrature_elbo
from vae_core.lessons import sampling
from vae_core.lessons.sampling import SamplingSeen, cheapest
from vae_core.lessons.sampling_gradients import GradientDraws, gradient_draws, mean_error, toy_variances
from vae_core.lessons.sampling_pool import BATCHES, ElboPool, measured_bars, repeated, sampling_pool
from vae_core.models import VAE
from vae_core.objectives import elbo_terms
from vae_core.rng import generator
from vae_core.training.shipped import load_shipped

NAMES = ("binary-digits-2d", "two-moons")


def material(name: str) -> tuple[VAE, Dataset]:
    snapshot = load_shipped(name)
    return snapshot.model(), load_dataset(snapshot.config.dataset)


@pytest.fixture(scope="module")
def pools() -> dict[str, ElboPool]:
    found = {}
    for name in NAMES:
        *_, pool = sampling_pool(*material(name))
        found[name] = pool
    return found


@pytest.fixture(scope="module")
def slopes() -> dict[str, GradientDraws]:
    return {
        name: gradient_draws(model, data.validation.x[:1])
        for name in NAMES
        for model, data in [material(name)]
    }


def seen(
    pools: dict[str, ElboPool], slopes: dict[str, GradientDraws], name: str, batch: int = 32, draws: int = 1
) -> SamplingSeen:
    pool = pools[name]
    return SamplingSeen(
        pool,
        batch,
        draws,
        repeated(pool, batch, draws),
        measured_bars(pool, draws),
        slopes[name],
        0,
        False,
        (),
        4,
    )


# ---- the minibatch -------------------------------------------------------------------------------


def test_the_error_bar_is_that_of_fresh_minibatches(pools: dict[str, ElboPool]) -> None:
    """Estimates that take nothing from the pool: new images, new codes, by the objective itself."""
    model, data = material("binary-digits-2d")
    source, noise = torch.Generator().manual_seed(5), generator(5, "fresh minibatches")
    values = []
    for _ in range(100):
        rows = torch.randint(len(data.train.x), (8,), generator=source)
        with torch.no_grad():
            values.append(float(elbo_terms(model, data.train.x[rows], generator=noise).elbo.mean()))
    bar = pools["binary-digits-2d"].error_bar(8, 1)
    # 4 standard errors of a standard deviation of 100 values: 4/√200
    assert torch.tensor(values).std() == pytest.approx(bar, rel=0.28)
    assert sum(values) / 100 == pytest.approx(pools["binary-digits-2d"].mean, abs=0.4 * bar)


@pytest.mark.parametrize(("batch", "draws"), [(1, 1), (8, 4), (128, 16)])
def test_repeated_estimates_scatter_as_foreseen(pools: dict[str, ElboPool], batch: int, draws: int) -> None:
    pool = pools["two-moons"]
    values = repeated(pool, batch, draws, repeats=20_000)
    assert float(values.std()) == pytest.approx(pool.error_bar(batch, draws), rel=0.05)
    assert float(values.mean()) == pytest.approx(
        pool.mean, abs=4.0 * pool.error_bar(batch, draws) / 20_000**0.5
    )


def test_a_pool_of_known_spread() -> None:
    """Images that differ with σ = 3, codes with σ = 2: nine and four."""
    source = torch.Generator().manual_seed(0)
    images = 3.0 * torch.randn(512, generator=source, dtype=torch.float64)
    codes = 2.0 * torch.randn(64, 512, generator=source, dtype=torch.float64)
    pool = ElboPool(images + codes + 5.0, torch.full((512,), 5.0, dtype=torch.float64), images)
    assert pool.within == pytest.approx(4.0, rel=0.05)
    assert pool.between == pytest.approx(9.0, rel=0.25)
    assert pool.error_bar(100, 4) == pytest.approx(((pool.between + pool.within / 4) / 100) ** 0.5)
    assert pool.mean == pytest.approx(float((images + codes).mean()))


# ---- the slope -----------------------------------------------------------------------------------


@pytest.mark.parametrize("name", NAMES)
def test_the_exact_slope_is_that_of_the_quadrature_elbo(slopes: dict[str, GradientDraws], name: str) -> None:
    model, data = material(name)
    found, x = slopes[name], data.validation.x[:1]
    assert found.elbo == pytest.approx(float(quadrature_elbo(model, x, tolerance=1e-6).value), abs=2e-3)
    torch.testing.assert_close(found.pathwise_mean, found.exact, rtol=1e-4, atol=1e-3)
    torch.testing.assert_close(found.score_mean, found.exact, rtol=1e-4, atol=1e-3)
    for values in (found.pathwise, found.scored(0.0), found.scored(found.elbo)):
        for j in range(2):
            assert float(values[:, j].mean()) == pytest.approx(
                float(found.exact[j]), abs=4.5 * mean_error(values[:, j])
            )


def test_reparameterised_draws_are_autograd_s(slopes: dict[str, GradientDraws]) -> None:
    """The same draws, differentiated as training does: through z = μ + σ ε, with the KL in closed form."""
    model, data = material("binary-digits-2d")
    model, x = model.double(), data.validation.x[:1].double()
    encoded = model.encode(x)
    mean = encoded.mean.detach().requires_grad_(True)
    noise = torch.randn(2000, 1, 2, generator=generator(0, "chapter 5, gradients"), dtype=torch.float64)[:3]
    std = encoded.std.detach()
    for row in range(3):
        z = mean + std * noise[row]
        log_w = model.decode(z).log_prob(x).sum() + torch.distributions.Normal(0.0, 1.0).log_prob(z).sum()
        (slope,) = torch.autograd.grad(log_w, mean)
        torch.testing.assert_close(slopes["binary-digits-2d"].pathwise[row], slope[0], rtol=1e-4, atol=1e-3)


def test_the_baseline_leaves_the_mean_and_lowers_the_spread(slopes: dict[str, GradientDraws]) -> None:
    found = slopes["binary-digits-2d"]
    plain, less = found.scored(0.0)[:, 0], found.scored(found.elbo)[:, 0]
    assert float(less.std()) < 0.2 * float(plain.std())
    assert float(found.pathwise[:, 0].std()) < float(less.std())


def test_the_toy_has_the_known_variances() -> None:
    for one in toy_variances():
        assert one.pathwise == pytest.approx(4.0, rel=0.05)
        assert one.score == pytest.approx((one.dimensions + 2) * (one.dimensions + 4), rel=0.06)
    assert [one.score_formula for one in toy_variances() if one.dimensions in (1, 4, 16)] == [
        15.0,
        48.0,
        360.0,
    ]


# ---- steps and verdicts --------------------------------------------------------------------------


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize(("batch", "draws"), [(1, 1), (32, 1), (512, 16)])
def test_every_step_holds(pools, slopes, name: str, batch: int, draws: int) -> None:
    found = sampling.steps(seen(pools, slopes, name, batch, draws))
    assert [step.rule for step in found if not step.holds] == []
    assert len(found) == 7
    other = replace(seen(pools, slopes, name, batch, draws), dimension=1)
    assert [step.rule for step in sampling.steps(other) if not step.holds] == []


def test_a_mistake_is_seen(pools, slopes) -> None:
    sound = seen(pools, slopes, "binary-digits-2d", 128, 1)
    # as if the variance fell as 1/√N
    slow = replace(
        sound, estimates=sound.estimates.mean() + 3.36 * (sound.estimates - sound.estimates.mean())
    )
    assert [step.rule for step in sampling.steps(slow) if not step.holds] == ["Variance of a mean"]
    # a KL that is counted twice
    twice = replace(sound, estimates=sound.estimates - sound.pool.kl.mean())
    assert [step.rule for step in sampling.steps(twice) if not step.holds] == ["Expectation is linear"]
    # a prior that is left out of the slope
    found = sound.gradients
    wrong = replace(sound, gradients=replace(found, pathwise_mean=found.pathwise_mean + found.q.mean[0]))
    assert [step.rule for step in sampling.steps(wrong) if not step.holds] == ["Differentiate inside"]
    shifted = replace(sound, gradients=replace(found, score=found.score + 0.2 * found.score.std()))
    assert [step.rule for step in sampling.steps(shifted) if not step.holds] == ["The score has mean zero"]


def test_the_question_is_settled_by_the_pool(pools, slopes) -> None:
    assert sampling.outcome(seen(pools, slopes, "binary-digits-2d")).choice == 0
    codes_alone = replace(pools["binary-digits-2d"], log_prob=pools["two-moons"].log_prob)
    alike = replace(codes_alone, kl=codes_alone.log_prob.mean(0))
    assert sampling.outcome(replace(seen(pools, slopes, "two-moons"), pool=alike)).choice == 2
    assert sampling.outcome(replace(seen(pools, slopes, "two-moons"), pool=None)) is None


@pytest.mark.parametrize("name", NAMES)
def test_the_model_judges_the_answers(pools, slopes, name: str) -> None:
    pool = pools[name]
    best = cheapest(pool, 0.5 * pool.error_bar(16, 1))
    assert best == (64, 1)
    assert sampling.check_cheapest(seen(pools, slopes, name, 64, 1), True).right
    assert "fewer codes" in sampling.check_cheapest(seen(pools, slopes, name, 128, 1), True).sentence
    assert "has to be" in sampling.check_cheapest(seen(pools, slopes, name, 16, 1), True).sentence
    answer = pool.error_bar(2048, 4)
    assert sampling.check_beyond(seen(pools, slopes, name, 32, 4), answer).right
    assert not sampling.check_beyond(seen(pools, slopes, name, 32, 4), answer * 1.2).right
    assert not sampling.check_beyond(seen(pools, slopes, name, 32, 4), pool.error_bar(512, 4)).right
    right = [sampling.check_constant(seen(pools, slopes, name), choice).right for choice in range(3)]
    assert right == [False, True, False]


def test_nothing_is_judged_before_it_is_measured(pools, slopes) -> None:
    early = replace(seen(pools, slopes, "two-moons"), pool=None, gradients=None)
    assert sampling.steps(early) == ()
    assert [check(early, 1) for check in (sampling.check_cheapest, sampling.check_beyond)] == [None, None]
    assert sampling.check_constant(early, 1) is None
    assert len(BATCHES) == len(seen(pools, slopes, "two-moons").bars)
