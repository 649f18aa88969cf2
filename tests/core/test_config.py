"""Settings: JSON and link round trips, limits, and a thousand malformed ones."""

import json
import math
import random
import string

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from vae_core.checks import SettingError
from vae_core.data import dataset_names
from vae_core.likelihoods import LIKELIHOODS
from vae_core.models.activations import ACTIVATIONS
from vae_core.training.config import LINK_SETTINGS, LIVE_SETTINGS, SETTINGS, TrainConfig

CONFIGS = st.builds(
    TrainConfig,
    dataset=st.sampled_from(dataset_names()),
    likelihood=st.sampled_from(LIKELIHOODS),
    sigma=st.one_of(st.just("learned"), st.floats(1e-4, 100.0)),
    latent_dim=st.integers(1, 32),
    hidden=st.lists(st.integers(1, 1024), max_size=4).map(tuple),
    activation=st.sampled_from(ACTIVATIONS),
    beta=st.floats(0.0, 100.0),
    kl_warmup=st.integers(0, 100_000),
    free_bits=st.floats(0.0, 10.0),
    kl_cycles=st.integers(0, 100),
    capacity=st.floats(0.0, 100.0),
    batch_size=st.integers(1, 4096),
    learning_rate=st.floats(1e-6, 1.0),
    schedule=st.sampled_from(("cosine", "constant")),
    steps=st.integers(1, 1_000_000),
    stop=st.sampled_from(("steps", "time", "plateau")),
    time_limit_s=st.floats(1.0, 86_400.0),
    patience=st.integers(1, 1000),
    seed=st.integers(0, 2**31 - 1),
)
FEW = settings(max_examples=60, deadline=None, derandomize=True, database=None)


def assert_one_sentence(text):
    assert text.isprintable()
    assert text.endswith(".")
    assert ", got " in text
    assert 10 < len(text) < 400


# ---- round trips --------------------------------------------------------------------------------


@FEW
@given(CONFIGS)
def test_json_round_trip(config):
    again = TrainConfig.from_json(config.to_json())
    assert again == config
    assert again.to_json() == config.to_json()


@FEW
@given(CONFIGS)
def test_link_round_trip(config):
    # Exactly, or the link would be another run with another id.
    again, sentences = TrainConfig.from_query(config.to_query())
    assert sentences == ()
    assert again == config


def test_a_link_says_only_what_differs_from_the_defaults():
    assert TrainConfig().to_query() == {}
    query = TrainConfig(beta=4.0, hidden=(), sigma="learned", learning_rate=0.001).to_query()
    assert query == {"beta": "4", "hidden": "linear", "sigma": "learned", "learning_rate": "0.001"}
    # threads and device are the reader's business
    assert TrainConfig(threads=8).to_query() == {}
    assert "threads" not in LINK_SETTINGS
    config, _ = TrainConfig.from_query({"threads": "64", "device": "cuda"})
    assert config == TrainConfig()


def test_whole_numbers_and_lists_normalise_to_one_config():
    assert TrainConfig(beta=2, hidden=[400]).to_json() == TrainConfig(beta=2.0, hidden=(400,)).to_json()
    assert TrainConfig(hidden=64) == TrainConfig(hidden=(64,))
    assert TrainConfig(steps=100.0).steps == 100
    assert isinstance(TrainConfig(steps=100.0).steps, int)


def test_absent_settings_keep_their_defaults():
    assert TrainConfig.from_json("{}") == TrainConfig()
    assert TrainConfig.from_json('{"beta": 3}').beta == 3.0


# ---- limits -------------------------------------------------------------------------------------


def test_every_setting_explains_itself_and_has_limits():
    assert list(SETTINGS) == list(TrainConfig.__dataclass_fields__)
    for name, setting in SETTINGS.items():
        assert setting.name == name
        assert len(setting.help) > 20
        assert setting.help.endswith(".")
        assert setting.label
        if setting.kind == "choice":
            assert len(setting.choices) >= 2
        else:
            assert math.isfinite(setting.low)
            assert math.isfinite(setting.high)
            assert setting.low < setting.high
        # the default obeys its own rule
        assert setting.check(getattr(TrainConfig(), name)) == getattr(TrainConfig(), name)
    assert LIVE_SETTINGS == ("beta", "kl_warmup", "free_bits", "kl_cycles", "capacity", "learning_rate")


NUMBERS = [n for n, s in SETTINGS.items() if s.kind in ("integer", "number", "sigma")]


@pytest.mark.parametrize("name", NUMBERS)
def test_numbers_hold_their_limits(name):
    setting = SETTINGS[name]
    for value in (setting.low, setting.high):
        assert getattr(TrainConfig(**{name: value}), name) == value
    beyond = [setting.low - 1, setting.high * 2, math.nan, math.inf, -math.inf, 10**400, -(10**400)]
    for value in [*beyond, None, "x", "5", True, [1], {}]:
        with pytest.raises(SettingError) as caught:
            TrainConfig(**{name: value})
        assert_one_sentence(str(caught.value))
        assert str(caught.value).startswith(f"{name} must be")
    if setting.kind == "integer":
        with pytest.raises(SettingError, match="whole number"):
            TrainConfig(**{name: setting.low + 0.5})


@pytest.mark.parametrize("name", [n for n in NUMBERS if n in LINK_SETTINGS])
def test_a_link_is_clamped(name):
    setting = SETTINGS[name]
    for text, value in (("-1e30", setting.low), ("1e30", setting.high)):
        config, sentences = TrainConfig.from_query({name: text})
        assert sentences == ()
        assert getattr(config, name) == value
    config, sentences = TrainConfig.from_query({name: "nonsense"})
    assert config == TrainConfig()
    assert len(sentences) == 1
    assert_one_sentence(sentences[0])


