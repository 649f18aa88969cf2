"""Chapter 4: The objective."""

from pages.controls.chapters.chapter import chapter
from pages.controls.chapters.objective import OBJECTIVE

chapter(OBJECTIVE)
