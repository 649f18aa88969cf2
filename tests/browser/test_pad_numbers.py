"""The pad's own arithmetic gives the numbers of PyTorch, SciPy and NumPy."""

import base64
import itertools
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
import torch
from playwright.sync_api import Page
from scipy.stats import multivariate_normal, norm
from torch import distributions
from torch.nn import functional

from pages.components.carrier import decoder_layers, pack_decoder
from tests.browser.harness.models import random_snapshot
from vae_core.likelihoods import LIKELIHOODS
from vae_core.models import ACTIVATIONS
from vae_core.training.snapshot import Snapshot

pytestmark = pytest.mark.browser

Scalar = Callable[[torch.Tensor], torch.Tensor]

ACTIVATION: dict[str, Scalar] = {
    "tanh": torch.tanh,
    "softplus": functional.softplus,
    "silu": functional.silu,
    "gelu": functional.gelu,
    "elu": functional.elu,
    "relu": functional.relu,
}
MEAN: dict[str, Scalar] = {
    "bernoulli": lambda logits: distributions.Bernoulli(logits=logits).mean,
    "gaussian": lambda outputs: distributions.Normal(outputs, 1.0).mean,
    "continuous-bernoulli": lambda logits: distributions.ContinuousBernoulli(logits=logits).mean,
}

BATCH = """
async ([bytes, codes, directions]) => {
  const { Decoder } = await import('/assets/components/decoder/decoder.js');
  const { Batch, logStretch, WIDTH } = await import('/assets/components/decoder/batch.js');
  const batch = new Batch(new Decoder(Uint8Array.from(atob(bytes), (letter) => letter.charCodeAt(0))));
  const means = [], stretch = [];
  for (let n = 0; n < codes.length; n += WIDTH) {
    const some = codes.slice(n, n + WIDTH);
    const { mean } = batch.decode(some);
    const column = (c) => Array.from({ length: mean.length / WIDTH }, (_, d) => mean[d * WIDTH + c]);
    some.forEach((_, c) => means.push(column(c)));
    if (directions) stretch.push(...logStretch(batch, some, directions));
  }
  return [means, stretch.map(String)];
}
"""


def run(page: Page, module: str, body: str, argument: Any) -> Any:
    """Evaluate an expression of `m`, a module of the components, and `x`, the argument."""
    return page.evaluate(
        f"async (x) => {{ const m = await import('/assets/components/{module}'); return {body}; }}", argument
    )


def batch(
    page: Page, snapshot: Snapshot, codes: np.ndarray, directions: np.ndarray | None = None
) -> tuple[np.ndarray, np.ndarray]:
    packed = base64.b64encode(pack_decoder(snapshot)).decode()
    given = None if directions is None else directions.tolist()
    means, stretch = page.evaluate(BATCH, [packed, codes.tolist(), given])
    numbers = [float(text.replace("Infinity", "inf")) for text in stretch]
    return np.array(means), np.array(numbers)


def mean_of(snapshot: Snapshot) -> Scalar:
    """The decoder's mean in float64, out of torch's own functions: z (L,) -> (D,)."""
    layers = [torch.tensor(array, dtype=torch.float64) for array in decoder_layers(snapshot)]
    activation, mean = ACTIVATION[snapshot.config.activation], MEAN[snapshot.config.likelihood]

    def decode(z: torch.Tensor) -> torch.Tensor:
        for weight, bias in zip(layers[:-2:2], layers[1:-2:2], strict=True):
            z = activation(functional.linear(z, weight, bias))
        return mean(functional.linear(z, layers[-2], layers[-1]))

    return decode


def orthonormal(latent_dim: int, seed: int = 0) -> np.ndarray:
    """Two directions of latent space, (2, L)."""
    return np.linalg.qr(np.random.default_rng(seed).standard_normal((latent_dim, 2)))[0].T


# ---- the decoder for many codes ---------------------------------------------------------------------


@pytest.mark.parametrize("activation", ACTIVATIONS)
def test_many_codes_at_once_decode_as_pytorch_does(module_page: Page, activation: str) -> None:
    shapes = [((), 1, (1, 1, 2)), ((13,), 2, (1, 5, 7)), ((24, 7), 5, (3, 4, 4)), ((9, 9, 9), 32, (1, 3, 3))]
    for (hidden, latent_dim, shape), likelihood in itertools.product(shapes, LIKELIHOODS):
        snapshot = random_snapshot(
            image_shape=shape,
            latent_dim=latent_dim,
            hidden=hidden,
            activation=activation,
            likelihood=likelihood,
        )
        codes = np.random.default_rng(1).uniform(-4, 4, (11, latent_dim))  # eight, and three that are left
        ours, _ = batch(module_page, snapshot, codes)
        theirs = np.stack([mean_of(snapshot)(torch.tensor(z)).numpy() for z in codes])
        np.testing.assert_allclose(ours, theirs, rtol=1e-6, atol=1e-7, err_msg=f"{likelihood} {hidden}")


