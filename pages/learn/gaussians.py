"""Chapter 7: KL between Gaussians."""

from pages.controls.chapters.chapter import chapter
from pages.controls.chapters.gaussians import GAUSSIANS

chapter(GAUSSIANS)
