"""What the bound costs: both trainings from one start, and what each leaves."""

import pytest
import torch

from tests.core.small_runs import digits
from tests.core.test_gap_history import bits, returned
from vae_core import Run, TrainConfig, load_dataset, quadrature_log_likelihood
from vae_core.checks import SettingError
from vae_core.diagnostics import bound_cost as module
from vae_core.diagnostics.bound_cost import (
    bound_cost,
    default_experiment,
    exact_training_minutes,
    experiment_of,
    family_gaps,
    unaffordable,
)
from vae_core.diagnostics.gap import quadrature_elbo
from vae_core.models import VAE
from vae_core.rng import generator
from vae_core.training import ExactRun

SMALL = TrainConfig(
    dataset="digits", hidden=(8,), latent_dim=2, batch_size=32, steps=40, kl_warmup=5, learning_rate=2e-2,
    beta=3.0, precision="float32",
)  # fmt: skip


def test_both_trainings_are_measured_and_kept(monkeypatch):
    monkeypatch.setattr(module, "FITTED_IMAGES", 4)
    data = bits()
    records = list(bound_cost(SMALL, data, moments=4, images=10))
    last = records[-1]
    assert last.steps.tolist() == [0, 1, 6, 40]
    assert (last.fraction, last.ending, last.images) == (1.0, "Finished: 40 steps.", 10)
    assert (last.elbo.name, last.exact.name, last.exact.train_elbo) == ("elbo", "exact", None)
    # the snapshots are those of the two runs, at β = 1
    settings = experiment_of(SMALL)
    assert settings.beta == 1.0
    run, exact = Run(settings, data), ExactRun(settings, data)
    run.advance(steps=40)
    exact.advance(steps=40)
    assert last.elbo.snapshot.key == run.snapshot().key
    assert last.exact.snapshot.key == exact.snapshot().key
    costs = {}
    for part, split in (("train", data.train), ("validation", data.validation)):
        x = split.x[:10]
        truths = []
        for trained in (last.elbo, last.exact):
            truth = quadrature_log_likelihood(trained.snapshot.model(), x, tolerance=1e-2).value
            found = getattr(trained, f"{part}_log_likelihood")
            assert float(found[-1]) == pytest.approx(float(truth.mean()), abs=0.01)
            truths.append(truth)
        costs[part] = truths[1] - truths[0]
        error = getattr(last, f"{part}_cost_error")
        assert len(error) == 4
        assert float(error[0]) < 1e-2
        assert float(error[-1]) == pytest.approx(float(costs[part].std()) / 10**0.5, abs=0.01)
    elbo = quadrature_elbo(last.elbo.snapshot.model(), data.train.x[:10]).value
    assert float(last.elbo.train_elbo[-1]) == pytest.approx(float(elbo.mean()), abs=0.02)
    # one start, and the one that climbs log p(x) itself gets higher
    start, end = 0, -1
    assert float(last.elbo.train_log_likelihood[start] - last.exact.train_log_likelihood[start]) == (
        pytest.approx(0.0, abs=0.02)
    )
    assert float(last.exact.train_log_likelihood[end]) > float(last.elbo.train_log_likelihood[end])
    assert last.family_gap is not None
    assert all(value > -0.02 and error >= 0.0 for value, error in last.family_gap)
    assert all(record.ending is None and record.family_gap is None for record in records[:-3])
    fractions = [record.fraction for record in records]
    assert fractions == sorted(fractions)


def test_a_linear_decoders_posterior_has_no_family_gap_and_a_bent_ones_has():
    x = torch.randn(3, 6, generator=torch.Generator().manual_seed(1))
    line = VAE((1, 2, 3), latent_dim=2, hidden=(), likelihood="gaussian", sigma=0.3, seed=3)
    gaps = returned(family_gaps(line, x, source=generator(0, "test")))
    assert bool((gaps.abs() < 0.02).all())
    ring = VAE((1, 1, 2), latent_dim=2, hidden=(12,), likelihood="gaussian", sigma=0.3, seed=3)
    with torch.no_grad():
        # an even function of z has two modes: half of the mass is out of a Gaussian's reach
        first, second = ring.decoder.linears
        first.bias.fill_(-1.0)
        first.weight[6:] = -first.weight[:6]
        second.weight[:, 6:] = second.weight[:, :6]
        x = ring.decode(torch.tensor([[1.5, 0.5], [1.0, -1.0]])).mean
    gaps = returned(family_gaps(ring, x, source=generator(0, "test")))
    assert bool((gaps > 0.2).all())


def test_a_training_that_fails_ends_the_record(monkeypatch):
    plain = ExactRun.advance

    def advance(self, *, steps):
        if self.step >= 6:
            with torch.no_grad():
                self.model.decoder.linears[-1].bias.fill_(torch.inf)
        return plain(self, steps=steps)

    monkeypatch.setattr(module.ExactRun, "advance", advance)
    last = list(bound_cost(SMALL, bits(), moments=4, images=4))[-1]
    assert last.steps.tolist() == [0, 1, 6]
    assert last.ending == "Stopped at step 6: log p(x) became infinite. Try a smaller learning rate."
    assert last.family_gap is None


def test_what_can_be_afforded_is_said_in_words():
    binary = load_dataset("mnist-5k-binary")
    assert unaffordable(default_experiment(), binary) is None
    assert unaffordable(SMALL, digits()) is None
    large = TrainConfig(hidden=(1000, 1000), steps=100_000)
    assert exact_training_minutes(large, binary) > 100 * exact_training_minutes(default_experiment(), binary)
    sentence = unaffordable(large, binary)
    assert sentence is not None
    assert sentence.startswith("Training this decoder on exact log p(x) would take about ")
    assert "two latent dimensions" in str(unaffordable(SMALL.replace(latent_dim=3), digits()))
    for config in (large, SMALL.replace(latent_dim=3)):
        with pytest.raises(SettingError, match=r"^config must be affordable to train on exact log p"):
            bound_cost(config, binary)
