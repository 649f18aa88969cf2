"""How fast the exact log p(x) of a thousand images is, beside the bare matrix products that it takes."""

from __future__ import annotations

import sys
import time
from collections import Counter
from typing import TextIO

import torch

from vae_core.data import load_dataset
from vae_core.estimators import Work, quadrature_log_likelihood
from vae_core.models import VAE
from vae_core.training.shipped import load_shipped

MODELS = ("binary-digits-2d", "gaussian-digits-2d")
IMAGES = 1000
TOLERANCE = 1e-3


def integration_report(*, threads: int, rounds: int, out: TextIO = sys.stdout) -> None:
    """Time quadrature on the shipped models, and write it beside the bars that it has to pass.

    The lattices are fixed, and so are the cells that are cut: every round takes the same products.

    Args:
        threads: Processor threads.
        rounds: Of each measurement; the median is said.
        out: Where it is written.
    """
    torch.set_num_threads(threads)
    for name in MODELS:
        snapshot = load_shipped(name)
        model, x = snapshot.model(), load_dataset(snapshot.config.dataset).full.x[:IMAGES]
        quadrature_log_likelihood(model, x[:10], tolerance=TOLERANCE)
        seconds, bare, work = [], [], Work()
        for _ in range(rounds):
            work = Work()
            start = time.perf_counter()
            found = quadrature_log_likelihood(model, x, tolerance=TOLERANCE, work=work)
            seconds.append(time.perf_counter() - start)
            bare.append(_products(model, work))
        middle = sorted(range(rounds), key=seconds.__getitem__)[rounds // 2]
        ratio = sorted(a / b for a, b in zip(seconds, bare, strict=True))[rounds // 2]
        codes, scored = sum(work.decoded), sum(a * b for a, b in work.scored)
        out.write(f"{name}: {len(x)} images of {snapshot.config.dataset}, {threads} thread(s), float64\n")
        out.write(f"  {codes:,} codes decoded, {scored:,} scores; kind: {found.kind}\n")
        out.write(f"  greatest error   {float(found.error.max()):.1e} nats   bar {TOLERANCE:g}\n")
        out.write(f"  seconds          {seconds[middle]:.2f}   bar 5 on two cores\n")
        out.write(f"  bare products    {bare[middle]:.2f} s; ratio {ratio:.2f}   bar 2.5\n")
        out.write(f"  peak memory      {_peak_memory()}   bar 1 GB\n")
        out.flush()


def _products(model: VAE, work: Work) -> float:
    """Return the seconds that the noted products take on their own, with numbers made in advance."""
    widths = [layer.weight.double() for layer in model.decoder.linears]
    decoded, scored = Counter(work.decoded), Counter(work.scored)
    inputs = {n: [torch.zeros(n, w.shape[1], dtype=torch.float64) for w in widths] for n in decoded}
    natural = torch.zeros(max(n for n, _ in scored), model.dimensions, dtype=torch.float64)
    images = torch.zeros(max(b for _, b in scored), model.dimensions, dtype=torch.float64)
    start = time.perf_counter()
    for n, times in decoded.items():
        for _ in range(times):
            for own, weight in zip(inputs[n], widths, strict=True):
                torch.mm(own, weight.T)
    for (n, b), times in scored.items():
        for _ in range(times):
            torch.mm(images[:b], natural[:n].T)
    return time.perf_counter() - start


def _peak_memory() -> str:
    """The most memory that this process has held, PyTorch included."""
    if sys.platform == "win32":
        return "not measured on Windows"
    import resource

    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return f"{peak / (1e9 if sys.platform == 'darwin' else 1e6):.2f} GB of this process, PyTorch included"
