"""Chapter 5: Sampling both expectations."""

from pages.controls.chapters.chapter import chapter
from pages.controls.chapters.sampling import SAMPLING, tick

chapter(SAMPLING, tick=tick)
