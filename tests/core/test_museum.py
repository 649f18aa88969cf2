"""The bug museum: each wrong twin breaks an identity, no sound twin does, and what is shown is what runs."""

import ast
import math
import textwrap
from collections.abc import Callable, Iterator
from dataclasses import replace
from functools import cache
from pathlib import Path

import numpy as np
import pytest
import torch
from torch import Tensor
from torch.distributions import Bernoulli, Normal, kl_divergence

import vae_core.museum as room
from vae_core.gaussians import DiagonalGaussian
from vae_core.museum import Bug, Exhibit, bugs, code_of, exhibit, side_by_side
from vae_core.museum.run import draw_noise, images_of, new_model

ROOT = Path(__file__).resolve().parents[2]
NAMES = [bug.slug for bug in bugs()]
BY_NAME = {bug.slug: bug for bug in bugs()}


def whole(bug: Bug) -> tuple[list[Exhibit], Exhibit]:
    """What a bug's runs give on the way, and in the end."""
    running, parts = exhibit(bug), []
    while True:
        try:
            parts.append(next(running)[2])
        except StopIteration as end:
            return parts, end.value


@cache
def found(name: str) -> tuple[list[Exhibit], Exhibit]:
    return whole(BY_NAME[name])


def draw(*shape: int, seed: int = 0) -> Tensor:
    return torch.randn(shape, generator=torch.Generator().manual_seed(seed), dtype=torch.float64)


# ---- both twins ----------------------------------------------------------------------------------


@pytest.mark.parametrize("name", NAMES)
def test_the_wrong_twin_breaks_an_identity_and_the_sound_one_none(name: str) -> None:
    bug, (parts, end) = BY_NAME[name], found(name)
    assert end.sound is not None
    assert end.wrong is not None
    assert end.answer is not None
    assert [outcome.verdict for outcome in end.sound.outcomes] == ["holds"] * len(bug.identities)
    assert "fails" in [outcome.verdict for outcome in end.wrong.outcomes]
    for outcome in (*end.sound.outcomes, *end.wrong.outcomes):
        assert outcome.left is not None
        assert outcome.right is not None
        assert math.isfinite(outcome.left.value)
        assert math.isfinite(outcome.right.value)
    # a wrong one fails by far, so that other bits on another machine change no verdict
    worst = max(abs(one.difference) / one.tolerance for one in end.wrong.outcomes if one.verdict == "fails")
    assert worst > 3.0
    assert 0 <= end.answer.choice < len(bug.choices)
    assert len(parts[0].curve.across) < len(parts[-1].curve.across) or bug.curve is not None
    assert all(np.isfinite(line.values).all() for line in end.curve.lines)
    for twin in (end.sound, end.wrong):
        assert twin.samples.shape == twin.reconstructions.shape == end.originals.shape
        assert ((twin.samples >= 0.0) & (twin.samples <= 1.0)).all()
    assert end.sound.numbers.reported == end.sound.numbers.proper


def test_the_table_ends_where_the_curves_do() -> None:
    for name in ("mean-for-sum", "beta-left-on"):
        end = found(name)[1]
        lines = {line.kind: float(line.values[-1]) for line in end.curve.lines}
        assert end.wrong is not None
        assert lines["reported"] == pytest.approx(end.wrong.numbers.reported, abs=1e-3)
        assert lines.get("wrong", lines["sound"]) == pytest.approx(end.wrong.numbers.proper, abs=1e-3)


@pytest.mark.parametrize("name", ["kl-sign", "log-two-pi"])
def test_the_same_seeds_give_the_same_bits(name: str) -> None:
    first, again = found(name)[1], whole(BY_NAME[name])[1]
    for one, other in zip(first.curve.lines, again.curve.lines, strict=True):
        assert (one.values == other.values).all()
    for one, other in ((first.sound, again.sound), (first.wrong, again.wrong)):
        assert one is not None
        assert other is not None
        assert one.numbers == other.numbers
        assert one.outcomes == other.outcomes
        assert (one.samples == other.samples).all()


