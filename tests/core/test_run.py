"""A run is decided by its config, data and interventions, and by nothing else."""

import math

import numpy as np
import pytest
import torch

from tests.core.small_runs import TINY, assert_same, digits, done, rows
from vae_core import Run, SettingError, TrainConfig
from vae_core.training import Intervention, run_id
from vae_core.training.batches import Batches

# ---- determinism --------------------------------------------------------------------------------


@pytest.mark.parametrize("likelihood", ["bernoulli", "gaussian", "continuous-bernoulli"])
def test_the_same_run_twice_is_the_same_bit_for_bit(likelihood):
    config = TINY.replace(likelihood=likelihood, sigma="learned")
    one, other = done(config), done(config)
    assert_same(one, other)
    assert one.id == other.id
    assert one.finished
    assert one.stop_reason == "Finished: 130 steps."
    assert one.advance(steps=5) == 0


def test_another_seed_is_another_run():
    other = done(TINY.replace(seed=1))
    assert other.snapshot().key != done().snapshot().key
    assert other.id != run_id(TINY, digits().digest)


def test_the_global_generator_plays_no_part():
    torch.manual_seed(1)
    one = done()
    torch.manual_seed(2)
    before = torch.random.get_rng_state()
    assert_same(one, done())
    assert torch.equal(before, torch.random.get_rng_state())


def test_in_pieces_it_is_the_same():
    whole, pieces = done(), Run(TINY, digits())
    taken = [pieces.advance(steps=n) for n in (0, 1, 1, 7, 50, 1000)]
    assert taken == [0, 1, 1, 7, 50, 71]
    assert_same(whole, pieces)


def test_a_budget_changes_only_when_steps_happen():
    whole, run = done(), Run(TINY, digits())
    assert run.advance(budget_s=0.0) == 1  # a slice of time always moves
    while not run.finished:
        assert run.advance(budget_s=0.005) >= 1
    assert_same(whole, run)
    assert run.seconds > 0
    assert run.images_per_second > 0
    assert run.seconds_left == 0.0


def test_advance_wants_one_of_two():
    run = Run(TINY, digits())
    for arguments in (
        {},
        {"steps": 1, "budget_s": 1.0},
        {"steps": -1},
        {"steps": 1.5},
        {"budget_s": math.nan},
    ):
        with pytest.raises(SettingError):
            run.advance(**arguments)
    assert run.step == 0


def test_rewinding_gives_the_same_weights_and_history():
    run = Run(TINY, digits())
    initial = run.snapshot().key
    run.advance(steps=40)
    run.set("beta", 3.0)
    run.advance(steps=10)
    run.rewind()
    assert (run.step, run.snapshot().key, run.interventions) == (0, initial, ())
    assert run.live_settings["beta"] == 1.0
    assert len(run.history.train) == 0
    run.advance(steps=TINY.steps)
    assert_same(run, done())


def test_training_improves_the_validation_elbo():
    elbo = done(TINY.replace(steps=300, learning_rate=1e-2)).history.validation.elbo
    assert elbo[-1] > elbo[0] + 1.0


@pytest.mark.parametrize("schedule", ["cosine", "constant"])
def test_steps_are_as_large_as_the_schedule_says(schedule):
    config = TINY.replace(schedule=schedule, learning_rate=0.01)
    run = Run(config, digits())
    before = run.model.decoder.linears[-1].bias.detach().clone()
    run.advance(steps=1)
    # Adam's first step is the learning rate itself, in the direction of the gradient's sign.
    moved = (run.model.decoder.linears[-1].bias.detach() - before).abs()
    assert float(moved.median()) == pytest.approx(0.01, rel=1e-3)
    run.advance(steps=200)
    curve = run.history.train
    rate = 0.5 * (1 + np.cos(np.pi * curve.step / 130)) if schedule == "cosine" else 1.0
    np.testing.assert_allclose(curve.learning_rate, 0.01 * rate, rtol=1e-12)


# ---- interventions ------------------------------------------------------------------------------


def dragged():
    run = Run(TINY, digits())
    run.set("learning_rate", 1e-2)
    run.advance(steps=10)
    for beta in (1.5, 2.0, 4.0):  # several at one step: the last counts
        run.set("beta", beta)
    run.advance(steps=30)
    run.set("kl_warmup", 100)
    run.set("free_bits", 0.3)
    run.set("free_bits", 0.3)  # no change, no intervention
    run.advance(steps=1000)
    return run


def test_a_run_in_which_beta_was_dragged_replays_from_its_interventions():
    run = dragged()
    assert [(i.step, i.setting) for i in run.interventions] == [
        (0, "learning_rate"),
        *[(10, "beta")] * 3,
        (40, "kl_warmup"),
        (40, "free_bits"),
    ]
    again = done(interventions=run.interventions)
    assert_same(run, again)
    assert again.interventions == run.interventions
    assert run.snapshot().key != done().snapshot().key
    # β as it was at each step is in the history: warm-up over 20, then 4, then warm-up over 100
    beta = dict(zip(run.history.train.step, run.history.train.beta, strict=True))
    assert (beta[5], beta[10], beta[20], beta[40]) == (6 / 20, 4 * 11 / 20, 4.0, 4 * 41 / 100)


def test_an_intervention_does_not_touch_the_past():
    run = Run(TINY, digits())
    run.advance(steps=50)
    before = rows(run)
    run.set("beta", 9.0)
    run.advance(steps=10)
    for earlier, later in zip(before, rows(run), strict=True):
        np.testing.assert_array_equal(later[: len(earlier)], earlier)


