"""Chapter 2: Two joints."""

from pages.controls.chapters.chapter import chapter
from pages.controls.chapters.joint_training import tick
from pages.controls.chapters.joints import JOINTS

chapter(JOINTS, tick=tick)
