"""Chapter 5 names the settings that its exercises are about."""

from collections.abc import Callable, Mapping

from vae_core.lessons.sampling import BEYOND, HALVED

CLAIMS: Mapping[str, Callable[[], float]] = {
    "16": lambda: float(HALVED[0]),
    "1": lambda: float(HALVED[1]),
    "2,048": lambda: float(BEYOND),
}