def test_only_live_settings_change_and_only_within_their_limits():
    run = Run(TINY, digits())
    for setting, value in (
        ("latent_dim", 3),
        ("nonsense", 1),
        ("beta", -1),
        ("beta", math.nan),
        ("beta", "x"),
    ):
        with pytest.raises(SettingError):
            run.set(setting, value)
    assert run.interventions == ()
    for bad in (Intervention(5, "steps", 3), Intervention(-1, "beta", 1.0), Intervention(5, "beta", -1.0)):
        with pytest.raises(SettingError):
            Run(TINY, digits(), interventions=(bad,))


# ---- what two runs share ------------------------------------------------------------------------


def test_likelihoods_share_batches_noise_and_initial_weights():
    runs = [Run(TINY.replace(likelihood=name), digits()) for name in ("bernoulli", "gaussian")]
    first, second = (run.model.state_dict() for run in runs)
    for name, value in first.items():
        if name != "decoder.layers.1.bias":  # which starts at the data's mean, of other meaning in each
            assert torch.equal(value, second[name]), name
    streams = [run._learner._batches for run in runs]
    for _ in range(100):
        (x0, noise0), (x1, noise1) = (stream.next() for stream in streams)
        assert torch.equal(x0, x1)
        assert torch.equal(noise0, noise1)
    assert runs[0].id != runs[1].id


def test_each_image_comes_once_an_epoch():
    x = torch.arange(50.0)[:, None]
    batches = Batches(x, batch_size=20, latent_dim=2, seed=3)
    seen = torch.cat([batches.next()[0] for _ in range(10)]).flatten()
    for epoch in seen.reshape(4, 50):
        assert torch.equal(epoch.sort().values, x.flatten())
    assert not torch.equal(seen[:50], seen[50:100])
    assert Batches(x, batch_size=500, latent_dim=2, seed=3).next()[0].shape == (50, 1)


def test_the_noise_is_standard_normal():
    batches = Batches(torch.zeros(100, 1), batch_size=100, latent_dim=5, seed=0)
    noise = torch.cat([batches.next()[1] for _ in range(40)])
    n = noise.numel()
    assert abs(float(noise.mean())) < 4 / math.sqrt(n)
    assert abs(float(noise.var()) - 1) < 4 * math.sqrt(2 / n)


def test_the_id_depends_on_settings_and_data():
    ids = {run_id(TINY, "a"), run_id(TINY, "b"), run_id(TINY.replace(beta=2.0), "a")}
    assert len(ids) == 3
    assert run_id(TINY, "a") == run_id(TrainConfig.from_json(TINY.to_json()), "a")
    # what doesn't act doesn't count
    for idle in ({"sigma": 0.5}, {"time_limit_s": 5.0}, {"patience": 3}):
        assert run_id(TINY.replace(**idle), "a") == run_id(TINY, "a")
    gaussian = TINY.replace(likelihood="gaussian")
    assert run_id(gaussian.replace(sigma=0.5), "a") != run_id(gaussian, "a")
    assert all(len(i) == 12 and set(i) <= set("0123456789abcdef") for i in ids)


# ---- what is handed out -------------------------------------------------------------------------


def test_history_and_snapshots_are_copies():
    run = Run(TINY, digits())
    run.advance(steps=12)
    history, snapshot = run.history, run.snapshot()
    kept, key = history.train.elbo.copy(), snapshot.key
    run.advance(steps=100)
    np.testing.assert_array_equal(history.train.elbo, kept)
    assert snapshot.key == key
    model = snapshot.model()
    for name, value in model.state_dict().items():
        np.testing.assert_array_equal(value.numpy(), snapshot.weights[name])
    with pytest.raises(ValueError, match="read-only"):
        snapshot.weights["decoder.layers.0.weight"][0, 0] = 1.0


def test_recorded_terms_add_up():
    run = done()
    for curve in (run.history.train, run.history.validation):
        np.testing.assert_allclose(curve.kl_per_dimension.sum(1), curve.kl, rtol=1e-12)
        np.testing.assert_allclose(curve.reconstruction - curve.kl, curve.elbo, rtol=1e-12)
        assert bool((np.diff(curve.step) > 0).all())
        assert bool((np.diff(curve.seconds) >= 0).all())
    assert list(run.history.validation.step) == [0, 10, 25, 50, 100, 130]
    assert list(run.history.train.step[:6]) == [0, 1, 2, 5, 10, 20]


def test_a_capacity_leads_the_kl_to_it():
    config = TrainConfig(dataset="digits", hidden=(32,), latent_dim=4, steps=800, precision="float32")
    free = float(done(config).history.validation.kl[-1])
    for nats in (1.0, 5.0):
        led = float(done(config.replace(beta=30.0, capacity=nats)).history.validation.kl[-1])
        assert led == pytest.approx(nats, abs=0.3)
        assert abs(free - nats) > 1.0


def test_cycles_weigh_the_kl_anew():
    run = done(TINY.replace(kl_cycles=2, beta=2.0))
    beta = dict(zip(run.history.train.step.tolist(), run.history.train.beta.tolist(), strict=True))
    half = TINY.steps // 2
    assert beta[0] == pytest.approx(2.0 * 2 / half)
    assert max(beta.values()) == 2.0
    late = min(step for step in beta if step >= half)
    assert beta[late] < 1.0
