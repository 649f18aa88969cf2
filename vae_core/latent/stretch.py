"""How much a step in latent space changes the picture: the volume element of the decoder's metric."""

from __future__ import annotations

import torch
from torch import Tensor

from vae_core.checks import check_matrix, refuse
from vae_core.models import VAE

# Numbers of the Jacobians held at once: 16 MB in float64.
CHUNK_NUMBERS = 2_000_000
# A direction that others make up to within this share of its squared length is no direction of its own:
# what is left is rounding.
DEPENDENT = 64.0 * torch.finfo(torch.float64).eps


def log_stretch(model: VAE, z: Tensor, *, directions: Tensor | None = None) -> Tensor:
    """Return ½ log det(J Jᵀ), J the change of the decoder's mean along each direction.

    It is the log of the factor by which a small piece of latent space grows on its way to pixel space;
    high where the picture changes fast. −∞ where the decoder forgets a direction.

    Args:
        model: Any VAE; its dtype is that of the Jacobian, whose determinant is taken in float64.
        z: (B, L).
        directions: (K, L), K at most L; all axes of latent space when None.

    Returns:
        (B,) in z's dtype.

    Raises:
        SettingError: If z or the directions have the wrong shape.
    """
    check_matrix("z", z, columns=model.latent_dim, dtype=model.dtype)
    if directions is None:
        directions = torch.eye(model.latent_dim, dtype=z.dtype, device=z.device)
    check_matrix("directions", directions, columns=model.latent_dim)
    if not 1 <= len(directions) <= model.latent_dim:
        refuse("directions", f"must be 1 to {model.latent_dim}", len(directions))
    ways = directions.to(z)
    widest = max(model.dimensions, *model.hidden, 1)
    rows = max(1, CHUNK_NUMBERS // (widest * len(ways)))
    parts = [_half_log_det(mean_changes(model, part, ways)) for part in z.detach().split(rows)]
    return torch.cat(parts).to(z.dtype) if parts else z.new_zeros(0)


def mean_changes(model: VAE, z: Tensor, directions: Tensor) -> Tensor:
    """Return J, the exact derivative of the decoder's mean along each direction.

    Args:
        model: Any VAE.
        z: (B, L).
        directions: (K, L).

    Returns:
        (B, K, D).
    """
    with torch.enable_grad():
        z = z.detach().requires_grad_()
        mean = model.decoder(z).mean
        # uᵀ J is linear in u, and its derivative by u along v is J v: two sweeps back make one forward.
        # (torch.func.jvp does that in one, but compiles TorchScript on its first call, which is deprecated.)
        u = torch.zeros_like(mean, requires_grad=True)
        (pulled,) = torch.autograd.grad(mean, z, u, create_graph=True)
        # Row b of μ depends on row b of z alone, so that one sweep serves all rows.
        ways = [direction.expand_as(z) for direction in directions.to(z)]
        pushed = [torch.autograd.grad(pulled, u, way, retain_graph=True)[0] for way in ways]
    return torch.stack(pushed, 1)


def _half_log_det(changes: Tensor) -> Tensor:
    """½ log det(J Jᵀ), (B,) for J (B, K, D)."""
    j = changes.double()
    norm = torch.linalg.vector_norm(j, dim=2)
    # J Jᵀ = diag(n) C diag(n), C the cosines: log det = 2 Σ log n + log det C
    unit = j / torch.where(norm > 0.0, norm, 1.0)[:, :, None]
    cosines = torch.linalg.eigvalsh(unit @ unit.mT)
    value = norm.log().sum(1) + 0.5 * cosines.clamp_min(DEPENDENT).log().sum(1)
    return torch.where(cosines[:, 0] > DEPENDENT, value, -torch.inf)