@pytest.mark.parametrize("hidden", [(0,), (1025,), (1,) * 5, (1.5,), "400", (None,), ((4,),), -3])
def test_bad_widths_are_refused(hidden):
    with pytest.raises(SettingError, match=r"^hidden must"):
        TrainConfig(hidden=hidden)


def test_a_link_names_widths():
    assert TrainConfig.from_query({"hidden": "64,32"})[0].hidden == (64, 32)
    assert TrainConfig.from_query({"hidden": "linear"})[0].hidden == ()
    config, sentences = TrainConfig.from_query({"hidden": "1,2,3,4,5"})
    assert config == TrainConfig()
    assert len(sentences) == 1


def test_one_bad_entry_does_not_cost_the_good_ones():
    config, sentences = TrainConfig.from_query({"beta": "4", "steps": "abc", "seed": "7", "model": "run:x"})
    assert (config.beta, config.seed, config.steps) == (4.0, 7, TrainConfig().steps)
    assert len(sentences) == 1
    assert sentences[0] == "steps must be a number, got 'abc'."


def test_unknown_settings_are_named():
    with pytest.raises(SettingError, match=r"^config must only have the settings .*, got 'betta'\.$"):
        TrainConfig.from_json('{"betta": 1}')


# ---- a thousand malformed ones ------------------------------------------------------------------


def nonsense_text(chance):
    kind = chance.randrange(6)
    if kind == 0:
        return "".join(chr(chance.randrange(1, 0xD7FF)) for _ in range(chance.randrange(0, 60)))
    if kind == 1:
        return chance.choice(["nan", "inf", "-inf", "1e999", "-1e999", "9" * chance.randrange(1, 5000)])
    if kind == 2:
        return "".join(chance.choice(string.digits + ".-+eE_,x ") for _ in range(chance.randrange(0, 30)))
    if kind == 3:
        return chance.choice(["", " ", "\n", "\0", "None", "True", "../../etc/passwd", "<script>", "'; --"])
    if kind == 4:
        return ",".join(str(chance.randrange(-5, 10**6)) for _ in range(chance.randrange(0, 50)))
    return "\n".join(["one line", "and two\ttabs", "\u202eback", "\u0007"]) * chance.randrange(1, 40)


def nonsense_value(chance, depth=0):
    kind = chance.randrange(9 if depth < 4 else 6)
    if kind == 0:
        return chance.choice([math.nan, math.inf, -math.inf, 1e308, -0.0, 5e-324])
    if kind == 1:
        return chance.choice([10 ** chance.randrange(1, 4000), -(10 ** chance.randrange(300, 500))])
    if kind == 2:
        return nonsense_text(chance)
    if kind == 3:
        return chance.choice([None, True, False])
    if kind in (4, 5):
        return chance.uniform(-1e6, 1e6)
    if kind == 6:
        return {nonsense_text(chance): nonsense_value(chance, depth + 1) for _ in range(chance.randrange(4))}
    return [nonsense_value(chance, depth + 1) for _ in range(chance.randrange(6))]


def test_five_hundred_malformed_links():
    chance = random.Random(0)
    refused = 0
    for _ in range(500):
        names = chance.sample([*SETTINGS, "model", "nonsense"], chance.randrange(1, 8))
        config, sentences = TrainConfig.from_query({name: nonsense_text(chance) for name in names})
        assert TrainConfig.from_json(config.to_json()) == config
        assert len(sentences) <= len(names)
        refused += len(sentences)
        for sentence in sentences:
            assert_one_sentence(sentence)
    assert refused > 500


def malformed(chance):
    kind = chance.randrange(5)
    if kind == 0:
        return nonsense_text(chance)
    if kind == 1:
        return json.dumps(nonsense_value(chance))
    if kind == 2:
        # a good config, damaged in one place
        good = TrainConfig(beta=chance.uniform(0, 9)).to_json()
        at = chance.randrange(len(good))
        return good[:at] + chance.choice(["", "\0", "}", '"', "[", "9" * 500]) + good[at + 3 :]
    if kind == 3:
        depth = chance.randrange(1, 19_000)
        return chance.choice([f'{{"beta": {"[" * depth}', "[" * (depth // 2) + "]" * (depth // 2)])
    return json.dumps({chance.choice(list(SETTINGS)): nonsense_value(chance)})


def test_five_hundred_malformed_configs():
    chance = random.Random(1)
    refused = 0
    for _ in range(500):
        try:
            config = TrainConfig.from_json(malformed(chance))
        except SettingError as error:
            refused += 1
            assert_one_sentence(str(error))
        else:
            assert TrainConfig.from_json(config.to_json()) == config
    assert refused > 400


def test_any_depth_of_nesting_is_one_sentence():
    # Just below the depth that the JSON reader refuses, repr() of what it read fails.
    for depth in range(1, 1000, 7):
        with pytest.raises(SettingError) as caught:
            TrainConfig.from_json(f'{{"hidden": {"[" * depth}{"]" * depth}, "beta": "x"}}')
        assert_one_sentence(str(caught.value))


def test_a_huge_text_is_refused_before_it_is_read():
    with pytest.raises(SettingError, match=r"^config must have at most 20000 characters"):
        TrainConfig.from_json(" " * 20_001)
