"""A walk through latent space as a table, and as a program that makes it again."""

import csv
import io
from collections.abc import Sequence

import numpy as np

from vae_core.latent.walks import Walk


def walk_csv(walks: Sequence[Walk], frames: Sequence[np.ndarray]) -> str:
    """Return every frame of each walk as a row; frames and pins count from 1, as on the screen.

    Args:
        walks: One a style.
        frames: What the decoder makes of each walk's frames, (F, D) each.
    """
    latent_dim = walks[0].z.shape[1] if walks else 0
    text = io.StringIO()
    table = csv.writer(text, lineterminator="\n")
    codes = [f"z{j + 1}" for j in range(latent_dim)]
    table.writerow(["style", "frame", "pin", *codes, "log_prior_nats", "pixel_distance_from_previous"])
    for way, means in zip(walks, frames, strict=True):
        pins = {frame: pin for pin, frame in enumerate(way.stop_frames, start=1)}
        steps = np.linalg.norm(np.diff(np.asarray(means, np.float64), axis=0), axis=1)
        distances = ["", *(f"{step:.8g}" for step in steps)]
        rows = zip(way.z.tolist(), way.log_prior.tolist(), distances, strict=True)
        for frame, (z, log_prior, distance) in enumerate(rows):
            numbers = [f"{value:.8g}" for value in (*z, log_prior)]
            table.writerow([way.style, frame + 1, pins.get(frame, ""), *numbers, distance])
    return text.getvalue()


def walk_as_python(
    stops: Sequence[Sequence[float]],
    *,
    styles: Sequence[str],
    frames: int,
    shipped: str | None = None,
    folder: str | None = None,
) -> str:
    """Return a program that makes the same walks and frames with vae_core alone.

    Args:
        stops: The pins, (P, L).
        styles: The styles of the walks.
        frames: Steps per leg.
        shipped: The name of a shipped model; else
        folder: the folder of a run, as it is unzipped.
    """
    rows = "".join(f"        {[float(value) for value in stop]!r},\n" for stop in stops)
    if shipped is not None:
        imports = ["from vae_core.latent import walk", "from vae_core.training.shipped import load_shipped"]
        model = [f"model = load_shipped({shipped!r}).model()"]
    else:
        imports = ["from vae_core import Run", "from vae_core.latent import walk"]
        model = [f'# the unzipped "Run folder (zip)" of the Train page\nmodel = Run.load({folder!r}).model']
    lines = [
        "import torch",
        "",
        *imports,
        "",
        "torch.set_num_threads(1)",
        *model,
        f"pins = torch.tensor(\n    [\n{rows}    ],\n    dtype=torch.float64,\n)",
        "frames = {}  # style: what the decoder makes of each frame, (F, D)",
        f"for style in {tuple(styles)!r}:",
        f"    way = walk(model, pins, style=style, frames={frames})",
        "    with torch.no_grad():",
        "        frames[style] = model.decode(way.z.to(model.dtype)).mean.numpy()",
        '    print(f"{style}: {len(way.z)} frames, length {way.pixel_length:.4f} in pixel space")',
    ]
    return "\n".join(lines) + "\n"
