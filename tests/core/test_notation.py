"""The glossary: complete, one colour a word, readable on both grounds and apart for colour-blind readers."""

import itertools
import re

import pytest

from vae_core.checks import SettingError
from vae_core.notation import CLASS_COLOURS, FORM_COLOURS, GLOSSARY, WALK_COLOURS, symbol
from vae_core.objectives import ElboTerms

LIGHT, DARK = "#FFFFFF", "#0E1117"


def channels(colour):
    return [int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5)]


def luminance(colour):
    """Relative luminance as WCAG 2.1 defines it."""
    linear = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in channels(colour)]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def contrast(one, other):
    low, high = sorted((luminance(one), luminance(other)))
    return (high + 0.05) / (low + 0.05)


def test_the_words_of_the_design_are_there():
    words = [entry.word for entry in GLOSSARY]
    assert words == [
        "x",
        "z",
        "mean",
        "std",
        "noise",
        "reconstruction",
        "kl",
        "elbo",
        "log_likelihood",
        "log_weights",
    ]
    assert len({entry.symbol for entry in GLOSSARY}) == len(GLOSSARY)
    assert symbol("kl").symbol == "KL(q‖p)"
    # and they are the words of the code
    assert {"reconstruction", "kl"} <= set(ElboTerms.__dataclass_fields__)
    with pytest.raises(SettingError, match=r"^word must be one of x, z, "):
        symbol("loss")


def test_each_entry_says_its_shape_its_unit_and_its_meaning():
    for entry in GLOSSARY:
        assert entry.shape.startswith("(")
        assert entry.unit
        assert entry.meaning.endswith(".")
    for word in ("reconstruction", "kl", "elbo", "log_likelihood"):
        assert symbol(word).unit == "nats per image"


def test_texts_can_be_read_on_both_grounds():
    for entry in GLOSSARY:
        if entry.text_light is None:
            assert entry.colour is entry.text_dark is None
            continue
        assert contrast(entry.text_light, LIGHT) >= 4.5, entry.word
        assert contrast(entry.text_dark, DARK) >= 4.5, entry.word
        # marks need 3 : 1 on one ground at least, and can be seen on the other
        assert min(contrast(entry.colour, LIGHT), contrast(entry.colour, DARK)) >= 2.0, entry.word


def test_colours_are_the_designs_and_differ():
    designed = {
        "z": "#56B4E9",
        "mean": "#E69F00",
        "std": "#009E73",
        "noise": "#CC79A7",
        "reconstruction": "#0072B2",
        "kl": "#D55E00",
        "elbo": "#7F3C8D",
    }
    for word, colour in designed.items():
        assert symbol(word).colour == colour
    for colours in ([e.colour for e in GLOSSARY if e.colour], CLASS_COLOURS):
        assert all(re.fullmatch("#[0-9A-F]{6}", colour) for colour in colours)
        for one, other in itertools.combinations(colours, 2):
            assert sum(abs(a - b) for a, b in zip(channels(one), channels(other), strict=True)) > 0.2, (
                one,
                other,
            )


def test_ten_classes_have_ten_colours():
    assert len(set(CLASS_COLOURS)) == 10


def test_the_styles_of_a_walk_can_be_read_on_both_grounds_and_differ():
    assert list(WALK_COLOURS) == ["straight", "spherical", "geodesic"]
    for style, (light, dark) in WALK_COLOURS.items():
        assert contrast(light, LIGHT) >= 4.5, style
        assert min(contrast(dark, DARK), contrast(dark, "#14171C")) >= 4.5, style
    for ground in (0, 1):
        for one, other in itertools.combinations([pair[ground] for pair in WALK_COLOURS.values()], 2):
            apart = sum(abs(a - b) for a, b in zip(channels(one), channels(other), strict=True))
            assert apart > 0.4, (one, other)


def test_the_terms_of_the_forms_can_be_read_on_both_grounds_and_differ():
    for word, (light, dark) in FORM_COLOURS.items():
        assert contrast(light, LIGHT) >= 4.5, word
        assert min(contrast(dark, DARK), contrast(dark, "#14171C")) >= 4.5, word
    for ground in (0, 1):
        for one, other in itertools.combinations([pair[ground] for pair in FORM_COLOURS.values()], 2):
            apart = sum(abs(a - b) for a, b in zip(channels(one), channels(other), strict=True))
            assert apart > 0.3, (one, other)
