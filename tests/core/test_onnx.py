"""The decoder in onnxruntime, a program that we did not write, against PyTorch."""

import numpy as np
import onnxruntime
import pytest
import torch

from vae_core import VAE
from vae_core.models.activations import ACTIVATIONS
from vae_core.onnx import decoder_onnx, wire
from vae_core.rng import generator
from vae_core.training.shipped import load_shipped, shipped_names

LIKELIHOODS = ("bernoulli", "gaussian", "continuous-bernoulli")


def run(file: bytes, z: torch.Tensor) -> dict[str, np.ndarray]:
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = 1
    session = onnxruntime.InferenceSession(file, options, providers=["CPUExecutionProvider"])
    names = [output.name for output in session.get_outputs()]
    return dict(zip(names, session.run(names, {"z": z.numpy()}), strict=True))


def compare(model: VAE, z: torch.Tensor) -> None:
    found = run(decoder_onnx(model), z)
    with torch.no_grad():
        likelihood = model.decode(z)
    np.testing.assert_allclose(found["mean"], likelihood.mean.numpy(), rtol=0, atol=1e-5)
    assert set(found) == ({"mean"} if model.likelihood == "gaussian" else {"mean", "logits"})
    if "logits" in found:
        # sums of float32 that cancel are as exact as their largest parts
        size = float(likelihood.logits.abs().max())
        np.testing.assert_allclose(
            found["logits"], likelihood.logits.numpy(), rtol=0, atol=1e-6 * size + 1e-6
        )


def codes(count: int, latent_dim: int) -> torch.Tensor:
    return 2.0 * torch.randn(count, latent_dim, generator=generator(3, "onnx"))


@pytest.mark.parametrize("name", shipped_names())
def test_shipped_decoders_are_equal_to_1e_5(name: str) -> None:
    model = load_shipped(name).model()
    compare(model, codes(64, model.latent_dim))


@pytest.mark.parametrize("likelihood", LIKELIHOODS)
@pytest.mark.parametrize("activation", ACTIVATIONS)
def test_every_activation_and_likelihood(activation: str, likelihood: str) -> None:
    model = VAE((1, 3, 4), latent_dim=3, hidden=(8, 5), activation=activation, likelihood=likelihood, seed=1)
    compare(model, codes(100, 3))


@pytest.mark.parametrize("hidden", [(), (7,), (4, 4, 4)])
def test_any_number_of_layers_and_rows(hidden: tuple[int, ...]) -> None:
    model = VAE((3, 2, 2), latent_dim=1, hidden=hidden, likelihood="bernoulli", seed=2)
    for count in (1, 17):
        compare(model, codes(count, 1))


def test_small_and_large_logits_of_a_continuous_bernoulli() -> None:
    model = VAE((1, 1, 1), latent_dim=1, hidden=(), likelihood="continuous-bernoulli", seed=0)
    with torch.no_grad():
        model.decoder.linears[0].weight.fill_(1.0)
        model.decoder.linears[0].bias.zero_()
    compare(model, torch.linspace(-60.0, 60.0, 2401)[:, None])
    compare(model, torch.tensor([[0.0], [1e-6], [-1e-6], [0.4999], [0.5], [-0.5]]))


def test_what_the_model_is_stands_in_the_file() -> None:
    model = VAE((1, 2, 2), latent_dim=2, hidden=(4,), likelihood="gaussian", sigma=0.25)
    file = decoder_onnx(model, words="A model of mine.")
    assert b"A model of mine. Pixels in the order (C, H, W) = (1, 2, 2). p(x|z) = N(mean, 0.25" in file
    session = onnxruntime.InferenceSession(file, providers=["CPUExecutionProvider"])
    assert session.get_inputs()[0].shape == ["N", 2]
    assert session.get_outputs()[0].shape == ["N", 4]
    with pytest.raises(Exception, match=r"(?i)invalid dimensions"):
        session.run(None, {"z": np.zeros((1, 3), np.float32)})


@pytest.mark.parametrize(("value", "coded"), [(0, "00"), (127, "7f"), (128, "8001"), (300, "ac02")])
def test_whole_numbers_are_coded_as_the_format_says(value: int, coded: str) -> None:
    assert wire.varint(value).hex() == coded
