"""Chapter 1: Likelihood."""

from pages.controls.chapters.chapter import chapter
from pages.controls.chapters.likelihood import LIKELIHOOD, tick

chapter(LIKELIHOOD, tick=tick)
