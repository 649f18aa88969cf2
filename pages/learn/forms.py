"""Chapter 8: Equivalent forms."""

from pages.controls.chapters.chapter import chapter
from pages.controls.chapters.forms import FORMS

chapter(FORMS)
