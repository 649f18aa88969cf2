"""`python -m vae_core worker`: make runs, one line of JSON a task on the way in, one on the way out."""

from __future__ import annotations

import argparse
import os
import queue
import sys
import threading
from contextlib import redirect_stdout
from typing import TextIO

from vae_core.sweeps.task import answer


def worker(options: argparse.Namespace) -> None:
    """Answer the tasks on standard input until it ends.

    A task is {"config": {...}, "folder": "where the finished run shall lie"}; an answer is {"point": {...}}
    or {"error": "a sentence"}. Nothing else is written to standard output.

    Raises:
        OSError: If nobody reads the answers any more.
    """
    lines: queue.SimpleQueue[str | None] = queue.SimpleQueue()
    reader = threading.Thread(
        target=_read, args=(sys.stdin, lines), kwargs={"at_once": options.end_with_input}, daemon=True
    )
    reader.start()
    answers = sys.stdout
    with redirect_stdout(sys.stderr):
        while (line := lines.get()) is not None:
            answers.write(answer(line) + "\n")
            answers.flush()


def _read(source: TextIO, lines: queue.SimpleQueue[str | None], *, at_once: bool) -> None:
    for line in source:
        if line.strip():
            lines.put(line)
    if at_once:
        # Whoever gave us work has gone. Half a run is under another name, so nothing is lost by leaving now.
        os._exit(0)
    lines.put(None)
