"""Gradients of the training objective in closed form, written into one flat vector.

Autograd records and frees a graph at every step; for a small MLP that costs as much as the matrix products.
Here the chain rule is written out once, tested against autograd for every activation and likelihood.
"""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor, nn

from vae_core.checks import refuse
from vae_core.likelihoods.continuous_bernoulli import partition_slope
from vae_core.models import VAE
from vae_core.models.activations import Activation
from vae_core.models.encoder import LOG_VAR_LIMIT

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
    model: VAE, x: Tensor, noise: Tensor, *, weight: float, free_bits: float = 0.0
) -> StepTerms:
    """Write the gradient of the loss into every parameter's `.grad`.

    The loss is −[1/B Σ_b log p(x_b|z_b) − weight · Σ_j max(1/B Σ_b KL_bj, free bits)], z = μ + σ ε.

    Args:
        model: Whose parameters have a `.grad` to be overwritten (see `FlatParameters`).
        x: (B, D).
        noise: ε, (B, L).
        weight: β at this step.
        free_bits: Nats per latent dimension that cost nothing.
    """
    encoder, decoder = model.encoder, model.decoder
    into, hidden = _forward(encoder.linears, encoder.activation, x)
    if encoder.constant_log_var is None:
        mean, raw_log_var = into[-1].split(model.latent_dim, dim=1)
    else:
        mean, raw_log_var = into[-1], encoder.constant_log_var.expand_as(into[-1])
    log_var = raw_log_var.clamp(-LOG_VAR_LIMIT, LOG_VAR_LIMIT)
    std = torch.exp(0.5 * log_var)
    # z = μ + σ ε
    z = torch.addcmul(mean, std, noise)
    decoder_into, decoder_hidden = _forward(decoder.linears, decoder.activation, z)
    outputs = decoder_into[-1]

    # On the way, gradients are those of the batch's sum, B · loss; each is divided by B where it is written.
    # ∂/∂outputs, then back through the decoder to ∂/∂z
    gradient = _output_gradient(model, x, outputs)
    d_z = _backward(
        decoder.linears, decoder.activation, decoder_into, decoder_hidden, gradient, to_input=True
    )

    # KL_j = ½ (σ² + μ² − 1 − log σ²): ∂/∂μ = μ, ∂/∂log σ² = ½ (σ² − 1); only above the free bits
    variance_less_one = torch.expm1(log_var)
    kl = 0.5 * (variance_less_one - log_var + mean**2).mean(0)
    scale = weight * (kl > free_bits).to(x.dtype) if free_bits > 0.0 else weight
    d_mean = d_z + scale * mean
    # ∂z/∂log σ² = ½ σ ε
    d_log_var = 0.5 * (d_z * std * noise + scale * variance_less_one)
    d_log_var *= raw_log_var.abs() <= LOG_VAR_LIMIT
    if encoder.constant_log_var is None:
        d_head = torch.cat((d_mean, d_log_var), dim=1)
    else:
        d_head = d_mean
        torch.mean(d_log_var, 0, out=gradient_of(encoder.constant_log_var))
    _backward(encoder.linears, encoder.activation, into, hidden, d_head, to_input=False)
    return StepTerms(outputs, kl)


def gradient_of(parameter: Tensor) -> Tensor:
    """Return the tensor that a parameter's gradient is written into.

    Raises:
        SettingError: If it has none.
    """
    if parameter.grad is None:
        refuse("model", "must have its parameters in a flat vector", "a parameter without a gradient")
    return parameter.grad


def _forward(layers: list[nn.Linear], activation: Activation, x: Tensor) -> tuple[list[Tensor], list[Tensor]]:
    """Return what goes into each activation (the last: the output), and the input of each layer."""
    into, inputs = [], []
    for layer in layers:
        inputs.append(x)
        a = torch.addmm(layer.bias, x, layer.weight.t())
        into.append(a)
        x = activation.apply(a) if layer is not layers[-1] else a
    return into, inputs


def _backward(
    layers: list[nn.Linear],
    activation: Activation,
    into: list[Tensor],
    inputs: list[Tensor],
    gradient: Tensor,
    *,
    to_input: bool,
) -> Tensor:
    """Write the layers' gradients, given the one at their output; return the one at their input."""
    for i in range(len(layers) - 1, -1, -1):
        layer = layers[i]
        # ∂W = gᵀ h/B, ∂b = Σ_b g/B, ∂h = g W
        written = gradient_of(layer.weight)
        torch.addmm(written, gradient.t(), inputs[i], beta=0, alpha=1 / len(gradient), out=written)
        torch.mean(gradient, 0, out=gradient_of(layer.bias))
        if i == 0 and not to_input:
            break
        gradient = gradient @ layer.weight
        if i > 0:
            gradient = activation.backward(gradient, into[i - 1], inputs[i])
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
