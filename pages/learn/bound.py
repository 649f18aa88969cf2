"""Chapter 3: Jensen and the ELBO."""

from pages.controls.chapters.bound import BOUND
from pages.controls.chapters.chapter import chapter

chapter(BOUND)
