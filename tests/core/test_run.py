"""A run is decided by its config, data and interventions, and by nothing else."""

import math

import numpy as np
import pytest
import torch

from vae_core import Dataset, Run, SettingError, TrainConfig, load_dataset
from vae_core.training import Intervention, run_id, stopping
from vae_core.training.batches import Batches

TINY = TrainConfig(dataset="digits", hidden=(8,), latent_dim=3, batch_size=32, steps=130, kl_warmup=20)


def digits():
    return load_dataset("digits")


def done(config=TINY, *, interventions=()):
    run = Run(config, digits(), interventions=interventions)
    run.advance(steps=config.steps)
    return run


def rows(run):
    """Everything in the history but the time that it took."""
    columns = []
    for curve in (run.history.train, run.history.validation):
        plain = (curve.step, curve.reconstruction, curve.kl, curve.elbo, curve.beta, curve.learning_rate)
        columns.append(np.column_stack([*plain, curve.kl_per_dimension]))
    return columns


def assert_same(one, other):
    for a, b in zip(rows(one), rows(other), strict=True):
        np.testing.assert_array_equal(a, b)
    assert one.step == other.step
    assert one.snapshot().key == other.snapshot().key


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
    assert (beta[9], beta[10], beta[20], beta[40]) == (0.5, 4 * 11 / 20, 4.0, 4 * 41 / 100)


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
    assert all(len(i) == 12 and set(i) <= set("0123456789abcdef") for i in ids)


# ---- stopping -----------------------------------------------------------------------------------


def test_it_stops_by_time_on_validated_weights():
    run = Run(TINY.replace(stop="time", time_limit_s=1.0, steps=1_000_000), digits())
    run.advance(steps=5)
    assert run.seconds_left <= 1.0
    run.seconds = 0.9999  # as if it had trained so long
    while not run.finished:
        run.advance(steps=1)
    assert run.stop_reason.startswith("Finished: the time limit of 1 s, at step ")
    assert run.history.validation.step[-1] == run.step
    assert run.step < 100


def test_a_plateau_keeps_the_best_weights():
    config = TINY.replace(stop="plateau", patience=2, steps=5000, learning_rate=0.3, schedule="constant")
    run = Run(config, digits())
    run.advance(steps=5000)
    assert run.finished
    assert not run.failed
    assert run.step < 5000
    assert run.stop_reason == (
        f"Finished at step {run.step:,}: no gain on the validation ELBO in 2 validations. "
        "The best weights on validation data are kept."
    )
    curve = run.history.validation
    best = int(curve.elbo.argmax())
    assert curve.elbo[best] > curve.elbo[-1] + stopping.LEAST_GAIN
    # the weights are those of the best validation: stopped there, a run has the same
    there = Run(config, digits())
    there.advance(steps=int(curve.step[best]))
    assert run.snapshot().key == there.snapshot().key
    # and two more validations without a gain ended it
    assert len(curve) - 1 - best == 2


def test_stopping_looks_at_validation_data_only():
    # The same training rows with other validation rows stop elsewhere, with other test rows they don't.
    data = digits()
    object_of = {name: getattr(data, name) for name in data.__dataclass_fields__}
    other_test = Dataset(**{**object_of, "test": data.train})
    config = TINY.replace(stop="plateau", patience=1, learning_rate=0.1)
    one, other = Run(config, data), Run(config, other_test)
    one.advance(steps=130)
    other.advance(steps=130)
    assert_same(one, other)


# ---- divergence ---------------------------------------------------------------------------------


def assert_failed_cleanly(run):
    assert run.failed
    assert run.finished
    assert run.stop_reason.startswith("Stopped at step ")
    assert f"The weights of step {run.step:,} are kept." in run.stop_reason
    assert "Try a smaller learning rate." in run.stop_reason
    assert all(bool(value.isfinite().all()) for value in run.model.state_dict().values())
    for table in rows(run):
        assert np.isfinite(table).all()
    assert run.advance(steps=3) == 0


@pytest.mark.parametrize("poison", [math.inf, math.nan])
def test_an_infinite_weight_stops_at_the_last_good_weights(poison):
    run = Run(TINY, digits())
    run.advance(steps=25)
    good = run.snapshot()
    run.advance(steps=4)
    with torch.no_grad():
        run.model.decoder.linears[0].weight[0, 0] = poison
    run.advance(steps=100)
    assert_failed_cleanly(run)
    assert run.snapshot().key == good.key
    assert run.step == 25
    run.rewind()
    assert not run.failed
    run.advance(steps=130)
    assert_same(run, done())


def test_an_absurd_learning_rate_never_shows_a_number_that_is_none():
    config = TINY.replace(
        likelihood="gaussian", sigma="learned", learning_rate=1.0, schedule="constant", activation="relu",
        hidden=(64, 64, 64), steps=400,
    )  # fmt: skip
    run = done(config)
    for table in rows(run):
        assert np.isfinite(table).all()
    assert all(bool(value.isfinite().all()) for value in run.model.state_dict().values())


def test_data_beyond_float32_fail_at_once_and_not_later():
    x = np.full((40, 2), 3e38, dtype=np.float32)
    huge = Dataset.from_arrays(x, name="huge", support="real")
    run = Run(TrainConfig(dataset="two-moons", likelihood="gaussian", hidden=(4,), steps=5), huge)
    assert run.failed
    assert len(run.history.validation) == 0


def test_a_likelihood_that_cannot_score_the_data_is_refused():
    moons = load_dataset("two-moons")
    with pytest.raises(SettingError, match=r"^likelihood must fit the data, got a bernoulli decoder needs"):
        Run(TrainConfig(dataset="two-moons"), moons)


@pytest.mark.skipif(torch.cuda.is_available(), reason="this machine has a GPU")
def test_a_device_that_is_not_there_is_refused():
    with pytest.raises(SettingError, match=r"^device must be there, got cuda"):
        Run(TINY.replace(device="cuda"), digits())


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
    assert list(run.history.train.step[:12]) == [*range(10), 10, 20]
