"""Chapter 2: KLs of the joints against other rules, both sides of each step, and the verdicts."""

from dataclasses import replace

import numpy as np
import pytest
import torch

from vae_core.checks import SettingError
from vae_core.data import known_distribution, load_dataset
from vae_core.diagnostics.known_rate import known_rate
from vae_core.estimators import quadrature_log_likelihood
from vae_core.lessons import joints
from vae_core.lessons.joints import JointsSeen
from vae_core.lessons.joints_grid import data_entropy, joint_grid, joint_kl, log_mixture, unfit
from vae_core.lessons.joints_training import (
    STEPS,
    Moment,
    config,
    first_moment,
    recorded_steps,
    train_joints,
)
from vae_core.models import VAE
from vae_core.training.run import Run


@pytest.fixture(scope="module")
def moments() -> tuple[Moment, ...]:
    *_, last = train_joints(seed=0, sigma=0.3)
    return last


def seen(moments: tuple[Moment, ...], place: int = -1, *, complete: bool = True) -> JointsSeen:
    place %= len(moments)
    return JointsSeen(moments, place, complete, joint_grid(moments[place].model()))


def test_the_mixture_is_that_of_the_data() -> None:
    known = known_distribution("mixture-1d")
    density = log_mixture(known.x[:, 0]).exp()
    step = float(known.x[1, 0] - known.x[0, 0])
    torch.testing.assert_close(density * step, known.weight, rtol=1e-9, atol=1e-15)
    # half of the data lie where the density says so
    grid = torch.linspace(-9.0, -1.0, 4001, dtype=torch.float64)
    below = float(torch.trapezoid(log_mixture(grid).exp(), grid))
    assert float((load_dataset("mixture-1d").full.x < -1.0).double().mean()) == pytest.approx(below, abs=0.03)


def test_both_joints_are_densities_with_the_edges_that_they_should_have(moments: tuple[Moment, ...]) -> None:
    model = moments[-1].model()
    grid = joint_grid(model)
    area = grid.dx * grid.dz
    assert float(grid.log_q.exp().sum()) * area == pytest.approx(1.0, abs=1e-9)
    # the decoder reaches x beyond the grid with next to none of its mass
    assert float(grid.log_p.exp().sum()) * area == pytest.approx(1.0, abs=1e-6)
    exact = quadrature_log_likelihood(model.double(), grid.x[100:200:20, None], tolerance=1e-6)
    torch.testing.assert_close(grid.log_model[100:200:20], exact.value, rtol=0, atol=1e-5)
    q = torch.distributions.Normal(model.double().encode(grid.x[:, None]).mean[:, 0],
                                   model.double().encode(grid.x[:, None]).std[:, 0])  # fmt: skip
    own = log_mixture(grid.x) + q.log_prob(grid.z[:, None])
    torch.testing.assert_close(grid.log_q, own.T, rtol=1e-9, atol=1e-9)


@pytest.mark.parametrize("place", [0, 12, 25, -1])
def test_the_kl_is_minus_the_elbo_less_the_entropy(moments: tuple[Moment, ...], place: int) -> None:
    moment, known = moments[place], known_distribution("mixture-1d")
    rate = known_rate(moment.model(), known)
    off = 2e-4 + rate.off
    assert moment.parts.kl == pytest.approx(rate.rate + rate.distortion - known.entropy, abs=off)
    assert moment.parts.elbo == pytest.approx(-rate.rate - rate.distortion, abs=off)
    assert moment.parts.kl == pytest.approx(moment.parts.of_data + moment.parts.codes_given_x, abs=1e-8)
    assert moment.parts.kl == pytest.approx(moment.parts.of_codes + moment.parts.x_given_codes, abs=1e-8)
    assert 0.0 <= moment.parts.error < 1e-4
    assert min(moment.parts.of_data, moment.parts.codes_given_x, moment.parts.of_codes) > 0.0


def test_a_linear_model_has_joints_in_closed_form() -> None:
    """A linear decoder and encoder: KL(q(z|x) ‖ p(z|x)) between Gaussians, averaged over the mixture."""
    model = VAE((1, 1, 1), latent_dim=1, hidden=(), likelihood="gaussian", sigma=0.7, seed=3)
    parts = joint_kl(joint_grid(model))
    exact = model.double()
    w, b = (p.detach().double().squeeze() for p in exact.decoder.linears[0].parameters())
    var = 1.0 / (1.0 + w**2 / 0.49)
    known = known_distribution("mixture-1d")
    with torch.no_grad():
        q = exact.encode(known.x)
    p = torch.distributions.Normal(var * w * (known.x - b) / 0.49, var.sqrt())
    kl = torch.distributions.kl_divergence(torch.distributions.Normal(q.mean, q.std), p)[:, 0]
    assert parts.codes_given_x == pytest.approx(float(known.weight @ kl), rel=1e-6)
    marginal = torch.distributions.Normal(b, (w**2 + 0.49).sqrt())
    of_data = known.weight @ (log_mixture(known.x[:, 0]) - marginal.log_prob(known.x[:, 0]))
    assert parts.of_data == pytest.approx(float(of_data), rel=1e-6)


