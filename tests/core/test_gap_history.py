"""The course of the gap: the run's own weights, measured as quadrature measures them."""

import pytest
import torch

from tests.core.small_runs import digits
from vae_core import Dataset, Run, TrainConfig, quadrature_log_likelihood
from vae_core.checks import SettingError
from vae_core.diagnostics import gap_history as module
from vae_core.diagnostics.gap import quadrature_elbo
from vae_core.diagnostics.gap_history import gap_history, log_spaced
from vae_core.diagnostics.sliced import lattice_posteriors
from vae_core.models import VAE
from vae_core.rng import generator
from vae_core.training import Intervention

SMALL = TrainConfig(
    dataset="digits", hidden=(8,), latent_dim=2, batch_size=32, steps=40, kl_warmup=5, learning_rate=2e-2,
    precision="float32",
)  # fmt: skip


def bits():
    return Dataset.from_arrays(
        (digits().full.x > 0.5).float(), name="bits", support="binary", image_shape=(1, 8, 8)
    )


def returned(generator_):
    while True:
        try:
            next(generator_)
        except StopIteration as end:
            return end.value


def test_moments_are_log_spaced():
    assert log_spaced(1000, 5) == [0, 1, 10, 100, 1000]
    assert log_spaced(1, 24) == [0, 1]
    assert log_spaced(3000, 24)[-1] == 3000
    assert len(log_spaced(3000, 24)) <= 24


def test_the_last_moment_is_the_run_itself():
    data, change = bits(), (Intervention(10, "beta", 0.5),)
    records = list(gap_history(SMALL, data, images=10, moments=4, interventions=change))
    last = records[-1]
    assert last.steps.tolist() == [0, 1, 6, 40]
    assert (last.fraction, last.ending, last.images) == (1.0, "Finished: 40 steps.", 10)
    run = Run(SMALL, data, interventions=change)
    run.advance(steps=40)
    for part, split in (("train", data.train), ("validation", data.validation)):
        exact = quadrature_log_likelihood(run.model, split.x[:10], tolerance=1e-2).value
        elbo = quadrature_elbo(run.model, split.x[:10]).value
        gap = exact - elbo
        found = {name: getattr(last, f"{part}_{name}") for name in ("log_likelihood", "elbo", "gap_error")}
        assert {len(column) for column in found.values()} == {4}
        assert float(found["log_likelihood"][-1]) == pytest.approx(float(exact.mean()), abs=0.01)
        assert float(found["elbo"][-1]) == pytest.approx(float(elbo.mean()), abs=0.02)
        assert float(found["gap_error"][-1]) == pytest.approx(float(gap.std()) / 10**0.5, abs=0.01)
        assert float(found["log_likelihood"][-1]) > float(found["log_likelihood"][0])
        assert bool((found["log_likelihood"] > found["elbo"]).all())
    # it grows, and is the same record between two moments
    lengths = [len(record.steps) for record in records]
    assert lengths == sorted(lengths)
    assert lengths[0] == 0
    assert all(record.ending is None for record in records[:-1])
    fractions = [record.fraction for record in records]
    assert fractions == sorted(fractions)


def test_a_run_that_diverges_ends_the_record(monkeypatch):
    plain = Run.advance

    def advance(self, *, steps):
        if self.step >= 6:
            with torch.no_grad():
                self.model.decoder.linears[-1].bias.fill_(torch.inf)
        return plain(self, steps=steps)

    monkeypatch.setattr(module.Run, "advance", advance)
    last = list(gap_history(SMALL, bits(), images=5, moments=4))[-1]
    assert last.steps.tolist() == [0, 1, 6]
    assert last.ending is not None
    assert "infinite" in last.ending


def test_a_long_run_is_followed_up_to_a_limit(monkeypatch):
    monkeypatch.setattr(module, "MOST_STEPS", 9)
    last = list(gap_history(SMALL, bits(), images=5, moments=3))[-1]
    assert last.steps.tolist() == [0, 1, 9]
    assert last.ending == "Followed up to step 9."


@pytest.mark.parametrize("sigma", [0.3, 0.05])
def test_sums_over_lattices_are_the_closed_forms(sigma):
    model = VAE((1, 2, 3), latent_dim=2, hidden=(), likelihood="gaussian", sigma=sigma, seed=3)
    x = 1.5 * torch.randn(6, 6, generator=torch.Generator().manual_seed(1))
    w, b = model.decoder.linears[0].weight.detach().double(), model.decoder.linears[0].bias.detach().double()
    cov = torch.linalg.inv(torch.eye(2, dtype=torch.float64) + w.T @ w / sigma**2)
    marginal = torch.distributions.MultivariateNormal(
        b, w @ w.T + sigma**2 * torch.eye(6, dtype=torch.float64)
    )
    found = returned(lattice_posteriors(model, x, source=generator(0, "test")))
    mean = (x.double() - b) @ w @ cov / sigma**2
    assert bool((found.error <= 0.01).all())
    torch.testing.assert_close(found.log_likelihood, marginal.log_prob(x.double()), rtol=1e-5, atol=0.02)
    torch.testing.assert_close(found.mean, mean, rtol=0, atol=0.1 * sigma)
    torch.testing.assert_close(found.cov, cov.expand(6, 2, 2), rtol=0.1, atol=0.1 * sigma**2)
    torch.testing.assert_close(found.best, mean, rtol=0, atol=2.0 * sigma)


def test_settings_are_checked():
    with pytest.raises(SettingError, match=r"^latent_dim must be 1 or 2 for the exact gap, got 3\.$"):
        gap_history(SMALL.replace(latent_dim=3), bits())
    with pytest.raises(SettingError, match=r"^images must be"):
        gap_history(SMALL, bits(), images=1)
    with pytest.raises(SettingError, match=r"^moments must be"):
        gap_history(SMALL, bits(), moments=1)
