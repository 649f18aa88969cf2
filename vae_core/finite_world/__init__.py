"""The finite world: 3×3 binary images, all enumerated, in which every form of the ELBO can be computed."""

from vae_core.finite_world.curves import Curves, curves
from vae_core.finite_world.distribution import pattern_distribution
from vae_core.finite_world.forms import Form, Term
from vae_core.finite_world.info_vae import info_vae
from vae_core.finite_world.world import Enumeration, FiniteWorld, finite_world

__all__ = [
    "Curves",
    "Enumeration",
    "FiniteWorld",
    "Form",
    "Term",
    "curves",
    "finite_world",
    "info_vae",
    "pattern_distribution",
]