@pytest.mark.parametrize("activation", ACTIVATIONS)
def test_stretch_is_half_the_log_determinant_of_the_jacobian(module_page: Page, activation: str) -> None:
    shapes = [((), 1, (1, 1, 2)), ((13,), 2, (1, 5, 7)), ((24, 7), 5, (3, 4, 4))]
    for (hidden, latent_dim, shape), likelihood in itertools.product(shapes, LIKELIHOODS):
        snapshot = random_snapshot(
            image_shape=shape,
            latent_dim=latent_dim,
            hidden=hidden,
            activation=activation,
            likelihood=likelihood,
        )
        codes = np.random.default_rng(2).uniform(-3, 3, (9, latent_dim))
        directions = np.ones((1, 1)) if latent_dim == 1 else orthonormal(latent_dim)
        _, ours = batch(module_page, snapshot, codes, directions)
        # ½ log det(U Jᵀ J Uᵀ), U the directions
        tangents = [
            torch.func.jacrev(mean_of(snapshot))(torch.tensor(z)).numpy() @ directions.T for z in codes
        ]
        theirs = np.array([0.5 * np.linalg.slogdet(t.T @ t)[1] for t in tangents])
        # Where one unit alone is awake, the plane falls on a line: both are −∞ but for rounding.
        flat = np.array([np.linalg.matrix_rank(t) < t.shape[1] for t in tangents])
        assert flat.sum() <= (1 if activation == "relu" else 0)
        assert (ours[flat] < -15).all()
        np.testing.assert_allclose(
            ours[~flat], theirs[~flat], rtol=1e-6, atol=1e-6, err_msg=f"{likelihood} {hidden}"
        )


def test_stretch_is_minus_infinity_where_the_mean_stands_still(module_page: Page) -> None:
    snapshot = random_snapshot(image_shape=(1, 3, 3), hidden=(6,), activation="relu", gain=0.0)
    _, ours = batch(module_page, snapshot, np.zeros((3, 2)), np.eye(2))
    assert ours.tolist() == [-np.inf] * 3


def slopes_of(function: Scalar, x: np.ndarray) -> np.ndarray:
    at = torch.tensor(x, dtype=torch.float64, requires_grad=True)
    return torch.autograd.grad(function(at).sum(), at)[0].numpy()


@pytest.mark.parametrize("activation", ACTIVATIONS)
def test_slopes_of_activations(module_page: Page, activation: str) -> None:
    x = np.concatenate([np.linspace(-12, 12, 1000), [-700.0, -40.0, 40.0, 700.0, 1e-9, -1e-9]])
    body = f"x.map((at) => m.SLOPES['{activation}'](at, m.ACTIVATIONS['{activation}'](at)))"
    ours = run(module_page, "decoder/functions.js", body, x.tolist())
    np.testing.assert_allclose(ours, slopes_of(ACTIVATION[activation], x), rtol=1e-7, atol=1e-8)


@pytest.mark.parametrize("likelihood", LIKELIHOODS)
def test_slopes_of_means(module_page: Page, likelihood: str) -> None:
    x = np.concatenate([np.linspace(-25, 25, 1000), np.geomspace(1e-3, 0.6, 200), [-0.5, 0.5, 0.0]])
    body = f"x.map((at) => m.MEAN_SLOPES['{likelihood}'](at, m.MEANS['{likelihood}'](at)))"
    ours = run(module_page, "decoder/functions.js", body, x.tolist())
    if likelihood == "continuous-bernoulli":
        # 1/l² − 1 / (4 sinh²(l/2)), in more digits than a double has; 1/12 at 0
        logit = np.where(x == 0.0, 1.0, x).astype(np.longdouble)
        theirs = np.where(x == 0.0, 1 / 12, 1 / logit**2 - 1 / (4 * np.sinh(logit / 2) ** 2)).astype(float)
    else:
        theirs = slopes_of(MEAN[likelihood], x)
    np.testing.assert_allclose(ours, theirs, rtol=1e-9, atol=1e-12)
    far = run(module_page, "decoder/functions.js", f"x.map(m.MEAN_SLOPES['{likelihood}'])", [1e4, -1e4])
    assert np.isfinite(np.array(far, dtype=float)).all()


