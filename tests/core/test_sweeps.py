"""Sweeps: which runs, in which order, what is measured, and what is never lost."""

import json
import math
import os
import shutil
import time
from pathlib import Path

import pytest
import torch

from vae_core import Run, elbo_terms, load_dataset
from vae_core.checks import SettingError
from vae_core.divergences import standard_normal_kl
from vae_core.rng import generator
from vae_core.sweeps import (
    InlineExecutor,
    SweepPlan,
    SweepPoint,
    read_sweep,
    run_folder,
    run_sweep,
)
from vae_core.sweeps.folder import finished, publish, scratch_beside, tidy
from vae_core.sweeps.task import SweepTask, make
from vae_core.training import TrainConfig

ROOT = Path(__file__).parents[2]
SMALL = TrainConfig(dataset="digits", hidden=(8,), batch_size=32, steps=60, kl_warmup=20)
PLAN = SweepPlan(SMALL, {"beta": (0.25, 4.0), "latent_dim": (2, 3)})


@pytest.fixture(scope="module")
def swept(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, tuple[SweepPoint, ...]]:
    folder = tmp_path_factory.mktemp("sweep")
    return folder, run_sweep(PLAN, folder, executor=InlineExecutor())


class Refusing(InlineExecutor):
    """Makes nothing, and is not asked to."""

    def completed(self, tasks, *, cancelled):
        raise AssertionError(f"{len(tasks)} runs were asked for")


# ---- the plan --------------------------------------------------------------------------------------


def test_the_grid_is_in_order_and_the_seeds_are_around_it() -> None:
    plan = SweepPlan(SMALL, {"beta": (4, 0.5), "latent_dim": (1, 2)}, (7, 3))
    found = [(c.seed, c.beta, c.latent_dim) for c in plan.configs()]
    assert found == [(s, b, k) for s in (7, 3) for b in (4.0, 0.5) for k in (1, 2)]
    assert all(c.replace(seed=0, beta=1.0, latent_dim=2) == SMALL for c in plan.configs())
    assert SweepPlan(SMALL.replace(seed=5)).configs() == (SMALL.replace(seed=5),)


def test_runs_that_would_be_the_same_stand_once() -> None:
    plan = SweepPlan(SMALL, {"likelihood": ("bernoulli", "gaussian"), "sigma": (0.1, "learned")})
    assert [(c.likelihood, c.sigma) for c in plan.configs()] == [
        ("bernoulli", 0.1),
        ("gaussian", 0.1),
        ("gaussian", "learned"),
    ]


def test_a_plan_goes_through_json() -> None:
    values = {"hidden": ((), (8, 4)), "sigma": (0.5, "learned"), "likelihood": ("gaussian",)}
    plan = SweepPlan(SMALL, values, (0, 1))
    again = SweepPlan.from_json(plan.to_json())
    assert again == plan
    assert again.configs() == plan.configs()
    assert list(again.values) == list(values)
    with pytest.raises(TypeError):
        plan.values["beta"] = (1.0,)  # type: ignore[index]


@pytest.mark.parametrize(
    ("values", "seeds", "sentence"),
    [
        ({"threads": (1, 2)}, (), "sweep must be over some of dataset, .*, got 'threads'"),
        ({"device": ("cpu",)}, (), "sweep must be over some of"),
        ({"seed": (1, 2)}, (), "sweep must be over some of"),
        ({"wings": (1,)}, (), "sweep must be over some of"),
        ({"beta": ()}, (), "beta must have at least one value in a sweep"),
        ({"beta": "1"}, (), "beta must have at least one value in a sweep"),
        ({"beta": (1, 1.0)}, (), "beta must have different values in a sweep, got 1.0 twice"),
        ({"beta": (1, -1)}, (), "beta must be a number from 0 to 100"),
        ({}, (1, 1), "seed must have different values"),
        ({}, (-1,), "seed must be a whole number"),
        ({"beta": tuple(range(100))}, tuple(range(11)), "sweep must have at most 1000 runs, got 1100"),
        ({"dataset": ("digits", "two-moons")}, (), "likelihood must fit the data in every run of a sweep"),
    ],
)
def test_bad_plans_are_refused(values: dict, seeds: tuple, sentence: str) -> None:
    with pytest.raises(SettingError, match=sentence):
        SweepPlan(SMALL, values, seeds)


