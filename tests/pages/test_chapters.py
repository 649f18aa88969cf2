"""What all chapters share: their prose, their formulae, and how answers are kept."""

import dataclasses

import pytest
from hypothesis import given
from hypothesis import strategies as some

from pages.components.formula import as_html, parse, plain, words
from pages.controls.chapters.derivation import step_row
from pages.state.lessons import Lesson, lessons, read_lesson
from vae_core.lessons import Step

ORDER = ("likelihood", "joints", "bound", "objective", "sampling", "pixels", "gaussians", "forms")


def test_there_are_eight_in_order() -> None:
    assert tuple(lesson.slug for lesson in lessons()) == ORDER
    assert [lesson.number for lesson in lessons()] == list(range(1, 9))


@pytest.mark.parametrize("lesson", lessons(), ids=lambda lesson: lesson.slug)
def test_a_chapter_has_all_its_parts(lesson: Lesson) -> None:
    assert 2 <= len(lesson.choices) <= 4
    assert 2 <= len(lesson.exercises) <= 3
    assert lesson.question
    assert lesson.instrument
    assert lesson.formula
    assert lesson.code
    # "no chapter over three screens before its instrument": some 120 words fill one
    assert len((lesson.question + lesson.instrument).split()) < 360
    marked = set().union(*(words(parse(line)) for line in lesson.formula))
    assert marked
    for line in lesson.code:
        assert words(parse(line, levels=False)) <= marked | {"z", "x", "mean", "std", "noise", "log_weights"}


def test_a_file_without_a_section_is_refused() -> None:
    with pytest.raises(ValueError, match="must have the sections"):
        read_lesson("9-none", "# Title\n## Question\nWhy?\n")


def test_a_formula_is_taken_apart() -> None:
    line = "{elbo: L_K} = {kl: ½ Σ_{j+1} ({std: σ^2} − 1)}"
    assert plain(parse(line)) == "L_K = ½ Σ_j+1 (σ^2 − 1)"
    assert words(parse(line)) == {"elbo", "kl", "std"}
    shown = as_html(parse(line))
    assert "L<sub>K</sub>" in shown
    assert "Σ<sub>j+1</sub>" in shown
    assert 'data-word="std"' in shown
    code = "{kl: kl_of(x)} = {std: std} ** 2  # d = {1: 2}"
    assert "kl_of" in plain(parse("{kl: kl_of(x)}", levels=False))
    with pytest.raises(ValueError, match="braces"):
        parse(code, levels=False)


@pytest.mark.parametrize("text", ["{elbo: L", "L}", "a_{b"])
def test_braces_must_match(text: str) -> None:
    with pytest.raises(ValueError, match="braces"):
        parse(text)


@given(some.text(alphabet="ab _^Σθ<>&(){}: kl", max_size=30))
def test_any_text_is_a_formula_or_refused(text: str) -> None:
    try:
        parts = parse(text)
    except ValueError:
        return
    assert "<a" not in as_html(parts)


def test_a_step_shows_both_numbers_and_whether_they_agree() -> None:
    step = Step("Bayes' rule", "It <turns>.", "{elbo: L}", "{kl: R}", -1.25, -1.5, 0.1)
    shown = step_row(2, step)
    assert "−1.25" in shown
    assert "−1.5" in shown
    assert "differ" in shown
    assert "It &lt;turns&gt;." in shown
    assert "0.25 to spare" in step_row(1, dataclasses.replace(step, relation="≥"))
    vague = dataclasses.replace(step, right_value=-1.0, allowed=2.0, kind="Monte Carlo")
    assert vague.holds
    assert "Too few draws to tell." in step_row(1, vague)
    assert "✓" not in step_row(1, vague)
