"""Run as a program: saves on a disk where no file grows beyond 2,000 bytes, and prints what happened as JSON.

The limit holds for the whole process, its output files included, so it is not set where tests run.
"""

import json
import resource
import sys
from pathlib import Path

import torch

from vae_core import Run, TrainConfig, load_dataset
from vae_core.engine import Engine

LIMIT_BYTES = 2000
CONFIG = TrainConfig(dataset="digits", hidden=(4,), batch_size=16, steps=50)


def fill_the_disk():
    _, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (LIMIT_BYTES, hard))


def names(folder):
    return sorted(path.name for path in folder.iterdir())


def error_of(action):
    try:
        action()
    except OSError as error:
        return str(error)
    return None


def main(place):
    torch.set_num_threads(1)
    data = load_dataset("digits")
    run = Run(CONFIG, data)
    run.advance(steps=5)
    run.save(place / "run")
    before = names(place / "run")
    run.advance(steps=5)
    with Engine(folder=place / "runs", grace_s=0.0) as engine:
        hosted = engine.submit(CONFIG, visitor="me")
        engine.step(hosted, visitor="me")
        fill_the_disk()
        saves = [error_of(lambda: run.save(place / "run")) for _ in range(3)]
        export = error_of(lambda: engine.export(hosted, place / "copy"))
        state = engine.view(hosted).state
    result = {
        "saves": saves,
        "kept": names(place / "run") == before,
        "loaded": Run.load(place / "run", data).step,
        "export": export,
        "state": state,
    }
    sys.stdout.write(json.dumps(result))


if __name__ == "__main__":
    main(Path(sys.argv[1]))
