"""Chapter 8: the forms stay together under every p_D, a planted mistake parts them, and the model judges."""

from dataclasses import replace

import pytest
import torch

from pages.components.formula import parse, plain
from pages.state.lessons import lesson
from vae_core import SettingError
from vae_core.data import tiny_binary_distribution
from vae_core.data.tiny_binary import PATTERN_WEIGHTS
from vae_core.finite_world import Enumeration, info_vae, pattern_distribution
from vae_core.finite_world import forms as forms_module
from vae_core.lessons import forms


@pytest.fixture(scope="module")
def runs() -> dict[float, tuple]:
    return {beta: forms.trained(beta) for beta in (1.0, 4.0)}


def seen(runs: dict[float, tuple], *, beta: float = 1.0, at: int = -1, notch: int = 7, pattern: int = 0):
    enumeration = Enumeration.of(runs[beta][at].model())
    every = forms.worlds(enumeration, pattern)
    return forms.FormsSeen(enumeration, beta, pattern, every, notch, enumeration.measure())


def test_a_model_is_kept_at_its_steps(runs: dict[float, tuple]) -> None:
    assert tuple(snapshot.step for snapshot in runs[1.0]) == forms.STEPS
    again = forms.trained(1.0)
    assert [one.key for one in again] == [one.key for one in runs[1.0]]
    assert len({one.key for one in again}) == len(forms.STEPS)


def test_its_own_share_gives_the_data_back() -> None:
    own = tiny_binary_distribution()[1]
    for pattern, weight in enumerate(PATTERN_WEIGHTS):
        assert torch.allclose(forms.bent(pattern, weight), own, rtol=0, atol=1e-15)
    assert torch.allclose(forms.bent(3, 1.0), pattern_distribution([0, 0, 0, 1, 0, 0, 0, 0]))
    assert float(forms.bent(3, 0.0).sum()) == pytest.approx(1.0)
    for wrong in (8, -1, 0.5):
        with pytest.raises(SettingError, match="pattern must be"):
            forms.bent(wrong, 0.5)  # type: ignore[arg-type]
    with pytest.raises(SettingError, match="share must be"):
        forms.bent(0, 1.01)


@pytest.mark.parametrize(("beta", "at"), [(1.0, 0), (1.0, -1), (4.0, -1)])
def test_the_forms_agree_under_every_share(runs: dict[float, tuple], beta: float, at: int) -> None:
    found = seen(runs, beta=beta, at=at)
    assert len(found.worlds) == forms.NOTCHES == len(forms.shares())
    assert max(max(world.spread, world.stability) for world in found.worlds) < 1e-8
    assert forms.outcome(found).choice == 0
    assert all(step.holds for step in forms.steps(found))
    assert len(forms.steps(found)) == 7


def test_a_term_with_the_wrong_sign_is_seen(
    runs: dict[float, tuple], monkeypatch: pytest.MonkeyPatch
) -> None:
    wrong = list(forms_module.FORMS)
    wrong[6] = (wrong[6][0], "aggregate_kl -decoder_kl -entropy", wrong[6][2])
    monkeypatch.setattr(forms_module, "FORMS", tuple(wrong))
    found = seen(runs)
    assert forms.outcome(found).choice == 1
    assert [step.rule for step in forms.steps(found) if not step.holds] == [
        "Chain rule, z first",
        "Definition of I",
    ]


def test_the_model_judges_the_answers(runs: dict[float, tuple]) -> None:
    found = seen(runs)
    world = found.world
    gain = world.log_likelihood - world.elbo
    assert forms.check_perfect_encoder(found, gain).right
    assert not forms.check_perfect_encoder(found, gain + 0.02).right
    assert not forms.check_little_information(found, True).right
    told = [world.term("I_q(x; z)").value for world in found.worlds]
    assert forms.check_little_information(replace(found, notch=told.index(min(told))), True).right
    verdicts = [forms.check_info_vae(found, choice).right for choice in range(3)]
    assert verdicts == [True, False, False]
    assert [lesson("forms").exercises[2].choices[choice] for choice in (0, 1)] == list(forms.EIGHTH[:2])
    # −KL(q(z)‖p(z)) − E KL(q(x|z)‖p(x|z)) + I_q = E log p(x|z) − KL(q(z)‖p(z)) + H
    value = {name: world.term(name).value for name in ("E_q log p(x|z)", "KL(q(z) ‖ p(z))")}
    assert info_vae(world, 1.0, 1.0) == pytest.approx(
        value["E_q log p(x|z)"] - value["KL(q(z) ‖ p(z))"] + world.entropy, abs=1e-8
    )


def test_an_encoder_that_is_all_but_perfect_asks_for_another(runs: dict[float, tuple]) -> None:
    found = seen(runs, beta=4.0)
    assert found.world.term("E KL(q(z|x) ‖ p(z|x))").value < forms.READABLE
    assert not forms.check_perfect_encoder(found, 0.0).right


@pytest.mark.parametrize("beta", forms.BETAS)
def test_every_setting_can_be_tabulated(beta: float) -> None:
    for snapshot in forms.trained(beta):
        assert Enumeration.of(snapshot.model()).measure().agrees


def test_the_lines_of_code_give_what_they_say(runs: dict[float, tuple]) -> None:
    world = seen(runs).world
    names = {"world": world, "alpha": 0.5, "lambda_": 2.0}
    names["SYMBOLS"] = ("KL(q(z) ‖ p(z))", "E_q(z) KL(q(x|z) ‖ p(x|z))", "I_q(x; z)")
    exec("\n".join(plain(parse(line, levels=False)) for line in lesson("forms").code), names)
    assert names["elbo"] == pytest.approx(world.elbo, abs=1e-8)
    assert names["info"] == pytest.approx(info_vae(world, 0.5, 2.0), abs=1e-12)


def test_every_term_can_be_written(runs: dict[float, tuple]) -> None:
    symbols = {term.symbol for form in seen(runs).world.forms for _, term in form.terms}
    assert set(forms.WORDS) <= symbols
    assert forms.written("H") == "{entropy: H}"
    assert forms.written("E H(q(z|x))") == "E H(q(z|x))"