@pytest.mark.parametrize(
    "text",
    ["", "[]", "{}", "[" * 100_000, '{"base": {}, "values": [], "seeds": []}', "x" * 300_000,
     '{"base": {"wings": 2}, "values": {}, "seeds": []}', '{"base": {}, "values": {"beta": 1}, "seeds": []}'],
)  # fmt: skip
def test_texts_that_are_no_plan_are_refused(text: str, tmp_path: Path) -> None:
    with pytest.raises(SettingError):
        SweepPlan.from_json(text)
    (tmp_path / "sweep.json").write_text(text)
    with pytest.raises(SettingError):
        read_sweep(tmp_path)


# ---- the points ------------------------------------------------------------------------------------


def test_a_point_is_the_run_that_the_library_trains(swept: tuple[Path, tuple[SweepPoint, ...]]) -> None:
    folder, points = swept
    assert [p.config for p in points] == list(PLAN.configs())
    data = load_dataset("digits")
    run = Run(PLAN.configs()[1], data)
    run.advance(steps=60)
    point = points[1]
    assert point.run == run.id
    saved = Run.load(run_folder(folder, point.run))
    assert saved.snapshot().key == run.snapshot().key
    # the rate is exact; the distortion is an average over eight draws of z
    x = data.validation.x.double()
    model = run.model.double()
    with torch.no_grad():
        kl = standard_normal_kl(model.encode(x))
        terms = elbo_terms(model, x, samples=400, generator=generator(1, "check"))
        one = elbo_terms(model, x, generator=generator(2, "check"))
    assert point.rate == pytest.approx(float(kl.sum(1).mean()), rel=1e-12)
    assert point.rate_error == pytest.approx(float(kl.sum(1).std()) / math.sqrt(len(x)), rel=1e-12)
    assert point.active_units == int((kl.mean(0) >= 0.01).sum())
    noise = 4 * float((one.reconstruction - terms.reconstruction).std()) / math.sqrt(8 * len(x))
    assert abs(point.distortion + float(terms.reconstruction.mean())) < noise
    assert point.elbo == pytest.approx(-(point.rate + point.distortion), abs=1e-12)
    assert point.images == len(x)


def test_a_larger_beta_has_a_smaller_rate(swept: tuple[Path, tuple[SweepPoint, ...]]) -> None:
    small, large = swept[1][0], swept[1][2]
    assert small.config.beta < large.config.beta
    assert small.rate > large.rate


def test_a_point_goes_through_json_and_damage_is_refused(swept: tuple[Path, tuple[SweepPoint, ...]]) -> None:
    point = swept[1][0]
    assert SweepPoint.from_json(point.to_json()) == point
    whole = json.loads(point.to_json())
    for changes in (
        {"rate": math.nan}, {"elbo": "1"}, {"run": 3}, {"failed": 1}, {"images": 1.5}, {"more": 1},
        {"config": {"beta": -1}},
    ):  # fmt: skip
        with pytest.raises(SettingError):
            SweepPoint.from_json(json.dumps({**whole, **changes}))
    for text in ("", "[]", "{}", "[" * 100_000):
        with pytest.raises(SettingError):
            SweepPoint.from_json(text)