# ---- the aggregate posterior --------------------------------------------------------------------------


def cells(centre: list[float], reach: float, size: int) -> np.ndarray:
    """The middle of each cell, row by row from the top, (size * size, 2)."""
    ends = np.linspace(-reach, reach, size + 1)
    middles = (ends[1:] + ends[:-1]) / 2
    down, across = np.meshgrid(centre[1] - middles, centre[0] + middles, indexing="ij")
    return np.stack([across.ravel(), down.ravel()], axis=1)


def brute_density(mean: np.ndarray, std: np.ndarray, directions: np.ndarray, at: np.ndarray) -> np.ndarray:
    """1/N Σ_n N(at; U μ_n, U diag(σ_n²) Uᵀ), each by SciPy."""
    sum_of = np.zeros(len(at))
    for m, s in zip(mean, std, strict=True):
        covariance = directions @ np.diag(s**2) @ directions.T
        sum_of += multivariate_normal.pdf(at, directions @ m, covariance)
    return sum_of / len(mean)


def density_in_browser(page: Page, mean: np.ndarray, std: np.ndarray, view: dict, size: int) -> np.ndarray:
    given = {"means": mean.ravel().tolist(), "stds": std.ravel().tolist(), "view": view, "size": size}
    body = (
        f"Array.from(m.mixtureDensity({{ count: {len(mean)}, latent_dim: {mean.shape[1]}, "
        "means: Float32Array.from(x.means), stds: Float32Array.from(x.stds) }, x.view, x.size))"
    )
    return np.array(run(page, "pad/mixture.js", body, given))


@pytest.mark.parametrize("case", ["axes", "rotated in five dimensions", "two of five dimensions"])
def test_density_is_the_sum_over_all_codes(module_page: Page, case: str) -> None:
    random = np.random.default_rng(3)
    latent_dim = 2 if case == "axes" else 5
    mean = random.standard_normal((150, latent_dim)).astype(np.float32)
    std = np.exp(random.uniform(-3.5, 0.3, (150, latent_dim))).astype(np.float32)
    directions = (
        orthonormal(5) if "rotated" in case else np.eye(latent_dim)[[1, 0] if latent_dim == 2 else [3, 1]]
    )
    for centre, reach in (([0.0, 0.0], 3.6), ([0.7, -1.3], 0.4)):
        view = {"u": directions[0].tolist(), "v": directions[1].tolist(), "centre": centre, "reach": reach}
        ours = density_in_browser(module_page, mean, std, view, 24)
        at = cells(centre, reach, 24)
        theirs = brute_density(mean.astype(float), std.astype(float), directions, at)
        np.testing.assert_allclose(ours, theirs, rtol=1e-9, atol=1e-9 * theirs.max())
        # Holes: where the aggregate posterior has less than 5 % of the prior.
        prior = [multivariate_normal.pdf(place, np.zeros(2)) for place in at]
        body = "x.map(([a, b]) => [m.priorDensity(a, b, false), m.HOLE_BELOW])"
        found = np.array(run(module_page, "pad/mixture.js", body, at.tolist()))
        np.testing.assert_allclose(found[:, 0], prior, rtol=1e-12)
        holes = ours < found[:, 1] * found[:, 0]
        np.testing.assert_array_equal(holes, theirs < 0.05 * np.array(prior))
        if reach > 1:
            assert 0 < holes.sum() < holes.size


def test_density_in_one_dimension_is_the_same_in_each_row(module_page: Page) -> None:
    random = np.random.default_rng(4)
    mean = random.standard_normal((200, 1)).astype(np.float32)
    std = random.uniform(0.03, 0.8, (200, 1)).astype(np.float32)
    view = {"u": [1.0], "v": [0.0], "centre": [0.3, 0.0], "reach": 2.0}
    ours = density_in_browser(module_page, mean, std, view, 31).reshape(31, 31)
    across = cells([0.3, 0.0], 2.0, 31)[:31, 0]
    theirs = norm.pdf(across[:, None], mean[:, 0].astype(float), std[:, 0].astype(float)).mean(axis=1)
    for row in ours:
        np.testing.assert_allclose(row, theirs, rtol=1e-9, atol=1e-10)
    prior = run(module_page, "pad/mixture.js", "x.map((a) => m.priorDensity(a, 9, true))", across.tolist())
    np.testing.assert_allclose(prior, norm.pdf(across), rtol=1e-12)
