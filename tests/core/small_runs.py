"""A run that takes a tenth of a second, and what it means that two are the same."""

import numpy as np

from vae_core import Run, TrainConfig, load_dataset

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
    assert (one.step, one.snapshot().key) == (other.step, other.snapshot().key)
    assert one.interventions == other.interventions
    assert (one.finished, one.failed, one.stop_reason) == (other.finished, other.failed, other.stop_reason)
