"""The link: typed, clamped, and never an exception, whatever stands in the address."""

import random
import string

import pytest

from pages.state import keys
from pages.state.engine import shared_engine
from pages.state.link import LONGEST_VALUE, link_parameters, read_link, read_model
from tests.pages.opened import a_run, open_page
from vae_core.training.config import SETTINGS, TrainConfig
from vae_core.training.shipped import shipped_names

ALPHABET = string.printable + "éβ∞²\u0000\u202e\u2028😀𝟙٣"
WORDS = (
    *(
        "nan",
        "inf",
        "-inf",
        "1e999",
        "-1",
        "0",
        "1e-400",
        "9" * 400,
        "0x10",
        "1_000",
        "٣",
        "true",
        "None",
        "null",
    ),
    *("", " ", "[]", "{}", "400,400", "400,", ",", "1,2,3,4,5,6,7", "../../etc/passwd", "__import__('os')"),
    *(
        "shipped:",
        "shipped:../x",
        "run:",
        "run:" + "g" * 12,
        "run:../../../x",
        "run:0123456789AB",
        "run:" + "0" * 13,
    ),
    *(
        "<script>alert(1)</script>",
        "%00",
        "\x00",
        "learned",
        "[a](http://example.org)",
        "cold",
        "x" * 100_000,
    ),
)


def a_malformed_link(generator: random.Random) -> dict[str, str]:
    """Return parameters of which no one may be trusted."""
    names = (*SETTINGS, "model", "foo", "__proto__", "")
    link = {}
    for _ in range(generator.randint(1, 5)):
        word = generator.choice(WORDS)
        noise = "".join(generator.choice(ALPHABET) for _ in range(generator.randint(0, 30)))
        link[generator.choice(names)] = generator.choice((word, noise, noise + word))
    return link


def test_a_thousand_malformed_links_give_sentences() -> None:
    generator = random.Random(0)
    complaints = 0
    for _ in range(1000):
        link = a_malformed_link(generator)
        read = read_link(link)
        assert isinstance(read.config, TrainConfig)
        assert TrainConfig.from_json(read.config.to_json()) == read.config
        assert len(read.sentences) <= len(link) + 2  # a combination may be refused besides
        complaints += bool(read.sentences)
        for sentence in read.sentences:
            assert sentence.endswith(".")
            assert len(sentence) < 400
            assert "Traceback" not in sentence
    assert complaints > 900


def test_fifty_malformed_links_leave_the_run_alone() -> None:
    engine = shared_engine()
    run_id = a_run(engine)
    before = engine.view(run_id)
    generator = random.Random(1)
    # To draw a page takes longest: the first five links stand alone, the others by threes in one address.
    for together in [1] * 5 + [3] * 15:
        link = {k: v for _ in range(together) for k, v in a_malformed_link(generator).items() if k}
        page = open_page(**link)
        assert not page.exception, page.exception
        assert page.session_state[keys.MODEL].startswith("shipped:")
    after = engine.view(run_id)
    assert before is not None
    assert after is not None
    assert (after.step, after.config, after.state) == (before.step, before.config, before.state)
    assert after.snapshot.key == before.snapshot.key


@pytest.mark.parametrize(
    "config",
    [
        TrainConfig(),
        TrainConfig(dataset="digits", likelihood="gaussian", sigma="learned", hidden=(), latent_dim=8),
        TrainConfig(
            likelihood="gaussian", sigma=0.25, hidden=(64, 32), beta=0.0, seed=2**31 - 1, stop="plateau"
        ),
        TrainConfig(learning_rate=1e-6, steps=1_000_000, free_bits=0.125, schedule="constant"),
    ],
)
def test_a_link_brings_its_settings_back(config: TrainConfig) -> None:
    read = read_link(link_parameters("run:0123456789ab", config))
    assert read.config == config
    assert read.model == "run:0123456789ab"
    assert read.sentences == ()


def test_default_settings_make_a_short_link() -> None:
    assert link_parameters("shipped:x", TrainConfig()) == {"model": "shipped:x"}


@pytest.mark.parametrize("name", shipped_names())
def test_shipped_models_have_links(name: str) -> None:
    assert read_model(f"shipped:{name}") == (f"shipped:{name}", None)


@pytest.mark.parametrize(
    "value", ["", "shipped:", "shipped:../x", "run:", "run:xyz", "run:0123456789abc", "file:/x"]
)
def test_no_other_model_is_taken(value: str) -> None:
    token, sentence = read_model(value)
    assert token is None
    assert sentence is not None
    assert sentence.startswith("The link's model must be")


def test_a_run_that_was_parted_from_its_twin_has_a_link() -> None:
    engine = shared_engine()
    run_id = a_run(engine)
    engine.set(run_id, "beta", 4.0, visitor="somebody else")
    twin = a_run(engine, visitor="me")
    assert twin != run_id
    assert read_model(f"run:{twin}") == (f"run:{twin}", None)


def test_long_values_are_refused_before_they_are_read() -> None:
    read = read_link({"beta": "1" * (LONGEST_VALUE + 1)})
    assert read.config == TrainConfig()
    assert len(read.sentences) == 1
    assert "characters" in read.sentences[0]
