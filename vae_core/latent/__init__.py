"""Moving through latent space: planes, walks, geodesics, stretch, traversals and class arithmetic."""

from vae_core.latent.classes import ClassMeans, class_means
from vae_core.latent.geodesics import Geodesic, geodesic
from vae_core.latent.neighbours import Neighbours, nearest_images
from vae_core.latent.planes import PrincipalPlane, principal_plane
from vae_core.latent.sheets import prior_codes, prior_draws, prior_sheet
from vae_core.latent.stretch import log_stretch
from vae_core.latent.traversals import traversal
from vae_core.latent.walks import STYLES, Walk, walk

__all__ = [
    "STYLES",
    "ClassMeans",
    "Geodesic",
    "Neighbours",
    "PrincipalPlane",
    "Walk",
    "class_means",
    "geodesic",
    "log_stretch",
    "nearest_images",
    "principal_plane",
    "prior_codes",
    "prior_draws",
    "prior_sheet",
    "traversal",
    "walk",
]
