"""Chapter 3: the steps hold for any q, a planted mistake fails one, and the model judges the answers."""

import math
from dataclasses import replace

import pytest
import torch

from pages.components.formula import parse, plain
from pages.state.lessons import lesson
from vae_core.data import load_dataset
from vae_core.diagnostics.image_gap import ImageGap, image_gap
from vae_core.estimators import quadrature_log_likelihood
from vae_core.gaussians import FullGaussian
from vae_core.lessons import Step, Verdict, bound, number_verdict
from vae_core.lessons.bound import BoundSeen
from vae_core.models import VAE
from vae_core.rng import generator
from vae_core.theorems import principal_model
from vae_core.training.shipped import load_shipped


@pytest.fixture(scope="module")
def image() -> tuple[VAE, torch.Tensor, ImageGap]:
    model = load_shipped("binary-digits-2d").model()
    x = load_dataset("mnist-5k-binary").validation.x[:1]
    return model, x, image_gap(model, x)


def seen(image: tuple[VAE, torch.Tensor, ImageGap], *, best: bool = False, wider: float = 1.0) -> BoundSeen:
    model, x, gap = image
    own = model.double().encode(x.double()).full()
    q = gap.split.full.q if best else FullGaussian(own.mean.detach(), own.root.detach() * wider)
    return bound.bound(model, x, gap, q, moved=best or wider != 1.0)


@pytest.mark.parametrize("options", [{}, {"best": True}, {"wider": 2.0}])
def test_every_step_holds(image: tuple[VAE, torch.Tensor, ImageGap], options: dict) -> None:
    steps = bound.steps(seen(image, **options))
    assert [step.rule for step in steps if not step.holds] == []
    assert len(steps) == 5
    exact = quadrature_log_likelihood(image[0], image[1])
    assert steps[0].left_value == pytest.approx(float(exact.value), abs=2e-3)


def test_a_wrong_kl_is_seen(image: tuple[VAE, torch.Tensor, ImageGap]) -> None:
    sound = seen(image)
    wrong = replace(sound, prior_kl=-sound.prior_kl)
    assert [step.rule for step in bound.steps(wrong) if not step.holds] == ["Product rule"]
    wrong = replace(sound, kl=(sound.kl[0] + 1.0, sound.kl[1]))
    assert [step.rule for step in bound.steps(wrong) if not step.holds] == ["Bayes' rule"]


def test_the_question_is_settled_by_the_best_gaussian(image: tuple[VAE, torch.Tensor, ImageGap]) -> None:
    assert bound.outcome(seen(image)).choice == 2
    assert f"{seen(image).best_gap:.4f} nats stay" in bound.outcome(seen(image)).sentence
    # a linear decoder's posterior is a Gaussian, which is found
    x = load_dataset("digits").train.x.double()
    linear = principal_model(x, image_shape=(1, 8, 8), latent_dim=2)
    gap = image_gap(linear, x[:1])
    own = linear.double().encode(x[:1]).full()
    found = bound.bound(linear, x[:1], gap, FullGaussian(own.mean.detach(), own.root.detach()), moved=False)
    assert found.best_gap <= bound.TOUCHES
    assert bound.outcome(found).choice == 1


def test_the_model_judges_the_answers(image: tuple[VAE, torch.Tensor, ImageGap]) -> None:
    first, best = seen(image), seen(image, best=True)
    assert not bound.check_halved(first, True).right
    assert bound.check_halved(best, True).right
    assert not bound.check_halved(seen(image, wider=1.01), True).right
    assert bound.check_touching(first, first.log_likelihood).right
    assert not bound.check_touching(first, float(first.elbo.value)).right
    assert bound.check_spread(first, 0).right
    assert not bound.check_spread(first, 1).right


@pytest.mark.parametrize(
    ("relation", "left", "right", "holds"),
    [
        ("=", 1.0, 1.05, True),
        ("=", 1.0, 1.2, False),
        ("≥", 1.0, 1.05, True),
        ("≥", 1.0, 1.2, False),
        ("≥", 5.0, 1.0, True),
        ("≤", 5.0, 1.0, False),
        ("=", float("nan"), 1.0, False),
    ],
)
def test_a_step_holds_within_what_is_allowed(relation: str, left: float, right: float, holds: bool) -> None:
    step = Step("Rule", "Words.", "a", "b", left, right, 0.1, relation=relation)  # type: ignore[arg-type]
    assert step.holds is holds


def test_a_number_is_right_within_its_tolerance() -> None:
    assert number_verdict(1.04, 1.0, within=0.05, why="Yes.", hint="No.") == Verdict(True, "Yes.")
    assert number_verdict(1.06, 1.0, within=0.05, why="Yes.", hint="No.") == Verdict(False, "Too high. No.")
    assert number_verdict(0.9, 1.0, within=0.05, why="Yes.", hint="No.") == Verdict(False, "Too low. No.")
    with pytest.raises(ValueError, match="truth must be a finite number"):
        number_verdict(1.0, float("nan"), within=1.0, why="", hint="")


def test_the_lines_of_code_give_what_they_say(image: tuple[VAE, torch.Tensor, ImageGap]) -> None:
    found = seen(image, best=True)
    q = torch.distributions.MultivariateNormal(found.q.mean[0], scale_tril=found.q.root[0])
    z = found.q.sample(generator(1, "code"), samples=4000)[:, 0]
    names = {"model": found.model, "x": found.x, "z": z, "q": q, "math": math, "K": 4000}
    names["prior"] = torch.distributions.Normal(0.0, 1.0)
    with torch.no_grad():
        exec("\n".join(plain(parse(line, levels=False)) for line in lesson("bound").code), names)
    assert float(names["elbo"]) == pytest.approx(float(found.elbo.value), abs=0.02)
    assert float(names["log_likelihood"]) == pytest.approx(found.log_likelihood, abs=0.02)
