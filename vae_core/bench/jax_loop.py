"""The same training as one jitted JAX step, where JAX is installed."""

from __future__ import annotations

import importlib.util
from typing import Any

from vae_core.bench.contenders import Segment, Sizes
from vae_core.data import Dataset


def jax_is_installed() -> bool:
    """Whether there is a JAX to be measured."""
    return importlib.util.find_spec("jax") is not None


def jax_segment(dataset: Dataset, sizes: Sizes) -> Segment:
    """Return a jitted step with Adam and ReLU; the data stay on JAX's side, and losses are not read."""
    import jax
    import jax.numpy as jnp

    x = jnp.asarray(dataset.train.x.numpy())
    rows, d = x.shape
    h, latent, b = sizes.hidden, sizes.latent_dim, sizes.batch_size
    widths = ((d, h), (h, 2 * latent), (latent, h), (h, d))

    def loss(parameters: Any, batch: Any, noise: Any) -> Any:
        (w1, b1), (w2, b2), (w3, b3), (w4, b4) = parameters
        mean, log_var = jnp.split(jax.nn.relu(batch @ w1 + b1) @ w2 + b2, 2, axis=1)
        z = mean + jnp.exp(0.5 * log_var) * noise
        logits = jax.nn.relu(z @ w3 + b3) @ w4 + b4
        bce = jnp.sum(jax.nn.softplus(logits) - batch * logits)
        kl = -0.5 * jnp.sum(1 + log_var - mean**2 - jnp.exp(log_var))
        return (bce + kl) / b

    def step(state: Any) -> Any:
        parameters, first, second, count, key = state
        key, pick, draw = jax.random.split(key, 3)
        batch = x[jax.random.randint(pick, (b,), 0, rows)]
        gradient = jax.grad(loss)(parameters, batch, jax.random.normal(draw, (b, latent)))
        count = count + 1
        first = jax.tree.map(lambda m, g: 0.9 * m + 0.1 * g, first, gradient)
        second = jax.tree.map(lambda v, g: 0.999 * v + 0.001 * g * g, second, gradient)
        scale = 1e-3 * jnp.sqrt(1 - 0.999**count) / (1 - 0.9**count)
        moved = jax.tree.map(lambda p, m, v: p - scale * m / (jnp.sqrt(v) + 1e-8), parameters, first, second)
        return moved, first, second, count, key

    jitted = jax.jit(step, donate_argnums=0)

    def start(seed: int) -> Any:
        keys = jax.random.split(jax.random.key(seed), 5)
        parameters = tuple(
            (jax.random.normal(k, shape) * shape[0] ** -0.5, jnp.zeros(shape[1]))
            for k, shape in zip(keys[:4], widths, strict=True)
        )
        # Copies, since each is donated on its own.
        zeros = [jax.tree.map(jnp.zeros_like, parameters) for _ in range(2)]
        return parameters, zeros[0], zeros[1], jnp.zeros(()), keys[4]

    jax.block_until_ready(jitted(start(0)))

    def train(steps: int, seed: int) -> None:
        state = start(seed)
        for _ in range(steps):
            state = jitted(state)
        jax.block_until_ready(state)

    return train
