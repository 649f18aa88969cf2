"""Chapter 7: three routines give PyTorch's KL, planted mistakes fail steps, the pair judges the answers."""

from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pytest
import torch
from torch.distributions import MultivariateNormal, Normal, kl_divergence

from vae_core.data import load_dataset
from vae_core.gaussians import FullGaussian
from vae_core.lessons import gaussian_checks, gaussian_pair
from vae_core.lessons.gaussian_checks import check_distance, check_equal, check_upright
from vae_core.lessons.gaussian_pair import (
    Pair,
    closed_kl,
    gaussian,
    grid_kl,
    of_moments,
    terms,
    whitened,
)
from vae_core.lessons.gaussian_pictures import vae_slice
from vae_core.lessons.gaussians import PRESETS, PRIOR, GaussiansSeen, gaussians, image_pair, outcome, steps
from vae_core.models import VAE
from vae_core.training.shipped import load_shipped

ODD = Pair(gaussian((-3.0, 2.0), (2.9, 0.05), 77.0), gaussian((1.0, 3.5), (0.3, 1.7), -20.0))


@pytest.fixture(scope="module")
def image() -> tuple[VAE, torch.Tensor]:
    return load_shipped("binary-digits-2d").model(), load_dataset("mnist-5k-binary").validation.x[:1]


def torch_kl(pair: Pair) -> float:
    q, p = (MultivariateNormal(one.mean[0], one.cov[0]) for one in (pair.q, pair.p))
    return float(kl_divergence(q, p))


@pytest.fixture(scope="module")
def seen(image: tuple[VAE, torch.Tensor]) -> Callable[..., GaussiansSeen]:
    def measured(pair: Pair, *, vae_case: bool = False, samples: int = 10_000) -> GaussiansSeen:
        return gaussians(pair, *image, vae_case=vae_case, samples=samples)

    return measured


@pytest.mark.parametrize("pair", [*PRESETS.values(), ODD], ids=[*PRESETS, "odd"])
def test_three_routines_agree_with_pytorch(pair: Pair, seen: Callable[..., GaussiansSeen]) -> None:
    found = seen(pair)
    for way, both in ((found.forward, pair), (found.backward, pair.swapped)):
        truth = torch_kl(both)
        assert way.closed == pytest.approx(truth, rel=1e-9, abs=1e-12)
        assert way.grid[0] == pytest.approx(truth, rel=1e-9, abs=1e-12)
        assert way.grid[1] < 1e-9 * (1.0 + truth)
        assert abs(way.sampled[0] - truth) <= 4.5 * way.sampled[1] + 1e-12
    assert found.terms.total == pytest.approx(torch_kl(pair), rel=1e-9, abs=1e-12)


def test_a_coarse_grid_says_that_it_is_one() -> None:
    value, error = grid_kl(PRESETS["Shifted"], points=7)
    assert abs(value - torch_kl(PRESETS["Shifted"])) < error
    assert error > 0.01


@pytest.mark.parametrize("pair", [*PRESETS.values(), ODD], ids=[*PRESETS, "odd"])
def test_every_step_holds(pair: Pair, seen: Callable[..., GaussiansSeen]) -> None:
    found = steps(seen(pair))
    assert [step.rule for step in found if not step.holds] == []
    assert len(found) == 7


def test_any_pair_becomes_the_vaes_case() -> None:
    mapped, matrix = whitened(ODD)
    np.testing.assert_allclose(mapped.p.cov[0], np.eye(2), atol=1e-9)
    assert float(mapped.q.cov[0, 0, 1]) == pytest.approx(0.0, abs=1e-8 * float(mapped.q.cov.max()))
    np.testing.assert_allclose(matrix @ ODD.q.cov[0] @ matrix.T, mapped.q.cov[0], atol=1e-12)
    normals = [Normal(m, s) for m, s in zip(mapped.q.mean[0], mapped.q.std[0], strict=True)]
    prior = Normal(torch.tensor(0.0, dtype=torch.float64), torch.tensor(1.0, dtype=torch.float64))
    assert sum(float(kl_divergence(one, prior)) for one in normals) == pytest.approx(torch_kl(ODD), rel=1e-8)


def test_a_wrong_term_is_seen(seen: Callable[..., GaussiansSeen], monkeypatch: pytest.MonkeyPatch) -> None:
    sound = seen(ODD)
    wrong = replace(sound, terms=replace(sound.terms, trace=sound.terms.trace + 5.0))
    assert [step.rule for step in steps(wrong) if not step.holds] == ["Square around another mean"]
    wrong = replace(sound, terms=replace(sound.terms, log_det=-sound.terms.log_det))
    assert [step.rule for step in steps(wrong) if not step.holds] == ["Put in both densities"]
    wrong = replace(sound, image_kl=sound.image_kl + 0.01)
    assert [step.rule for step in steps(wrong) if not step.holds] == ["The VAE's case"]
    mistaken = gaussian_pair.gaussian_kl
    monkeypatch.setattr(gaussian_pair, "gaussian_kl", lambda m0, c0, m1, c1: mistaken(m1, c1, m0, c0))
    assert "Definition" in [step.rule for step in steps(seen(ODD)) if not step.holds]


