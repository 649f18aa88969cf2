"""The decoder in the browser gives PyTorch's numbers."""

import base64
import itertools
from typing import Any

import numpy as np
import pytest
import torch
from playwright.sync_api import Page
from scipy.special import erf

from pages.components.carrier import pack_decoder
from tests.browser.harness.models import random_snapshot
from vae_core.likelihoods import LIKELIHOODS
from vae_core.models import ACTIVATIONS

pytestmark = pytest.mark.browser

# A Uint8Array that starts at an odd offset, as Streamlit may hand it over.
DECODE = """
async ([bytes, codes, module]) => {
  const { Decoder } = await import(module);
  const raw = atob(bytes);
  const unaligned = new Uint8Array(raw.length + 1).subarray(1);
  for (let i = 0; i < raw.length; i++) unaligned[i] = raw.charCodeAt(i);
  const decoder = new Decoder(unaligned);
  return codes.map((z) => Array.from(decoder.decode(z)));
}
"""


def in_browser(page: Page, snapshot: Any, codes: np.ndarray) -> np.ndarray:
    packed = base64.b64encode(pack_decoder(snapshot)).decode()
    arguments = [packed, codes.tolist(), "/assets/components/decoder/decoder.js"]
    return np.array(page.evaluate(DECODE, arguments))


def in_torch(snapshot: Any, codes: np.ndarray, dtype: torch.dtype) -> np.ndarray:
    model = snapshot.model().to(dtype)
    with torch.no_grad():
        return model.decode(torch.tensor(codes, dtype=dtype)).mean.double().numpy()


def codes_for(latent_dim: int) -> np.ndarray:
    random = np.random.default_rng(latent_dim)
    corners = [np.zeros(latent_dim), np.full(latent_dim, 6.0), np.full(latent_dim, -6.0)]
    rows = [
        *corners,
        *random.standard_normal((5, latent_dim)),
        *(4.0 * random.standard_normal((3, latent_dim))),
    ]
    return np.clip(np.array(rows), -6.0, 6.0).astype(np.float32)


@pytest.mark.parametrize("activation", ACTIVATIONS)
def test_equals_pytorch(module_page: Page, activation: str) -> None:
    shapes = [
        ((), 1, (1, 1, 2)),
        ((13,), 2, (1, 5, 7)),
        ((24, 7), 5, (3, 4, 4)),
        ((9, 9, 9, 9), 32, (1, 3, 3)),
    ]
    for (hidden, latent_dim, shape), likelihood, gain in itertools.product(
        shapes, LIKELIHOODS, (0.01, 1.0, 8.0)
    ):
        snapshot = random_snapshot(
            image_shape=shape,
            latent_dim=latent_dim,
            hidden=hidden,
            activation=activation,
            likelihood=likelihood,
            gain=gain,
        )
        codes = codes_for(latent_dim)
        ours = in_browser(module_page, snapshot, codes)
        # With weights eight times larger float32 itself is off by more than 1e-5: only float64 is compared.
        for dtype in (torch.float64,) if gain > 1.0 else (torch.float64, torch.float32):
            theirs = in_torch(snapshot, codes, dtype)
            np.testing.assert_allclose(
                ours,
                theirs,
                rtol=1e-5,
                atol=1e-5,
                err_msg=f"{activation} {likelihood} {hidden} {gain} {dtype}",
            )


@pytest.mark.parametrize("likelihood", LIKELIHOODS)
def test_equals_pytorch_at_full_size_and_logits_of_ten_thousand(module_page: Page, likelihood: str) -> None:
    for gain in (1.0, 100.0):
        snapshot = random_snapshot(likelihood=likelihood, gain=gain)
        codes = codes_for(2)
        ours = in_browser(module_page, snapshot, codes)
        assert np.isfinite(ours).all()
        np.testing.assert_allclose(ours, in_torch(snapshot, codes, torch.float64), rtol=1e-5, atol=1e-5)


def test_erf_and_the_continuous_bernoulli_mean(module_page: Page) -> None:
    x = np.linspace(-7.0, 7.0, 4001)
    theirs = module_page.evaluate(
        "async (x) => { const m = await import('/assets/components/decoder/erf.js'); return x.map(m.erf); }",
        x.tolist(),
    )
    assert np.abs(np.array(theirs) - erf(x)).max() < 1e-9

    logits = np.concatenate([[0.0], np.geomspace(1e-12, 1e4, 400)])
    logits = np.concatenate([-logits, logits])
    means = module_page.evaluate(
        "async (x) => { const m = await import('/assets/components/decoder/functions.js');"
        " return x.map(m.continuousBernoulliMean); }",
        logits.tolist(),
    )
    # The mean is the slope of log ((e^l - 1) / l); where that loses digits, its series ½ + l/12.
    with np.errstate(divide="ignore", invalid="ignore", over="ignore"):
        formula = 1.0 / -np.expm1(-logits) - 1.0 / logits
    expected = np.where(np.abs(logits) < 1e-3, 0.5 + logits / 12.0, formula)
    np.testing.assert_allclose(means, expected, rtol=0, atol=1e-9)
