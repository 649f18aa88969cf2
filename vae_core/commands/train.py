"""`python -m vae_core train`: train a model, with a progress bar, and save the run."""

from __future__ import annotations

import argparse
import sys

import torch

from vae_core.data import load_dataset
from vae_core.training import SETTINGS, Run, TrainConfig

BAR = 30
SLICE_S = 0.25


def train(options: argparse.Namespace) -> None:
    """Train to the end and save.

    Raises:
        SettingError: If a setting breaks its rule.
        OSError: If the folder can't be written.
    """
    given = {name: getattr(options, name) for name in SETTINGS}
    config = TrainConfig(
        **{name: SETTINGS[name].parse(text) for name, text in given.items() if text is not None}
    )
    torch.set_num_threads(config.threads)
    run = Run(config, load_dataset(config.dataset))
    options.out.mkdir(parents=True, exist_ok=True)
    while not run.finished:
        run.advance(budget_s=SLICE_S)
        if sys.stderr.isatty():
            sys.stderr.write("\r" + progress_line(run))
    if sys.stderr.isatty():
        sys.stderr.write("\n")
    run.save(options.out)
    last = run.history.validation
    sys.stdout.write(
        f"{run.stop_reason}\n"
        f"validation, nats per image: ELBO {last.elbo[-1]:.2f} = reconstruction "
        f"{last.reconstruction[-1]:.2f} - KL {last.kl[-1]:.2f} (step {last.step[-1]:,.0f})\n"
        f"{run.seconds:.1f} s, {run.step * config.batch_size / max(run.seconds, 1e-9):,.0f} images/s; "
        f"saved to {options.out}\n"
    )


def progress_line(run: Run) -> str:
    """Return one line: bar, steps, pace and time left."""
    share = run.step / run.config.steps
    bar = "#" * round(BAR * share)
    left = run.seconds_left
    wait = "" if left is None else f"  {left:4.0f} s left"
    elbo = run.history.validation.elbo[-1]
    return (
        f"[{bar:<{BAR}}] {run.step:,}/{run.config.steps:,}  {run.images_per_second:8,.0f} images/s"
        f"  validation ELBO {elbo:9.2f}{wait}"
    )
