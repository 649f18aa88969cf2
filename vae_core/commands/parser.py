"""The commands and their options; errors are one line and exit code 2."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import NoReturn

from vae_core.checks import SettingError
from vae_core.commands.bench import bench
from vae_core.commands.check import check_model
from vae_core.commands.evaluate import evaluate
from vae_core.commands.sweep import sweep
from vae_core.commands.train import train
from vae_core.commands.worker import worker
from vae_core.training import SETTINGS, TrainConfig


class _Parser(argparse.ArgumentParser):
    def error(self, message: str) -> NoReturn:
        """Say what is wrong in one line."""
        self.exit(2, f"vae_core: {message}\n")


def main(arguments: Sequence[str]) -> int:
    """Run one command and return its exit code."""
    try:
        options = _parser().parse_args(arguments)
        # A command that judges returns an exit code of its own
        code = options.command(options)
    except (SettingError, OSError, FloatingPointError) as error:
        sys.stderr.write(f"vae_core: {error}\n")
        return 2
    except KeyboardInterrupt:
        sys.stderr.write("vae_core: interrupted\n")
        return 130
    return int(code or 0)


def _parser() -> argparse.ArgumentParser:
    parser = _Parser(prog="python -m vae_core", description="Train and measure small VAEs.")
    commands = parser.add_subparsers(required=True, metavar="COMMAND", parser_class=_Parser)
    _add_train(commands.add_parser("train", help="train a model and save the run"))
    _add_evaluate(commands.add_parser("evaluate", help="evaluate a saved run on its test data"))
    _add_check(commands.add_parser("check", help="check twenty theorems on a model"))
    _add_sweep(commands.add_parser("sweep", help="train a grid of runs, here or on a Dask cluster"))
    _add_bench(commands.add_parser("bench", help="measure the speed of training, quadrature or sweeps"))
    _add_worker(commands.add_parser("worker", help="make runs for a sweep, by lines of JSON"))
    return parser


def _add_train(parser: argparse.ArgumentParser) -> None:
    _add_settings(parser, count=None)
    parser.add_argument("--out", type=Path, required=True, help="folder for the run; made if absent")
    parser.set_defaults(command=train)


def _add_settings(parser: argparse.ArgumentParser, *, count: str | None) -> None:
    default = TrainConfig()
    for name, setting in SETTINGS.items():
        value = getattr(default, name)
        shown = "linear" if value == () else ",".join(map(str, value)) if isinstance(value, tuple) else value
        text = f"{setting.help.replace('%', '%%')} Default: {shown}."
        parser.add_argument(f"--{name.replace('_', '-')}", metavar="X", nargs=count, help=text)


def _add_sweep(parser: argparse.ArgumentParser) -> None:
    _add_settings(parser, count="+")
    parser.add_argument("--seeds", metavar="X", nargs="+", help="each combination is trained with each")
    parser.add_argument("--workers", default="2", help="runs at a time on this machine (2)")
    parser.add_argument("--scheduler", metavar="tcp://HOST:PORT", help="of a Dask cluster to use instead")
    parser.add_argument(
        "--out", type=Path, required=True, help="folder; runs that it holds are not made again"
    )
    parser.set_defaults(command=sweep)


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


def _add_check(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--model", metavar="NAME|FOLDER", help="a shipped model, or a folder of a saved run")
    parser.add_argument("--images", default="8", help="test images, the first ones (8)")
    parser.add_argument("--only", metavar="N", nargs="+", help="numbers of theorems, 1 to 20; all if absent")
    parser.add_argument("--seed", default="0", help="of the noise (0)")
    parser.set_defaults(command=check_model)


def _add_bench(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--what", default="training", help="training, quadrature or sweeps (training)")
    parser.add_argument("--threads", default="1", help="threads of every contender (1, as the app trains)")
    parser.add_argument("--seeds", default="5", help="rounds, and races; 0 leaves the races out (5)")
    parser.add_argument("--steps", help="of a timed segment (1000), or of each run of a sweep (3000)")
    parser.add_argument("--epochs", default="100", help="of the plain loop in a race (100)")
    parser.set_defaults(command=bench)


def _add_worker(parser: argparse.ArgumentParser) -> None:
    text = "end as soon as the input ends, in the middle of a run if need be"
    parser.add_argument("--end-with-input", action="store_true", help=text)
    parser.set_defaults(command=worker)
