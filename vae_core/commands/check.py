"""`python -m vae_core check`: which of the twenty theorems hold on a model."""

from __future__ import annotations

import argparse
import sys
from collections import Counter
from collections.abc import Sequence
from pathlib import Path

from vae_core.checks import refuse
from vae_core.commands.numbers import whole
from vae_core.data import load_dataset
from vae_core.theorems import Case, Outcome, Side, Theorem, Verdict, check, theorems
from vae_core.training.checkpoint import load_snapshot
from vae_core.training.shipped import is_shipped, load_shipped, shipped_names

VERDICTS: dict[Verdict, str] = {"holds": "hold", "fails": "fail", "does not apply": "do not apply"}


def check_model(options: argparse.Namespace) -> int:
    """Check, print, and return 1 if a theorem fails, else 0.

    Raises:
        SettingError: If there is no such model, or an option is out of its limits.
    """
    chosen = _chosen(options.only)
    case = case_of(
        options.model or shipped_names()[0],
        images=whole("--images", options.images, low=4, high=1000),
        seed=whole("--seed", options.seed, low=0, high=2**31 - 1),
    )
    sys.stdout.write(f"{options.model or shipped_names()[0]}, {len(case.x)} test images of {case.dataset}\n")
    sys.stdout.write(f"{'':4}{'':46}{'left':>14}{'right':>14}{'difference':>13}  verdict\n")
    outcomes = []
    for theorem in chosen:
        # Line by line, as each takes a moment
        outcomes.append(check(theorem, case))
        sys.stdout.write(as_line(theorem, outcomes[-1]))
        sys.stdout.flush()
    sys.stdout.write(as_counts(outcomes))
    return int(any(outcome.verdict == "fails" for outcome in outcomes))


def case_of(model: str, *, images: int, seed: int) -> Case:
    """Return a shipped model, or a saved run, with the first images of its test data.

    Args:
        model: A shipped model's name, or the folder of a saved run.
        images: How many.
        seed: Of all noise.

    Raises:
        SettingError: If there is no such model.
    """
    if not is_shipped(model) and not Path(model).is_dir():
        refuse("--model", f"must be the folder of a saved run, or one of {', '.join(shipped_names())}", model)
    snapshot = load_shipped(model) if is_shipped(model) else load_snapshot(Path(model))
    config, dataset = snapshot.config, load_dataset(snapshot.config.dataset)
    return Case(
        snapshot.model(),
        dataset.test.x[:images],
        dataset.support,
        dataset=dataset.name,
        beta=config.beta,
        seed=seed,
        train=dataset.train.x,
    )


def as_line(theorem: Theorem, outcome: Outcome) -> str:
    """Return one line of the table, and the reason below it where the theorem does not hold."""
    shown = "" if outcome.difference is None else f"{outcome.difference:.1e}"
    left, right = _number(outcome.left), _number(outcome.right)
    line = f"{theorem.number:>2}  {theorem.title:46}{left:>14}{right:>14}{shown:>13}  {outcome.verdict}\n"
    return line if outcome.verdict == "holds" else f"{line}{'':4}{outcome.sentence}\n"


def as_counts(outcomes: Sequence[Outcome]) -> str:
    """Return the last line: how many hold, fail and do not apply."""
    counts = Counter(outcome.verdict for outcome in outcomes)
    return ", ".join(f"{counts[verdict]} {word}" for verdict, word in VERDICTS.items()) + "\n"


def _number(side: Side | None) -> str:
    return "" if side is None else f"{side.value:.6g}"


def _chosen(only: Sequence[str] | None) -> tuple[Theorem, ...]:
    every = theorems()
    if not only:
        return every
    numbers = {whole("--only", text, low=1, high=len(every)) for text in only}
    return tuple(theorem for theorem in every if theorem.number in numbers)
