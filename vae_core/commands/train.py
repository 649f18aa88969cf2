"""`python -m vae_core train`: train a model, with a progress bar, and save the run."""

from __future__ import annotations

import argparse
import sys

import torch

from vae_core.data import load_dataset
from vae_core.likelihoods import score_name
from vae_core.training import SETTINGS, Run, TrainConfig

BAR = 30
SLICE_S = 0.25


def train(options: argparse.Namespace) -> None:
    """Train to the end, or until interrupted, and save; an earlier run in the folder is replaced.

    Raises:
        SettingError: If a setting breaks its rule.
        OSError: If the folder can't be written.
        FloatingPointError: If the loss became infinite; the last good weights have been saved.
        KeyboardInterrupt: If it was interrupted; what was trained has been saved.
    """
    given = {name: getattr(options, name) for name in SETTINGS}
    config = TrainConfig(
        **{name: SETTINGS[name].parse(text) for name, text in given.items() if text is not None}
    )
    torch.set_num_threads(config.threads)
    run = Run(config, load_dataset(config.dataset))
    options.out.mkdir(parents=True, exist_ok=True)
    interrupted = False
    try:
        _to_the_end(run)
    except KeyboardInterrupt:
        interrupted = True
    run.save(options.out)
    sys.stdout.write(summary(run) + f"saved to {options.out}\n")
    if run.failed:
        raise FloatingPointError(run.stop_reason)
    if interrupted:
        raise KeyboardInterrupt


def _to_the_end(run: Run) -> None:
    watched = sys.stderr.isatty()
    while not run.finished:
        run.advance(budget_s=SLICE_S)
        if watched:
            sys.stderr.write("\r" + progress_line(run))
    if watched:
        sys.stderr.write("\n")


def summary(run: Run) -> str:
    """Return how the run ended, its last validation and its pace, in lines."""
    last = run.history.validation
    name = score_name(run.config.likelihood, run.dataset.support)
    score = "" if name == "log-likelihood" else f" (as a {name})"
    return (
        f"{run.stop_reason or f'Interrupted at step {run.step:,}.'}\n"
        f"validation, nats per image{score}: ELBO {last.elbo[-1]:.2f} = reconstruction "
        f"{last.reconstruction[-1]:.2f} - KL {last.kl[-1]:.2f} (step {last.step[-1]:,.0f})\n"
        f"{run.seconds:.1f} s, {run.images_seen / max(run.seconds, 1e-9):,.0f} images/s; "
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
