"""Gradients of the training objective in closed form, written into one flat vector.

Autograd records and frees a graph at every step; for a small MLP that costs as much as the matrix products.
Here the chain rule is written out once, tested against autograd for every activation and likelihood.
"""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor, nn

from vae_core.likelihoods.continuous_bernoulli import partition_slope
from vae_core.models import VAE
from vae_core.models.activations import Activation
from vae_core.models.encoder import LOG_VAR_LIMIT
from vae_core.training.products import Products, gradient_of, products

# Every parameter starts on a 64-byte boundary of the flat vector, as the fast kernels like it.
ALIGNMENT = 16


@dataclass(frozen=True)
class FlatParameters:
    """All parameters of a model as one vector, and their gradients as another.

    Attributes:
        values: (P,), of which the model's parameters are views from now on.
        gradients: (P,), of which every parameter's `.grad` is a view.
    """

    values: Tensor
    gradients: Tensor

    @classmethod
    def of(cls, model: nn.Module) -> FlatParameters:
        """Move a model's parameters into one vector; names and values stay as they were."""
        parameters = [p for p in model.parameters() if p.requires_grad]
        sizes = [-(-p.numel() // ALIGNMENT) * ALIGNMENT for p in parameters]
        values = torch.zeros(sum(sizes), dtype=parameters[0].dtype, device=parameters[0].device)
        gradients = torch.zeros_like(values)
        start = 0
        for parameter, size in zip(parameters, sizes, strict=True):
            part = slice(start, start + parameter.numel())
            values[part] = parameter.detach().flatten()
            parameter.data = values[part].view_as(parameter)
            parameter.grad = gradients[part].view_as(parameter)
            start += size
        return cls(values, gradients)


@dataclass(frozen=True)
class StepTerms:
    """What a step's forward pass has computed, for the record.

    Attributes:
        outputs: The decoder's logits or means, (B, D).
        kl_per_dimension: Batch means, (L,) nats.
    """

    outputs: Tensor
    kl_per_dimension: Tensor


@torch.no_grad()
def write_gradients(
    model: VAE,
    x: Tensor,
    noise: Tensor,
    *,
    weight: float,
    free_bits: float = 0.0,
    capacity: float | None = None,
    precision: str = "float32",
) -> StepTerms:
    """Write the gradient of the loss into every parameter's `.grad`.

    The loss is −[1/B Σ_b log p(x_b|z_b) − weight · KL], KL = Σ_j max(1/B Σ_b KL_bj, free bits), z = μ + σ ε;
    with a capacity C it has |KL − C| in place of KL.

    Args:
        model: Whose parameters have a `.grad` to be overwritten (see `FlatParameters`).
        x: (B, D).
        noise: ε, (B, L).
        weight: β at this step.
        free_bits: Nats per latent dimension that cost nothing.
        capacity: C, nats that the KL is led to.
        precision: Of the large products, one of `PRECISIONS`.
    """
    encoder, decoder = model.encoder, model.decoder
    encoding = _forward(encoder.linears, encoder.activation, x, precision)
    if encoder.constant_log_var is None:
        mean, raw_log_var = encoding.output.split(model.latent_dim, dim=1)
    else:
        mean, raw_log_var = encoding.output, encoder.constant_log_var.expand_as(encoding.output)
    log_var = raw_log_var.clamp(-LOG_VAR_LIMIT, LOG_VAR_LIMIT)
    std = torch.exp(0.5 * log_var)
    # z = μ + σ ε
    z = torch.addcmul(mean, std, noise)
    decoding = _forward(decoder.linears, decoder.activation, z, precision)
    outputs = decoding.output

    # On the way, gradients are those of the batch's sum, B · loss; each is divided by B where it is written.
    # ∂/∂outputs, then back through the decoder to ∂/∂z
    gradient = _output_gradient(model, x, outputs)
    d_z = _backward(decoding, gradient, to_input=True)

    # KL_j = ½ (σ² + μ² − 1 − log σ²): ∂/∂μ = μ, ∂/∂log σ² = ½ (σ² − 1); only above the free bits
    variance_less_one = torch.expm1(log_var)
    kl = 0.5 * (variance_less_one - log_var + mean**2).mean(0)
    scale = weight * (kl > free_bits).to(x.dtype) if free_bits > 0.0 else weight
    if capacity is not None:
        # ∂|KL − C| = sign(KL − C) ∂KL
        scale = scale * torch.sign(kl.clamp_min(free_bits).sum() - capacity)
    d_mean = d_z + scale * mean
    # ∂z/∂log σ² = ½ σ ε
    d_log_var = 0.5 * (d_z * std * noise + scale * variance_less_one)
    d_log_var *= raw_log_var.abs() <= LOG_VAR_LIMIT
    if encoder.constant_log_var is None:
        d_head = torch.cat((d_mean, d_log_var), dim=1)
    else:
        d_head = d_mean
        torch.mean(d_log_var, 0, out=gradient_of(encoder.constant_log_var))
    _backward(encoding, d_head, to_input=False)
    return StepTerms(outputs, kl)


@dataclass(frozen=True)
class _Pass:
    """A forward pass through an MLP: each layer's products, what they gave, and what its activation made."""

    activation: Activation
    layers: list[Products]
    into: list[Tensor]
    out: list[Tensor]

    @property
    def output(self) -> Tensor:
        return self.into[-1]


def _forward(layers: list[nn.Linear], activation: Activation, x: Tensor, precision: str) -> _Pass:
    passed = _Pass(activation, [], [], [])
    for layer in layers:
        passed.layers.append(products(layer, x, precision))
        passed.into.append(passed.layers[-1].forward())
        if layer is not layers[-1]:
            x = activation.apply(passed.output)
            passed.out.append(x)
    return passed


def _backward(passed: _Pass, gradient: Tensor, *, to_input: bool) -> Tensor:
    """Write the layers' gradients, given the one at their output; return the one at their input."""
    for i in range(len(passed.layers) - 1, -1, -1):
        passed.layers[i].write_gradients(gradient)
        if i == 0 and not to_input:
            break
        gradient = passed.layers[i].input_gradient(gradient)
        if i > 0:
            gradient = passed.activation.backward(gradient, passed.into[i - 1], passed.out[i - 1])
    return gradient


def _output_gradient(model: VAE, x: Tensor, outputs: Tensor) -> Tensor:
    """∂/∂outputs of −Σ_b log p(x_b|outputs_b), (B, D); writes the loss's at log σ where that is learned."""
    if model.likelihood == "bernoulli":
        # −∂/∂l [x l − log(1 + eˡ)] = sigmoid(l) − x
        return torch.sigmoid(outputs).sub_(x)
    if model.likelihood == "continuous-bernoulli":
        # −∂/∂l [x l − log ∫₀¹ e^{l u} du] = E[x|l] − x
        return partition_slope(outputs).sub_(x)
    # −∂/∂μ log p = (μ − x)/σ²
    precision = torch.exp(-2.0 * model.decoder.log_sigma)
    error = outputs - x
    gradient = error * precision
    if model.sigma == "learned":
        # −∂/∂log σ log p = D − Σ_d (μ − x)²/σ²
        torch.sub(
            model.dimensions, (error * gradient).sum() / len(x), out=gradient_of(model.decoder.log_sigma)
        )
    return gradient