def test_known_sizes_of_mistakes() -> None:
    half_bits = found("log-two-pi")[1]
    assert half_bits.sound.numbers.reported - half_bits.wrong.numbers.reported == pytest.approx(
        0.5 * math.log2(2.0 * math.pi), abs=1e-9
    )
    beta = found("beta-left-on")[1].wrong.numbers
    assert beta.reported - beta.proper == pytest.approx(0.8 * beta.kl, rel=1e-5)
    sign = found("kl-sign")[1].wrong.numbers
    assert sign.reported - sign.proper == pytest.approx(2.0 * sign.kl, rel=1e-9)
    batch = found("minibatch-information")[1].curve
    within = next(line.values for line in batch.lines if line.kind == "reported")
    assert (within <= np.log(batch.across) + 1e-9).all()
    logs = {line.kind: line.values for line in found("mean-of-logs")[1].curve.lines}
    assert (logs["reported"] <= logs["sound"] + 1e-12).all()
    assert logs["sound"][-1] == pytest.approx(logs["exact"][-1], abs=0.02)


# ---- the lines that differ -----------------------------------------------------------------------


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("side", ["sound", "wrong"])
def test_what_is_shown_is_what_runs(name: str, side: str) -> None:
    bug = BY_NAME[name]
    part = getattr(bug, side)
    shown = "\n".join(code_of(part))
    assert 2 <= len(shown.splitlines()) - 1 <= 6
    calls: list[str] = []

    def counted(*given: object) -> Tensor:
        calls.append(side)
        return part(*given)

    images = images_of(bug.settings)
    x = images.held_out[:64]
    model, noise = new_model(bug.settings, images), draw_noise(bug.settings, 64)
    told = bug.reports(counted)(model, x, noise)
    assert calls
    # the text on the page, run anew, says the same
    scope = dict(part.__globals__)
    exec(compile(shown.replace("Tensor", "object"), name, "exec"), scope)
    assert bug.reports(scope[part.__name__])(model, x, noise) == told
    calls.clear()
    bug.trains(counted)(model, x, noise)
    assert bool(calls) is bug.in_training


@pytest.mark.parametrize("name", NAMES)
def test_what_differs_is_marked(name: str) -> None:
    left, right = side_by_side(BY_NAME[name].sound, BY_NAME[name].wrong)
    for mine, other in ((left, right), (right, left)):
        assert not mine[0].differs
        assert any(line.differs for line in mine)
        others = {line.text for line in other}
        assert all(line.differs or line.text in others for line in mine[1:])


def _functions(tree: ast.AST) -> Iterator[ast.FunctionDef]:
    return (node for node in ast.walk(tree) if isinstance(node, ast.FunctionDef))


def _body(function: ast.FunctionDef) -> str:
    """A function's body without its docstring."""
    kept = function.body
    if isinstance(kept[0], ast.Expr) and isinstance(kept[0].value, ast.Constant):
        kept = kept[1:]
    return ast.dump(ast.Module(kept, []))


def test_wrong_code_exists_in_the_museum_only() -> None:
    wrong = {bug.wrong.__name__ for bug in bugs()}
    bodies = {
        _body(next(_functions(ast.parse(textwrap.dedent("\n".join(code_of(bug.wrong))))))) for bug in bugs()
    }
    assert len(wrong) == len(bodies) == 10
    assert wrong.isdisjoint(dir(room))
    looked_at = 0
    for folder in ("vae_core", "pages"):
        for file in sorted((ROOT / folder).rglob("*.py")):
            if file.parent == ROOT / "vae_core" / "museum":
                continue
            looked_at += 1
            tree = ast.parse(file.read_text(encoding="utf-8"))
            for node in ast.walk(tree):
                if isinstance(node, ast.ImportFrom) and (node.module or "").startswith("vae_core.museum"):
                    assert node.module == "vae_core.museum", file
            for function in _functions(tree):
                assert function.name not in wrong, file
                assert _body(function) not in bodies, file
    assert looked_at > 200


# ---- the sound lines, by PyTorch's own distributions ----------------------------------------------

MEAN, LOG_VAR = draw(5, 2), draw(5, 2, seed=1)
Q = Normal(MEAN, (0.5 * LOG_VAR).exp())
LOG_P, LOG_W = draw(5, 9, seed=2), draw(7, 5, seed=3)


