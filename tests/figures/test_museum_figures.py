"""The curves of two twins: whose line is whose, what leaves the picture, and the sentence above."""

import numpy as np
import pytest
from plotly.graph_objects import Figure

from pages.figures.museum_curves import museum_curves
from vae_core.museum import Curve, Line

THEMES = ("light", "dark")
STEPS = np.arange(0.0, 101.0, 10.0)
RISING = -20.0 - 10.0 * np.exp(-STEPS / 20.0)


def curve(*lines: Line, **more: object) -> Curve:
    return Curve(STEPS, lines, "step", "nats per image", **more)


TWINS = curve(
    Line("sound code", "sound", RISING),
    Line("wrong code, measured properly", "wrong", RISING - 2.0),
    Line("wrong code reports", "reported", RISING + 3.0),
)


def check(figure: Figure) -> None:
    title = figure.layout.title.text
    assert title.endswith(".")
    assert figure.layout.meta["alternative"].startswith(title)
    assert "NaN" not in figure.to_json()
    assert all(trace.x.dtype == trace.y.dtype == np.float32 for trace in figure.data)
    assert figure.layout.yaxis.title.text == "nats per image"


@pytest.mark.parametrize("theme", THEMES)
def test_the_three_lines_never_look_alike(theme: str) -> None:
    figure = museum_curves(TWINS, reported_as="bound", mended=False, theme=theme)
    check(figure)
    looks = {trace.name: (trace.line.color, trace.line.dash) for trace in figure.data}
    assert len(set(looks.values())) == 3
    assert looks["sound code"][1] == looks["wrong code, measured properly"][1] == "solid"
    assert looks["wrong code reports"][1] == "dash"
    low, high = figure.layout.yaxis.range
    assert low < RISING[-1] - 2.0 < RISING[-1] + 3.0 < high
    assert figure.layout.title.text == (
        f"After 100 steps the wrong code reports −{17.07:.2f} nats per image; measured properly the same "
        f"model has −{22.07:.2f}."
    )


def test_a_line_that_runs_off_leaves_the_picture_and_the_words_say_so() -> None:
    wild = curve(TWINS.lines[0], Line("wrong code reports", "reported", 1000.0 * STEPS))
    figure = museum_curves(wild, reported_as="bound", mended=False, theme="light")
    check(figure)
    low, high = figure.layout.yaxis.range
    assert high - low < 150.0
    assert "“wrong code reports” leaves the picture" in figure.layout.meta["alternative"]
    assert "100,000 nats per image" in figure.layout.title.text
    near = museum_curves(TWINS, reported_as="bound", mended=False, theme="light")
    assert "leaves the picture" not in near.layout.meta["alternative"]


def test_a_mended_run_lies_on_the_sound_one() -> None:
    figure = museum_curves(TWINS, reported_as="bound", mended=True, theme="light")
    check(figure)
    sound, mended = figure.data
    assert (sound.y == mended.y).all()
    assert (sound.line.dash, mended.line.dash) == ("solid", "dash")
    assert "one line lies on the other" in figure.layout.title.text


def test_a_run_that_is_right_in_the_end_is_said_to_be() -> None:
    same = curve(TWINS.lines[0], TWINS.lines[1], Line("wrong code reports", "reported", RISING - 2.0))
    figure = museum_curves(same, reported_as="bound", mended=False, theme="dark")
    assert "and that is true" in figure.layout.title.text


def test_a_bug_may_say_its_own_sentence_over_an_axis_of_its_own() -> None:
    lines = (
        Line("a", "sound", RISING),
        Line("b", "reported", RISING - 1.0),
        Line("c", "exact", 0.0 * RISING),
    )
    own = Curve(STEPS + 1.0, lines, "K", "nats per image", logarithmic=True, sentence="So it is.")
    figure = museum_curves(own, reported_as="estimate", mended=False, theme="light")
    check(figure)
    assert figure.layout.title.text == "So it is."
    assert figure.layout.xaxis.type == "log"
    assert [trace.line.dash for trace in figure.data] == ["solid", "dash", "dot"]


def test_what_is_not_there_yet_has_words() -> None:
    nothing = Curve(np.zeros(0), (Line("sound code", "sound", np.zeros(0)),), "step", "nats per image")
    assert (
        "first step" in museum_curves(nothing, reported_as="x", mended=False, theme="light").layout.title.text
    )
    begun = curve(Line("sound code", "sound", RISING))
    figure = museum_curves(begun, reported_as="bound", mended=False, theme="light")
    assert figure.layout.title.text == "After 100 steps the sound code reports a bound of −20.07."
