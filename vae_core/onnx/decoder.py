"""The decoder as an ONNX graph: z (N, L) to the mean of p(x|z) (N, D), and to logits where it has any."""

from __future__ import annotations

import math

import numpy as np

from vae_core.likelihoods.continuous_bernoulli import SERIES_BELOW
from vae_core.models import VAE
from vae_core.onnx.graph import Graph

SERIES = (1 / 12, -1 / 720, 1 / 30240, -1 / 1209600, 1 / 47900160)
"""Of the continuous Bernoulli's mean, ½ + l/12 − l³/720 + …: beyond its first term."""


def decoder_onnx(model: VAE, *, words: str = "") -> bytes:
    """Return a model's decoder as an ONNX file.

    Its input is `z`, (N, L) float32. Its outputs are `mean`, E[x|z], (N, D), and for the Bernoulli families
    `logits`, (N, D). A Gaussian's σ stands in the description.

    Args:
        model: Any VAE.
        words: What the model is, for those who open the file.
    """
    decoder, graph = model.decoder, Graph("decoder")
    value = "z"
    for place, layer in enumerate(decoder.linears):
        weight = layer.weight.detach().cpu().float().numpy()
        bias = layer.bias.detach().cpu().float().numpy()
        inner = graph.node("MatMul", value, graph.constant(np.ascontiguousarray(weight.T)))
        last = place == len(decoder.linears) - 1
        name = "logits" if last and model.likelihood != "gaussian" else ""
        value = graph.node("Add", inner, graph.constant(bias), name=name)
        if not last:
            value = _activation(graph, value, decoder.activation.name)
    about = f"{words} Pixels in the order (C, H, W) = {model.image_shape}.".strip()
    outputs = [("mean", model.dimensions)]
    if model.likelihood == "gaussian":
        graph.node("Identity", value, name="mean")
        about += f" p(x|z) = N(mean, {float(decoder.log_sigma.detach().exp()):.6g}² I)."
    else:
        outputs.append(("logits", model.dimensions))
        if model.likelihood == "bernoulli":
            # a = sigmoid(logit)
            graph.node("Sigmoid", value, name="mean")
        else:
            _continuous_mean(graph, value)
    return graph.file(input_name="z", width=model.latent_dim, outputs=outputs, words=about)


def _activation(graph: Graph, a: str, name: str) -> str:
    """Add one of `ACTIVATIONS`."""
    if name == "silu":
        # a sigmoid(a)
        return graph.node("Mul", a, graph.node("Sigmoid", a))
    if name == "gelu":
        # a Φ(a) = ½ a (1 + erf(a/√2))
        scaled = graph.node("Mul", a, graph.constant(1.0 / math.sqrt(2.0)))
        twice = graph.node("Add", graph.node("Erf", scaled), graph.constant(1.0))
        return graph.node("Mul", graph.node("Mul", a, graph.constant(0.5)), twice)
    return graph.node({"tanh": "Tanh", "softplus": "Softplus", "elu": "Elu", "relu": "Relu"}[name], a)


def _continuous_mean(graph: Graph, logits: str) -> None:
    """Add E[x|z] = 1/(1 − e^{−l}) − 1/l, by a series where l is small, as `partition_slope` computes it."""
    one, half, below = graph.constant(1.0), graph.constant(0.5), graph.constant(SERIES_BELOW)
    size = graph.node("Abs", logits)
    safe = graph.node("Max", size, below)
    # of |l|: 1/(1 − e^{−|l|}) − 1/|l|; of a negative l one less that
    grown = graph.node("Sub", one, graph.node("Exp", graph.node("Neg", safe)))
    positive = graph.node("Sub", graph.node("Reciprocal", grown), graph.node("Reciprocal", safe))
    rises = graph.node("Greater", logits, graph.constant(0.0))
    closed = graph.node("Where", rises, positive, graph.node("Sub", one, positive))
    # ½ + l (1/12 + l² (−1/720 + l² (…)))
    is_small = graph.node("Less", size, below)
    small = graph.node("Where", is_small, logits, graph.constant(0.0))
    square = graph.node("Mul", small, small)
    series = graph.constant(SERIES[-1])
    for coefficient in reversed(SERIES[:-1]):
        series = graph.node("Add", graph.node("Mul", square, series), graph.constant(coefficient))
    series = graph.node("Add", graph.node("Mul", small, series), half)
    graph.node("Where", is_small, series, closed, name="mean")