def test_training_is_that_of_a_run_and_can_be_repeated(moments: tuple[Moment, ...]) -> None:
    assert [moment.step for moment in moments] == list(recorded_steps())
    assert recorded_steps()[-1] == STEPS
    run = Run(config(seed=0, sigma=0.3), load_dataset("mixture-1d"))
    assert first_moment(run.config).snapshot.key == moments[0].snapshot.key
    run.advance(steps=101)
    again = next(moment for moment in moments if moment.step == 101)
    assert run.snapshot().key == again.snapshot.key
    assert moments[-1].parts.kl < 0.05 * moments[0].parts.kl


@pytest.mark.parametrize("place", [0, 20, -1])
def test_every_step_holds(moments: tuple[Moment, ...], place: int) -> None:
    found = joints.steps(seen(moments, place))
    assert [step.rule for step in found if not step.holds] == []
    assert len(found) == 5


@pytest.mark.parametrize("sigma", [1.0, "learned"])
def test_every_step_holds_for_other_decoders(sigma: float | str) -> None:
    settings = config(seed=5, sigma=sigma)  # type: ignore[arg-type]
    found = joints.steps(seen((first_moment(settings),)))
    assert [step.rule for step in found if not step.holds] == []


def test_a_mistake_is_seen(moments: tuple[Moment, ...]) -> None:
    sound = seen(moments)
    # a KL without its reconstruction, as if p(x|z) were left out
    parts = replace(sound.shown.parts, kl=sound.shown.parts.kl + 0.1)
    wrong = replace(sound, moments=(*moments[:-1], replace(moments[-1], parts=parts)))
    failed = [step.rule for step in joints.steps(wrong) if not step.holds]
    assert failed == ["Definition of the KL", "Product rule", "Chain rule, x first", "Chain rule, z first"]
    # a posterior that is normalised wrongly
    skewed = replace(sound, grid=replace(sound.grid, log_p=sound.grid.log_p + 0.01))
    assert [step.rule for step in joints.steps(skewed) if not step.holds] == ["Chain rule, x first"]


def test_the_question_is_settled_by_the_end_of_the_training(moments: tuple[Moment, ...]) -> None:
    assert joints.outcome(seen(moments, 3, complete=False)) is None
    assert joints.outcome(seen(moments, 3)).choice == 1
    ends = (0.001, 0), (3.0, 2)
    for kl, choice in ends:
        last = replace(moments[-1], parts=replace(moments[-1].parts, kl=kl))
        assert joints.outcome(seen((*moments[:-1], last), 0)).choice == choice


def test_the_model_judges_the_answers(moments: tuple[Moment, ...]) -> None:
    kl = np.array([moment.parts.kl for moment in moments])
    first = int(np.flatnonzero(kl < 0.1 * kl[0])[0])
    verdicts = [
        joints.check_tenth(seen(moments, place), True).right for place in (first - 1, first, first + 1)
    ]
    assert verdicts == [False, True, False]
    assert joints.check_tenth(seen(moments, 0, complete=False), True) is None
    flat = tuple(replace(moment, parts=moments[0].parts) for moment in moments)
    assert "never falls so far" in joints.check_tenth(seen(flat), True).sentence
    assert joints.check_ceiling(seen(moments), -data_entropy()).right
    assert not joints.check_ceiling(seen(moments), data_entropy()).right
    assert not joints.check_ceiling(seen(moments), moments[-1].parts.elbo).right
    assert [joints.check_still(seen(moments), choice).right for choice in range(3)] == [True, False, False]
    assert joints.check_still(seen(moments, complete=False), 0) is None


def test_the_edges_that_learn_move(moments: tuple[Moment, ...]) -> None:
    moved = dict(zip(joints.EDGES, joints.moves(seen(moments)), strict=True))
    assert moved["p_D(x)"] < 1e-3
    assert moved["p(z)"] < 1e-3
    assert min(moved["q(z)"], moved["p(x)"]) > 0.05


def test_other_models_are_refused() -> None:
    assert unfit(dataset="mixture-1d", likelihood="gaussian", latent_dim=1) == ""
    assert "more" in unfit(dataset="two-moons", likelihood="gaussian", latent_dim=2)
    with pytest.raises(SettingError, match="one pixel and one latent dimension"):
        joint_grid(VAE((1, 1, 2), latent_dim=1, hidden=(4,), likelihood="gaussian"))
