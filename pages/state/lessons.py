"""The prose of the chapters: one Markdown file each in ``assets/lessons``, taken apart by its headings.

A file has the title as its ``#`` heading and the sections Question, Instrument, Formula, Derivation and
Exercises as ``##`` headings. The list in Question holds the choices. Formula has one block fenced as
``formula`` and one as ``code``. Each ``###`` under Exercises is an exercise: with a list it asks to choose,
with a line ``answer: <unit>`` for a number, else to bring the instrument to a state.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path

LESSONS = Path(__file__).resolve().parents[2] / "assets" / "lessons"

CHOICE = re.compile(r"^- (.+)$", re.MULTILINE)
ANSWER = re.compile(r"^answer: (.+)$", re.MULTILINE)
FENCE = re.compile(r"^```(formula|code)\n(.*?)\n```$", re.MULTILINE | re.DOTALL)
SECTIONS = ("Question", "Instrument", "Formula", "Derivation", "Exercises")


@dataclass(frozen=True)
class Exercise:
    """An exercise as it is asked.

    Attributes:
        title: In a few words.
        text: Markdown.
        choices: To choose from; empty where something else is asked.
        unit: Of the number that is asked for; "" where none is.
    """

    title: str
    text: str
    choices: tuple[str, ...]
    unit: str


@dataclass(frozen=True)
class Lesson:
    """The prose of a chapter.

    Attributes:
        number: 1 to 8.
        slug: Its address.
        title: Its name.
        question: Markdown.
        choices: What may be predicted.
        instrument: Markdown above the instrument.
        formula_words: Markdown above the formula.
        formula: As `pages.components.formula` reads it, one line each.
        code: The same in code.
        derivation: Markdown above the steps.
        exercises: In order.
    """

    number: int
    slug: str
    title: str
    question: str
    choices: tuple[str, ...]
    instrument: str
    formula_words: str
    formula: tuple[str, ...]
    code: tuple[str, ...]
    derivation: str
    exercises: tuple[Exercise, ...]


@cache
def lessons() -> tuple[Lesson, ...]:
    """Return all chapters, in order."""
    files = sorted(LESSONS.glob("[1-9]-*.md"))
    return tuple(read_lesson(file.stem, file.read_text(encoding="utf-8")) for file in files)


def lesson(slug: str) -> Lesson:
    """Return the chapter of an address.

    Raises:
        KeyError: If there is none.
    """
    return {one.slug: one for one in lessons()}[slug]


def read_lesson(stem: str, text: str) -> Lesson:
    """Take a chapter's file apart.

    Args:
        stem: Of its name, like ``3-bound``.
        text: What is in it.

    Raises:
        ValueError: If a section is missing.
    """
    number, _, slug = stem.partition("-")
    head, sections = _split(text, "## ")
    missing = [name for name in SECTIONS if name not in sections]
    if missing:
        raise ValueError(f"{stem} must have the sections {', '.join(SECTIONS)}, got none of {missing}")
    blocks = {kind: tuple(block.splitlines()) for kind, block in FENCE.findall(sections["Formula"])}
    question = sections["Question"]
    _, exercises = _split(sections["Exercises"], "### ")
    return Lesson(
        number=int(number),
        slug=slug,
        title=head.strip().removeprefix("# "),
        question=CHOICE.sub("", question).strip(),
        choices=tuple(CHOICE.findall(question)),
        instrument=sections["Instrument"],
        formula_words=FENCE.sub("", sections["Formula"]).strip(),
        formula=blocks.get("formula", ()),
        code=blocks.get("code", ()),
        derivation=sections["Derivation"],
        exercises=tuple(_exercise(title, body) for title, body in exercises.items()),
    )


def _split(text: str, mark: str) -> tuple[str, Mapping[str, str]]:
    """Return what stands before the first heading of a level, and the text under each."""
    head, *parts = re.split(rf"^{mark}", text, flags=re.MULTILINE)
    found = {}
    for part in parts:
        title, _, body = part.partition("\n")
        found[title.strip()] = body.strip()
    return head, found


def _exercise(title: str, body: str) -> Exercise:
    unit = ANSWER.search(body)
    text = ANSWER.sub("", CHOICE.sub("", body)).strip()
    return Exercise(title, text, tuple(CHOICE.findall(body)), unit[1] if unit else "")