def _loss(sound: Callable[..., Tensor]) -> None:
    kl = kl_divergence(Q, Normal(0.0, 1.0))
    expected = sum(float(kl[row].sum() - LOG_P[row].sum()) for row in range(5)) / 5
    assert float(sound(LOG_P, kl)) == pytest.approx(expected)


def _draws(sound: Callable[..., Tensor]) -> None:
    noise = Normal(0.0, 1.0).cdf(draw(5, 2, seed=4))
    # the quantile of q at a share is z at the quantile of the prior
    z = sound(MEAN, LOG_VAR, Normal(torch.zeros(()).double(), 1.0).icdf(noise))
    torch.testing.assert_close(z, Q.icdf(noise))


def _kl(sound: Callable[..., Tensor]) -> None:
    torch.testing.assert_close(sound(MEAN, LOG_VAR), kl_divergence(Q, Normal(0.0, 1.0)).sum(1))


def _pixels(sound: Callable[..., Tensor]) -> None:
    x = (LOG_P > 0.0).double()
    torch.testing.assert_close(sound(LOG_P, 2.0 * x - 1.0), Bernoulli(logits=LOG_P).log_prob(x))


def _density(sound: Callable[..., Tensor]) -> None:
    sigma = torch.tensor(0.3, dtype=torch.float64)
    torch.testing.assert_close(sound(MEAN, LOG_VAR, sigma), Normal(LOG_VAR, sigma).log_prob(MEAN))


def _importance(sound: Callable[..., Tensor]) -> None:
    assert float(sound(LOG_W)) == pytest.approx(-float(np.log(np.exp(LOG_W.numpy()).mean(0)).mean()))


def _log_mean(sound: Callable[..., Tensor]) -> None:
    np.testing.assert_allclose(sound(LOG_W).numpy(), np.log(np.exp(LOG_W.numpy()).mean(0)))


def _information(sound: Callable[..., Tensor]) -> None:
    batch = torch.tensor([3, 1])
    z = Q.mean[batch] + 0.1
    density = torch.stack([Normal(Q.mean[n], Q.stddev[n]).log_prob(z).sum(1) for n in range(5)])
    expected = density[batch, torch.arange(2)] - density.exp().mean(0).log()
    torch.testing.assert_close(sound(z, DiagonalGaussian(MEAN, LOG_VAR), batch), expected)


def _plain(sound: Callable[..., Tensor]) -> None:
    kl = kl_divergence(Q, Normal(0.0, 1.0)).sum(1)
    torch.testing.assert_close(sound(LOG_P[:, 0], kl, 0.2), LOG_P[:, 0] - kl)


CHECKS = {
    "mean-for-sum": _loss,
    "log-variance": _draws,
    "kl-sign": _kl,
    "prior-codes": _draws,
    "signed-pixels": _pixels,
    "log-two-pi": _density,
    "weighted-loss": _importance,
    "mean-of-logs": _log_mean,
    "minibatch-information": _information,
    "beta-left-on": _plain,
}


@pytest.mark.parametrize("name", NAMES)
def test_only_the_sound_lines_agree_with_what_is_known(name: str) -> None:
    CHECKS[name](BY_NAME[name].sound)
    with pytest.raises(AssertionError):
        CHECKS[name](BY_NAME[name].wrong)


# ---- the records ---------------------------------------------------------------------------------


def test_there_are_ten_and_each_asks() -> None:
    assert [bug.number for bug in bugs()] == list(range(1, 11))
    assert len(set(NAMES)) == 10
    for bug in bugs():
        assert bug.question.endswith("?")
        assert len(set(bug.choices)) == len(bug.choices) == 3
        assert "#" in bug.source
        assert bug.identities


def test_an_answer_is_read_from_the_runs() -> None:
    for bug in bugs():
        end = found(bug.slug)[1]
        sound, wrong = end.sound.numbers, end.wrong.numbers
        assert bug.answer(sound, wrong) == end.answer
        # were both runs alike, another choice would be right
        assert bug.answer(sound, replace(sound)).choice != end.answer.choice
