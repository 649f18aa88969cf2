"""Records as a run makes them, without a run."""

import numpy as np

from vae_core.training.history import Curve, History, Recorder
from vae_core.training.snapshot import Observation


def curve(points: int, *, latent_dim: int = 2, every: int = 1, beta: float = 1.0) -> Curve:
    recorder = Recorder(latent_dim)
    for index in range(points):
        share = 1 - np.exp(-index * every / 40)
        recorder.add(
            step=(index + 1) * every,
            seconds=index / 100,
            reconstruction=-200 + 60 * share,
            kl_per_dimension=[4.0 * share / (dimension + 1) for dimension in range(latent_dim)],
            beta=beta,
            learning_rate=0.003,
        )
    return recorder.curve()


def history(points: int = 400, *, latent_dim: int = 2, validations: int = 10, beta: float = 1.0) -> History:
    every = max(points // max(validations, 1), 1)
    return History(
        train=curve(points, latent_dim=latent_dim, beta=beta),
        validation=curve(validations, latent_dim=latent_dim, every=every),
    )


def observation(
    *,
    count: int = 120,
    latent_dim: int = 2,
    dimensions: int = 784,
    labels: bool = True,
    kl: tuple[float, ...] | None = None,
    step: int = 10,
) -> Observation:
    draw = np.random.default_rng(0)
    shape = {784: (1, 28, 28), 64: (1, 8, 8), 9: (1, 3, 3)}.get(dimensions, (1, 1, dimensions))
    shown = count if dimensions <= 2 else 12
    per_dimension = np.array(kl if kl is not None else [2.0] * latent_dim, np.float32)
    return Observation(
        step=step,
        image_shape=shape,
        latent_mean=draw.normal(size=(count, latent_dim)).astype(np.float32),
        labels=draw.integers(0, 10, count) if labels else None,
        kl_per_dimension=per_dimension,
        reconstruction=-140.0,
        kl=float(per_dimension.sum()),
        elbo_error=1.25,
        originals=draw.random((shown, dimensions), np.float32),
        reconstructions=draw.random((shown, dimensions), np.float32),
        samples=draw.random((24 if dimensions > 2 else count, dimensions), np.float32),
    )
