"""Run as a program: is killed at each file operation of a save in turn, and prints what could be loaded.

Prints one JSON list: for each kill the operation, whether it was half done, the step that `Run.load` found,
and whether the loaded run went on exactly as one that was never stopped.
"""

import json
import os
import shutil
import sys
from pathlib import Path

import torch

from vae_core import Run, TrainConfig, load_dataset
from vae_core.training import checkpoint

EARLIER, LATER, END = 20, 30, 40
KILLED = 9


def deadly(name, operation, *, half, at, log):
    """Wrap a file operation: the one that is the `at`-th of all ends the process at once."""

    def wrapped(*args, **kwargs):
        log.append(name)
        if len(log) == at:
            if half is not None:
                half(*args)
            os._exit(KILLED)
        return operation(*args, **kwargs)

    return wrapped


def half_a_file(_, path, *rest):
    Path(path).write_bytes(b"\x40\0\0\0\0\0\0\0{")


def half_a_record(record, out):
    out.write(json.dumps(record)[:50])
    out.flush()


def save_and_die(run, folder, *, at, half):
    log = []
    halves = {"save_file": half_a_file, "dump": half_a_record}
    for place, name in (
        (checkpoint, "save_file"),
        (checkpoint.json, "dump"),
        (checkpoint.os, "fsync"),
        (checkpoint.os, "replace"),
        (Path, "unlink"),
    ):
        action = halves.get(name) if half else None
        setattr(place, name, deadly(name, getattr(place, name), half=action, at=at, log=log))
    run.save(folder)
    os._exit(0)


def end_of(run):
    run.advance(steps=END - run.step)
    return run.snapshot().key


def main(place):
    torch.set_num_threads(1)
    data = load_dataset("digits")
    config = TrainConfig(dataset="digits", hidden=(4,), batch_size=16, steps=50, kl_warmup=35)
    run = Run(config, data)
    run.advance(steps=EARLIER)
    run.save(place / "earlier")
    run.advance(steps=LATER - EARLIER)
    whole = Run(config, data)
    whole.advance(steps=LATER)
    expected = end_of(whole)
    results = []
    for half in (False, True):
        for at in range(1, 100):
            folder = place / f"{at}-{half}"
            shutil.copytree(place / "earlier", folder)
            child = os.fork()
            if child == 0:
                save_and_die(run, folder, at=at, half=half)
            _, status = os.waitpid(child, 0)
            code = os.waitstatus_to_exitcode(status)
            loaded = Run.load(folder, data)
            found = loaded.step
            same = end_of(loaded) == expected
            loaded.save(folder)  # and the folder can be saved to again, which cleans up
            results.append([at, half, code, found, same, len(list(folder.iterdir()))])
            if code == 0:
                break
    sys.stdout.write(json.dumps(results))


if __name__ == "__main__":
    main(Path(sys.argv[1]))
