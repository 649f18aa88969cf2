"""A run as a file or as text: its folder as a zip, and its code."""

import io
import tempfile
import zipfile
from collections.abc import Sequence
from dataclasses import fields
from pathlib import Path

from vae_core.engine import Engine
from vae_core.training import Intervention
from vae_core.training.config import TrainConfig


def run_zip(engine: Engine, run_id: str) -> bytes:
    """Return a run's folder, packed: settings, history, weights, and all that it needs to go on.

    Raises:
        SettingError: If the run is not known any more.
        OSError: If it can't be written.
        TimeoutError: If saving takes more than a minute.
    """
    with tempfile.TemporaryDirectory() as place:
        folder = Path(place) / run_id
        engine.export(run_id, folder)
        return zip_folder(folder)


def zip_folder(folder: Path) -> bytes:
    """Return a folder as a zip whose entries begin with the folder's name."""
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
        for file in sorted(path for path in folder.rglob("*") if path.is_file()):
            archive.write(file, file.relative_to(folder.parent).as_posix())
    return packed.getvalue()


def as_python(
    config: TrainConfig, interventions: Sequence[Intervention] = (), *, steps: int | None = None
) -> str:
    """Return a program that makes the same run with vae_core alone.

    Args:
        config: The run's settings at the start.
        interventions: What was changed by hand, and when.
        steps: Where the run stands, if it stopped before its own end.
    """
    lines = ["import torch", "", "from vae_core import Run, TrainConfig, load_dataset"]
    if interventions:
        lines.append("from vae_core.training import Intervention")
    lines.append("")
    default = TrainConfig()
    changed = [f.name for f in fields(TrainConfig) if getattr(config, f.name) != getattr(default, f.name)]
    settings = "".join(f"    {name}={getattr(config, name)!r},\n" for name in changed)
    lines.append(f"config = TrainConfig(\n{settings})" if changed else "config = TrainConfig()")
    if interventions:
        rows = "".join(f"    Intervention({c.step}, {c.setting!r}, {c.value!r}),\n" for c in interventions)
        lines.append(f"changes = [  # by hand: step, setting, value\n{rows}]")
    replay = ", interventions=changes" if interventions else ""
    lines += [
        "torch.set_num_threads(config.threads)",
        f"run = Run(config, load_dataset(config.dataset){replay})",
        f"run.advance(steps={'config.steps' if steps is None else steps})",
        "",
        "validation = run.history.validation  # nats per image",
        'print(f"step {run.step}: ELBO {validation.elbo[-1]:.2f} = "',
        '      f"{validation.reconstruction[-1]:.2f} - {validation.kl[-1]:.2f}")',
    ]
    return "\n".join(lines) + "\n"
