"""The commands and their options; errors are one line and exit code 2."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import NoReturn

from vae_core.checks import SettingError
from vae_core.commands.bench import bench
from vae_core.commands.evaluate import evaluate
from vae_core.commands.train import train
from vae_core.training import SETTINGS, TrainConfig


class _Parser(argparse.ArgumentParser):
    def error(self, message: str) -> NoReturn:
        """Say what is wrong in one line."""
        self.exit(2, f"vae_core: {message}\n")


def main(arguments: Sequence[str]) -> int:
    """Run one command and return its exit code."""
    try:
        options = _parser().parse_args(arguments)
        options.command(options)
    except (SettingError, OSError, FloatingPointError) as error:
        sys.stderr.write(f"vae_core: {error}\n")
        return 2
    except KeyboardInterrupt:
        sys.stderr.write("vae_core: interrupted\n")
        return 130
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = _Parser(prog="python -m vae_core", description="Train and measure small VAEs.")
    commands = parser.add_subparsers(required=True, metavar="COMMAND", parser_class=_Parser)
    _add_train(commands.add_parser("train", help="train a model and save the run"))
    _add_evaluate(commands.add_parser("evaluate", help="evaluate a saved run on its test data"))
    _add_bench(commands.add_parser("bench", help="measure the speed of training or of quadrature"))
    return parser


def _add_train(parser: argparse.ArgumentParser) -> None:
    default = TrainConfig()
    for name, setting in SETTINGS.items():
        value = getattr(default, name)
        shown = "linear" if value == () else ",".join(map(str, value)) if isinstance(value, tuple) else value
        text = setting.help.replace("%", "%%")
        parser.add_argument(f"--{name.replace('_', '-')}", metavar="X", help=f"{text} Default: {shown}.")
    parser.add_argument("--out", type=Path, required=True, help="folder for the run; made if absent")
    parser.set_defaults(command=train)


def _add_evaluate(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("run", type=Path, help="folder of a saved run")
    parser.add_argument("--samples", default="1000", help="K of the importance-weighted bound (1000)")
    parser.add_argument("--elbo-samples", default="20", help="draws of z per image for the ELBO (20)")
    parser.add_argument("--split-images", default="20", help="images whose gap is split; 0: none (20)")
    parser.add_argument("--chains", default="16", help="of annealing, above 2 latent dimensions (16)")
    parser.add_argument("--temperatures", default="100", help="of annealing (100)")
    parser.add_argument("--seed", default="0", help="of the noise (0)")
    parser.add_argument("--json", action="store_true", help="print a JSON object instead of a table")
    parser.set_defaults(command=evaluate)


def _add_bench(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--what", default="training", help="training or quadrature (training)")
    parser.add_argument("--threads", default="1", help="threads of every contender (1, as the app trains)")
    parser.add_argument("--seeds", default="5", help="rounds, and races; 0 leaves the races out (5)")
    parser.add_argument("--steps", default="1000", help="steps of a timed segment (1000)")
    parser.add_argument("--epochs", default="100", help="of the plain loop in a race (100)")
    parser.set_defaults(command=bench)