def test_a_diverged_run_is_a_point_that_says_so(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    advance = Run.advance

    def blow_up(run: Run, **limits: float) -> int:
        if run.config.beta == 2.0:
            run.model.encoder.linears[0].weight.data.fill_(float("inf"))
        return advance(run, **limits)

    monkeypatch.setattr(Run, "advance", blow_up)
    plan = SweepPlan(SMALL, {"beta": (2.0, 1.0)})
    bad, good = run_sweep(plan, tmp_path, executor=InlineExecutor())
    assert bad.failed is not None
    assert bad.failed.startswith("Stopped at step 0: the loss became infinite.")
    assert good.failed is None
    assert read_sweep(tmp_path) == (plan, (bad, good))
    # and it is not made again
    assert run_sweep(plan, tmp_path, executor=Refusing()) == (bad, good)
    # numbers of weights that have gone astray may be infinite, those of others not
    wild = {**json.loads(bad.to_json()), "elbo": -math.inf}
    assert SweepPoint.from_json(json.dumps(wild)).elbo == -math.inf
    with pytest.raises(SettingError):
        SweepPoint.from_json(json.dumps({**wild, "failed": None}))


# ---- the folder ------------------------------------------------------------------------------------


def test_a_finished_sweep_is_read_and_not_made_again(swept: tuple[Path, tuple[SweepPoint, ...]]) -> None:
    folder, points = swept
    assert read_sweep(folder) == (PLAN, points)
    told: list[SweepPoint] = []
    assert run_sweep(PLAN, folder, executor=Refusing(), on_point=told.append) == points
    assert tuple(told) == points
    assert sorted(path.name for path in folder.iterdir()) == ["runs", "sweep.json"]
    assert {path.name for path in (folder / "runs").iterdir()} == {point.run for point in points}


def test_what_is_missing_or_damaged_is_made_again_and_comes_out_the_same(
    swept: tuple[Path, tuple[SweepPoint, ...]], tmp_path: Path
) -> None:
    folder = shutil.copytree(swept[0], tmp_path / "copy")
    points = swept[1]
    shutil.rmtree(run_folder(folder, points[0].run))
    (run_folder(folder, points[1].run) / "point.json").write_text("{}")
    (run_folder(folder, points[2].run) / "run.json").unlink()
    left = run_folder(folder, points[3].run) / "point.json"
    before = left.stat().st_mtime_ns
    assert read_sweep(folder)[1] == points[3:]
    assert run_sweep(PLAN, folder, executor=InlineExecutor()) == points
    assert left.stat().st_mtime_ns == before
    assert all(Run.load(run_folder(folder, point.run)).finished for point in points)


def test_a_larger_plan_goes_on_from_the_smaller_one(
    swept: tuple[Path, tuple[SweepPoint, ...]], tmp_path: Path
) -> None:
    folder = shutil.copytree(swept[0], tmp_path / "copy")
    plan = SweepPlan(SMALL, {"beta": (0.25, 1.0), "latent_dim": (2,)})
    made: list[str] = []

    class Counting(InlineExecutor):
        def completed(self, tasks, *, cancelled):
            made.extend(task.folder.name for task in tasks)
            yield from super().completed(tasks, cancelled=cancelled)

    points = run_sweep(plan, folder, executor=Counting())
    assert points[0] == swept[1][0]
    assert made == [points[1].run]
    assert read_sweep(folder) == (plan, points)


def test_a_cancelled_sweep_keeps_what_is_finished(tmp_path: Path) -> None:
    told: list[SweepPoint] = []
    points = run_sweep(
        PLAN, tmp_path, executor=InlineExecutor(), on_point=told.append, cancelled=lambda: len(told) == 1
    )
    assert len(points) == 1
    assert read_sweep(tmp_path)[1] == points
    assert [path.name for path in (tmp_path / "runs").iterdir()] == [points[0].run]


def test_a_run_is_published_whole_or_not_at_all(
    swept: tuple[Path, tuple[SweepPoint, ...]], tmp_path: Path
) -> None:
    point = swept[1][0]
    place = tmp_path / "runs" / point.run
    scratch = scratch_beside(place)
    shutil.copytree(run_folder(swept[0], point.run), scratch, dirs_exist_ok=True)
    assert finished(place, point.run) is None
    publish(scratch, place, point)
    assert finished(place, point.run) == point
    assert not scratch.exists()
    # whoever comes second leaves it as it is
    second = scratch_beside(place)
    publish(second, place, point)
    assert Run.load(place).finished
    assert not second.exists()
    # something else of that name is not touched
    letters = tmp_path / "letters"
    letters.mkdir()
    (letters / "dear.txt").write_text("…")
    with pytest.raises(FileExistsError, match="is no run's folder and stays as it is"):
        make(SweepTask(SMALL.replace(steps=1), letters))
    assert [path.name for path in letters.iterdir()] == ["dear.txt"]
    assert not list(tmp_path.glob(".unfinished*"))


def test_only_old_scratch_is_tidied_away(tmp_path: Path) -> None:
    old, new = (scratch_beside(tmp_path / "runs" / "0123456789ab") for _ in range(2))
    long_ago = time.time() - 2 * 3600
    os.utime(old, (long_ago, long_ago))
    tidy(tmp_path)
    assert not old.exists()
    assert new.exists()


def test_a_sweep_that_is_not_there_is_said_so(tmp_path: Path) -> None:
    with pytest.raises(SettingError, match=r"sweep must be a folder with a sweep\.json"):
        read_sweep(tmp_path)