def test_the_curves_of_the_vaes_case_add_up() -> None:
    pair = Pair(gaussian((0.5, -1.5), (0.3, 1.2)), PRIOR)
    curves = vae_slice(pair)
    for j in (0, 1):
        width = np.interp(curves.now_std[j], curves.std, curves.width_kl)
        mean = np.interp(curves.now_mean[j], curves.mean, curves.mean_kl)
        assert width + mean == pytest.approx(curves.now_kl[j], abs=2e-3)
    assert sum(curves.now_kl) == pytest.approx(torch_kl(pair))
    assert float(curves.width_kl.min()) == pytest.approx(0.0, abs=1e-3)


def test_an_images_q_has_its_two_dearest_dimensions() -> None:
    model = load_shipped("binary-digits-8d").model()
    pair, places = image_pair(model, load_dataset("mnist-5k-binary").validation.x[:1])
    with torch.no_grad():
        q = model.double().encode(load_dataset("mnist-5k-binary").validation.x[:1].double())
    each = kl_divergence(Normal(q.mean[0], q.std[0]), Normal(torch.zeros(8), torch.ones(8)))
    assert set(places) == set(each.topk(2).indices.tolist())
    assert torch_kl(pair) == pytest.approx(float(each.topk(2).values.sum()))


def test_the_wide_one_pays_more(seen: Callable[..., GaussiansSeen], monkeypatch: pytest.MonkeyPatch) -> None:
    assert outcome(seen(ODD, samples=10)).choice == 0
    wide = PRESETS["Twice as wide"]
    assert torch_kl(wide) > torch_kl(wide.swapped)
    monkeypatch.setitem(PRESETS, "Twice as wide", wide.swapped)  # type: ignore[arg-type]
    assert outcome(seen(ODD, samples=10)).choice == 1
    monkeypatch.setitem(PRESETS, "Twice as wide", PRESETS["Shifted"])  # type: ignore[arg-type]
    assert outcome(seen(ODD, samples=10)).choice == 2


def test_equal_both_ways(seen: Callable[..., GaussiansSeen]) -> None:
    def judged(pair: Pair) -> tuple[bool, str]:
        found = check_equal(seen(pair, samples=10), True)
        return found.right, found.sentence

    assert judged(Pair(PRIOR, gaussian((0.0, 0.0), (2.5, 0.4), 30.0)))[0]
    assert judged(PRESETS["Shifted"]) == (False, judged(PRESETS["Shifted"])[1])
    assert "apart" in judged(PRESETS["Shifted"])[1]
    assert "half a nat" in judged(PRESETS["Equal"])[1]
    assert "wider" in judged(PRESETS["Twice as wide"])[1]


def test_what_moving_the_centre_saves(seen: Callable[..., GaussiansSeen]) -> None:
    found = seen(ODD, samples=10)
    together = Pair(of_moments(ODD.p.mean[0], ODD.q.cov[0]), ODD.p)
    saved = torch_kl(ODD) - torch_kl(together)
    assert check_distance(found, saved).right
    assert not check_distance(found, saved + 0.1).right
    assert not check_distance(found, 2.0 * saved).right
    assert not check_distance(seen(PRESETS["Twice as wide"], samples=10), 0.0).right


def test_the_best_upright_q(seen: Callable[..., GaussiansSeen]) -> None:
    thin = PRESETS["Thin and turned"]
    best = gaussian_checks.best_upright(thin)
    least = torch_kl(best)
    for first in np.linspace(0.3, 1.5, 25):
        for second in np.linspace(0.3, 1.5, 25):
            assert torch_kl(Pair(gaussian((0.0, 0.0), (first, second)), thin.p)) > least - 1e-9
    assert check_upright(seen(best, samples=10), True).right
    assert check_upright(seen(Pair(gaussian((0.0, 0.0), (0.75, 0.45)), thin.p), samples=10), True).right
    shadow = FullGaussian(thin.p.mean, torch.diag_embed(thin.p.std))
    for wrong in (thin, Pair(shadow, thin.p), PRESETS["Shifted"], Pair(thin.p, thin.p)):
        assert not check_upright(seen(wrong, samples=10), True).right
    assert terms(best).total == pytest.approx(closed_kl(best))
