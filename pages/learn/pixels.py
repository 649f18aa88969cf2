"""Chapter 6: Decoder log-likelihoods."""

from pages.controls.chapters.chapter import chapter
from pages.controls.chapters.pixels import PIXELS, tick

chapter(PIXELS, tick=tick)
