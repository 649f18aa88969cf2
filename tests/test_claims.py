"""Every number in the prose of the chapters is computed anew, to the digits that are written."""

import importlib
import re
from collections.abc import Callable, Mapping

import pytest

from pages.state.lessons import LESSONS, Lesson, lessons

NOT_PROSE = re.compile(
    r"^#+ [^\n]*$|^answer: [^\n]*$|```.*?```|`[^`]*`|\$[^$]*\$|\([^()]*\b(?:19|20)\d\d\b[^()]*\)",
    re.MULTILINE | re.DOTALL,
)
# Numbers that state nothing: dimensions, chapters and forms by number, sets, and what a weight is set to.
NAMES = re.compile(
    r"\b[1-9]-D\b|[Cc]hapters? \d|[₀-₉⁰-⁹]|N\(0, [I1]\)|\b\d×\d\b|L_1|\[0, 1\]|\(0, 1\)|\{0, 1\}"
    r"|\(\d\)|[αβλ] = \d"
)
NUMBER = re.compile(r"[−-]?\d[\d,]*(?:\.\d+)?")


def prose(lesson: Lesson) -> str:
    """What a reader takes for a statement: without headings, formulae, code and sources."""
    file = LESSONS / f"{lesson.number}-{lesson.slug}.md"
    return NAMES.sub(" ", NOT_PROSE.sub(" ", file.read_text(encoding="utf-8")))


def claims(slug: str) -> Mapping[str, Callable[[], float]]:
    return importlib.import_module(f"tests.claims.{slug}").CLAIMS


def as_number(text: str) -> tuple[float, float]:
    """A number as it is written, and half of its last digit."""
    plain = text.replace(",", "").replace("−", "-")
    decimals = len(plain.partition(".")[2])
    return float(plain), 0.5 * 10.0**-decimals


@pytest.mark.parametrize("lesson", lessons(), ids=lambda lesson: lesson.slug)
def test_every_number_in_the_prose_is_claimed(lesson: Lesson) -> None:
    written = {found.rstrip(",") for found in NUMBER.findall(prose(lesson))}
    assert written == set(claims(lesson.slug))


STATED = [(lesson.slug, text) for lesson in lessons() for text in claims(lesson.slug)]


@pytest.mark.parametrize(("slug", "text"), STATED, ids=[f"{slug} {text}" for slug, text in STATED])
def test_a_claim_is_what_is_computed(slug: str, text: str) -> None:
    stated, rounding = as_number(text)
    assert claims(slug)[text]() == pytest.approx(stated, rel=0, abs=rounding * 1.0001)


def test_a_number_in_the_prose_is_found() -> None:
    """What the scan takes for a number, so that it can fail."""
    text = "# 9\nSome −12.5 nats or 1,000 draws in 2-D (Wu 2017).\n## 3\n```code\n½ 4\n```\n`x[5]`, β = 1"
    assert NUMBER.findall(NAMES.sub(" ", NOT_PROSE.sub(" ", text))) == ["−12.5", "1,000"]
    assert as_number("1,000") == (1000.0, 0.5)
    assert as_number("−12.5") == (-12.5, pytest.approx(0.05))
