"""What the chapters of the tutorial compute: both sides of each step, and whether an answer is right."""

from vae_core.lessons.lesson import Outcome, Step, Verdict, number_verdict

__all__ = ["Outcome", "Step", "Verdict", "number_verdict"]
