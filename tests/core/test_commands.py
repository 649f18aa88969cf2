"""The command line, run as a user runs it."""

import io
import json
import subprocess
import sys
from dataclasses import replace
from functools import partial
from pathlib import Path

import pytest
import torch

from vae_core.bench.integration import integration_report
from vae_core.bench.report import report
from vae_core.commands.evaluate import test_figures as figures_of
from vae_core.commands.parser import main
from vae_core.data import Dataset, load_dataset
from vae_core.estimators import log_weights
from vae_core.models import VAE
from vae_core.rng import generator
from vae_core.training import Run, TrainConfig

ROOT = Path(__file__).parents[2]
SMALL = ["--dataset", "digits", "--hidden", "16", "--latent-dim", "1", "--steps", "120", "--seed", "3"]


def command(*arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-W", "error", "-m", "vae_core", *arguments],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )


@pytest.fixture(scope="module")
def trained(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("run") / "x"
    done = command("train", *SMALL, "--out", str(folder))
    assert done.returncode == 0, done.stderr
    assert done.stderr == ""
    assert "Finished: 120 steps." in done.stdout
    assert "ELBO" in done.stdout
    return folder


@pytest.fixture
def few_test_images(monkeypatch: pytest.MonkeyPatch) -> None:
    """`evaluate` finds only the first 24 test images."""

    def few(name: str) -> Dataset:
        data = load_dataset(name)
        test = replace(data.test, x=data.test.x[:24], index=data.test.index[:24], labels=None)
        return replace(data, test=test)

    monkeypatch.setattr("vae_core.commands.evaluate.load_dataset", few)


def test_train_saves_the_run_that_the_library_trains(trained: Path) -> None:
    data = load_dataset("digits")
    run = Run(TrainConfig(dataset="digits", hidden=(16,), latent_dim=1, steps=120, seed=3), data)
    run.advance(steps=120)
    saved = Run.load(trained)
    assert saved.id == run.id
    for name, value in run.model.state_dict().items():
        assert torch.equal(value, saved.model.state_dict()[name]), name


def test_evaluate_prints_json_with_the_agreed_keys(trained: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["evaluate", str(trained), "--json", "--samples", "50", "--split-images", "2"]) == 0
    record = json.loads(capsys.readouterr().out)
    means = {key: record[key]["mean"] for key in ("elbo", "reconstruction", "kl", "log_likelihood")}
    assert means["elbo"] == pytest.approx(means["reconstruction"] - means["kl"], abs=1e-9)
    assert means["log_likelihood"] > means["elbo"]
    # Bernoulli on grey pixels: a score, which bounds no likelihood
    assert record["scale"] == "Bernoulli score"
    assert record["elbo"]["kind"] == record["log_likelihood"]["kind"] == "score"
    assert record["kl"]["kind"] == "exact"
    assert record["unit"] == "nats per image"


@pytest.mark.usefixtures("few_test_images")
def test_evaluate_calls_a_bound_a_bound(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    small = ["--dataset", "tiny-binary", "--hidden", "4", "--steps", "20", "--out", str(tmp_path)]
    assert main(["train", *small]) == 0
    capsys.readouterr()
    assert main(["evaluate", str(tmp_path), "--json", "--samples", "10"]) == 0
    record = json.loads(capsys.readouterr().out)
    assert record["scale"] == "log-likelihood"
    assert record["elbo"]["kind"] == record["log_likelihood"]["kind"] == "lower_bound"


@pytest.mark.usefixtures("few_test_images")
def test_evaluate_says_the_exact_value_and_where_the_gap_goes(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    small = ["--dataset", "tiny-binary", "--hidden", "4", "--steps", "20"]
    few = ["--samples", "10", "--split-images", "3", "--chains", "4", "--temperatures", "20"]
    for latent, key, kind in (
        ("2", "quadrature_log_likelihood", "exact"),
        ("3", "annealed_log_likelihood", "lower_bound"),
    ):
        folder = str(tmp_path / latent)
        assert main(["train", *small, "--latent-dim", latent, "--out", folder]) == 0
        capsys.readouterr()
        assert main(["evaluate", folder, "--json", *few]) == 0
        record = json.loads(capsys.readouterr().out)
        assert record[key]["kind"] == record["gap_total"]["kind"] == kind
        parts = [record[f"gap_{name}"]["mean"] for name in ("amortization", "covariance", "family")]
        assert sum(parts) == pytest.approx(record["gap_total"]["mean"], abs=1e-9)
        assert record["gap_total"]["images"] == 3
        if kind == "exact":
            assert record[key]["mean"] > record["elbo"]["mean"]
            assert record[key]["monte_carlo_error"] < 1e-3
        assert main(["evaluate", folder, *few]) == 0
        table = capsys.readouterr().out
        for words in ("log p(x), ", "gap, log p(x) − ELBO", "of it the encoder's", "first 3 images", "± "):
            assert words in table
    assert main(["evaluate", folder, "--json", "--split-images", "0", "--samples", "10"]) == 0
    assert not any(name.startswith("gap") for name in json.loads(capsys.readouterr().out))


def test_evaluate_knows_the_linear_models_closed_form(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    small = ["--dataset", "two-moons", "--likelihood", "gaussian", "--hidden", "linear", "--steps", "20"]
    assert main(["train", *small, "--latent-dim", "1", "--out", str(tmp_path)]) == 0
    capsys.readouterr()
    assert main(["evaluate", str(tmp_path), "--json", "--samples", "10", "--split-images", "2"]) == 0
    record = json.loads(capsys.readouterr().out)
    assert record["linear_gaussian_log_likelihood"]["kind"] == "exact"
    assert record["gap_total"]["kind"] == "exact"


def test_an_interrupted_or_diverged_training_is_saved_and_says_so(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    advance = Run.advance

    def interrupt(run: Run, **limits: float) -> int:
        if run.step:
            raise KeyboardInterrupt
        return advance(run, steps=5)

    def blow_up(run: Run, **limits: float) -> int:
        run.model.encoder.linears[0].weight.data.fill_(float("inf"))
        return advance(run, steps=5)

    small = ["train", "--dataset", "tiny-binary", "--hidden", "4", "--steps", "20", "--out", str(tmp_path)]
    monkeypatch.setattr(Run, "advance", interrupt)
    assert main(small) == 130
    assert "Interrupted at step 5." in capsys.readouterr().out
    assert Run.load(tmp_path).step == 5
    monkeypatch.setattr(Run, "advance", blow_up)
    assert main(small) == 2
    error = capsys.readouterr().err
    assert error.startswith("vae_core: Stopped at step 0: the loss became infinite.")
    assert error.count("\n") == 1
    assert Run.load(tmp_path).failed


def test_evaluate_prints_a_table_that_calls_a_score_a_score(trained: Path) -> None:
    done = command("evaluate", str(trained), "--samples", "20", "--split-images", "2")
    assert done.returncode == 0, done.stderr
    assert "Bernoulli score" in done.stdout
    assert "log p(x)" not in done.stdout
    assert "lower bound" not in done.stdout


def test_figures_agree_with_the_log_weights() -> None:
    model = VAE((1, 3, 3), hidden=(8,), seed=1).double()
    x = load_dataset("tiny-binary").test.x[:40].double()
    with torch.no_grad():
        figures = figures_of(model, x, samples=64, draws=4000, seed=0)
        weights = log_weights(model, x, samples=4000, generator=generator(5, "check"))
    elbo, error, _ = figures["elbo"].mean()
    other = weights.mean(0)
    other_error = float((weights.var(0) / 4000).sum().sqrt()) / len(x)
    assert abs(elbo - float(other.mean())) < 4 * (error**2 + other_error**2) ** 0.5


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (["train", "--beta", "x", "--out", "q"], "beta must be a number, got 'x'."),
        (
            ["train", "--latent-dim", "99", "--out", "q"],
            "latent_dim must be a whole number from 1 to 32, got 99.",
        ),
        (
            ["train", "--dataset", "two-moons", "--out", "q"],
            "likelihood must fit the data, got a bernoulli decoder needs data in [0, 1], and these are "
            "real numbers.",
        ),
        (["evaluate", "nowhere"], "run must be a folder with a run.json, got 'nowhere'."),
        (
            ["bench", "--threads", "0"],
            "--threads must be a whole number from 1 to 64, got 0.",
        ),
        (
            ["bench", "--what", "luck"],
            "--what must be one of training, quadrature, sweeps, got 'luck'.",
        ),
        (
            ["bench", "--seeds", "many"],
            "--seeds must be a whole number from 0 to 100, got 'many'.",
        ),
    ],
)
def test_errors_are_one_line_and_exit_code_two(
    arguments: list[str], sentence: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(arguments) == 2
    assert capsys.readouterr().err == f"vae_core: {sentence}\n"


@pytest.mark.parametrize("arguments", [[], ["fly"], ["train", "--wings", "2", "--out", "q"], ["train"]])
def test_unknown_words_are_one_line_and_exit_code_two(
    arguments: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit) as stop:
        main(arguments)
    assert stop.value.code == 2
    error = capsys.readouterr().err
    assert error.startswith("vae_core: ")
    assert error.count("\n") == 1


def test_bench_measures_every_contender_and_says_the_bars(monkeypatch: pytest.MonkeyPatch) -> None:
    out = io.StringIO()
    monkeypatch.setattr("vae_core.commands.bench.report", partial(report, out=out))
    assert main(["bench", "--threads", "1", "--seeds", "0", "--steps", "20"]) == 0
    for name in ("Run ", "plain loop", "matrix products", "Run / plain loop", "bar 2", "bar 0.6"):
        assert name in out.getvalue()


def test_bench_measures_quadrature_and_says_the_bars(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("vae_core.bench.integration.IMAGES", 5)
    monkeypatch.setattr("vae_core.bench.integration.MODELS", ("binary-digits-2d",))
    out = io.StringIO()
    integration_report(threads=1, rounds=1, out=out)
    for words in (
        "binary-digits-2d: 5 images",
        "kind: exact",
        "ratio",
        "bar 2.5",
        "bar 5 on two cores",
        "GB",
    ):
        assert words in out.getvalue()
